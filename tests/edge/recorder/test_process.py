"""A box as it runs: `zaitang-edge run`, the recorder as its child, presses as records, kills, a clean end."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common.policies import load_policy
from edge.clock import boottime_us, machine_boot_id
from edge.config import parse_box
from edge.control.client import ask
from edge.errors import NoRecorder
from edge.keys import make_box_keys, self_certified
from edge.wiring import Box, open_box
from evidence.bodies import (
    ClassOrder,
    Hour,
    OrderAccepted,
    Place,
    PolicyRef,
    Segment,
    SessionEnd,
    SessionStart,
    body_of,
)
from evidence.times import SECOND, utc_text, utc_us
from tests.ending import end

from .conftest import make_film

RATE = 20
START = "2026-03-02T01:00:00.000000Z"


def make_box(folder: Path, film: Path, more: str = "", rate: int = RATE) -> Path:
    """A box folder whose simulated clock begins in a moment and whose camera begins with it."""
    folder.mkdir()
    (folder / "box.toml").write_text(f'''
device = "box-1"
policy = "demo"
[clock]
source = "simulated"
start = "{START}"
rate = {rate}
anchor_boot_us = {boottime_us()}
boot_id = "{machine_boot_id()}"
[recorder]
segment_s = 10
reserve_mb = 1
[[cameras]]
id = "room"
source = "file:{film}"
start = "{START}"
{more}''')
    make_box_keys(folder / "keys", self_certified("box-1", utc_us(START)))
    return folder


class Running:
    """`zaitang-edge run`, with the recorder alone unless it is told more roles."""

    def __init__(self, folder: Path, *roles: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "edge.cli", "--lang", "en", "run", "--box", str(folder),
                   "--only", *(roles or ("recorder",))]
        self.child = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @property
    def recorder_pid(self) -> int:
        return int(json.loads((self.folder / "run" / "ready").read_text())["recorder"])

    def until(self, wanted: Callable[[dict[str, Any]], bool], timeout_s: float = 60) -> dict[str, Any]:
        """The recorder's status once it is as wanted."""
        deadline, status = time.monotonic() + timeout_s, {}
        while time.monotonic() < deadline:
            try:
                status = ask(self.folder / "run" / "recorder.sock", "status")
            except NoRecorder:
                status = {}
            if status and wanted(status):
                return status
            assert self.child.poll() is None, self.child.communicate()
            time.sleep(0.05)
        raise AssertionError(status)

    def wait_ready(self) -> None:
        deadline = time.monotonic() + 60
        while not (self.folder / "run" / "ready").exists():
            assert time.monotonic() < deadline and self.child.poll() is None, self.child.communicate()
            time.sleep(0.05)

    def end(self) -> tuple[int, str, str]:
        """Exit status, stdout, stderr. None of its processes had to be killed."""
        code, out, err = end(self.child)
        assert "process.killed" not in err, err
        return code, out, err


@pytest.fixture(scope="session")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty minutes at two frames a second, a keyframe every two seconds: two minutes of real time, for a busy machine
    must not see the end of it."""
    return make_film(tmp_path_factory.mktemp("long") / "long.mp4", 2400, fps=2, gop=4)


@pytest.fixture
def box(tmp_path: Path, long_film: Path) -> Iterator[Box]:
    opened = open_box(make_box(tmp_path / "box", long_film))
    yield opened
    opened.store.close()


@pytest.fixture
def running(box: Box) -> Iterator[Running]:
    made = Running(box.folder)
    yield made
    if made.child.poll() is None:
        made.end()


def press(box: Box, end: bool = False) -> None:
    body = SessionEnd("c-1", "s-1", "page") if end else SessionStart("c-1", "s-1", "page")
    box.store.append("session.end" if end else "session.start", body)
    ask(box.recorder_socket, "look")


def segments(box: Box) -> list[Segment]:
    bodies = (body_of(sealed.record) for sealed in box.store.records_of("segment"))
    return [body for body in bodies if isinstance(body, Segment)]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_presses_are_recorded_and_a_killed_recorder_resumes(box: Box, running: Running) -> None:
    running.wait_ready()
    assert running.until(lambda one: True)["session"] is None
    press(box)
    status = running.until(lambda one: one["stretch_us"] > 15 * SECOND)
    assert (status["class"], status["session"], status["camera"]) == ("c-1", "s-1", "room")
    first = running.recorder_pid
    os.kill(first, signal.SIGKILL)
    status = running.until(lambda one: one["run"] not in (None, status["run"]) and one["stretch_us"] > 3 * SECOND)
    running.wait_ready()
    assert running.recorder_pid != first and status["session"] == "s-1"
    press(box, end=True)
    running.until(lambda one: one["session"] is None and one["pending"] == 0)
    ended_us = next(one.record.mono_us for one in box.store.records_of("session.end"))
    found = segments(box)
    assert [one.cut for one in found if one.cut] == ["restart", "end"]
    assert [one.recovered for one in found if one.cut] == [True, False]
    assert found[0].began == "start" and found[-1].began == "restart"
    assert ended_us - found[-1].last_mono_us < 3 * SECOND
    begun_us = next(one.record.mono_us for one in box.store.records_of("session.start"))
    assert found[0].first_mono_us - begun_us <= 2 * SECOND, "the next keyframe after the press"
    for one in found:
        assert one.last_mono_us - one.first_mono_us == one.end_pts_us - one.first_pts_us - 500_000
    assert running.end()[:2] == (0, "the box is ready\n")


def test_a_planned_class_hour_is_recorded_without_a_press_and_resumed_after_a_kill(
    tmp_path: Path, long_film: Path,
) -> None:
    box = open_box(make_box(tmp_path / "box", long_film))
    start_us = box.clock.utc_us() + 5 * SECOND
    hour = Hour("h-1", "practical", utc_text(start_us), utc_text(start_us + 2400 * SECOND))
    policy = PolicyRef("demo", load_policy("demo").sha256)
    order = box.store.append("order.class", ClassOrder(
        "c-1", 1, "班", policy, 480, (Place("box-1", ""),), (), (hour,)))
    box.store.put_order(order)
    box.store.append("order.accepted", OrderAccepted("c-1", order.hash))
    running = Running(box.folder)
    try:
        status = running.until(lambda one: one["stretch_us"] > 10 * SECOND)
        assert status["class"] == "c-1"
        running.wait_ready()
        os.kill(running.recorder_pid, signal.SIGKILL)
        again = running.until(lambda one: one["run"] not in (None, status["run"]) and one["stretch_us"] > 3 * SECOND)
        assert again["session"] == status["session"]
        box.store.append("session.start", SessionStart("c-1", status["session"], "page"))
        ask(box.recorder_socket, "look")
        assert running.until(lambda one: True)["run"] == again["run"], "a press joins the run"
    finally:
        running.end()
    presses = [one.record.body["by"] for one in box.store.records_of("session.start")]
    assert presses == ["plan", "page"] and box.store.records_of("session.end") == []
    assert {one.session for one in segments(box)} == {status["session"]}
    box.store.close()


def test_a_clean_end_seals_what_is_being_recorded_and_leaves_nobody_behind(box: Box, running: Running) -> None:
    running.wait_ready()
    press(box)
    running.until(lambda one: one["stretch_us"] > 4 * SECOND)
    pid = running.recorder_pid
    code, _, err = running.end()
    assert code == 0 and not alive(pid) and not (box.run_folder / "ready").exists()
    last = segments(box)[-1]
    assert (last.cut, last.recovered) == ("restart", False)
    assert "Traceback" not in err and "s-1" not in err


def test_children_do_not_outlive_a_killed_supervisor(box: Box, running: Running) -> None:
    running.wait_ready()
    pid = running.recorder_pid
    running.child.kill()
    running.child.communicate()
    deadline = time.monotonic() + 60
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


@pytest.mark.long
def test_after_a_killed_supervisor_the_box_starts_again_at_once(box: Box, running: Running) -> None:
    running.wait_ready()
    press(box)
    running.until(lambda one: one["stretch_us"] > 0)
    pid = running.recorder_pid
    running.child.kill()
    again = Running(box.folder)
    again.until(lambda one: (box.run_folder / "ready").exists() and again.recorder_pid != pid)
    assert again.end()[0] == 0
    running.child.communicate()


def test_what_ails_the_box_itself_is_said_once(tmp_path: Path, long_film: Path) -> None:
    folder = make_box(tmp_path / "box", long_film)
    (folder / "keys" / "device.pem").chmod(0o644)
    running = Running(folder, "recorder", "sync", "rollcall")
    out, err = running.child.communicate(timeout=60)
    assert (running.child.returncode, out) == (2, "") and len(err.splitlines()) == 1 and "must be 600" in err


def test_a_box_that_cannot_start_says_why_and_ends(tmp_path: Path, film: Path) -> None:
    folder = make_box(tmp_path / "box", tmp_path / "none.mp4")
    running = Running(folder)
    out, err = running.child.communicate(timeout=60)
    said = [line for line in err.splitlines() if not line.startswith("{")]
    assert (running.child.returncode, out, len(said)) == (2, "", 2)
    assert "none.mp4 cannot be read as video" in said[0] and "recorder refused" in said[1]


def test_a_file_is_no_camera_on_the_real_clock(tmp_path: Path, film: Path) -> None:
    folder = make_box(tmp_path / "box", film)
    text = (folder / "box.toml").read_text()
    begin, end = text.index("[clock]"), text.index("[recorder]")
    (folder / "box.toml").write_text(text[:begin] + text[end:])
    assert parse_box((folder / "box.toml").read_bytes(), "box.toml").clock.source == "kernel"
    running = Running(folder)
    _, err = running.child.communicate(timeout=60)
    assert running.child.returncode == 2 and "simulated clock only" in err


def test_a_box_runs_once(box: Box, running: Running) -> None:
    running.wait_ready()
    again = Running(box.folder)
    _, err = again.child.communicate(timeout=60)
    assert again.child.returncode == 2 and "already running" in err
    assert running.end()[0] == 0
