"""How fast an archive is pulled, and at which times of the day."""
from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Callable

from central.archive.errors import BadRate, BadWait, BadWindow
from evidence.times import HOUR, MINUTE, SECOND

DAY_US = 24 * HOUR
MOST_RATE, MOST_WAIT_H = 100_000.0, 8760.0
STEP_S = 1.0
"""So often somebody who waits for the window looks whether the pull was ended."""
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class Ended(Exception):
    """The pull was told to end."""


@dataclasses.dataclass(frozen=True)
class Window:
    """A time of each day, minutes since midnight; one that ends before it begins goes over midnight."""

    first_min: int
    last_min: int

    def opens_us(self, now_us: int, offset_min: int) -> int | None:
        """When it opens next, UTC microseconds; None while it is open. `offset_min`: minutes east of UTC."""
        local = (now_us + offset_min * MINUTE) % DAY_US
        first, last = self.first_min * MINUTE, self.last_min * MINUTE
        inside = first <= local < last if first < last else local >= first or local < last
        return None if inside else now_us + (first - local) % DAY_US


def window_of(text: str) -> Window:
    """Like 22:00-06:00. Raises BadWindow."""
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise BadWindow(value=repr(text[:40]))
    first, last = (60 * int(found[at]) + int(found[at + 1]) for at in (1, 3))
    if first == last:
        raise BadWindow(value=repr(text))
    return Window(first, last)


def rate_of(text: str) -> int:
    """Megabytes (10⁶) a second as bytes a second. Raises BadRate."""
    value = _number(text)
    if value is None or not 0.001 <= value <= MOST_RATE:
        raise BadRate(value=repr(text[:40]))
    return int(value * 1_000_000)


def wait_of(text: str) -> float:
    """Hours as seconds. Raises BadWait."""
    value = _number(text)
    if value is None or not 0 <= value <= MOST_WAIT_H:
        raise BadWait(value=repr(text[:40]))
    return value * 3600


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text, re.ASCII) else None


class Pace:
    """Lets bytes through: of all readers together so many a second (None: as fast as it goes), and only in the window.
    `now_us`: UTC; `closed`: called with when the window opens, at its close, and with None when it is open again."""

    def __init__(
        self, rate: int | None, window: Window | None, offset_min: int, now_us: Callable[[], int],
        closed: Callable[[int | None], object], stop: threading.Event,
    ) -> None:
        self.rate, self._window, self._offset_min, self._now_us = rate, window, offset_min, now_us
        self._closed, self.stop = closed, stop
        self._lock, self._free_s, self._told = threading.Lock(), 0.0, False

    def open(self) -> None:
        """Wait for the window. Raises Ended."""
        while self._window is not None:
            opens_us = self._window.opens_us(self._now_us(), self._offset_min)
            self._tell(opens_us)
            if opens_us is None:
                break
            self.rest(min(STEP_S, (opens_us - self._now_us()) / SECOND))
        if self.stop.is_set():
            raise Ended

    def take(self, size: int) -> None:
        """Wait until so many bytes may be read. Raises Ended."""
        self.open()
        if self.rate is not None:
            with self._lock:
                now_s = time.monotonic()
                until_s = self._free_s = max(now_s, self._free_s) + size / self.rate
            self.rest(until_s - now_s)

    def rest(self, seconds: float) -> None:
        """Wait. Raises Ended."""
        if self.stop.wait(max(0.0, seconds)):
            raise Ended

    def _tell(self, opens_us: int | None) -> None:
        with self._lock:
            changed, self._told = self._told != (opens_us is not None), opens_us is not None
        if changed:
            self._closed(opens_us)
