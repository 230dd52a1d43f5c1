"""What people state of a class besides its plan: the institution, inspections, objections, what two persons decide.

Only what counts; where there is nothing, the form stays empty to be filled in and signed by hand."""
from __future__ import annotations

from collections.abc import Iterator

from central.classes.stories import Told
from central.dossier.shape import Decision, Inspection, Objection
from central.store.tables import Tx
from evidence.bodies import ClassOrder, Institution, body_of
from evidence.standing import standing


def institution_of(tx: Tx, order: ClassOrder, size: int) -> Institution | None:
    """Who holds a class, as the newest record of it among the first `size` leaves says; None: not recorded."""
    if order.institution is None:
        return None
    named = [body for sealed in tx.of_type("institution") if tx.leaf_of(*sealed.record.key) < size
             and isinstance(body := body_of(sealed.record), Institution) and body.institution == order.institution]
    return named[-1] if named else None


def inspections(told: Told) -> tuple[Inspection, ...]:
    """The inspections of the class that count, in order of time."""
    return tuple(Inspection(
        one.inspection.kind, one.start_us, one.end_us, one.inspection.place, one.inspection.teachers,
        one.inspection.headcount, one.inspection.workplaces, one.inspection.remark, one.inspection.inspector,
        one.refs[-1]) for one in told.story.inspections if one.void is None)


def objections(told: Told) -> tuple[Objection, ...]:
    """What was objected, in order of time."""
    facts = sorted(told.story.objections, key=lambda one: (one.raised_us, one.objection))
    return tuple(Objection(one.objection, one.raised_us, one.source, one.by, one.text, one.state, one.answer,
                           one.handled_by, one.refs[-1], one.steps) for one in facts)


def decisions(told: Told) -> Iterator[Decision]:
    """What two persons decided in the round that stands: the first one, then the second."""
    now = standing(told.story, told.findings, told.policy, told.as_of.us, told.as_of.timed)
    for fact in (now.round.first, now.round.second):
        if fact is not None:
            body = fact.decision
            yield Decision(fact.at_us, body.stage, body.by_name, body.by, body.answer, body.reason, now.round.state,
                           now.final, now.final_us, fact.ref)
