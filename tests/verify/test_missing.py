"""An export that says itself what it lacks: incomplete, never whole, and no excuse for anything else."""
from __future__ import annotations

from pathlib import Path

import bagit
import pytest

from bench.bagging import finish, write_bag
from evidence.bodies import Missing
from tests.contract import second_verifier
from tests.verify.bagging import edit_json
from tests.verify.conftest import Run
from tests.verify.making import class_of, put, write_export
from verify.cli import main

SECOND = "segments/box-1/r-1/000001.mp4"
HEARD = "2026-03-02T01:30:00.000000Z"


def lacking(folder: Path, *seqs: int, device: str = "box-1", chain: str = "0" * 32, heard: str | None = HEARD) -> Path:
    """An exported class without its second file, whose record is number 4."""
    named = (Missing(device, chain, seqs, "away", heard),)
    export = write_export(folder, *class_of(), missing=named)
    (export / SECOND).unlink()
    return export


def test_a_bag_that_names_what_it_lacks_is_incomplete(tmp_path: Path, run: Run) -> None:
    bag = write_bag(tmp_path / "bag", lacking(tmp_path / "export", 4))
    status, result = run(bag)
    assert (status, result["ok"], result["problems"]) == (3, False, [])
    assert result["missing"] == [{"device": "box-1", "chain": "0" * 32, "seq": 4, "file": "r-1/000001.mp4",
                                  "why": "away", "heard": HEARD}]
    assert result["findings"] and (result["segments"], result["removed"]) == (3, 0)
    bagit.Bag(str(bag)).validate()
    assert "Zaitang-Missing: 1\n" in (bag / "bag-info.txt").read_text()


@pytest.mark.parametrize(("lang", "said", "row"), [
    ("en", "Incomplete: video files that are not in it: 1.",
     "r-1/000001.mp4 · Filmed: 2026-03-02 08:41–08:42 · Room: 101 · Camera: room"),
    ("zh", "不完整：缺少 1 个视频文件。",
     "r-1/000001.mp4 · 拍摄时间：2026-03-02 08:41–08:42 · 教室：101 · 摄像头：room"),
])
def test_what_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, said: str, row: str,
) -> None:
    assert main([str(lacking(tmp_path / "export", 4)), "--lang", lang]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("TEST KEY") or "测试" in lines[0]
    assert lines[1].startswith(said) and "--root" in lines[2]
    assert "09:30:00" in lines[3] and lines[4].strip() == row
    assert not any("Whole" in one or "完整：" in one for one in lines[2:])


@pytest.mark.parametrize(("device", "chain", "seq"), [
    ("box-1", "0" * 32, 3), ("box-1", "0" * 32, 99), ("box-1", "1" * 32, 4), ("box-2", "0" * 32, 4)])
def test_what_it_does_not_name_is_missing(tmp_path: Path, run: Run, device: str, chain: str, seq: int) -> None:
    status, result = run(lacking(tmp_path / "export", seq, device=device, chain=chain))
    assert (status, result["problems"]) == (1, ["segment r-1/000001.mp4 of box-1 is missing"])


def test_a_bag_cannot_name_what_the_centre_did_not(tmp_path: Path, run: Run) -> None:
    """Who takes a file out of a whole bag, and writes everything anew that nobody signed."""
    bag = write_bag(tmp_path / "bag", write_export(tmp_path / "export", *class_of()))
    (bag / "data/class" / SECOND).unlink()
    edit_json(bag / "data/index.json", lambda value: value["missing"].append(
        {**value["segments"].pop(1), "why": "away", "heard": None}))
    put(finish(bag) / "bag-info.txt", (bag / "bag-info.txt").read_bytes() + b"Zaitang-Missing: 1\n")
    status, result = run(bag)
    assert status == 1 and "segment r-1/000001.mp4 of box-1 is missing" in result["problems"]
    assert any("Zaitang-Missing should be 0" in one for one in result["problems"])


def test_what_is_named_and_here_must_be_what_was_recorded(tmp_path: Path, run: Run) -> None:
    export = write_export(tmp_path / "export", *class_of(), missing=(Missing("box-1", "0" * 32, (4,), "gone"),))
    status, result = run(export)
    assert (status, result["missing"]) == (0, [])
    put(export / SECOND, b"second segmenx")
    assert run(export)[0] == 1


def test_what_was_removed_is_not_missing(tmp_path: Path, run: Run) -> None:
    made = class_of(removed=1)
    export = write_export(tmp_path / "export", *made, missing=(Missing("box-1", "0" * 32, (4,), "gone"),))
    (export / SECOND).unlink()
    status, result = run(export)
    assert (status, result["removed"], result["missing"]) == (0, 1, [])


def test_an_index_tells_what_is_missing_as_the_centre_does(tmp_path: Path, run: Run) -> None:
    for number, (change, says) in enumerate((
        (lambda value: value["missing"][0].update(why="gone"), "another why than"),
        (lambda value: value["missing"][0].update(heard=None), "another heard than"),
        (lambda value: value["segments"].append(value["missing"].pop()), "leaves out the segment of record 4"),
        (lambda value: value["missing"].append(value["segments"].pop()), "leaves out the segment of record 5"),
        (lambda value: value.pop("missing"), "leaves out the segment of record 4"),
    )):
        bag = write_bag(tmp_path / str(number), lacking(tmp_path / "export", 4))
        edit_json(bag / "data/index.json", change)
        status, result = run(finish(bag))
        assert status == 1 and says in result["problems"][0], says


def test_another_verifier_reads_the_same(tmp_path: Path) -> None:
    second_verifier.verify(lacking(tmp_path / "named", 4))
    for name, seq in (("other", 3), ("none", 99)):
        with pytest.raises((second_verifier.Broken, OSError)):
            second_verifier.verify(lacking(tmp_path / name, seq))
