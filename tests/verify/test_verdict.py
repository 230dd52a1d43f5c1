"""The verdict for programs, and how much is told of evidence that lies in ruins."""
from __future__ import annotations

from pathlib import Path

import pytest

from evidence.bodies import Missing
from evidence.certs import fingerprint
from evidence.times import utc_text
from tests.evidence.making import START
from tests.verify.bagging import whole_bag
from tests.verify.conftest import Run
from tests.verify.making import class_of, put, write_export
from verify import verdict
from verify.cli import main

ROOT = fingerprint(class_of()[0].root)


def test_without_a_root_no_program_reads_that_it_is_whole(tmp_path: Path, run: Run) -> None:
    bag = whole_bag(tmp_path / "bag")
    status, result = run(bag)
    assert (status, result["status"], result["verdict"], result["ok"]) == (0, 0, "whole_unpinned", True)
    assert "anybody may have made it" in result["meaning"]
    status, result = run(bag, "--root", ROOT)
    assert (status, result["status"], result["verdict"]) == (0, 0, "whole")
    assert result["meaning"] == "Whole: every seal, link and hash holds."
    status, result = run(bag, "--root", "0" * 64)
    assert (status, result["status"], result["verdict"]) == (1, 1, "broken")


def test_nor_that_it_only_lacks_what_the_centre_says(tmp_path: Path, run: Run) -> None:
    lacking = [Missing("box-1", "0" * 32, (4,), "away", utc_text(START))]
    export = write_export(tmp_path / "export", *class_of(), missing=lacking)
    (export / "segments/box-1/r-1/000001.mp4").unlink()
    assert run(export)[1]["verdict"] == "incomplete_unpinned"
    status, result = run(export, "--root", ROOT)
    assert (status, result["status"], result["verdict"], result["ok"]) == (3, 3, "incomplete", False)


def test_people_read_it_in_the_line_behind_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(whole_bag(tmp_path / "bag")), "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("Whole: every seal, link and hash holds.")
    assert lines[at + 1].startswith("Signer not pinned") and sum("pinned" in one for one in lines) == 1


def test_of_ruins_so_many_of_each_kind_are_told_and_all_are_counted(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    bag = whole_bag(tmp_path / "bag")
    for number in range(50):
        put(bag / f"data/strange-{number}.txt", b"?")
    (bag / "data/class/segments/box-1/r-1/000001.mp4").unlink()
    monkeypatch.setattr(verdict, "WRITTEN", 30)
    status, result = run(bag, "--root", ROOT)
    printed = capsys.readouterr().out
    assert (status, sum("strange-" in one for one in result["problems"])) == (1, 30)
    assert any("000001.mp4" in one for one in result["problems"])
    assert result["problem_count"] == len(result["problems"]) + 20
    assert printed.count("strange-") == verdict.PRINTED and "000001.mp4" in printed
    assert "  and 30 more like number " in printed
