"""A real box that records from a real camera is updated: to releases that break it in three ways, while a class runs
and after it, and to one that is good."""
from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.control.client import ask
from edge.errors import NoRecorder
from edge.keys import make_box_keys, self_certified
from edge.storage.files import sha256_file
from edge.wiring import Box, open_box
from evidence.bodies import SessionEnd, SessionStart
from provisioning.update import cli
from provisioning.update.prove import Pace
from tests.edge.cameras.conftest import Serve, serve, serving
from tests.edge.recorder.conftest import make_film
from tests.faults.judging import assert_whole
from tests.faults.units import Units, until
from tests.provisioning.update.machines import Small, build, bundle

__all__ = ["serve"]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(480)]

PACE = Pace(grace_s=8.0, prove_s=12.0, every_s=1.0)
ROLES = ("recorder", "terminal", "storage")
REAL = f"""#!/bin/sh
export PYTHONPATH={Path(__file__).parents[2]}
BREAK
exec {sys.executable} -m edge.cli "$@"
"""
DIES = REAL.replace("BREAK", 'case "$2" in storage) sleep 1; exit 3;; esac')
SILENT = REAL.replace("BREAK", f'case "$2" in terminal) exec {sys.executable} "$(dirname "$0")/silent.py" "$4";; esac')
SILENT_PAGE = """import fcntl, socket, sys, time, tomllib
lock = open(sys.argv[1] + "/run/terminal.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
port = tomllib.load(open(sys.argv[1] + "/box.toml", "rb"))["terminal"]["port"]
socket.create_server(("127.0.0.1", port)).listen()
time.sleep(3600)
"""
OTHER_SCHEMA = REAL.replace("BREAK", "").replace(
    "-m edge.cli", "-c 'import sys; from edge.store import sql; sql.SCHEMA_VERSION, sql.OPENS = 9, (9,); "
                   "from edge.cli import main; sys.exit(main())'")
FINE = REAL.replace("BREAK", "")


@pytest.fixture
def box(tmp_path: Path, serve: Serve) -> Iterator[Box]:
    camera = serve(serving(make_film(tmp_path / "film.mp4", 600, fps=5, gop=5)))
    folder = tmp_path / "root/var/lib/zaitang/box"
    folder.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "box.toml").write_text(f"""device = "box-1"
policy = "demo"
[terminal]
port = {port}
voice = false
[recorder]
segment_s = 4
reserve_mb = 1
[[cameras]]
id = "room"
source = "{camera.url}"
""")
    make_box_keys(folder / "keys", self_certified("box-1", 1_700_000_000_000_000))
    opened = open_box(folder)
    yield opened
    opened.store.close()


class Updated(Small):
    """The machine of `Small` with a real box, whose program is that of this repository."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, box: Box) -> None:
        toml = (box.folder / "box.toml").read_text()
        super().__init__(root, monkeypatch.setenv)
        (box.folder / "box.toml").write_text(toml)
        first = root / "opt/zaitang/releases/0.1.0/bin/zaitang-edge"
        first.write_text(FINE)
        self.units = Units(root / "u", root / "opt/zaitang/current/bin/zaitang-edge", ROLES, box.folder)
        monkeypatch.setenv("PATH", f"{root}/u:{os.environ['PATH']}")

    def take(self, where: Path, version: str, program: str) -> int:
        top = bundle(where, version, {"bin/zaitang-edge": program, "bin/silent.py": SILENT_PAGE})
        return self.update("take", str(top), "--now")

    def ended(self) -> tuple[str, object, object]:
        """What is current, and how the update stands."""
        state = self.state()
        return self.current, state["phase"], state["why"]

    def update(self, *words: str, pace: Pace = PACE) -> int:
        return cli.main(["--lang", "en", *words], build, self.root, pace)


def recorder(box: Box) -> dict[str, Any]:
    with contextlib.suppress(NoRecorder):
        return ask(box.recorder_socket, "status")
    return {}


def press(box: Box, session: str, end: bool = False) -> None:
    body = SessionEnd("c-1", session, "page") if end else SessionStart("c-1", session, "page")
    box.store.append("session.end" if end else "session.start", body)


def test_what_breaks_is_put_back_and_no_recording_is_touched(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    machine = Updated(tmp_path / "root", monkeypatch, box)
    units = machine.units
    try:
        units.restart()
        until(lambda: recorder(box).get("camera_trouble", "") is None)
        press(box, "s-1")
        until(lambda: recorder(box).get("stretch_us", 0) > 2_000_000)
        run, pid = recorder(box)["run"], units.processes["recorder"].pid

        # While a class runs nothing is touched, however often it is tried.
        assert machine.take(tmp_path, "0.2.0", DIES) == 0
        assert machine.update("continue") == 0
        assert (machine.state()["phase"], machine.current) == ("checked", "0.1.0")
        until(lambda: recorder(box).get("stretch_us", 0) > 9_000_000)
        assert (recorder(box)["run"], units.processes["recorder"].pid, units.restarts) == (run, pid, 1)
        press(box, "s-1", end=True)
        until(lambda: recorder(box).get("recording") is False and recorder(box).get("pending") == 0)

        # A process that dies.
        assert machine.update("continue") == 0
        assert machine.ended() == ("0.1.0", "rolled_back", "processes")
        # A page that does not answer.
        assert machine.take(tmp_path, "0.3.0", SILENT) == 1
        assert machine.ended() == ("0.1.0", "rolled_back", "doctor")
        assert any("page of the terminal" in str(one) for one in machine.state()["troubles"])  # type: ignore[attr-defined]
        # A database that it cannot open: nothing is even restarted.
        restarts = units.restarts
        assert machine.take(tmp_path, "0.4.0", OTHER_SCHEMA) == 1
        assert "schema 1" in capsys.readouterr().out and (units.restarts, machine.current) == (restarts, "0.1.0")
        # A good one.
        until(lambda: recorder(box).get("camera_trouble", "") is None)
        assert machine.take(tmp_path, "0.5.0", FINE) == 0
        assert (machine.current, machine.state()["phase"], machine.releases) == ("0.5.0", "kept", {"0.1.0", "0.5.0"})
        press(box, "s-2")
        until(lambda: recorder(box).get("stretch_us", 0) > 2_000_000)
        press(box, "s-2", end=True)
        until(lambda: recorder(box).get("recording") is False and recorder(box).get("pending") == 0)
    finally:
        units.close()
    _judge(box, run)


def _judge(box: Box, run: str) -> None:
    """All that was recorded is there in one run, each file is what its record says, the chain holds, and the centre is
    told what did not hold."""
    segments = [one.record.body for one in box.store.records_of("segment")]
    first = [one for one in segments if one["session"] == "s-1"]
    assert {one["run"] for one in first} == {run}
    assert sum(one["end_pts_us"] - one["first_pts_us"] for one in first) > 9_000_000
    assert any(one["session"] == "s-2" for one in segments)
    for one in segments:
        assert sha256_file(box.segments / one["file"]) == one["sha256"]
    alarms = [one.record.body for one in box.store.records_of("alarm")]
    told = [(one["params"]["release"], one["params"]["why"]) for one in alarms if one["code"] == "update.rolled_back"]
    assert told == [("0.2.0", "processes"), ("0.3.0", "doctor")]
    box.store.close()
    assert_whole(box.folder)
