"""`zaitang-edge busy` at real boxes: what is recorded, what is open, what begins by the plan."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from common.policies import load_policy
from edge import cli
from edge.child import only_one
from edge.control.server import listening
from edge.updates import quiet
from edge.wiring import open_box
from evidence.bodies import ClassOrder, Hour, OrderAccepted, Place, PolicyRef, SessionEnd, SessionStart
from evidence.times import MINUTE, utc_text
from tests.edge.recorder.conftest import make_film
from tests.edge.recorder.test_process import Running, make_box


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two minutes of real time: a busy machine must not see the end of it."""
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", 2400, fps=1, gop=2)


def busy(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = cli.main(["busy", "--box", str(folder), "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_a_box_that_never_ran_is_quiet_and_stays_as_it_is(
    tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    folder = make_box(tmp_path / "box", film)
    assert busy(folder, capsys) == (0, {"busy": False, "why": "", "begins": None})
    assert not (folder / "zaitang.db").exists()


def test_of_a_recorder_that_runs_and_does_not_answer_nobody_can_tell(
    tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = make_box(tmp_path / "box", film)
    monkeypatch.setattr(quiet, "ANSWER_S", 0.1)
    (folder / "run").mkdir(exist_ok=True)
    with listening(folder / "run" / "recorder.sock"):
        with only_one(folder / "run" / "recorder.lock", "recorder"):
            assert cli.main(["--lang", "en", "busy", "--box", str(folder), "--json"]) == 1
            said = capsys.readouterr()
            assert said.out == "" and "the recorder does not answer" in said.err
        open_box(folder).store.close()
        assert busy(folder, capsys)[0] == 0  # it ended, and left its socket


def test_of_a_box_whose_database_was_moved_away_nobody_can_tell(
    tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    box = open_box(make_box(tmp_path / "box", film))
    box.store.append("session.start", SessionStart("class-1", "s-1", "page"))
    box.store.close()
    with only_one(box.run_folder / "terminal.lock", "terminal"):
        pass
    (box.folder / "zaitang.db").rename(tmp_path / "db")
    assert cli.main(["--lang", "en", "busy", "--box", str(box.folder), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "nobody can tell whether a class is open" in said.err
    assert not (box.folder / "zaitang.db").exists()


def test_an_open_class_and_what_is_recorded_of_it(
    tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    box = open_box(make_box(tmp_path / "box", film))
    assert busy(box.folder, capsys)[0] == 0
    box.store.append("session.start", SessionStart("class-1", "s-1", "page"))
    assert busy(box.folder, capsys) == (1, {"busy": True, "why": "open", "begins": None})
    running = Running(box.folder)
    try:
        running.until(lambda status: bool(status["recording"]))
        assert busy(box.folder, capsys)[1]["why"] == "recording"
        (box.folder / "zaitang.db").rename(tmp_path / "db")  # whatever ails the database, a recording is one
        (box.folder / "zaitang.db").write_bytes(b"no database")
        assert busy(box.folder, capsys)[1]["why"] == "recording"
        (tmp_path / "db").rename(box.folder / "zaitang.db")
    finally:
        running.end()
    box.store.append("session.end", SessionEnd("class-1", "s-1", "page"))
    assert busy(box.folder, capsys)[0] == 0
    box.store.close()


def test_a_class_that_begins_soon_by_the_plan(tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = open_box(make_box(tmp_path / "box", film, rate=1))
    start_us = box.clock.utc_us() + 40 * MINUTE
    hour = Hour("h-1", "practical", utc_text(start_us), utc_text(start_us + 45 * MINUTE))
    order = box.store.append("order.class", ClassOrder(
        "c-1", 1, "班", PolicyRef("demo", load_policy("demo").sha256), 480, (Place("box-1", ""),), (), (hour,)))
    box.store.put_order(order)
    box.store.append("order.accepted", OrderAccepted("c-1", order.hash))
    assert busy(box.folder, capsys)[0] == 0
    assert busy(box.folder, capsys, "--within", "60") == (
        1, {"busy": True, "why": "plan", "begins": utc_text(start_us)})
    assert cli.main(["--lang", "en", "busy", "--box", str(box.folder), "--within", "60"]) == 1
    assert "by its plan a class begins at 2026-03-02T01:4" in capsys.readouterr().out
    box.store.close()


def test_a_database_that_cannot_be_read_is_not_quiet(
    tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    folder = make_box(tmp_path / "box", film)
    (folder / "zaitang.db").write_bytes(b"no database" * 1000)
    assert cli.main(["busy", "--box", str(folder)]) == 2
    assert cli.main(["--lang", "en", "busy", "--box", str(tmp_path)]) == 2
    assert "never ran" in capsys.readouterr().err
