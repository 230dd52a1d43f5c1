"""O6: class-hours of a certificate course (合格证书培训). Whether a class is one no plan says: it is imported. Where
another document states its class-hours expressly, that number counts instead of the clause's (有明确学时规定的除外)."""
from __future__ import annotations

from evidence.policy import O6
from evidence.rules.finding import Finding, reason
from evidence.rules.hours import lessons, unsaid
from evidence.story import Story


def judge(story: Story, rule: O6, as_of_us: int) -> Finding:
    """Violated where the plan has fewer class-hours, make-ups left out, online ones counted."""
    fact = story.fact_of("O6")
    if fact is None or not fact.whole or fact.imported.o6 is None:
        return unsaid("O6", rule.clause, fact)
    said, records = fact.imported.o6, (story.order_ref, fact.ref)
    if not said.certificate:
        none = (reason("o6_none", source=fact.imported.source),)
        return Finding("O6", rule.clause, "satisfied", False, none, (fact.ref,))
    count, limit = len(lessons(story)), rule.hours.value if said.hours is None else said.hours
    told = [reason("o6_kept" if count >= limit else "o6_short", count=count, limit=limit)]
    if said.hours is not None:
        told.append(reason("o6_expressly", count=said.hours, source=fact.imported.source))
    return Finding("O6", rule.clause, "satisfied" if count >= limit else "violated", False, tuple(told), records)
