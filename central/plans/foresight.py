"""What the rules would say of a plan before anything was taught: the same fold and the same rules over the order alone.
Pure."""
from __future__ import annotations

from common.texts import N_
from evidence.bodies import ClassOrder
from evidence.fold import fold
from evidence.policy import Policy
from evidence.records import NO_PREV, ClockState, Record
from evidence.rules import Finding, findings
from evidence.shape import encode
from evidence.strangers import LEAST_PEOPLE, allowed_ppm
from evidence.times import utc_text

OPENING = ("O1", "O2", "O3", "O4", "O5", "O6")
"""The rules about the opening of a class, which a plan can break by itself."""
FEW = N_(
    "Fewer than {least} people ({people} with the instructors): under this policy nobody of this class signs in by"
    " face, and no roll call is made from the recordings. Sign in by PIN, with an instructor's word for each; a person"
    " must review each recording. Faces of other classes on the same box do not count."
)
_CLOCK = ClockState(True, 0, "kernel", 1)


def foreseen(order: ClassOrder, policy: Policy, now_us: int) -> tuple[Finding, ...]:
    """The findings of these rules that are against the plan: violated, or a warning."""
    record = Record(1, "order.class", "centre", "0" * 32, 1, NO_PREV, "0", 0, utc_text(now_us), _CLOCK, encode(order))
    story = fold([record], order.class_id, policy)
    return tuple(one for one in findings(story, policy, now_us)
                 if one.rule in OPENING and one.result in ("violated", "warning"))


def too_few(order: ClassOrder, policy: Policy) -> int | None:
    """How many people the roster has, if even all their faces are too few for a sign-in by face and for a roll call
    (docs/roll-call.md, “Refused”); None where they are not, or nobody asks, or nobody is in it yet."""
    people = len(order.roster)
    return people if 0 < people < LEAST_PEOPLE and allowed_ppm(policy) is not None else None
