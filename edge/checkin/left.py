"""Visits that left before they were decided, though a frame did not look alive: each is a record within a minute.

Two pictures that take turns would make a record of each frame. So it is one record for each person and minute, which
counts the visits.
"""
from __future__ import annotations

from collections.abc import Callable

from edge.checkin.visit import Visit
from evidence.times import MINUTE

AWAY_US = MINUTE
"""Within this a face that comes again goes on with its visit, if no other face came; after it there is a record."""


class Left:
    """By the person whom the frames name: at most everybody who is enrolled."""

    def __init__(self) -> None:
        self._kept: dict[str, Visit] = {}
        self._last: str | None = None

    def leave(self, person: str, visit: Visit) -> None:
        """A visit is over. What left before in the same minute is counted in it."""
        before = self._kept.pop(person, None)
        if before is not None:
            visit.visits, visit.left_us = visit.visits + before.visits, before.left_us
        elif visit.left_us is None:
            visit.left_us = visit.here_us
        self._kept[person], self._last = visit, person

    def again(self, is_same: Callable[[Visit], bool], mono_us: int) -> Visit | None:
        """A face comes: the visit with which it goes on, if it is the face that left last."""
        person, self._last = self._last, None
        visit = None if person is None else self._kept.get(person)
        if person is None or visit is None or _is_due(visit, mono_us) or not is_same(visit):
            return None
        return self._kept.pop(person)

    def due(self, mono_us: int) -> Visit | None:
        """A visit that is a record now."""
        for person, visit in self._kept.items():
            if _is_due(visit, mono_us):
                return self._kept.pop(person)
        return None

    def end(self) -> list[Visit]:
        """Nobody can come again: all of them are records now."""
        kept, self._kept = list(self._kept.values()), {}
        return kept


def _is_due(visit: Visit, mono_us: int) -> bool:
    return visit.left_us is not None and mono_us - visit.left_us > AWAY_US
