"""When somebody was first seen: waiting in the queue before the terminal is no lateness.

Only times are kept, in memory, of people who are enrolled; no description of a face, and nothing of anybody else.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Collection

from evidence.times import MINUTE, SECOND

AWAY_US = 5 * MINUTE
"""Real time after which somebody who was not seen again is forgotten."""
LONGEST_US = 20 * MINUTE
"""Nobody waits longer: 80 people at 11 s each are 15 minutes."""
SOON_US = 5 * SECOND
"""A single frame is too easily somebody else: nobody waits who is not seen again so soon."""


@dataclasses.dataclass
class Sight:
    """First and last, CLOCK_BOOTTIME; `again`: it was more than one frame."""

    first_us: int
    last_us: int
    again: bool = False


class Sights:
    """By person."""

    def __init__(self) -> None:
        self._kept: dict[str, Sight] = {}

    def see(self, person: str, mono_us: int) -> None:
        """A frame shows this person, in front or behind somebody else."""
        known = self._kept.get(person)
        if known is None or mono_us - known.last_us > (AWAY_US if known.again else SOON_US):
            self._kept[person] = Sight(mono_us, mono_us)
        else:
            known.last_us, known.again = mono_us, True

    def first_us(self, person: str | None, since_us: int, mono_us: int) -> int:
        """Since when somebody who stands before the terminal since `since_us` has waited."""
        known = None if person is None else self._kept.get(person)
        if known is None or not known.again or mono_us - known.last_us > AWAY_US:
            return since_us
        return min(since_us, max(known.first_us, mono_us - LONGEST_US))

    def wipe(self, person: str, since_us: int) -> None:
        """What was seen of this person since then was not shown to be alive. Who was seen before goes on waiting."""
        known = self._kept.get(person)
        if known is not None and known.first_us >= since_us:
            del self._kept[person]

    def only(self, people: Collection[str]) -> None:
        """Everybody else is forgotten."""
        self._kept = {person: sight for person, sight in self._kept.items() if person in people}

    def forget(self) -> None:
        """Another time begins: of sign-outs, or of sign-ins."""
        self._kept.clear()
