"""The harness of the benchmarks: sides by turns, medians, rows skipped in words, the table and the document."""
from __future__ import annotations

import dataclasses
import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import __main__ as command
from bench import harness, inputs, report
from bench.figures import FIGURES
from bench.harness import Contest, Figures, Result, Row, Skipped
from bench.material import film
from bench.rows import ROWS, bag, collect, detect, fold, fold_terminal, recorder, rollcall, seal, terminal, verify
from evidence.errors import BadInput

CONDITIONS = {"processor": "a chip", "machine": "m", "cores": 2, "load": [0.5], "python": "3.11",
              "packages": {"av": "1"}}


def row(name: str = "some", **changes: object) -> Row:
    prepared = Contest(ours=int, peer=int, amount=6, remarks=lambda: ["remarked"])
    return dataclasses.replace(Row(name, "ours", "theirs", "things", lambda _: prepared), **changes)


@pytest.mark.long
def test_the_sides_take_turns_and_change_who_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    contest = Contest(ours=lambda: calls.append("a"), peer=lambda: calls.append("b"), amount=6)
    ticks = itertools.count()
    monkeypatch.setitem(harness.CLOCKS, "wall", lambda: float(next(ticks)))
    result = harness.measure(row(prepare=lambda _: contest, repetitions=3), tmp_path)
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab"
    assert result.ours_s == result.peer_s == (1.0, 1.0, 1.0) and result.ours_rate == 6
    calls.clear()
    harness.measure(row(prepare=lambda _: contest, repetitions=1, warm_up=False), tmp_path)
    assert "".join(calls) == "ab"


def test_a_ratio_is_the_median_of_neighbours() -> None:
    result = Result(row(), 12, (1.0, 2.0, 10.0), (2.0, 4.0, 5.0))
    assert result.ratios == (2.0, 2.0, 0.5) and result.ratio == 2.0
    assert result.ours_rate == 6 and result.peer_rate == 3


def test_the_table_says_what_was_compared() -> None:
    lines = list(report.table([Result(row(), 1200, (1.0, 1.0), (2.0, 3.0), ("remarked",))]))
    assert lines[0].split() == ["row", "ratio", "of", "repetitions", "Zaitang", "peer", "per", "second"]
    assert lines[1].split() == ["some", "2.5", "x", "2-3", "1,200", "480", "things"]
    assert lines[2:] == ["", "some: ours, against theirs", "  remarked"]
    assert "2 cores, load 0.5; Python 3.11; av 1" in report.said(CONDITIONS)


def test_conditions_are_those_of_this_machine() -> None:
    now = report.conditions()
    assert now["cores"] >= 1 and now["python"].startswith("3.") and "cryptography" in now["packages"]
    json.dumps(now)


@pytest.mark.long
def test_what_is_missing_skips_and_what_is_wrong_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    class Wrong(BadInput):
        text = "a wrong file"

    def raising(error: Exception) -> Row:
        def prepare(_: Path) -> Contest:
            raise error

        return row(prepare=prepare)

    rows = {"good": row("good"), "absent": raising(Skipped("no data")), "wrong": raising(Wrong())}
    named = {name: dataclasses.replace(one, name=name) for name, one in rows.items()}
    monkeypatch.setattr(command, "ROWS", named)
    monkeypatch.setattr(command, "FIGURES", {"right": Figures("right", "how right", lambda _: (["all"], {"n": 1}))})
    monkeypatch.setattr(command, "OUT", tmp_path)
    out = tmp_path / "new" / "bench.json"
    assert command.main(["good", "absent", "--json", str(out)]) == 0
    document = json.loads(out.read_text("utf-8"))
    assert [one["row"] for one in document["rows"]] == ["good"] and document["skipped"] == {"absent": "no data"}
    assert document["rows"][0]["remarks"] == ["remarked"] and document["conditions"]["cores"] >= 1
    assert document["figures"] == {}
    assert command.main(["--json", str(out)]) == 1
    assert json.loads(out.read_text("utf-8"))["figures"] == {"right": {"n": 1}}
    said = capsys.readouterr().out
    assert "absent skipped: no data" in said and "right: how right\nall\n" in said
    with pytest.raises(SystemExit):
        command.main(["unknown"])


def test_rows_that_need_real_data_say_where_they_looked(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match="ZAITANG_SHARED"):
        inputs.shared({"ZAITANG_SHARED": str(tmp_path)})
    with pytest.raises(Skipped, match="lab"):
        inputs.lab_files(tmp_path, {"ZAITANG_MODEL_MIRROR": str(tmp_path)})


def test_every_row_has_its_own_name() -> None:
    assert list(FIGURES) == [one.name for one in FIGURES.values()] == [
        "identify", "checkin", "packs", "facesize", "cover", "headcount", "strangers", "still", "courses",
        "console", "live", "watch", "pulls", "day", "terminal"]
    assert not {*ROWS} & {*FIGURES}
    assert list(ROWS) == [one.name for one in ROWS.values()] == [
        "seal", "collect", "verify", "bag", "archive", "fold", "fold-terminal", "recorder", "recorder-pictures",
        "detect", "rollcall", "rollcall-faces",
        "terminal-step", "terminal-step-insightface", "terminal-step-dlib"]


def test_a_film_has_as_many_records_as_were_asked_for() -> None:
    assert [len(list(film(count))) for count in (0, 1, 5, 6)] == [0, 1, 5, 6]
    assert [type for type, _, _ in film(4)] == ["segment", "rollcall", "checkin", "segment"]


@pytest.mark.long
def test_the_rows_without_real_data_do_their_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "RECORDS", 12)
    monkeypatch.setattr(fold, "RECORDS", 12)
    monkeypatch.setattr(fold_terminal, "BLOCKS", 4)
    monkeypatch.setattr(fold_terminal, "MINUTES", 2)
    monkeypatch.setattr(bag, "FILE_BYTES", 1000)
    monkeypatch.setattr(verify, "RECORDS", 12)
    monkeypatch.setattr(verify, "FILES", 2)
    monkeypatch.setattr(verify, "FILE_BYTES", 1000)
    for name in ("seal", "verify", "bag", "fold", "fold-terminal"):
        folder = tmp_path / name
        folder.mkdir()
        result = harness.measure(dataclasses.replace(ROWS[name], repetitions=1), folder)
        assert result.ratio > 0 and result.remarks


@pytest.mark.long
def test_the_row_of_the_collector_does_its_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "RECORDS", 150)
    result = harness.measure(dataclasses.replace(ROWS["collect"], repetitions=1), tmp_path)
    assert result.ratio > 0 and result.remarks


def test_boxes_are_compared_with_the_peers() -> None:
    ours = np.array([[0, 0, 10, 10], [50, 50, 10, 10]], np.float32)
    theirs = np.array([[0, 0, 10, 10], [200, 0, 10, 10]], np.float32)
    nothing = np.empty((0, 4), np.float32)
    said = detect.agreement([(ours, theirs), (nothing, theirs[:1]), (ours, nothing)])
    assert said == "1 of 3 boxes of the peer are ours too (overlap at least 1.000); 4 boxes of ours"


def test_a_roll_call_is_held_against_the_truth() -> None:
    answer = {"present": [{"trainee": "a"}, {"trainee": "x"}]}
    assert rollcall.correct(answer, {"a", "b"}) == "1 of 2 present people named, 1 wrongly"


def test_what_a_roll_call_costs_is_said_both_ways() -> None:
    assert rollcall.costs([2.0, 4.0, 2.0], [8.0, 20.0, 10.0], 40) == (
        "180 CPU seconds per hour of video: 0.20 of the plain way (goal 0.25), "
        "0.025 of real time on 2 cores (goal 0.1)")


@pytest.mark.long
def test_the_recorder_is_held_against_a_copy_and_its_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MINUTES", 1)
    monkeypatch.setattr(recorder, "BASE_S", 2)
    result = harness.measure(dataclasses.replace(ROWS["recorder"], repetitions=1), tmp_path)
    assert result.ratio > 0 and "CPU seconds per hour" in result.remarks[0] and "SHA-256" in result.remarks[1]
    ours, peer = (sorted(tmp_path.glob(f"{side}/**/*.mp4")) for side in ("ours", "peer"))
    assert len(ours) == len(peer) == 1 and abs(ours[0].stat().st_size / peer[0].stat().st_size - 1) < 0.01


def test_the_cpu_of_children_counts() -> None:
    before = harness.cpu_s()
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert harness.cpu_s() - before > 0.01


def test_a_frame_of_the_terminal_is_fitted_and_missing_clips_skip(tmp_path: Path) -> None:
    for width, height in ((1280, 720), (368, 656), (512, 512)):
        assert terminal.fit(np.full((height, width, 3), 7, np.uint8)).shape == (480, 640, 3)
    with pytest.raises(Skipped, match="no frames"):
        terminal.frames(tmp_path)


def test_the_bare_runs_are_what_the_step_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    class Net:
        def __init__(self, factor: int) -> None:
            self.factor = factor

    def plain(model: Net, blob: np.ndarray, outputs: list[str] | None = None) -> list[np.ndarray]:
        return [model.factor * blob]

    class Pack:
        def detect(self, bgr: np.ndarray, view: str) -> list[np.ndarray]:
            return terminal.Model.run(Net(2), bgr, ["boxes"])

        def embed(self, bgr: np.ndarray, face: np.ndarray) -> np.ndarray:
            return terminal.Model.run(Net(3), face)[0]

        def passive(self, bgr: np.ndarray, face: np.ndarray) -> None:
            return None

    monkeypatch.setattr(terminal.Model, "run", plain)
    runs = terminal._runs(Pack(), np.ones(2))
    assert [(net.factor, blob.tolist(), names) for net, blob, names in runs] == [
        (2, [1, 1], ["boxes"]), (3, [2, 2], None)]
    assert terminal.Model.run is plain
