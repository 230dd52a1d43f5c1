"""Charts of a class as geometry, for SVG: who was there in which recording, how much of each class-hour is recorded.

Every cell says in a letter and a pattern what it says in a colour, so that nobody needs to tell colours apart; beside
each chart stands a table of the same. Units are those of the SVG's own view box.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from central.classes.stories import Told
from central.web.gaps import NOT_DUE, is_due
from central.web.links import percent
from central.web.localtime import LocalTime
from central.web.matrix import NOT_OVER, Cell, PersonRow
from common.reasons import HALVES, block_words
from common.texts import N_, translate
from evidence.story import Block

CELL, NAME_W, HEAD_H, LEAN, PLOT_H = 18, 92, 84, 48, 100
"""`LEAN`: how far the name of the last recording reaches beyond its column."""
BAR_W, BAR_MOST, COVER_W = 10, 30, 480
"""Few bars are wide ones."""
NAME_MOST = 7
"""Characters of a name in the chart; the table has all of it."""
KINDS = {
    "shown": N_("shown in the recording"), "checked_in": N_("signed in, not shown"), "leave": N_("on approved leave"),
    "missing": N_("missing from the recording"), "open": N_("undecided"), "pending": NOT_OVER,
    "none": N_("not due"),
}
LETTERS = {"shown": "●", "checked_in": "○", "leave": "△", "missing": "×", "open": "?", "pending": "·", "none": ""}


@dataclasses.dataclass(frozen=True)
class HeatCell:
    """One trainee in one recording. `kind`: of KINDS; `title`: all of it in words."""

    x: int
    y: int
    kind: str
    letter: str
    words: str
    title: str


@dataclasses.dataclass(frozen=True)
class HeatRow:
    """One trainee. `y`: of the middle of the row."""

    name: str
    short: str
    y: int
    cells: tuple[HeatCell, ...]
    shown: int
    due: int


@dataclasses.dataclass(frozen=True)
class HeatMap:
    """`columns`: (x of the middle, name, short name). `legend`: the kinds that occur: kind, letter, words."""

    width: int
    height: int
    columns: tuple[tuple[int, str, str], ...]
    rows: tuple[HeatRow, ...]
    legend: tuple[tuple[str, str, str], ...]
    cell: int = CELL
    name_w: int = NAME_W
    head_h: int = HEAD_H


@dataclasses.dataclass(frozen=True)
class Bar:
    """A class-hour. `height`: its recorded part of PLOT_H; `kind`: theory, practical, online (of that none is due);
    `over`: it is."""

    x: int
    height: int
    kind: str
    over: bool
    share: int
    name: str
    words: str


@dataclasses.dataclass(frozen=True)
class Coverage:
    """`days`: (x, name) where a day begins."""

    width: int
    bar_w: int
    bars: tuple[Bar, ...]
    days: tuple[tuple[int, str], ...]
    mean: int | None
    plot_h: int = PLOT_H


def heat_map(told: Told, people: Sequence[PersonRow], lang: str) -> HeatMap:
    """Trainees × recordings. `people`: the rows of the matrix."""
    local = LocalTime(told.order.utc_offset_min, lang)
    blocks = [(block_words(one.id, lang), _short(one, local)) for one in told.story.blocks]
    rows = tuple(_row(person, number, [name for name, _ in blocks], lang) for number, person in enumerate(people))
    used = {cell.kind for row in rows for cell in row.cells}
    return HeatMap(
        width=NAME_W + CELL * len(blocks) + LEAN, height=HEAD_H + CELL * len(rows) + 2,
        columns=tuple((NAME_W + CELL * at + CELL // 2, name, short) for at, (name, short) in enumerate(blocks)),
        rows=rows, legend=tuple((kind, LETTERS[kind], translate(said, lang)) for kind, said in KINDS.items()
                                if kind in used))


def _short(block: Block, local: LocalTime) -> str:
    """Day and half of the day, without the year."""
    day, half = local.short_date(block.span.start_us), block.id.split("-")[3]
    return translate(HALVES[half], local.lang, date=day)


def _row(person: PersonRow, number: int, blocks: Sequence[str], lang: str) -> HeatRow:
    y = HEAD_H + CELL * number
    cells = []
    for at, (cell, block) in enumerate(zip(person.cells, blocks, strict=True)):
        kind = kind_of(cell)
        words = translate(KINDS[kind], lang)
        more = "" if cell is None or not cell.signed else f"; {cell.signed}"
        cells.append(HeatCell(NAME_W + CELL * at, y, kind, LETTERS[kind], words,
                              f"{person.name} · {block}: {words}{more}"))
    short = person.name if len(person.name) <= NAME_MOST else f"{person.name[: NAME_MOST - 1]}…"
    return HeatRow(person.name, short, y + CELL // 2, tuple(cells), sum(one.kind == "shown" for one in cells),
                   sum(one.kind not in ("none", "pending") for one in cells))


def kind_of(cell: Cell | None) -> str:
    """What the chart says of a cell of the matrix. Missing is said only where the recording counts against somebody:
    nothing that is open is drawn as a reproach."""
    if cell is None:
        return "none"
    if cell.answer in ("shown", "pending"):
        return cell.answer
    if cell.on_leave:
        return "leave"
    if cell.answer == "absent" and not cell.doubtful:
        return "missing"
    return "open" if cell.checkin is None else "checked_in"


def coverage(told: Told, lang: str) -> Coverage:
    """Class-hours × the share of each that is recorded."""
    local = LocalTime(told.order.utc_offset_min, lang)
    bar_w = max(BAR_W, min(BAR_MOST, COVER_W // max(1, len(told.story.hours))))
    bars: list[Bar] = []
    days: list[tuple[int, str]] = []
    x = 0
    day = ""
    for hour in told.story.hours:
        if local.day(hour.span.start_us) != day:
            day = local.day(hour.span.start_us)
            x += bar_w // 2 if days else 0
            days.append((x, local.short_date(hour.span.start_us)))
        share, over = percent(hour.covered_us, hour.span.length_us), hour.span.end_us <= told.as_of.us
        name = (f"{local.date(hour.span.start_us)} {local.clock(hour.span.start_us)}–"
                f"{local.clock(hour.span.end_us)}")
        words = translate(NOT_DUE, lang) if not is_due(hour) else f"{share}%" if over else translate(NOT_OVER, lang)
        bars.append(Bar(x, share * PLOT_H // 100, hour.hour.kind, over, share, name, words))
        x += bar_w + 2
    judged = [hour for hour in told.story.hours if hour.span.end_us <= told.as_of.us and is_due(hour)]
    mean = percent(sum(hour.covered_us for hour in judged), sum(hour.span.length_us for hour in judged))
    return Coverage(max(x, 1), bar_w, tuple(bars), tuple(days), mean if judged else None)
