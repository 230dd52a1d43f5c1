"""SIGKILL at random moments of `zaitang-edge record`: while it starts, records, turns segments, finishes.

A file played at pace 1 is due by CLOCK_BOOTTIME, which this process reads too: what had come when the kill came is
known to the microsecond, whatever the recorder says of it.
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.clock import boottime_us
from edge.recorder.command import make_folder_of_its_own
from evidence.times import SECOND
from tests.faults.conftest import FRAME_US, GOP_US
from tests.faults.judging import Runs, assert_true, media_us

KILLS = 5
"""In one folder, one after the other, before a recorder may end in peace."""
ALLOWED_US = GOP_US + SECOND // 2
PHASES = ("start-up", "running", "turn", "finishing")
VERIFY = "import sys; from verify.cli import main; sys.exit(main())"


@dataclasses.dataclass
class Life:
    """One recorder from its start to its kill, in µs of CLOCK_BOOTTIME. `asked_us`: when it was asked to end.

    `promised`: it had turned a segment, so something of it must be there. `begun_us`: when its first file was made."""

    moment: str
    born_us: int
    asked_us: int | None = None
    killed_us: int = 0
    dead_us: int = 0
    promised: bool = False
    begun_us: int | None = None
    stood_still_us: int = 0

    @property
    def came_until_us(self) -> int:
        """A packet due later was not asked for, or never came."""
        return min(self.killed_us, self.asked_us or self.killed_us)


class Probe:
    """Does over and over what a recorder waits for, a little sleep and a synced write, and notes how late each was.

    The machine of a test is shared: for as long as *it* stood still, no recorder could have written anything.
    """

    def __init__(self, folder: Path) -> None:
        self._path, self._late = folder / "probe", [(0, 0)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Probe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def worst_us(self, since_us: int) -> int:
        return max((late for at, late in self._late if at >= since_us), default=0)

    def _run(self) -> None:
        with self._path.open("wb", buffering=0) as file:
            while not self._stop.is_set():
                begun_us = boottime_us()
                time.sleep(0.02)
                file.write(b"x")
                os.fdatasync(file.fileno())
                now_us = boottime_us()
                self._late.append((now_us, now_us - begun_us - 20_000))


class Victims:
    """Recorders over one folder, each killed at a moment that `rng` draws."""

    def __init__(self, out: Path, film: Path, probe: Probe, rng: random.Random) -> None:
        self._out, self._film, self._probe, self._rng = out, film, probe, rng
        make_folder_of_its_own(out)
        with (out / "box.toml").open("a") as file:
            file.write("[recorder]\nsegment_s = 1\nreserve_mb = 1\n")

    def kill_one(self, phase: str) -> Life:
        before, life = self._files(), Life(phase, boottime_us())
        with _recorder(self._out, self._film, "--pace", "1") as child:
            self._live(child, life, phase, lambda: self._files() - before)
            life.killed_us = boottime_us()
            child.send_signal(signal.SIGKILL)
            _, said = child.communicate()
            life.dead_us = boottime_us()
            assert child.returncode == -signal.SIGKILL or (phase == "finishing" and child.returncode == 0), said
        life.stood_still_us = self._probe.worst_us(life.killed_us - 2 * SECOND)
        fresh = self._files() - before
        wall_us = [path.stat().st_mtime_ns // 1000 - time.time_ns() // 1000 + boottime_us() for path in fresh]
        life.begun_us = min(wall_us, default=None)
        return life

    def _live(self, child: subprocess.Popen[str], life: Life, phase: str, fresh: Callable[[], set[Path]]) -> None:
        """Wait for the moment."""
        if phase == "start-up":
            self._wait(life, 1.8)
            return
        turns = 2 if phase == "turn" else 1
        deadline = time.monotonic() + 60
        while not any(path.name == f"{turns:06d}.mp4" for path in fresh()):
            assert child.poll() is None and time.monotonic() < deadline, child.communicate()
            time.sleep(0.001 if phase == "turn" else 0.02)
        life.promised = True
        if phase == "turn":
            self._wait(life, 0.03)
        elif phase == "running":
            self._wait(life, 1.5)
        else:
            life.asked_us = boottime_us()
            child.send_signal(signal.SIGTERM)
            self._wait(life, 0.2)

    def _wait(self, life: Life, longest_s: float) -> None:
        seconds = self._rng.uniform(0, longest_s)
        life.moment += f" + {seconds:.3f} s"
        time.sleep(seconds)

    def _files(self) -> set[Path]:
        return {path for kind in ("journal", "segments") for path in (self._out / "video" / kind).rglob("*.*")}


@contextlib.contextmanager
def _recorder(out: Path, film: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "edge.cli", "--lang", "en", "record", "--source", f"file:{film}",
               "--out", str(out), *more]
    child = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()


def kill_and_recover(folder: Path, film: Path, seed: int) -> None:
    """KILLS recorders are killed, the last one ends in peace; then every one of them is judged."""
    rng, out = random.Random(seed), folder / "out"
    phases = [*PHASES, rng.choice(PHASES)]
    rng.shuffle(phases)
    with Probe(folder) as probe:
        victims = Victims(out, film, probe, rng)
        lives = [victims.kill_one(phase) for phase in phases[:KILLS]]
    with _recorder(out, film, "--seconds", "1") as child:
        _, said = child.communicate(timeout=60)
        assert child.returncode == 0, said
    checked = subprocess.run([sys.executable, "-c", VERIFY, str(out), "--lang", "en"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    runs = assert_true(out, film)
    assert not list((out / "video" / "journal").iterdir()), "everything is recovered"
    for life in lives:
        print(f"seed {seed}: {life.moment}: {_judge(life, runs)}")


def _judge(life: Life, runs: Runs) -> str:
    """What is left of a life; fails when it is too little, or more than came."""
    allowed_us = ALLOWED_US + 3 * life.stood_still_us
    own = [segments for segments in runs.values() if life.born_us <= segments[0].first_mono_us < life.dead_us]
    assert len(own) <= 1, f"{life}: one camera, one run"
    if not own:
        assert not life.promised, f"{life}: a finished segment is gone"
        assert life.begun_us is None or life.came_until_us - life.begun_us < allowed_us, f"{life}: all of it is gone"
        return "nothing had been written" if life.begun_us is None else "the first fragment was not complete"
    (segments,) = own
    until_us = segments[0].first_mono_us + media_us(segments)
    assert until_us <= life.dead_us + FRAME_US, f"{life}: more was recorded than came"
    lost_us = life.came_until_us - until_us
    assert lost_us < allowed_us, f"{life}: more is lost than one GOP and half a second"
    return f"{max(0, lost_us) / 1000:.0f} ms lost; the machine stood still for {life.stood_still_us / 1000:.0f} ms"


@pytest.mark.long
def test_a_killed_recorder_loses_less_than_a_gop_and_half_a_second(tmp_path: Path, film: Path) -> None:
    kill_and_recover(tmp_path, film, seed=0)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(1, 11))
def test_fifty_kills_one_after_the_other(tmp_path: Path, film: Path, seed: int) -> None:
    kill_and_recover(tmp_path, film, seed)
