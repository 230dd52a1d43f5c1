"""What the rules would say of a plan before anything was taught: the same fold and the same rules over the order alone.
Pure."""
from __future__ import annotations

from evidence.bodies import ClassOrder
from evidence.fold import fold
from evidence.policy import Policy
from evidence.records import NO_PREV, ClockState, Record
from evidence.rules import Finding, findings
from evidence.shape import encode
from evidence.times import utc_text

OPENING = ("O1", "O2", "O3", "O4", "O5", "O6")
"""The rules about the opening of a class, which a plan can break by itself."""
_CLOCK = ClockState(True, 0, "kernel", 1)


def foreseen(order: ClassOrder, policy: Policy, now_us: int) -> tuple[Finding, ...]:
    """The findings of these rules that are against the plan: violated, or a warning."""
    record = Record(1, "order.class", "centre", "0" * 32, 1, NO_PREV, "0", 0, utc_text(now_us), _CLOCK, encode(order))
    story = fold([record], order.class_id, policy)
    return tuple(one for one in findings(story, policy, now_us)
                 if one.rule in OPENING and one.result in ("violated", "warning"))
