"""Of whom the terminal is wary: people whose face was shown, but not shown to be alive.

Only their pseudonyms, in memory, until the desk closes; at most everybody who is enrolled.
"""
from __future__ import annotations

from collections.abc import Collection

from evidence.times import MINUTE

DOUBT_US = 10 * MINUTE
"""Real time for which a face that did not look alive is asked for gestures, however alive it looks then."""


class Wary:
    """By person. Who showed to be alive is forgotten."""

    def __init__(self) -> None:
        self._until: dict[str, int] = {}
        self._asked: set[str] = set()

    def doubt(self, person: str, mono_us: int) -> None:
        """A frame, or an attempt, that did not look alive."""
        self._until[person] = mono_us + DOUBT_US

    def ask(self, person: str) -> None:
        """Gestures are asked: nobody gets around them by walking away and coming again."""
        self._asked.add(person)

    def trust(self, person: str) -> None:
        """The person is alive."""
        self._until.pop(person, None)
        self._asked.discard(person)

    def only(self, people: Collection[str]) -> None:
        """Everybody else is forgotten."""
        self._until = {person: until_us for person, until_us in self._until.items() if person in people}
        self._asked.intersection_update(people)

    def of(self, person: str, mono_us: int) -> bool:
        """Whether this person must be asked for gestures, where the pack can ask, and seen for a full window."""
        return person in self._asked or mono_us < self._until.get(person, mono_us)
