"""BOX/run/live.json: whether somebody looks into this room from afar now, from the process that sends to the terminal.

A sign too many does no harm, one too few does: what is there and cannot be read counts as somebody who looks."""
from __future__ import annotations

import dataclasses
import json
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

from edge.storage.files import read_plain
from evidence.times import HOUR, SECOND

FRESH_S = 10.0
"""Real seconds: who sends rewrites the file every two; an older one was left by who was killed."""
MOST = 4096
AHEAD_US, LONGEST_US = 10 * SECOND, 24 * HOUR
"""A beginning that lies further ahead, or further back, is not shown: the clock was set meanwhile."""


@dataclasses.dataclass(frozen=True)
class Watched:
    """Somebody looks. `since_us`: from when on, UTC microseconds of the box's clock; None: nobody knows."""

    since_us: int | None


class LiveSign:
    """For several threads. `wall_s`: the machine's clock, by which files are dated; `now_us`: the box's."""

    def __init__(
        self, path: Path, now_us: Callable[[], int], wall_s: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._now_us, self._wall_s, self._monotonic = path, now_us, wall_s, monotonic
        self._lock = threading.Lock()
        self._dated = (-1, 0.0)
        """The date of the file that was seen, nanoseconds, and until when it is believed."""

    def look(self) -> Watched | None:
        """Who looks now; None: nobody."""
        try:
            found = self._path.stat()
            if not self._is_fresh(found.st_mtime_ns):
                return None
            if not stat.S_ISREG(found.st_mode):
                return Watched(None)
            return Watched(self._since(read_plain(self._path, MOST + 1)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return Watched(None)

    def _is_fresh(self, dated_ns: int) -> bool:
        """A date says how old the file is when it is first seen, if it does not lie ahead; from then on the file is
        believed for what is left of its time, until it is written anew: clocks may be set meanwhile."""
        now_s = self._monotonic()
        with self._lock:
            if self._dated[0] != dated_ns:
                self._dated = dated_ns, now_s + FRESH_S - max(0.0, self._wall_s() - dated_ns / 1e9)
            return now_s < self._dated[1]

    def _since(self, told: bytes) -> int | None:
        """When it began, if that can be read and can be true."""
        try:
            since_us = json.loads(told)["since_us"] if len(told) <= MOST else None
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        if isinstance(since_us, bool) or not isinstance(since_us, int):
            return None
        return since_us if -AHEAD_US <= self._now_us() - since_us <= LONGEST_US else None
