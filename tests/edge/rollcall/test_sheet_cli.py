"""The command: files that only their owner reads, and on record before anybody looks."""
from __future__ import annotations

import errno
from pathlib import Path

import pytest

from edge.cli import main
from edge.rollcall import draw as drawing
from edge.storage import files
from evidence.bodies import Look, body_of
from tests.edge.rollcall.conftest import BLOCK, CLASS, Course


def sheet(course: Course, out: Path, *more: str, block: str = BLOCK, lang: str = "en") -> int:
    return main(["--lang", lang, "sheet", CLASS, block, "--box", str(course.box.folder), "--out", str(out), "--by",
                 "王督导", *more])


def looks(course: Course) -> list[Look]:
    return [body_of(one.record) for one in course.box.store.records_of("look")]  # type: ignore[misc]


def test_a_pdf_and_pngs_are_written_for_the_owner_alone_and_each_look_is_a_record(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert sheet(course, tmp_path / "a.pdf") == 0
    said = capsys.readouterr()
    assert said.out == f"written: {tmp_path / 'a.pdf'}\n" and "delete it after use" in said.err
    monkeypatch.setattr(drawing, "HEIGHT", 150.0)
    assert sheet(course, tmp_path / "b.PNG", lang="zh") == 0
    assert "b-2.PNG" in capsys.readouterr().out
    made = sorted(path for path in tmp_path.iterdir() if path.is_file())
    assert [path.name for path in made][:3] == ["a.pdf", "b-2.PNG", "b-3.PNG"] and (tmp_path / "b.PNG") in made
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    first, second = looks(course)
    assert (first.class_id, first.block, first.what, first.by) == (CLASS, BLOCK, "sheet", "王督导")
    assert first == second and len(first.rests_on) == 64


def test_nothing_is_drawn_or_recorded_for_what_is_not_there(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    assert sheet(course, tmp_path / "a.pdf", block="2026-03-02-pm") == 2 and BLOCK in capsys.readouterr().err
    assert sheet(course, tmp_path / "a.docx") == 2 and ".pdf" in capsys.readouterr().err
    command = ["--lang", "en", "sheet", CLASS, BLOCK, "--box", str(course.box.folder), "--out", str(tmp_path / "a.pdf")]
    assert main([*command, "--by", " "]) == 2 and "--by" in capsys.readouterr().err
    assert looks(course) == [] and not list(tmp_path.glob("a.*"))


def test_where_nothing_can_be_written_that_is_said_before_anybody_looks(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    assert sheet(course, tmp_path / "nowhere" / "a.pdf") == 2
    assert f"nothing can be written in {tmp_path / 'nowhere'}" in capsys.readouterr().err
    (tmp_path / "folder.pdf").mkdir()
    assert sheet(course, tmp_path / "folder.pdf") == 2
    assert looks(course) == [] and not list(tmp_path.glob("*.new"))


def test_a_look_is_on_record_also_where_the_disk_is_full_later(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "rename", full)
    assert sheet(course, tmp_path / "a.pdf") == 2
    assert f"nothing can be written in {tmp_path}:" in capsys.readouterr().err
    assert len(looks(course)) == 1 and not list(tmp_path.glob("a.pdf*"))


@pytest.mark.long
def test_pages_of_an_earlier_longer_sheet_go_and_pictures_of_others_stay(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(drawing, "HEIGHT", 150.0)
        assert sheet(course, tmp_path / "s.png") == 0
    assert (tmp_path / "s-2.png").is_file()
    other = tmp_path / "s-9.png"
    other.write_bytes(b"\x89PNG of somebody else")
    assert sheet(course, tmp_path / "s.png") == 0
    assert f"removed, as it was a page of an earlier sheet: {tmp_path / 's-2.png'}" in capsys.readouterr().err
    assert [path.name for path in sorted(tmp_path.glob("s*.png"))] == ["s-9.png", "s.png"]
