"""Who makes an export of many classes just now: a few at once, one for each account, so that nobody keeps all others
from theirs."""
from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable

from central.dossier.errors import ExportLost, ExportRuns, TooManyExports

AT_ONCE = 3
"""Each makes one class after the other, and so takes a core."""
STALLED_S = 300.0
"""Whoever took nothing for so long gives the place to the next who asks."""


@dataclasses.dataclass(eq=False)
class Place:
    """Of one export. `at`: monotonic seconds, of when its owner last took a piece of it."""

    account: str
    at: float


class Places:
    """Gives places away, and takes back those that nobody uses."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._lock, self._held = now, threading.Lock(), list[Place]()

    def take(self, account: str) -> Place:
        """A place for an account. Raises ExportRuns where it has one, TooManyExports where all are taken."""
        with self._lock:
            self._held = [one for one in self._held if self._now() - one.at < STALLED_S]
            if any(one.account == account for one in self._held):
                raise ExportRuns
            if len(self._held) >= AT_ONCE:
                raise TooManyExports(limit=AT_ONCE)
            place = Place(account, self._now())
            self._held.append(place)
        return place

    def go_on(self, place: Place) -> None:
        """Another piece is taken. Raises ExportLost where the place was given to somebody else."""
        with self._lock:
            if place not in self._held:
                raise ExportLost
            place.at = self._now()

    def leave(self, place: Place) -> None:
        """It is free again."""
        with self._lock:
            self._held = [one for one in self._held if one is not place]
