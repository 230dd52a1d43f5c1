"""Objections of a class: which of their records count, and what became of each. Pure; one table of what may follow."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Literal

from evidence.bodies import Objection
from evidence.records import Record
from evidence.story import ObjectionFact, ObjectionStep, Ref

State = Literal["raised", "answered", "withdrawn", "upheld", "rejected"]
ENDS: frozenset[State] = frozenset({"withdrawn", "upheld", "rejected"})
NEXT: Mapping[State | None, frozenset[State]] = {
    None: frozenset({"raised"}),
    "raised": ENDS | {"answered"},
    "answered": ENDS | {"answered"},
    "withdrawn": frozenset(), "upheld": frozenset(), "rejected": frozenset(),
}
"""What may follow a state; None: nothing has been said yet."""


def objection_facts(
    told: Iterable[tuple[Record, Objection]]
) -> tuple[tuple[ObjectionFact, ...], tuple[Ref, ...]]:
    """The objections in the order in which they were raised, and the records that count for nothing. `told`: in the
    order of their records."""
    found: dict[str, ObjectionFact] = {}
    void = []
    for record, body in told:
        known = found.get(body.objection)
        fact = after(known, record, body)
        if fact is None:
            void.append(record.key)
        else:
            found[body.objection] = fact
    return tuple(found.values()), tuple(void)


def after(known: ObjectionFact | None, record: Record, body: Objection) -> ObjectionFact | None:
    """The objection after one more record of it; None where that record counts for nothing."""
    if body.state not in NEXT[known.state if known else None]:
        return None
    if known is None:
        return _raised(record, body)
    if not (body.answer.strip() and body.handled_by.strip()):
        return None
    return dataclasses.replace(
        known, state=body.state, changed_us=record.utc_us, answer=body.answer, handled_by=body.handled_by,
        refs=(*known.refs, record.key), steps=(*known.steps, ObjectionStep(
            body.state, record.utc_us, body.handled_by, body.answer, record.key)))


def is_set(record: Record) -> bool:
    """Whether a record was made by a clock that was set, and none that is simulated."""
    return record.clock.synced and record.clock.source != "simulated"


def _raised(record: Record, body: Objection) -> ObjectionFact | None:
    if body.source is None or not (body.text.strip() and body.by.strip()):
        return None
    if (body.source == "trainee") != (body.person is not None):
        return None
    return ObjectionFact(
        body.objection, body.source, body.person, body.text, body.by, body.dispute, record.utc_us, "raised",
        record.utc_us, "", "", (record.key,),
        (ObjectionStep("raised", record.utc_us, body.by, body.text, record.key),), is_set(record))
