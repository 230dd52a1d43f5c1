"""A centre that holds the video of one class to stay, whose years a test lets pass."""
from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest

from central.classes.orders import add_class
from central.classes.plan import read_names, read_plan
from central.keeping.apply import Remover
from central.wiring import Centre
from evidence.checkpoint import seen_of
from evidence.times import MINUTE, utc_us
from tests.central.helpers import MORNING, Box, FixedClock, put, segment_of, write_plan

CLASS = "welder-1"
FILES = [f"the bytes of file {index}".encode() for index in range(3)]
UNTIL = utc_us("2029-03-02T06:45:00.000000Z")
"""Three years after the last class-hour."""
DAY = 24 * 60 * MINUTE


@dataclasses.dataclass
class Keeping:
    """A centre and a box of it. `box` states its records as the clock of the centre stands."""

    centre: Centre
    box: Box
    clock: FixedClock

    @property
    def remover(self) -> Remover:
        return self.centre.remover()

    @property
    def shas(self) -> list[str]:
        """Of the three files, in their order."""
        return [str(one.record.body["sha256"]) for one in self.box.sealed if one.record.type == "segment"]

    def film(self, data: bytes, index: int, class_id: str = CLASS, at_us: int = MORNING, run: str = "r-1") -> None:
        """A file that comes to stay."""
        self.box.append(segment_of(data, at_us + index * MINUTE, 60, index, run, class_id=class_id),
                        at_us + (index + 1) * MINUTE)
        self.clock.utc_us = max(self.clock.utc_us, at_us + (index + 1) * MINUTE)
        put(self.centre, data)
        self.take()
        with self.centre.store.write() as tx:
            tx.mark_stored(hashlib.sha256(data).hexdigest(), MORNING)

    def take(self) -> None:
        self.centre.collector().take(self.box.messages())

    def seen(self, at_us: int | None = None) -> None:
        """The box says that it saw the newest checkpoint."""
        stated = self.centre.checkpoint()
        self.box.append(seen_of(stated, self.centre.store.log), self.clock.utc_us if at_us is None else at_us)
        self.take()

    def here(self) -> list[int]:
        """Which of the three files are; that rows and folder agree, too."""
        with self.centre.store.read() as tx:
            rows = [index for index, sha256 in enumerate(self.shas) if any(one.stored for one in tx.announced(sha256))]
        assert [index for index, sha256 in enumerate(self.shas) if self.centre.objects.has(sha256)] == rows
        return rows

    def codes(self) -> list[str]:
        """Why what is here stays, or may go."""
        plan = self.remover.plan()
        return [one.code for kept in plan.classes for group in kept.groups for one in group.reasons]

    def over(self) -> None:
        """The years pass, and the box says the same by its own clock."""
        self.clock.utc_us = UNTIL + DAY
        self.seen()


@pytest.fixture
def keeping(centre: Centre, clock: FixedClock, tmp_path: Path) -> Keeping:
    plan, names = write_plan(tmp_path)
    add_class(centre.store, centre.names, read_plan(plan), read_names(names), plan)
    made = Keeping(centre, Box(centre), clock)
    made.box.genesis()
    for index, data in enumerate(FILES):
        made.film(data, index)
    return made
