"""Which lesson the screen speaks of: the class-hour that runs now on this box, or the next one. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal

from evidence.blocks import hour_span, plan_blocks
from evidence.bodies import ClassOrder, Hour, SessionEnd, SessionStart, body_of
from evidence.policy import Policy
from evidence.records import Record
from evidence.story import Span
from evidence.times import MINUTE


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
    """An open session: its start press has no end press yet."""

    class_id: str
    session: str
    since_us: int


def open_session(records: Iterable[Record]) -> Session | None:
    """The session that was started last and not ended, from a box's records in order."""
    current: Session | None = None
    for record in records:
        body = body_of(record)
        if isinstance(body, SessionStart):
            current = Session(body.class_id, body.session, record.utc_us)
        elif isinstance(body, SessionEnd) and current is not None and body.session == current.session:
            current = None
    return current


def lesson(orders: Iterable[ClassOrder], device: str, now_us: int, class_id: str | None = None) -> Lesson | None:
    """The class-hour now, else the next one, on this box (of `class_id` alone when a session of it is open).

    Online class-hours are not taught here. Of two that run at once the earlier one, then the smaller class id.
    """
    found = []
    for order in orders:
        if device not in {place.device for place in order.boxes} or class_id not in (None, order.class_id):
            continue
        hours = sorted((h for h in order.hours if h.kind != "online"), key=lambda h: (hour_span(h).start_us, h.hour))
        for number, hour in enumerate(hours, 1):
            span = hour_span(hour)
            if now_us < span.end_us:
                phase: Literal["now", "next"] = "now" if span.start_us <= now_us else "next"
                found.append(Lesson(order, hour, span, phase, number, len(hours)))
                break
    return min(found, key=lambda item: (item.span.start_us, item.order.class_id), default=None)


def checkin_open(order: ClassOrder, policy: Policy, now_us: int) -> bool:
    """Whether a block of the plan is near enough that people may check in, or runs."""
    before_us = policy.block.checkin_before_min.value * MINUTE
    blocks = plan_blocks(order, policy.block.pause_min.value * MINUTE)
    return any(block.span.start_us - before_us <= now_us < block.span.end_us for block in blocks)
