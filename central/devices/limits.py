"""Refused tries, counted: who guesses is locked out for a while, and everybody when many guess."""
from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

WINDOW_S = 600.0
EACH, ALL = 10, 200
"""So many refused tries of one address, and of all of them, are borne within the window."""
MOST_ADDRESSES = 4096


class Tries:
    """`now`: monotonic seconds. Safe in threads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._all: deque[float] = deque(maxlen=ALL)
        self._each: dict[str, deque[float]] = {}

    def is_open(self, address: str) -> bool:
        """Whether an address may try."""
        with self._lock:
            mine = self._each.get(address)
            return not self._full(self._all) and (mine is None or not self._full(mine))

    def refused(self, address: str) -> bool:
        """A try was refused. True if it was the last one that is borne."""
        with self._lock:
            self._forget()
            mine = self._each.setdefault(address, deque(maxlen=EACH))
            mine.append(self._now())
            self._all.append(self._now())
            return self._full(mine) or self._full(self._all)

    def _full(self, tries: deque[float]) -> bool:
        return len(tries) == tries.maxlen and tries[0] > self._now() - WINDOW_S

    def _forget(self) -> None:
        if len(self._each) >= MOST_ADDRESSES:
            oldest = self._now() - WINDOW_S
            self._each = {address: tries for address, tries in self._each.items() if tries[-1] > oldest}
