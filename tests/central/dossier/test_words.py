"""Every sentence of a dossier is in the Chinese catalogue, and every code has words."""
from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from central import dossier
from central.dossier.shape import Mark
from central.dossier.text import clean
from central.dossier.words import COVERAGE, ENTRIES, MARKS, SIGNS, Words
from common.texts import catalogue
from tests.central.dossier.classes import flagged

FOLDER = Path(str(dossier.__file__)).parent


def said() -> set[str]:
    """Sentences of templates, of marked constants, of errors, of help."""
    found = {text for path in FOLDER.rglob("*.html") for text in re.findall(r'\b_\("([^"]+)"', path.read_text("utf-8"))}
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                named = isinstance(node.func, ast.Name) and node.func.id in ("N_", "say")
                texts = [*node.args[:1]] if named else [one.value for one in node.keywords if one.arg == "help"]
                texts += node.args[3:4] if isinstance(node.func, ast.Name) and node.func.id == "command" else []
                found |= {one.value for one in texts if isinstance(one, ast.Constant) and isinstance(one.value, str)}
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "text":
                found |= {ast.literal_eval(node.value)} if path.name == "errors.py" else set()
    return found


def test_every_sentence_is_in_the_catalogue() -> None:
    chinese = catalogue("zh")
    assert len(said()) > 150
    assert {text for text in said() if chinese.gettext(text) == text} - {"{class_id}: {why}"} == set()


def test_every_code_has_words() -> None:
    assert set(MARKS) == set(get_args(Mark))
    say = Words(flagged(), "zh")
    assert all(say(text) for text in (*MARKS.values(), *COVERAGE.values(), *ENTRIES.values()))
    assert all(say(text, name="甲") for text in SIGNS.values())
    assert all(say.sign(one) for one in flagged().signs)


@pytest.mark.parametrize(("ppm", "shown"), [(1_000_000, "100.0%"), (999_999, "99.9%"), (0, "0.0%"), (666_666, "66.6%")])
def test_percentages_are_rounded_down(ppm: int, shown: str) -> None:
    assert Words(flagged(), "en").percent(ppm) == shown


def test_what_cannot_be_seen_is_shown_as_a_blank() -> None:
    assert clean("a\u202eb\x00c\td\n") == "a\ufffdb\ufffdc d "
    assert clean("李　娜") == "李　娜" and clean("x" * 30, 10) == "x" * 9 + "…"
