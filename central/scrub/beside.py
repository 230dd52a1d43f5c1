"""Reading stored video again beside a server, as long as the console is served: one thread for what lies here and one
for the bucket, both slowly."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from central.scrub.bucket import BucketScrub
from central.scrub.scrub import Scrub
from common.logs import Log
from evidence.errors import ZaitangError

RATE = 20_000_000
"""Bytes a second: 50 TB in a month, and a disk is free for others most of the time."""
BUCKET_RATE = 2_000_000
"""Bytes a second of a bucket: 30 TB in half a year, and a line is free for others."""
EVERY_S, MOST_S = 60.0, 3600.0
STOP_S = 10.0
_LOG = Log("scrub")
Paced = Callable[[int], None]


class Pace:
    """Waits so that no more than `rate` bytes a second are read on average. Raises InterruptedError at the end."""

    def __init__(self, end: threading.Event, rate: int) -> None:
        self._end, self._rate, self._free_s = end, rate, 0.0

    def __call__(self, size: int) -> None:
        now_s = time.monotonic()
        self._free_s = max(self._free_s, now_s) + size / self._rate
        if self._end.wait(self._free_s - now_s):
            raise InterruptedError


@contextmanager
def scrubbed(make: Callable[[Paced], Scrub], make_bucket: Callable[[Paced], BucketScrub | None]) -> Iterator[None]:
    """Read again meanwhile. Each gives what reads, which is told to be slow."""
    end = threading.Event()
    here, there = make(Pace(end, RATE)), make_bucket(Pace(end, BUCKET_RATE))
    threads = [_thread(end, "scrub", (here.mend, here.some))]
    threads += [] if there is None else [_thread(end, "scrub.bucket", (there.some,))]
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join(STOP_S)


def _thread(end: threading.Event, name: str, steps: Sequence[Callable[[], int]]) -> threading.Thread:
    """Take the steps over and over; a pause where the last one did nothing."""
    def run() -> None:
        wait_s = EVERY_S
        while not end.wait(wait_s):
            try:
                done = [step() for step in steps]
                wait_s = 0.0 if done[-1] else EVERY_S
            except InterruptedError:
                return
            except (ZaitangError, OSError) as error:
                _LOG.failed("later", error)
                wait_s = min(MOST_S, max(EVERY_S, 2 * wait_s))

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
