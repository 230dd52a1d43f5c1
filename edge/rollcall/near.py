"""One block of a class as this box can tell it: the story, with the roll calls that matter to it and no others."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from edge.enrol.errors import NoSuchClass
from edge.plans import newest_orders
from edge.policies import policy_of
from edge.rollcall.errors import NoSuchBlock
from edge.store import Store
from edge.store.begun import beginnings
from edge.store.lean import Read
from evidence.bodies import ClassOrder
from evidence.fold import fold
from evidence.notes import NoteKey
from evidence.policy import Policy
from evidence.records import Sealed
from evidence.story import Block, Ref, Story
from evidence.times import MINUTE

NEAR_US = 60 * MINUTE


@dataclasses.dataclass(frozen=True)
class Near:
    """`hashes`: of each record on which the block rests, the SHA-256 of its payload."""

    order: ClassOrder
    policy: Policy
    story: Story
    block: Block
    hashes: Mapping[Ref, str]


def near(store: Store, class_id: str, block_id: str, log: NoteKey | None) -> Near:
    """`log`: the key of the centre's tree. Raises NoSuchClass, NoSuchBlock, StoreBusy, and what the policy of the class
    does."""
    orders = store.orders()
    order = newest_orders(orders).get(class_id)
    if order is None:
        raise NoSuchClass(class_id=class_id)
    policy = policy_of(store, order)
    read = Read(store, class_id, beginnings(store, [class_id])[class_id], roll_calls=False)
    records = [*(sealed.record for sealed in orders), *read.records]
    story = fold(records, class_id, policy, read.typed, read.receipts, log)
    read.add_roll_calls(_near(story, _block(story, class_id, block_id)))
    story = fold(records, class_id, policy, read.typed, read.receipts, log)
    block = _block(story, class_id, block_id)
    return Near(order, policy, story, block, _hashes(store, block, orders))


def _hashes(store: Store, block: Block, orders: Sequence[Sealed]) -> dict[Ref, str]:
    stated = {sealed.record.key: sealed.hash for sealed in orders}
    return {ref: stated[ref] if ref in stated else store.hash_at(*ref[1:]) for ref in block.refs}


def _block(story: Story, class_id: str, block_id: str) -> Block:
    block = next((one for one in story.blocks if one.id == block_id), None)
    if block is None:
        raise NoSuchBlock(block=block_id, class_id=class_id, known=", ".join(one.id for one in story.blocks))
    return block


def _near(story: Story, block: Block) -> set[str]:
    """The segments whose roll calls can matter to a block: those within it, and what was filmed about then. The others
    of a course of months do not fit into the memory of a box."""
    return {fact.segment.sha256 for fact in story.segments
            if fact.span.start_us < block.span.end_us + NEAR_US and fact.span.end_us > block.span.start_us - NEAR_US}
