"""What was measured of faces while somebody walked through a room: places where a face stayed, a grid of the picture.

Pure: sights in, stops and medians out. Nothing here holds a picture or a description of a face.
"""
from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Literal

from edge.placement.judge import MARGIN, MOST_YAW_DEG, Verdict
from edge.vision.geometry import NOSE_FORWARD

COLUMNS, ROWS = 16, 9
"""Cells of the grid over the picture's area."""
HELD, HELD_US = 3, 3_000_000
"""A face that was seen so often, for so long, at one place is a stop."""
AWAY_US = 12_000_000
"""Who passes a place again after so long only passes; where somebody stayed, each further sight counts."""
NEAR, ALIKE = 0.75, 1.5
"""A face is at the same place within so many widths of it, and when it is not so many times as wide."""
MOST_PLACES = 400
DARK_PPM = 120_000
"""Mean grey of a face (ppm of white) below which it is dark: likeness falls fast from there on, and below half of it
faces are not even found (`python -m bench.face_width`)."""
TURNED_PPM = round(1e6 * (1 - 2 * NOSE_FORWARD * math.tan(math.radians(MOST_YAW_DEG))))
"""Frontality of a face that is turned as far as the plan allows."""
Why = Literal["small", "turned", "dark", "unknown"]


@dataclasses.dataclass(frozen=True)
class Sight:
    """One face in one picture. `x`, `y`: the middle of its box, in px; `person`: whom it was recognised as."""

    at_us: int
    x: float
    y: float
    face_px: float
    light_ppm: int
    frontal_ppm: int
    person: str | None = None


@dataclasses.dataclass(frozen=True)
class Stop:
    """A place where a face stayed; medians of its sights. `people`: how often it was recognised as whom."""

    name: str
    x: float
    y: float
    face_px: float
    light_ppm: int
    frontal_ppm: int
    sights: int
    people: tuple[tuple[str, int], ...]
    verdict: Verdict
    why: Why | None


@dataclasses.dataclass(frozen=True)
class Cell:
    """A part of the picture's area in which faces were seen; `face_px`: their median."""

    column: int
    row: int
    face_px: float
    faces: int


class Stops:
    """Takes sights picture by picture. `size`: of the picture, width and height in px; `names`: of the stops in their
    order, numbers where there are none left."""

    def __init__(self, size: tuple[int, int], min_face_px: int, names: Sequence[str] = ()) -> None:
        self.size, self.named_px = size, MARGIN * min_face_px
        self._names = list(names)
        self.compared = False
        """Whether faces are compared with anybody: whom nobody is recognised as is not identifiable then."""
        self._passed: list[list[Sight]] = []
        self._held: list[list[Sight]] = []
        self._cells: dict[tuple[int, int], list[float]] = {}

    def step(self, sights: Iterable[Sight]) -> list[Stop]:
        """The faces of one picture, in order of time; the stops that this completes."""
        told: list[Stop] = []
        for sight in sights:
            self._count(sight)
            place = self._place(sight)
            place.append(sight)
            if _held(place) and all(one is not place for one in self._held):
                self._passed = [one for one in self._passed if one is not place]
                self._held.append(place)
                told.append(self._stop(len(self._held) - 1))
        return told

    def stops(self) -> list[Stop]:
        """All of them, as far as they were measured."""
        return [self._stop(index) for index in range(len(self._held))]

    def cells(self) -> list[Cell]:
        """The grid, where faces were."""
        return [Cell(column, row, median(widths), len(widths))
                for (column, row), widths in sorted(self._cells.items(), key=lambda item: (item[0][1], item[0][0]))]

    @property
    def next_name(self) -> str | None:
        """What the next stop will be called; None where nobody gave it a name."""
        return self._names[len(self._held)] if len(self._held) < len(self._names) else None

    @property
    def unreached(self) -> tuple[str, ...]:
        """The names of stops that were not made."""
        return tuple(self._names[len(self._held):])

    def _count(self, sight: Sight) -> None:
        column = min(COLUMNS - 1, max(0, int(sight.x * COLUMNS / self.size[0])))
        row = min(ROWS - 1, max(0, int(sight.y * ROWS / self.size[1])))
        self._cells.setdefault((column, row), []).append(sight.face_px)

    def _place(self, sight: Sight) -> list[Sight]:
        """The place where this face is, a new one if need be."""
        self._passed = [one for one in self._passed if sight.at_us - one[-1].at_us <= AWAY_US][-MOST_PLACES:]
        near = [one for one in self._held + self._passed if one[-1].at_us < sight.at_us and _same(one[-1], sight)]
        if near:
            return min(near, key=lambda place: math.hypot(place[-1].x - sight.x, place[-1].y - sight.y))
        self._passed.append([])
        return self._passed[-1]

    def _stop(self, index: int) -> Stop:
        place = self._held[index]
        width, light = median(one.face_px for one in place), round(median(one.light_ppm for one in place))
        frontal = round(median(one.frontal_ppm for one in place))
        why: Why | None = None
        if width < self.named_px:
            why = "small"
        elif frontal < TURNED_PPM:
            why = "turned"
        elif light < DARK_PPM:
            why = "dark"
        people = Counter(one.person for one in place if one.person is not None).most_common()
        if why is None and self.compared and not people:
            why = "unknown"
        return Stop(
            self._names[index] if index < len(self._names) else str(index + 1), median(one.x for one in place),
            median(one.y for one in place), width, light, frontal, len(place), tuple(people),
            "counted" if why else "identified", why)


def _same(before: Sight, now: Sight) -> bool:
    wide = max(before.face_px, now.face_px, 1e-6)
    return (math.hypot(before.x - now.x, before.y - now.y) <= NEAR * wide
            and wide <= ALIKE * max(1e-6, min(before.face_px, now.face_px)))


def _held(place: Sequence[Sight]) -> bool:
    return len(place) >= HELD and place[-1].at_us - place[0].at_us >= HELD_US
