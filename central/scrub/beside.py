"""Reading stored video again beside a server: one thread, slowly, as long as the console is served."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from central.scrub.scrub import Scrub
from common.logs import Log
from evidence.errors import ZaitangError

RATE = 20_000_000
"""Bytes a second: 50 TB in a month, and a disk is free for others most of the time."""
EVERY_S, MOST_S = 60.0, 3600.0
STOP_S = 10.0
_LOG = Log("scrub")


class Pace:
    """Waits so that no more than RATE bytes a second are read on average. Raises InterruptedError at the end."""

    def __init__(self, end: threading.Event) -> None:
        self._end, self._free_s = end, 0.0

    def __call__(self, size: int) -> None:
        now_s = time.monotonic()
        self._free_s = max(self._free_s, now_s) + size / RATE
        if self._end.wait(self._free_s - now_s):
            raise InterruptedError


@contextmanager
def scrubbed(make: Callable[[Callable[[int], None]], Scrub]) -> Iterator[None]:
    """Read again meanwhile. `make`: gives the scrub, which is told to be slow."""
    end = threading.Event()
    scrub = make(Pace(end))

    def run() -> None:
        wait_s = EVERY_S
        while not end.wait(wait_s):
            try:
                scrub.mend()
                wait_s = 0.0 if scrub.some() else EVERY_S
            except InterruptedError:
                return
            except (ZaitangError, OSError) as error:
                _LOG.failed("later", error)
                wait_s = min(MOST_S, max(EVERY_S, 2 * wait_s))

    thread = threading.Thread(target=run, name="scrub", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(STOP_S)
