"""The check with a real box, a camera that is a file, and a real pack; and the sheet that it leaves."""
from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cameras.open import open_source
from edge.cli import main
from edge.clock import SystemClock
from edge.config import CameraConfig
from edge.errors import BadVideo
from edge.handover.errors import NoSheet
from edge.handover.examine import check
from edge.handover.film import film
from edge.handover.results import RECORDING, ROOM, Result, face
from edge.handover.sheet import FILE, keep_sheet, read_sheet, sheet_html, with_result
from edge.wiring import Box
from tests.edge.conftest import Pictures


@pytest.fixture
def seen_box(face_box: Box, pictures: Pictures, make_video: Callable[..., Path], tmp_path: Path) -> Box:
    """A box whose room camera sees six people for some seconds."""
    video = make_video(tmp_path / "room.mp4", [pictures.group] * 12, fps=2, gop=2)
    camera = CameraConfig("room", f"file:{video}", "room")
    return dataclasses.replace(face_box, config=dataclasses.replace(face_box.config, cameras=(camera,)))


def test_a_box_is_checked_and_nothing_of_the_pictures_stays(seen_box: Box) -> None:
    heard: list[Result] = []
    before = set(seen_box.folder.rglob("*"))
    sheet = check(seen_box, 2, heard.append)
    assert [(one.step, one.state) for one in heard][1] == (RECORDING, "good")
    assert heard[0].step == ROOM and heard[0].params["count"] == 6
    assert heard[1].params["pictures"] >= 4  # type: ignore[operator]
    assert {path.name for path in set(seen_box.folder.rglob("*")) - before} <= {FILE}
    assert read_sheet(seen_box.folder) == sheet and not sheet.passed
    done = with_result(sheet, face([120], [900_000], 40, True))
    done = dataclasses.replace(done, doctor=tuple(dataclasses.replace(one, state="good") for one in done.doctor))
    assert done.passed
    again = with_result(done, face([], [], 40, True))
    assert len(again.results) == 3 and not again.passed


def test_a_camera_that_is_not_there_is_a_result(face_box: Box) -> None:
    sheet = check(face_box, 1, lambda _: None)
    assert [(one.about, one.state) for one in sheet.results] == [(ROOM, "bad"), (RECORDING, "bad")]
    assert sheet.results[0].params["why"]["zh"] != sheet.results[0].params["why"]["en"]


def test_a_recording_with_a_hole_tells_of_it(make_video: Callable[..., Path], tmp_path: Path) -> None:
    grey = np.full((120, 160, 3), 128, np.uint8)
    source = open_source(f"file:{make_video(tmp_path / 'one.mp4', [grey] * 3, fps=1)}", SystemClock())
    made = film(source, 4, tmp_path, "room")
    assert (made.width, made.height, made.longest_gap_ms) == (160, 120, 1000) and made.seconds == 2
    assert [path.name for path in tmp_path.iterdir()] == ["one.mp4"]


@pytest.mark.parametrize(("level", "state"), [(0, "bad"), (128, "bad"), (None, "good")])
def test_a_cap_on_the_lens_is_no_good_recording(
    seen_box: Box, make_video: Callable[..., Path], pictures: Pictures, tmp_path: Path, level: int | None, state: str,
) -> None:
    shown = pictures.group if level is None else np.full_like(pictures.group, level)
    camera = CameraConfig("room", f"file:{make_video(tmp_path / 'cap.mp4', [shown] * 12, fps=2, gop=2)}", "room")
    box = dataclasses.replace(seen_box, config=dataclasses.replace(seen_box.config, cameras=(camera,)))
    (made,) = [one for one in check(box, 2, lambda _: None).results if one.about == RECORDING]
    assert made.state == state, made


def test_a_recording_without_a_picture_is_none(make_video: Callable[..., Path], tmp_path: Path) -> None:
    grey = np.full((120, 160, 3), 128, np.uint8)
    source = open_source(f"file:{make_video(tmp_path / 'one.mp4', [grey], fps=1)}", SystemClock())
    with pytest.raises(BadVideo):
        film(source, 2, tmp_path, "room")


def test_the_sheet_is_a_page_in_either_language_and_names_nobody(
    face_box: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    sheet = check(face_box, 1, lambda _: None)
    hostile = dataclasses.replace(sheet, room="<b>101</b>")
    for lang, title in (("zh", "终端盒 box-1 验收单"), ("en", "Acceptance of the box box-1")):
        html = sheet_html(hostile, lang)
        assert title in html and "&lt;b&gt;101" in html and "{" not in html.split("</style>")[1]
        assert "<script" not in html and "src=" not in html
        assert "<code>sudo zaitang-edge models fetch opencv</code>" in html and "`" not in html
    keep_sheet(face_box.folder, sheet)
    assert main(["--lang", "en", "accept", "--box", str(face_box.folder), "--only-sheet", "--out",
                 str(tmp_path / "sheet.html")]) in (0, 1)
    assert "written" in capsys.readouterr().out and (tmp_path / "sheet.html").read_text().startswith("<!doctype")
    assert main(["--lang", "en", "accept", "--box", str(face_box.folder), "--only-sheet", "--out", "-"]) in (0, 1)
    assert capsys.readouterr().out == (tmp_path / "sheet.html").read_text()


def test_without_a_check_there_is_no_sheet(face_box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["--only-sheet"], ["--seconds", "0"], ["--seconds", "601"]):
        assert main(["--lang", "en", "accept", "--box", str(face_box.folder), *command]) == 2
    assert "not checked yet" in capsys.readouterr().err


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda one: st.lists(
    one, max_size=3) | st.dictionaries(st.sampled_from(["utc", "device", "doctor", "results"]), one)).map(
        lambda value: json.dumps(value).encode()))
def test_a_damaged_sheet_is_none(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / FILE).write_bytes(data)
    with pytest.raises(NoSheet):
        read_sheet(folder)
    (folder / FILE).unlink()
