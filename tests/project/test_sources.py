"""What no file of the project may hold: weights, large files, notes to self, swallowed errors; what each must say."""
from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import cv2
import pytest

from tests.project.conftest import ROOT

WEIGHTS = {".onnx", ".task", ".pth", ".pt", ".tflite", ".dat", ".bin", ".safetensors", ".engine", ".caffemodel"}
VIDEO = {".mp4", ".mkv", ".avi", ".mov", ".webm", ".h264"}
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tiff"}
MAX_FILE = 1 << 20
MAX_PICTURE, MAX_SIDE_PX = 512 << 10, 1600
NOTES = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")
FIRST_LINE = re.compile(r".{12,}")


@dataclasses.dataclass(frozen=True)
class Parsed:
    """What is asked of a Python file. Trees of all of them at once are millions of objects, which take five times as
    long. `swallows`: lines of handlers that do nothing; `handles`: lines that set a signal handler."""

    first: str
    swallows: tuple[int, ...]
    handles: tuple[int, ...]


def parsed(name: str) -> Parsed:
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"), name)
    swallows, handles = list[int](), list[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and (node.type is None or all(map(_does_nothing, node.body))):
            swallows.append(node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "signal" and (
                ast.unparse(node.func) == "signal.signal" and "SIG_IGN" not in ast.unparse(node.args[1])):
            handles.append(node.lineno)
    return Parsed((ast.get_docstring(tree) or "").partition("\n")[0], tuple(swallows), tuple(handles))


@pytest.fixture(scope="module")
def python(tracked: list[str]) -> dict[str, Parsed]:
    """Every Python file."""
    return {name: parsed(name) for name in tracked if name.endswith(".py")}


def test_every_python_file_begins_by_saying_what_it_owns(python: dict[str, Parsed]) -> None:
    assert [f"{name}: {one.first!r}" for name, one in python.items() if not FIRST_LINE.fullmatch(one.first)] == []


def test_no_error_is_swallowed(python: dict[str, Parsed]) -> None:
    assert [f"{name}:{line}" for name, one in python.items() for line in one.swallows] == []


def test_what_swallowing_an_error_is() -> None:
    (tried,) = ast.parse("try: f()\nexcept OSError:\n    'why'\n    ...\nexcept ValueError: g()").body
    assert isinstance(tried, ast.Try)
    assert [all(map(_does_nothing, handler.body)) for handler in tried.handlers] == [True, False]


def test_no_signal_handler_of_the_product_takes_a_lock(python: dict[str, Parsed]) -> None:
    """It runs wherever the main thread is, which may hold that lock; `common/signals.py` has what may be used."""
    product = {name: one for name, one in python.items()
               if name.split("/")[0] in ("edge", "central", "common", "verify") and name != "common/signals.py"}
    assert [f"{name}:{line}" for name, one in product.items() for line in one.handles] == []


def test_no_file_holds_a_note_to_self(tracked: list[str]) -> None:
    found = []
    for name in (name for name in tracked if Path(name).suffix.lower() not in PICTURES):
        for number, line in enumerate((ROOT / name).read_bytes().decode("utf-8", "replace").splitlines(), 1):
            if NOTES.search(line) and not name.startswith("provisioning/requirements/"):
                found.append(f"{name}:{number}")
    assert found == []


def test_no_weights_no_video_and_nothing_large(tracked: list[str]) -> None:
    assert [name for name in tracked if Path(name).suffix.lower() in WEIGHTS | VIDEO] == []
    assert [name for name in tracked if (ROOT / name).stat().st_size > MAX_FILE] == []


def test_pictures_belong_to_documents_and_are_no_larger_than_these_need(tracked: list[str]) -> None:
    pictures = [name for name in tracked if Path(name).suffix.lower() in PICTURES]
    assert [name for name in pictures if not name.startswith("docs/img/")] == []
    shown = "".join((ROOT / name).read_text("utf-8") for name in tracked if name.endswith(".md"))
    for name in pictures:
        image = cv2.imread(str(ROOT / name))
        assert image is not None and max(image.shape[:2]) <= MAX_SIDE_PX, name
        assert (ROOT / name).stat().st_size <= MAX_PICTURE, name
        assert Path(name).name in shown, f"no document shows {name}"


def test_texts_are_utf_8_and_end_with_a_line(tracked: list[str]) -> None:
    for name in tracked:
        data = (ROOT / name).read_bytes()
        if Path(name).suffix.lower() not in PICTURES and data:
            data.decode("utf-8")
            assert data.endswith(b"\n") and b"\r" not in data, name


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))


def test_every_style_sheet_closes_what_it_opens(tracked: list[str]) -> None:
    """A block that is left open swallows all rules behind it, and no browser says so."""
    sheets = [name for name in tracked if name.endswith(".css")]
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in sheets}
    assert sheets and [name for name, text in texts.items() if text.count("{") != text.count("}")] == []


def test_no_merge_was_left_half_done(tracked: list[str]) -> None:
    marks = re.compile(rb"^(<{7} |>{7} )", re.M)
    assert [name for name in tracked if marks.search((ROOT / name).read_bytes())] == []
