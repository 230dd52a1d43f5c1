"""Who is due when: the roster of the plan and its changes, which hold from their effective time on."""
from __future__ import annotations

import itertools
from collections.abc import Sequence

from evidence.bodies import ClassOrder, RosterEvent
from evidence.story import Ref, RosterChange
from evidence.times import utc_us

Order = tuple[Ref, int, ClassOrder]
"""A plan with its record and the UTC of it."""


def trainees(order: ClassOrder) -> tuple[str, ...]:
    """The trainees of a plan, in its order."""
    return tuple(one.person for one in order.roster if one.role == "trainee")


def instructors(order: ClassOrder) -> tuple[str, ...]:
    """The instructors of a plan, in its order."""
    return tuple(one.person for one in order.roster if one.role == "instructor")


def changes(orders: Sequence[Order], events: Sequence[tuple[Ref, int, RosterEvent]]) -> tuple[RosterChange, ...]:
    """Every change after the first plan, in the order in which they apply. `orders` in the order of their numbers."""
    said = _Said(events)
    found = [change for before, after in itertools.pairwise(orders) for change in _replaced(before, after, said)]
    found += [_event(ref, recorded_us, event) for ref, recorded_us, event in events]
    return tuple(sorted(found, key=lambda c: (c.applied_us, c.ref, c.joins or "", c.leaves or "")))


def roster_at(first: ClassOrder, changes: Sequence[RosterChange], at_us: int) -> tuple[str, ...]:
    """The trainees who are due at a time."""
    due = dict.fromkeys(trainees(first))
    for change in changes:
        if change.applied_us > at_us:
            break
        if change.leaves is not None:
            due.pop(change.leaves, None)
        if change.joins is not None:
            due.setdefault(change.joins)
    return tuple(due)


class _Said:
    """What roster events said: a plan that follows such an event is no second change, and each event says it once."""

    def __init__(self, events: Sequence[tuple[Ref, int, RosterEvent]]) -> None:
        self._changes = [_event(ref, recorded_us, event) for ref, recorded_us, event in events]
        self._used: set[tuple[Ref, str]] = set()

    def before(self, order: Order, joins: str | None, leaves: str | None) -> bool:
        """Whether an event before this plan said that a person joins, or leaves; it has not been asked for before."""
        (ref, at_us, _), person = order, joins or leaves or ""
        for change in self._changes:
            fits = change.joins == joins if joins else change.leaves == leaves
            if fits and (change.recorded_us, change.ref) < (at_us, ref) and (change.ref, person) not in self._used:
                self._used.add((change.ref, person))
                return True
        return False


def _replaced(before: Order, after: Order, said: _Said) -> list[RosterChange]:
    ref, at_us, order = after
    old, new = trainees(before[2]), trainees(order)
    pairs: list[tuple[str | None, str | None]] = [(None, person) for person in old if person not in new]
    pairs += [(person, None) for person in new if person not in old]
    return [RosterChange(ref, "order", joins, leaves, at_us, at_us, order.title, ref[0])
            for joins, leaves in pairs if not said.before(after, joins, leaves)]


def _event(ref: Ref, recorded_us: int, event: RosterEvent) -> RosterChange:
    leaving = event.kind in ("withdrawal", "substitution")
    joins = event.substitute if event.kind == "substitution" else None if leaving else event.person
    leaves = event.person if leaving else None
    effective_us = utc_us(event.effective)
    return RosterChange(ref, event.kind, joins, leaves, effective_us, recorded_us, event.reason, event.approver)
