"""The storage process: now and then a forecast, what box.toml allows to remove or move, and a slow scrub.

It yields to everybody: lowest priority for processor and disk, and a bounded rate. Whatever fails is tried again.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable

from common import logs
from common.notify import Watchdog
from edge.child import ready, stop_on_signal
from edge.errors import AlreadyRunning
from edge.storage.keeper import Keeper
from edge.wiring import Box
from evidence.errors import ZaitangError

LOWEST = 19
EVERY_S, ENDING_S = 60.0, 3.0
REMOVE_EVERY_S = 3600.0
MOVE_S = 45.0
"""Real seconds of one turn for moving; the rest of the minute the disks are free."""
MOVE_RATE, SCRUB_RATE = 20_000_000, 4_000_000
"""Bytes a second that are read or written at most."""
SCRUB_TURN = 64_000_000
"""Bytes read again in one turn: a terabyte in eleven days."""


class Stopped(Exception):
    """The process was asked to end in the middle of a file."""


def run(box: Box) -> None:
    """Until SIGTERM or SIGINT."""
    logs.setup()
    stop = stop_on_signal()
    yield_to_all()
    work = threading.Thread(target=_work, args=(Worker(box, stop), stop), name="storage", daemon=True)
    work.start()
    ready(box.run_folder, "storage")
    stop.wait()
    # A call that hangs on a volume ends only with the process.
    work.join(ENDING_S)


def _work(worker: Worker, stop: threading.Event) -> None:
    watchdog = Watchdog()
    while not stop.is_set():
        worker.turn()
        watchdog.step()
        stop.wait(EVERY_S)


def yield_to_all() -> None:
    """Lowest priority for the processor and, where the system has `ionice`, for the disk."""
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    tool = shutil.which("ionice")
    if tool is None or subprocess.run([tool, "-c", "3", "-p", str(os.getpid())], capture_output=True).returncode:
        logs.Log("storage").warning("storage.no_ionice")


class Worker:
    """`turn` again and again. `stop` may be set at any time, also in the middle of a file."""

    def __init__(self, box: Box, stop: threading.Event, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._config, self._stop, self._monotonic = box.config.storage, stop, monotonic
        self._device, self._log = box.config.device, logs.Log("storage")
        self._keeper = Keeper(box)
        self._remove_at = 0.0

    def turn(self) -> None:
        """Everything once; what fails does not keep the rest from being done. Nothing before there is a volume."""
        if self._keeper.is_new():
            return
        self._try(lambda: self._keeper.warn(self._keeper.volumes()))
        try:
            with self._keeper.lock(0.0):
                for step in (self._keeper.sweep, self._remove, self._move, self._scrub):
                    self._try(step)
        except AlreadyRunning:
            self._log.info("storage.busy")
        except Stopped:
            self._log.info("storage.stopped")

    def _try(self, step: Callable[[], object]) -> None:
        try:
            step()
        except (ZaitangError, OSError) as error:
            self._log.failed("storage.failed", error)

    def _scrub(self) -> None:
        self._keeper.scrub(SCRUB_TURN, self._paced(SCRUB_RATE))

    def _remove(self) -> None:
        if not self._config.remove or self._monotonic() < self._remove_at:
            return
        self._remove_at = self._monotonic() + REMOVE_EVERY_S
        if not self._keeper.any_due():
            return
        found = self._keeper.decisions(self._keeper.first())
        self._keeper.prune(found, f"box {self._device}", self._paced(0))

    def _move(self) -> None:
        volumes = self._keeper.volumes()
        if "second" not in volumes:
            return
        until = self._monotonic() + MOVE_S
        entries = self._keeper.to_move(volumes["first"], everything=False)
        for _ in self._keeper.move(entries, volumes["first"], volumes["second"], self._paced(MOVE_RATE)):
            if self._monotonic() >= until:
                return

    def _paced(self, rate: int) -> Callable[[int], None]:
        """Waits after each piece so that no more than `rate` bytes pass in a second; raises Stopped."""
        def advance(count: int) -> None:
            if self._stop.wait(count / rate if rate else 0):
                raise Stopped

        return advance
