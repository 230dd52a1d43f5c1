"""Which session, block and class-hour the screen speaks of: those that run now on this box, or come next. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal

from edge.plans import stamp_of
from evidence.blocks import PlannedBlock, day, hour_span, plan_blocks
from evidence.bodies import ClassOrder, Hour, SessionCorrected, SessionEnd, SessionStart, body_of
from evidence.policy import Policy
from evidence.records import Record, Stamp
from evidence.story import Span
from evidence.times import MINUTE

OUT_BEFORE_US = 10 * MINUTE
"""From so long before the end of a block on a face at the terminal signs out."""
OUT_AFTER_US = 30 * MINUTE
"""So long after its end people may still sign out."""


@dataclasses.dataclass(frozen=True)
class Lesson:
    """One class-hour of a class: `number` of `of` in the plan."""

    order: ClassOrder
    hour: Hour
    span: Span
    phase: Literal["now", "next"]
    number: int
    of: int


@dataclasses.dataclass(frozen=True)
class Session:
    """A session of this box. `class_id`: the class for which it counts; `pressed`: somebody pressed start.

    `ids`: its id, and before it that of another start of the same class, if a press crossed the plan's start."""

    class_id: str
    session: str
    since_us: int
    pressed: bool = True
    ended_us: int | None = None
    ids: tuple[str, ...] = ()
    by_plan: bool = False
    """It was the plan that ended it."""
    ended: Stamp | None = None
    """The clock at its end."""


def sessions_of(records: Iterable[Record], before: Sequence[Session] = ()) -> tuple[Session, ...]:
    """The sessions of a box's records, in the order of their start; `before`: those of the records before these. One
    that another start ended has no end here."""
    found = list(before)
    for record in records:
        if record.type not in ("session.start", "session.end", "session.corrected"):
            continue
        body = body_of(record)
        newest = found[-1] if found else None
        if isinstance(body, SessionStart):
            found[-1:] = _started(newest, record, body)
        elif newest is None or getattr(body, "session", None) not in newest.ids:
            continue
        elif isinstance(body, SessionEnd) and newest.ended_us is None:
            found[-1] = dataclasses.replace(
                newest, ended_us=record.utc_us, by_plan=body.by == "plan", ended=stamp_of(record))
        elif isinstance(body, SessionCorrected):
            found[-1] = dataclasses.replace(newest, class_id=body.class_id)
    return tuple(found)


def classes_of(records: Iterable[Record]) -> dict[str, str]:
    """Session → the class for which it counts."""
    found: dict[str, str] = {}
    for record in records:
        if record.type in ("session.start", "session.corrected"):
            found[str(record.body["session"])] = str(record.body["class"])
    return found


def _started(newest: Session | None, record: Record, body: SessionStart) -> list[Session]:
    """The newest sessions after a start. A start of the class that runs joins it, as it does at the recorder."""
    pressed = body.by != "plan"
    if newest is not None and newest.ended_us is None and (
        body.session in newest.ids or body.class_id == newest.class_id
    ):
        ids = tuple(dict.fromkeys((*newest.ids, body.session)))
        return [dataclasses.replace(newest, session=body.session, pressed=newest.pressed or pressed, ids=ids)]
    started = Session(body.class_id, body.session, record.utc_us, pressed, None, (body.session,))
    return [started] if newest is None else [newest, started]


def session_block(blocks: Sequence[PlannedBlock], since_us: int, now_us: int) -> PlannedBlock | None:
    """The block to which a session belongs that was started at `since_us` and is still open: the one that runs, or
    into which it ran; else, before the first or between two, the one that comes. A class that overruns stays with its
    own."""
    last = max((b for b in blocks if b.span.start_us <= now_us), key=lambda b: b.span.start_us, default=None)
    if last is not None and (now_us < last.span.end_us or since_us < last.span.end_us):
        return last
    return min((b for b in blocks if b.span.start_us > now_us), key=lambda b: b.span.start_us, default=last)


def lesson(
    orders: Iterable[ClassOrder], device: str, now_us: int, only: PlannedBlock | None = None,
) -> Lesson | None:
    """The class-hour now, else the next one, on this box. `only`: of that block, when a session of it is open.

    Online class-hours are not taught here. Of two that run at once the earlier one, then the smaller class id.
    """
    found = []
    for order in orders:
        if device not in {place.device for place in order.boxes}:
            continue
        hours = sorted((h for h in order.hours if h.kind != "online"), key=lambda h: (hour_span(h).start_us, h.hour))
        for number, hour in enumerate(hours, 1):
            span = hour_span(hour)
            if now_us < span.end_us and (only is None or hour in only.hours):
                phase: Literal["now", "next"] = "now" if span.start_us <= now_us else "next"
                found.append(Lesson(order, hour, span, phase, number, len(hours)))
                break
    return min(found, key=lambda item: (item.span.start_us, item.order.class_id), default=None)


def taught_today(orders: Iterable[ClassOrder], device: str, now_us: int) -> list[ClassOrder]:
    """The classes that have a class-hour on this box today, by the clock of each; in the order of their ids."""
    found = []
    for order in orders:
        today = day(now_us, order.utc_offset_min)
        days = {day(hour_span(hour).start_us, order.utc_offset_min) for hour in order.hours if hour.kind != "online"}
        if device in {place.device for place in order.boxes} and today in days:
            found.append(order)
    return sorted(found, key=lambda order: order.class_id)


def latest_class(orders: Iterable[ClassOrder], device: str, now_us: int) -> str | None:
    """The class that was taught on this box last, or is being taught; before any was, the one that comes first."""
    starts = [(hour_span(hour).start_us, order.class_id) for order in orders for hour in order.hours
              if hour.kind != "online" and device in {place.device for place in order.boxes}]
    begun = [one for one in starts if one[0] <= now_us]
    found = max(begun) if begun else min(starts, default=None)
    return None if found is None else found[1]


def direction(block: Span, now_us: int) -> Literal["in", "out"] | None:
    """What a face at the terminal does for a block that has begun or comes next; None: it is over for good."""
    if now_us >= block.end_us + OUT_AFTER_US:
        return None
    return "out" if now_us >= block.end_us - OUT_BEFORE_US else "in"


def checkin_open(order: ClassOrder, policy: Policy, now_us: int) -> bool:
    """Whether a block of the plan is near enough that people may check in, or runs."""
    before_us = policy.block.checkin_before_min.value * MINUTE
    blocks = plan_blocks(order, policy.block.pause_min.value * MINUTE)
    return any(block.span.start_us - before_us <= now_us < block.span.end_us for block in blocks)
