"""The course of tests/central/course.py held at a real box: its store seals the records, its volume has the files."""
from __future__ import annotations

import dataclasses
from pathlib import Path

from central.wiring import Centre
from edge.wiring import Box, open_box, open_store
from evidence.bodies import Body, Segment
from evidence.records import Sealed, Stamp
from evidence.times import SECOND
from tests.central.course import Course
from tests.central.helpers import MORNING, SIMULATED, TYPE_OF


class _SetClock:
    """Says what it is told; a simulated one, and every record says so."""

    utc_us = MORNING

    def stamp(self) -> Stamp:
        return Stamp("b0", self.utc_us - MORNING + 7200 * SECOND, self.utc_us, SIMULATED)


class HeldCourse(Course):
    """Of the class that the box has taken; nobody else may write to the box meanwhile."""

    def __init__(self, folder: Path, class_id: str) -> None:
        self._clock, self.shade, parts = _SetClock(), 0, open_box(folder)
        parts.store.close()
        store = open_store(parts.folder, parts.config, parts.keys, self._clock)  # type: ignore[arg-type]
        self._parts: Box = dataclasses.replace(parts, store=store)
        self.names = store.names(class_id)
        self.persons = {name: person for person, name in self.names.items()}
        self._files: list[str] = []
        self.box = self  # type: ignore[assignment]

    def append(self, body: Body, utc: int) -> Sealed:
        """Seal the next record at this moment, UTC microseconds."""
        self._clock.utc_us = utc
        return self._parts.store.append(TYPE_OF[type(body)], body)

    def keep(self, segment: Segment, data: bytes) -> None:
        path = self._parts.segments / segment.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self._files.append(segment.sha256)

    def at(self, centre: Centre) -> bool:
        """Whether every record has its receipt, and the centre has every file that they name."""
        if self._parts.store.receipted_up_to() < self._parts.store.head_seq():
            return False
        with centre.store.read() as tx:
            return all(any(one.stored for one in tx.announced(sha256)) for sha256 in self._files)

    def close(self) -> None:
        self._parts.store.close()
