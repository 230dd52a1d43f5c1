"""Whose face was enrolled how: with which consent behind it, and, for templates of another box, by which order."""
from __future__ import annotations

from collections.abc import Collection, Sequence

from evidence.bodies import Consent, Enrolment, TemplatesMoved, TemplatesOrder
from evidence.canonical import sha256_hex
from evidence.records import Record, record_bytes
from evidence.story import EnrolmentFact
from evidence.times import utc_us


def enrolment_facts(
    found: Sequence[tuple[Record, Enrolment]], consents: Sequence[tuple[Record, Consent]],
    moved: Sequence[tuple[Record, TemplatesMoved]], orders: Sequence[tuple[Record, TemplatesOrder]],
) -> tuple[EnrolmentFact, ...]:
    """The enrolments of a class in order of time. `consents`: refusals too; `moved`: templates that left or came."""
    given = {(sha256_hex(record_bytes(record)), body.person) for record, body in consents if body.given}
    allowed = _allowed(moved, orders)
    facts = [EnrolmentFact(
        ref=record.key, enrolment=body, at_us=record.utc_us, consented=(body.consent, body.person) in given,
        ordered=(record.device, body.person) in allowed,
    ) for record, body in found]
    return tuple(sorted(facts, key=lambda fact: (fact.at_us, fact.ref)))


def _allowed(
    moved: Sequence[tuple[Record, TemplatesMoved]], orders: Sequence[tuple[Record, TemplatesOrder]]
) -> Collection[tuple[str, str]]:
    """Box and person, where the box says that it took the templates over by an order of the centre that names both."""
    by_hash = {sha256_hex(record_bytes(record)): body for record, body in orders}
    found = set()
    for record, body in moved:
        order = by_hash.get(body.order)
        if order is not None and body.way == "in" and record.device == order.target:
            in_time = record.utc_us <= utc_us(order.expires)
            found |= {(record.device, person) for person in body.people if in_time and person in order.people}
    return found
