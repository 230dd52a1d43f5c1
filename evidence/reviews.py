"""Which reviews count, and what one was made on, so that a reader can tell when a later roll call may change it."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from evidence.blocks import hour_span, plan_blocks
from evidence.bodies import ClassOrder, Review
from evidence.canonical import canonical, sha256_hex
from evidence.policy import Policy
from evidence.records import Record
from evidence.roster import Order
from evidence.story import Ref, Span
from evidence.times import MINUTE

Told = list[tuple[Record, Review]]


def seen_hash(calls: Iterable[Ref]) -> str:
    """`seen` of a review of a block or class-hour whose roll calls are these (`calls` of the story): the SHA-256 of the
    canonical JSON of their list of [device, chain, seq], in order."""
    return sha256_hex(canonical([list(ref) for ref in sorted(calls)]))


def counted(
    told: Iterable[tuple[Record, Review]], plans: Sequence[Order], policy: Policy,
) -> tuple[Told, tuple[Ref, ...]]:
    """The reviews that count, and those that do not: without a reason or a name, or of a block (or class-hour) that the
    plan in force when it was made had at another time than the latest one: the reviewer saw another recording.

    `plans`: in the order of their numbers. In force is the last that stood before the review in its chain, or was made
    before it, where it is in another one."""
    spans = [(ref, at_us, _spans(order, policy)) for ref, at_us, order in plans]
    good: Told = []
    void = []
    for record, body in told:
        then = next((known for ref, at_us, known in reversed(spans) if _before(ref, at_us, record)), {})
        same = then.get(body.block) == spans[-1][2].get(body.block)
        if body.reason.strip() and body.reviewer.strip() and same:
            good.append((record, body))
        else:
            void.append(record.key)
    return good, tuple(void)


def _before(plan: Ref, at_us: int, record: Record) -> bool:
    return plan < record.key if plan[:2] == record.key[:2] else at_us <= record.utc_us


def _spans(order: ClassOrder, policy: Policy) -> dict[str, Span]:
    blocks = {block.id: block.span for block in plan_blocks(order, policy.block.pause_min.value * MINUTE)}
    return {hour.hour: hour_span(hour) for hour in order.hours} | blocks
