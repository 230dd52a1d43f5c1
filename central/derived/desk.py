"""Where the console has copies in H.264 made: one at a time, each by a process of its own (transcode.py); who asks for
the same shares it. A copy lies in objects/derived under the hash of the recorded file, and in the cache.

What failed once is tried again after all others, and after a while that doubles each time."""
from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from central.cache.cache import Cache
from central.derived.errors import DerivedFailed, ProcessEnded, TooManyDerived
from central.derived.transcode import FAILED, OPEN, WHY
from central.objects import Objects
from central.parts import sync_place
from common.logs import Log

WAITING, FAILED_S, MOST_DOUBLED = 8, 600.0, 7
"""How many may wait; for how long a first failure is told before it is tried again, and how often that doubles."""
MOST_FAILED = 1024
"""Files of which it is known that they failed."""
START_S, TIMES_LONGER, LONGEST_S = 60, 4, 1800
"""Seconds that a process may take: so many, and so many for each second of video, but never more than the last.
A plain 1920 × 1080 at 25 a second takes less than its own length on two cores that others use as well."""
KEPT = ("PYTHONPATH",)
"""What a process is told of the environment: where the product lies, if it is not installed."""
Told = Callable[[int], None]
Make = Callable[[Path, Path, str, int, Told], None]


@dataclasses.dataclass(frozen=True)
class State:
    """How it stands with a copy that is not here. `permille`: of it is done; `error`: why it failed; `since`: when it
    came to stand so, monotonic seconds."""

    what: Literal["waiting", "making", "failed"]
    since: float
    permille: int = 0
    error: DerivedFailed | None = None


class DerivedDesk:
    """Takes orders for copies. `files`: those of boxes; `derived`: the copies; `make`: what makes one, raises
    DerivedFailed; `now_us`: the wall clock, UTC."""

    def __init__(
        self, files: Objects, derived: Objects, cache: Cache, now_us: Callable[[], int], make: Make | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files, self._derived, self._cache, self._now_us = files, derived, cache, now_us
        self._make, self._now, self._log = make or by_process, now, Log("derived")
        self._states: dict[str, State] = {}
        self._failures: dict[str, int] = {}
        self._queue: queue.PriorityQueue[tuple[int, int, str, float]] = queue.PriorityQueue(WAITING)
        self._asked = 0
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._folder = derived.path("00").parent.parent / "incoming"

    def here(self, sha256: str) -> Path | None:
        """The copy of this file, if it is here."""
        return self._derived.path(sha256) if self._derived.has(sha256) else None

    def state(self, sha256: str) -> State | None:
        """How it stands with the copy of this file; None when nobody has asked for it of late."""
        with self._lock:
            known = self._states.get(sha256)
            if known is not None and known.what == "failed" and self._now() - known.since > self._rests(sha256):
                del self._states[sha256]
                return None
        return known

    def ask(self, sha256: str, seconds: float) -> State:
        """Have a copy made of a file that is here, whose hash was checked, and that plays so long; or how it stands
        with that. Raises TooManyDerived."""
        self.state(sha256)  # forgets what failed long ago
        with self._lock:
            if (known := self._states.get(sha256)) is not None:
                return known
            try:
                self._queue.put_nowait((self._failures.get(sha256, 0), self._asked, sha256, seconds))
            except queue.Full:
                raise TooManyDerived() from None
            self._asked += 1
            self._states[sha256] = State("waiting", self._now())
            if self._worker is None:
                shutil.rmtree(self._folder, ignore_errors=True)  # what a centre that was killed had begun
                self._worker = threading.Thread(target=self._work, name="derived", daemon=True)
                self._worker.start()
            return self._states[sha256]

    def _work(self) -> None:
        while True:
            *_, sha256, seconds = self._queue.get()
            part = self._folder / f"{sha256}.mp4"
            self._become(sha256, State("making", self._now()))
            try:
                self._one(sha256, part, seconds)
            except DerivedFailed as error:
                self._log.warning("not.made", sha256=sha256)
                self._fail(sha256, error)
            except Exception as error:  # whatever it is: the next one is made all the same
                self._log.failed("not.made", error, sha256=sha256)
                self._fail(sha256, DerivedFailed(why=type(error).__name__))
            finally:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)

    def _one(self, sha256: str, part: Path, seconds: float) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        allowed_s = int(min(LONGEST_S, START_S + TIMES_LONGER * seconds))
        since = self._now()
        comment = f"derived from sha256 {sha256} by zaitang {version('zaitang')} (H.265 to H.264); not evidence"
        self._make(self._files.path(sha256), part, comment, allowed_s,
                   lambda permille: self._become(sha256, State("making", since, permille)))
        with part.open("rb") as file:
            os.fsync(file.fileno())
        size, goal = part.stat().st_size, self._derived.path(sha256)
        with self._cache.alone(sha256):
            if self._files.has(sha256):  # else it went meanwhile, and its copy would be nobody's
                goal.parent.mkdir(parents=True, exist_ok=True)
                part.rename(goal)
                sync_place(goal)
                self._cache.made(sha256, size, self._now_us())
        self._become(sha256, None)
        self._log.info("made", sha256=sha256, bytes=size, ms=int(1000 * (self._now() - since)))
        self._cache.trim(self._now_us())

    def _rests(self, sha256: str) -> float:
        """For how long a failure of this file is told, seconds."""
        return FAILED_S * 2.0 ** min(MOST_DOUBLED, self._failures.get(sha256, 1) - 1)

    def _fail(self, sha256: str, error: DerivedFailed) -> None:
        with self._lock:
            self._failures[sha256] = self._failures.pop(sha256, 0) + 1
            if len(self._failures) > MOST_FAILED:
                forgotten = next(iter(self._failures))
                del self._failures[forgotten]
                if (state := self._states.get(forgotten)) is not None and state.what == "failed":
                    del self._states[forgotten]
            self._states[sha256] = State("failed", self._now(), error=error)

    def _become(self, sha256: str, state: State | None) -> None:
        with self._lock:
            if state is None:
                del self._states[sha256]
                self._failures.pop(sha256, None)
            else:
                self._states[sha256] = state


def by_process(source: Path, target: Path, comment: str, seconds: int, told: Told) -> None:
    """Made by `central.derived.transcode`, in at most so many seconds, when nobody else needs the machine. Raises
    DerivedFailed."""
    before = [tool for name, *rest in (("setpriv", "--pdeathsig", "KILL", "--"), ("ionice", "-c", "3"))
              if (found := shutil.which(name)) for tool in (found, *rest)]
    run = [*before, sys.executable, "-P", "-m", "central.derived.transcode", str(source), str(target), comment,
           str(seconds)]
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    with subprocess.Popen(
        run, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=kept,
    ) as child:
        timer = threading.Timer(seconds, child.kill)
        timer.start()
        try:
            said = _listen(child, told)
        finally:
            late = not timer.is_alive()
            timer.cancel()
            child.kill()
    if child.returncode == FAILED:
        raise DerivedFailed(why=WHY.get(said, said))
    if late or child.returncode == -signal.SIGXCPU:
        raise DerivedFailed(why=WHY["long"])
    if child.returncode:
        raise DerivedFailed(why=ProcessEnded(status=child.returncode))


def _listen(child: subprocess.Popen[bytes], told: Told) -> str:
    """Its last line; each number is told. That it could not shut itself in wholly is no reason not to go on."""
    said = ""
    for line in _lines(child):
        said = line
        if said.isdecimal():
            told(min(1000, int(said)))
        elif said.startswith(f"{OPEN} "):
            Log("derived").warning("not.shut.in", missing="+".join(said.split()[1:]))
    return said


def _lines(child: subprocess.Popen[bytes]) -> Iterator[str]:
    assert child.stdout is not None
    while line := child.stdout.readline(100):
        yield line.decode("ascii", "replace").strip()
