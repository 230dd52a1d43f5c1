"""What a terminal keeps of a class while its engine is made anew: who waits in the queue, and of whom it is wary."""
from __future__ import annotations

from collections.abc import Collection

from edge.checkin.sights import Sights
from edge.checkin.view import Direction
from edge.checkin.wary import Wary


class Kept:
    """Pseudonyms and times, in memory, of people who are enrolled."""

    def __init__(self) -> None:
        self.sights, self.wary = Sights(), Wary()
        self._direction: Direction | None = None

    def begin(self, direction: Direction) -> None:
        """Nobody waits for a sign-out since a sign-in."""
        if self._direction not in (None, direction):
            self.sights.forget()
        self._direction = direction

    def only(self, people: Collection[str]) -> None:
        """Whose face was erased is forgotten."""
        self.sights.only(people)
        self.wary.only(people)
