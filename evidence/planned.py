"""What the plan does by itself: begins a class-hour that nobody started, ends what nobody ends. Pure; ours.

The recorder asks for the next step again and again. A person always comes first: an open session that somebody pressed
is not touched in its time, and what somebody ended stays ended until the next class-hour begins.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from evidence.blocks import hour_span, plan_blocks
from evidence.bodies import ClassOrder
from evidence.story import Span
from evidence.times import MINUTE

GRACE_US = 2 * MINUTE
"""So long after the end of a block its recording goes on, if the plan ends it: nobody's clock is that exact."""


@dataclasses.dataclass(frozen=True)
class Taught:
    """What a plan asks of one box: the class-hours of each block, in order of time; online ones are not among them."""

    class_id: str
    blocks: tuple[tuple[Span, ...], ...]


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


def taught(order: ClassOrder, device: str, pause_us: int) -> Taught | None:
    """What the plan asks of a box; None when it names others. `pause_us`: see plan_blocks."""
    if device not in {place.device for place in order.boxes}:
        return None
    blocks = plan_blocks(order, pause_us)
    return Taught(order.class_id, tuple(tuple(hour_span(hour) for hour in block.hours) for block in blocks))


def next_step(plans: Iterable[Taught], now: Open | None, ended: Mapping[str, int], at_us: int) -> Begin | End | None:
    """What the plan does at a moment. `ended`: class → when somebody last ended it.

    Of two class-hours that are due at once the earlier one is begun, then that of the smaller class id.
    """
    plans = list(plans)
    due = [begin for plan in plans for begin in _due(plan, ended.get(plan.class_id, -1), at_us)]
    first = min(due, key=lambda one: (one.start_us, one.class_id), default=None)
    if now is None:
        return first
    own = [plan for plan in plans if plan.class_id == now.class_id]
    if now.pressed:
        forgotten = first is not None and first.class_id != now.class_id and _was_over(own, now.start_us, at_us)
        return End() if forgotten else None
    return None if any(_in_block(plan, at_us) for plan in own) else End()


def _due(plan: Taught, ended_us: int, at_us: int) -> Iterable[Begin]:
    for block in plan.blocks:
        for hour in block:
            if hour.start_us <= at_us < hour.end_us and hour.start_us > ended_us:
                yield Begin(plan.class_id, hour.start_us, _end_us(block))


def _in_block(plan: Taught, at_us: int) -> bool:
    return any(block[0].start_us <= at_us < _end_us(block) for block in plan.blocks)


def _was_over(plans: Sequence[Taught], since_us: int, at_us: int) -> bool:
    """A block of the class ran since then and is over, and none runs: somebody forgot to press end."""
    ran = any(since_us < _end_us(block) <= at_us for plan in plans for block in plan.blocks)
    return ran and not any(_in_block(plan, at_us) for plan in plans)


def _end_us(block: Sequence[Span]) -> int:
    return max(hour.end_us for hour in block) + GRACE_US
