"""The command: files that only their owner reads, and on record before anybody looks."""
from __future__ import annotations

from pathlib import Path

import pytest

from edge.cli import main
from edge.rollcall import draw as drawing
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


def test_a_look_is_on_record_also_where_the_file_cannot_be_written(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    assert sheet(course, tmp_path / "nowhere" / "a.pdf") == 1
    assert "nowhere" in capsys.readouterr().err and len(looks(course)) == 1
