"""What a page of the overview shows, read from what the worker keeps: what needs me now, and classes, page by page.

A judgement is shown with the moment it was made; where anything it was made from is another one by now, the line says
so (`fresh` is False): no stale verdict looks fresh.
"""
from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from central.errors import BadPlaceInList
from central.overview.judge import inputs_hash
from central.overview.listing import block_start
from central.store.live import BoxState, Live
from central.store.summaries import SORTS, Summary, Wanted
from central.store.tables import Tx
from evidence.times import HOUR, MINUTE

FILMED_US = 5 * MINUTE
"""A box seals a file of video each minute: who sent none for so long is not known to record."""
PAUSE_US, EARLY_US = 30 * MINUTE, HOUR
"""As policies have it: of one block is what begins so soon after; check-in opens so long before."""
SHOWN, MOST_PAGE = 10, 100
MOST_PLACE = 4096
"""Characters of a place in a list."""
Recording = Literal["recording", "quiet", "ended", "idle"]


@dataclasses.dataclass(frozen=True)
class ClassLine:
    """A class in a list. `fresh`: it was judged from just what is here now."""

    summary: Summary
    boxes: Mapping[str, str]
    fresh: bool


@dataclasses.dataclass(frozen=True)
class RunningLine:
    """A class of which a class-hour runs. `recording`: files of video come; quiet: it was started, and none came for a
    while; ended: its session is over; idle: nobody started it. `filmed_us`: when the newest file came, 0: none.
    `heard`: by box, when it last proved that it lives."""

    line: ClassLine
    recording: Recording
    filmed_us: int
    heard: Mapping[str, int | None]
    came: int
    due: int


@dataclasses.dataclass(frozen=True)
class Page:
    """A part of a list. `after`: names the place behind it; empty: there is no more."""

    lines: tuple[ClassLine, ...]
    after: str


@dataclasses.dataclass(frozen=True)
class Overview:
    """What needs me now. Each list is the beginning of a longer one, whose length stands beside it. `flags`: of classes
    with a flag to decide or an objection to answer; `fallen`: of two persons whose decision does not hold any more,
    where nothing is left to decide. `behind`: classes
    to be judged again; `unseen`: records that nobody has looked through yet, -1: the worker has not begun; whose they
    are is not known before, so that whoever does not see everything (`everybody`) is not told how many."""

    now_us: int
    flags: tuple[ClassLine, ...]
    flags_all: int
    reviews: tuple[ClassLine, ...]
    reviews_all: int
    fallen: tuple[ClassLine, ...]
    fallen_all: int
    running: tuple[RunningLine, ...]
    running_all: int
    boxes: tuple[BoxState, ...]
    boxes_all: int
    refused: int
    let_go: int
    behind: int
    unseen: int
    everybody: bool
    verdicts: Mapping[str, int]


def overview(tx: Tx, scope: Wanted, centre: str, now_us: int) -> Overview:
    """`scope`: what the person may see; `centre`: its name in records."""
    # What needs a decision longest stands first.
    waiting = dataclasses.replace(scope, waiting=True)
    to_review = dataclasses.replace(scope, undecided=True, verdict="review")
    fallen = dataclasses.replace(scope, fallen=True)
    runs = dataclasses.replace(scope, running_us=now_us)
    everybody = scope.institutions is None
    devices: Collection[str] | None = None if everybody else tx.boxes_wanted(scope)
    grades = tx.count_boxes(devices)
    verdicts = tx.verdicts(scope)
    return Overview(
        now_us=now_us, flags=_lines(tx, waiting, centre, now_us), flags_all=tx.count_classes(waiting),
        reviews=_lines(tx, to_review, centre, now_us), reviews_all=tx.count_classes(to_review),
        fallen=_lines(tx, fallen, centre, now_us), fallen_all=tx.count_classes(fallen),
        running=running(tx, runs, centre, now_us),
        running_all=tx.count_classes(runs), boxes=tuple(tx.box_states(1, devices, SHOWN)),
        boxes_all=sum(count for grade, count in grades.items() if grade > 0),
        refused=tx.quarantine_size() if everybody else 0, let_go=tx.let_go() if everybody else 0,
        behind=tx.count_behind(now_us, scope), unseen=unseen(tx), everybody=everybody, verdicts=verdicts)


def unseen(tx: Tx) -> int:
    """How many records the worker has not looked through; -1: it has not begun."""
    known = tx.meta("overview.leaf")
    return -1 if known is None else max(0, tx.leaves() - 1 - int(known))


def classes(
    tx: Tx, wanted: Wanted, centre: str, now_us: int, sort: str = "date", descending: bool = True, after: str = "",
    most: int = 50,
) -> Page:
    """A page of the list of classes. `after`: as the page before gave it. Raises BadPlaceInList."""
    most = min(max(1, most), MOST_PAGE)
    if sort not in SORTS:
        raise BadPlaceInList()
    found = tx.summaries(wanted, sort, descending, place_of(after, sort), most + 1)
    shown = found[:most]
    place = _named(shown[-1], sort) if len(found) > most else ""
    return Page(tuple(lines_of(tx, shown, centre, now_us)), place)


def lines_of(tx: Tx, rows: Sequence[Summary], centre: str, now_us: int) -> list[ClassLine]:
    """Rows with their boxes, each compared with what is here now."""
    boxes = tx.boxes_of_classes([row.class_id for row in rows])
    inputs, orders = tx.inputs(boxes, centre), tx.order_leaves([row.class_id for row in rows])
    return [ClassLine(row, boxes[row.class_id], (
        orders.get(row.class_id) == row.order_leaf and (row.due_us is None or now_us < row.due_us)
        and row.judged_us <= now_us and row.inputs == inputs_hash(inputs[row.class_id]))) for row in rows]


def running(
    tx: Tx, wanted: Wanted, centre: str, now_us: int, after: str = "", most: int = SHOWN,
) -> tuple[RunningLine, ...]:
    """Classes that run now, by their ids. `after`: the id of the last one that was shown."""
    place = (after, after) if after else None
    rows = tx.summaries(dataclasses.replace(wanted, running_us=now_us), "class", False, place, most)
    ids = [row.class_id for row in rows]
    lines, live, hours = lines_of(tx, rows, centre, now_us), tx.live_of(ids), tx.hours_near(ids, now_us)
    begun = {one: block_start(hours[one], now_us, PAUSE_US) or now_us for one in ids}
    came = tx.came_since({one: at - EARLY_US for one, at in begun.items()})
    heard = tx.heard_at({device for line in lines for device in line.boxes})
    return tuple(_running(line, live[line.summary.class_id], begun[line.summary.class_id] - EARLY_US, heard,
                          came[line.summary.class_id], now_us) for line in lines)


def _running(
    line: ClassLine, live: Mapping[str, Live], since_us: int, heard: Mapping[str, int], came: int, now_us: int
) -> RunningLine:
    now = [one for one in live.values() if one.started_us >= since_us]
    open_ = [one for one in now if one.started_us > one.ended_us]
    filmed_us = max((one.filmed_us for one in now if one.filmed_us >= since_us), default=0)
    state: Recording = "ended" if now else "idle"
    if open_:
        fresh = any(max(one.filmed_us, one.started_us) >= now_us - FILMED_US for one in open_)
        state = "recording" if fresh else "quiet"
    return RunningLine(line, state, filmed_us, {device: heard.get(device) for device in line.boxes}, came,
                       line.summary.trainees)


def _lines(tx: Tx, wanted: Wanted, centre: str, now_us: int) -> tuple[ClassLine, ...]:
    return tuple(lines_of(tx, tx.summaries(wanted, "date", False, None, SHOWN), centre, now_us))


def _named(row: Summary, sort: str) -> str:
    value = {"date": row.ends_us, "title": row.title, "class": row.class_id, "missing": row.missing}[sort]
    return base64.urlsafe_b64encode(f"{sort}\0{value}\0{row.class_id}".encode()).decode().rstrip("=")


def place_of(after: str, sort: str) -> tuple[str | int, str] | None:
    """The place that a page named: value of `sort` and class id; None of an empty text. Raises BadPlaceInList."""
    if not after:
        return None
    try:
        said = after[:MOST_PLACE]
        text = base64.b64decode(said + "=" * (-len(said) % 4), b"-_", validate=True).decode()
    except ValueError:
        raise BadPlaceInList() from None
    named, _, rest = text.partition("\0")
    value, found, class_id = rest.rpartition("\0")
    number = re.fullmatch(r"-?[0-9]{1,18}", value)
    if named != sort or not found or "\0" in class_id or (sort not in ("title", "class") and not number):
        raise BadPlaceInList()
    return (value if sort in ("title", "class") else int(value)), class_id


def region_prefix(code: str) -> str:
    """Whose regions a code holds: trailing pairs of 00 mean the whole (GB/T 2260)."""
    while code.endswith("00"):
        code = code[:-2]
    return code
