"""What the plan does by itself: begins a class-hour that nobody started, ends what nobody ends. Pure; ours.

The recorder asks for the next step again and again. A person always comes first: an open session that somebody pressed
is not touched in its time, and what somebody ended stays ended until the next class-hour begins. Its time ends when its
block does and the room is due to another class, or when it was clearly forgotten.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from evidence.blocks import day, hour_span, plan_blocks
from evidence.bodies import ClassOrder
from evidence.story import Span
from evidence.times import MINUTE

GRACE_US = 2 * MINUTE
"""So long after the end of a block its recording goes on, if the plan ends it: nobody's clock is that exact. It
is over at once when a class-hour of another class is due."""
FORGOTTEN_US = 60 * MINUTE
"""So long after the last class-hour of its class on that day a pressed session goes on: room for a long overrun."""
UNPLANNED_US = 4 * 60 * MINUTE
"""So long a pressed session goes on without a class-hour of its class on that day: a half-day."""


@dataclasses.dataclass(frozen=True)
class Taught:
    """What a plan asks of one box: the class-hours of each block, in order of time; online ones are not among them.
    `utc_offset_min`: says on which day they are."""

    class_id: str
    blocks: tuple[tuple[Span, ...], ...]
    utc_offset_min: int


@dataclasses.dataclass(frozen=True)
class Open:
    """The session that is open now. `class_id`: the class for which it counts; `pressed`: somebody pressed start."""

    class_id: str
    start_us: int
    pressed: bool


@dataclasses.dataclass(frozen=True)
class Begin:
    """Begin the class: its class-hour began at `start_us`, and its block is over, grace included, at `end_us`."""

    class_id: str
    start_us: int
    end_us: int


@dataclasses.dataclass(frozen=True)
class End:
    """End the open session."""


@dataclasses.dataclass(frozen=True)
class Ending:
    """The plan ends the open session at `at_us`; `for_class`: the class that it begins then, if it does."""

    at_us: int
    for_class: str | None


def taught(order: ClassOrder, device: str, pause_us: int) -> Taught | None:
    """What the plan asks of a box; None when it names others. `pause_us`: see plan_blocks."""
    if device not in {place.device for place in order.boxes}:
        return None
    blocks = plan_blocks(order, pause_us)
    spans = tuple(tuple(hour_span(hour) for hour in block.hours) for block in blocks)
    return Taught(order.class_id, spans, order.utc_offset_min)


def next_step(plans: Iterable[Taught], now: Open | None, ended: Mapping[str, int], at_us: int) -> Begin | End | None:
    """What the plan does at a moment. `ended`: class → when somebody last ended it; an end that is still to come is
    a clock's mistake, and none.

    One room holds one class. Of two class-hours that are due at once the earlier one is begun, then that of the smaller
    class id. A class that runs goes on to the end of its block, whatever else is due; then comes what is still due.
    """
    plans = list(plans)
    due = [begin for plan in plans for begin in _due(plan, ended.get(plan.class_id, -1), at_us)]
    if now is None:
        return min(due, key=lambda one: (one.start_us, one.class_id), default=None)
    own = [plan for plan in plans if plan.class_id == now.class_id]
    if _in_block(own, at_us, 0):
        return None
    others = [one for one in due if one.class_id != now.class_id]
    if now.pressed:
        over = _displaced(own, now, others, at_us) or _forgotten(own, now, at_us)
    else:
        over = bool(others) or not _in_block(own, at_us, GRACE_US)
    return End() if over else None


def next_begin(plans: Iterable[Taught], ended: Mapping[str, int], at_us: int, within_us: int) -> Begin | None:
    """What the plan begins next while nothing is open, if that is at most `within_us` away. `ended`: as for next_step.
    """
    plans = list(plans)
    starts = {hour.start_us for plan in plans for block in plan.blocks for hour in block}
    for moment_us in [at_us, *sorted(one for one in starts if at_us < one <= at_us + within_us)]:
        step = next_step(plans, None, ended, moment_us)
        if isinstance(step, Begin):
            return step
    return None


def next_end(
    plans: Iterable[Taught], now: Open, ended: Mapping[str, int], at_us: int, within_us: int,
) -> Ending | None:
    """When the plan ends the open session, if that is at most `within_us` away and nobody presses until then."""
    plans = list(plans)
    # What next_step says changes at these moments only.
    moments = {now.start_us + UNPLANNED_US}
    for plan in plans:
        for hour in (hour for block in plan.blocks for hour in block):
            moments |= {hour.start_us, *(hour.end_us + later_us for later_us in (0, GRACE_US, FORGOTTEN_US))}
    for moment_us in [at_us, *sorted(one for one in moments if at_us < one <= at_us + within_us)]:
        if isinstance(next_step(plans, now, ended, moment_us), End):
            then = next_step(plans, None, ended, moment_us)
            after = then.class_id if isinstance(then, Begin) else now.class_id
            return Ending(moment_us, None if after == now.class_id else after)
    return None


def _due(plan: Taught, ended_us: int, at_us: int) -> Iterable[Begin]:
    for block in plan.blocks:
        for hour in block:
            if hour.start_us <= at_us < hour.end_us and not hour.start_us <= ended_us <= at_us:
                yield Begin(plan.class_id, hour.start_us, _end_us(block) + GRACE_US)


def _in_block(plans: Sequence[Taught], at_us: int, grace_us: int) -> bool:
    return any(block[0].start_us <= at_us < _end_us(block) + grace_us for plan in plans for block in plan.blocks)


def _displaced(own: Sequence[Taught], now: Open, others: Sequence[Begin], at_us: int) -> bool:
    """The room is due to another class. Who pressed in that class-hour meant it, unless a block of theirs ran since."""
    ran = any(now.start_us < _end_us(block) <= at_us for plan in own for block in plan.blocks)
    return any(ran or other.start_us > now.start_us for other in others)


def _forgotten(own: Sequence[Taught], now: Open, at_us: int) -> bool:
    """Nobody ended it, on the day of its start or of the latest class-hour that it ran into."""
    until_us = []
    for plan in own:
        hours = [hour for block in plan.blocks for hour in block if hour.end_us > now.start_us]
        latest_us = max([now.start_us, *(hour.start_us for hour in hours if hour.start_us <= at_us)])
        today = day(latest_us, plan.utc_offset_min)
        until_us += [hour.end_us + FORGOTTEN_US for hour in hours if day(hour.start_us, plan.utc_offset_min) == today]
    return at_us >= max(until_us, default=now.start_us + UNPLANNED_US)


def _end_us(block: Sequence[Span]) -> int:
    return max(hour.end_us for hour in block)
