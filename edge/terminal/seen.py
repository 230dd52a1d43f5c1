"""Whom the roll call has seen in the block that runs; after its end, until the next one begins, in the one before."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Literal

from evidence.blocks import PlannedBlock, plan_blocks
from evidence.bodies import ClassOrder
from evidence.policy import Policy
from evidence.story import Block, Story
from evidence.times import MINUTE


@dataclasses.dataclass(frozen=True)
class Seen:
    """`missing`: who was not shown, of `due` people. `waiting`: there is video, but no roll call of it yet."""

    state: Literal["waiting", "some", "all"]
    due: int = 0
    missing: tuple[str, ...] = ()
    called: bool = True
    """Whether all of its video was looked through."""


def newest_block(
    orders: Iterable[ClassOrder], device: str, policy: Callable[[str], Policy | None], now_us: int
) -> tuple[ClassOrder, Policy, PlannedBlock] | None:
    """The block that began last on this box, of all classes; `policy` finds one by its id."""
    begun = []
    for order in orders:
        rules = policy(order.policy.id)
        if rules is None or device not in {place.device for place in order.boxes}:
            continue
        blocks = plan_blocks(order, rules.block.pause_min.value * MINUTE)
        begun += [(order, rules, block) for block in blocks if block.span.start_us <= now_us]
    return max(begun, key=lambda one: (one[2].span.start_us, one[0].class_id), default=None)


def seen_in(story: Story, block: Block) -> Seen | None:
    """What the roll calls of one block say; None while it has no video."""
    span = block.span
    files = {fact.segment.sha256 for fact in story.segments
             if fact.span.start_us < span.end_us and fact.span.end_us > span.start_us}
    if not files:
        return None
    if files.isdisjoint(call.segment for _, call in story.rollcalls):
        return Seen("waiting")
    missing = tuple(presence.person for presence in block.presences if presence.answer != "shown")
    return Seen("some" if missing else "all", len(block.roster), missing, block.roll_called)
