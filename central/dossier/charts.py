"""Where things stand in the charts of a dossier, in millimetres: pure geometry. Every kind has a shape of its own, so
that a black and white print says the same. All marks of a kind are one path, so that a large class draws fast."""
from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from central.dossier.shape import ClassHour, Mark, Trainee
from common.commands import columns

PITCH, NAME_MM, HEAD_MM = 4.2, 32.0, 15.0
COLUMNS, ROWS = 34, 46
"""Recordings across and trainees down one heat map: what fits on a page."""
NAME_COLUMNS = 16
BARS, BAR_MM, BAR_PITCH = 48, 2.5, 3.6
HEIGHT_MM = 24.0
T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Label:
    """A text at a place."""

    x: float
    y: float
    text: str


@dataclasses.dataclass(frozen=True)
class Chart:
    """`paths`: kind → the `d` of its path. `rows`, `columns`: labels at the left and the top (or bottom). All charts of
    one kind have one `width`, and so one scale; `used`: as far as this one reaches."""

    width: float
    used: float
    height: float
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    paths: Mapping[str, str]


def heat_maps(trainees: Sequence[Trainee], labels: Sequence[str]) -> list[Chart]:
    """Trainees × recordings. `labels`: one for each recording, short. As many charts as it takes, at most
    `COLUMNS` × `ROWS` cells each."""
    return [_heat_map(people, labels[first : first + COLUMNS], first)
            for first in range(0, len(labels), COLUMNS) for people in _parts(trainees, ROWS)]


def _heat_map(trainees: Sequence[Trainee], labels: Sequence[str], first: int) -> Chart:
    paths: dict[str, list[str]] = defaultdict(list)
    for row, one in enumerate(trainees):
        for column, mark in enumerate(one.marks[first : first + len(labels)]):
            if mark is not None:
                paths[mark].append(cell(mark, NAME_MM + column * PITCH, HEAD_MM + row * PITCH))
    return Chart(
        width=_mm(NAME_MM + COLUMNS * PITCH), used=_mm(NAME_MM + len(labels) * PITCH),
        height=_mm(HEAD_MM + len(trainees) * PITCH),
        rows=tuple(Label(NAME_MM - 1.5, _mm(HEAD_MM + row * PITCH + 3), _short(one.name))
                   for row, one in enumerate(trainees)),
        columns=tuple(Label(_mm(NAME_MM + column * PITCH + 2.9), HEAD_MM - 1, label)
                      for column, label in enumerate(labels)),
        paths={mark: "".join(parts) for mark, parts in sorted(paths.items())},
    )


def cell(mark: Mark, x: float, y: float) -> str:
    """The shape of a mark in the square at x, y: full, half, hollow, crossed, a dot, a dash."""
    x, y, s = x + 0.3, y + 0.3, PITCH - 0.6
    half = s / 2
    shapes = {
        "both": f"M{x:.2f} {y:.2f}h{s:.2f}v{s:.2f}h-{s:.2f}z",
        "signed": f"M{x:.2f} {y:.2f}v{s:.2f}h{s:.2f}z",
        "shown": f"M{x:.2f} {y:.2f}h{s:.2f}v{s:.2f}z",
        "leave": f"M{x + .3:.2f} {y + .3:.2f}h{s - .6:.2f}v{s - .6:.2f}h-{s - .6:.2f}z",
        "absent": f"M{x + .4:.2f} {y + .4:.2f}l{s - .8:.2f} {s - .8:.2f}m0 -{s - .8:.2f}l-{s - .8:.2f} {s - .8:.2f}",
        "open": f"M{x + half:.2f} {y + half - .9:.2f}l.9 .9l-.9 .9l-.9 -.9z",
        "pending": f"M{x + half - .8:.2f} {y + half:.2f}h1.6",
    }
    return shapes[mark]


def coverage(hours: Sequence[ClassHour], day: Callable[[ClassHour], str]) -> list[Chart]:
    """A column for each class-hour: how much of it is recorded. `day`: the date under the first one of each day."""
    return [_coverage(some, day) for some in _parts(hours, BARS)]


def _coverage(hours: Sequence[ClassHour], day: Callable[[ClassHour], str]) -> Chart:
    paths: dict[str, list[str]] = defaultdict(list)
    for number, hour in enumerate(hours):
        top = 2.0
        for kind, share in _shares(hour):
            height = share * HEIGHT_MM
            if height > 0.01:
                x = 8 + number * BAR_PITCH
                paths[kind].append(f"M{x:.2f} {top:.2f}h{BAR_MM}v{height:.2f}h-{BAR_MM}z")
            top += height
    days = itertools.groupby(enumerate(hours), key=lambda pair: day(pair[1]))
    return Chart(
        width=_mm(8 + BARS * BAR_PITCH), used=_mm(8 + len(hours) * BAR_PITCH), height=HEIGHT_MM + 14,
        rows=(Label(7, 3.2, "100%"), Label(7, _mm(2 + HEIGHT_MM / 2 + 0.8), "50%"), Label(7, 2 + HEIGHT_MM, "0")),
        columns=tuple(Label(_mm(8 + next(iter(of_day))[0] * BAR_PITCH + 2), HEIGHT_MM + 3.5, text)
                      for text, of_day in days),
        paths={kind: "".join(parts) for kind, parts in sorted(paths.items())},
    )


def _shares(hour: ClassHour) -> list[tuple[str, float]]:
    """From the top down."""
    if hour.kind == "online":
        return [("online", 1.0)]
    planned = max(1, hour.planned_us)
    covered, uncertain = hour.covered_us / planned, hour.uncertain_us / planned
    missing = max(0.0, 1 - covered - uncertain)
    return [("missing" if hour.over else "pending", missing), ("uncertain", uncertain), ("covered", covered)]


def _parts(items: Sequence[T], most: int) -> Iterable[Sequence[T]]:
    return (items[at : at + most] for at in range(0, len(items), most))


def _short(name: str) -> str:
    """So much of a name as has place beside its row."""
    kept = name
    while columns(kept) > NAME_COLUMNS:
        kept = kept[:-1]
    return kept if kept == name else kept[:-1] + "…"


def _mm(value: float) -> float:
    return round(value, 2)
