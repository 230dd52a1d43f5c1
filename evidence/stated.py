"""What the centre states of a class beside its plan: inspections, the survey, facts of other systems, its own looks;
what of it counts. Of several records about the same thing the newest one counts, so that a slip can be put right."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar

from evidence.blocks import day, hour_span
from evidence.bodies import CentreLook, ClassOrder, Imported, Inspection, Survey
from evidence.policy import Policy
from evidence.records import Record
from evidence.story import ImportFact, InspectionFact, LookFact, SurveyFact
from evidence.times import utc_us

B = TypeVar("B")
LOOKS = {"live": "live", "video": "video", "class": "checkins"}
"""What a look of a supervisor is for R5: the page of a class holds its check-ins. The reason that is given before a
recording plays (`replay`) is no look at it yet, and its files are no looks beside it."""


def inspections(
    said: Iterable[tuple[Record, Inspection]], orders: Sequence[ClassOrder], policy: Policy
) -> tuple[InspectionFact, ...]:
    """The inspections of a class, each once, in order of time. `orders`: all its plans, for none that comes later makes
    an inspection undone; the days are those of the latest one's clock."""
    by_id: dict[str, list[tuple[Record, Inspection]]] = defaultdict(list)
    for one in _ordered(said):
        by_id[one[1].inspection].append(one)
    offset = orders[-1].utc_offset_min
    days = {day(hour_span(hour).start_us, offset) for order in orders for hour in order.hours}
    found = []
    for items in by_id.values():
        record, body = items[-1]
        start_us, end_us = utc_us(body.start), utc_us(body.end)
        own = {day(at_us, offset) for at_us in (start_us, end_us)}
        void: Literal["ahead", "backwards", "outside"] | None = None if own & days else "outside"
        if end_us < start_us:
            void = "backwards"
        elif _ahead(end_us, record, policy):
            void = "ahead"
        refs = tuple(each.key for each, _ in items)
        found.append(InspectionFact(start_us, end_us, body, void, refs))
    return tuple(sorted(found, key=lambda fact: (fact.start_us, fact.refs)))


def _ahead(at_us: int, record: Record, policy: Policy) -> bool:
    """Stated before it was. A class of a simulated clock has times that a centre's clock knows nothing of."""
    return at_us > record.utc_us and not policy.accept_simulated


def survey(said: Iterable[tuple[Record, Survey]], policy: Policy) -> SurveyFact | None:
    """The newest survey of a class."""
    found = _ordered(said)
    if not found:
        return None
    record, body = found[-1]
    closed_us = utc_us(body.closed)
    possible = body.satisfied <= body.respondents <= body.denominator
    void: Literal["ahead", "numbers"] | None = None if possible else "numbers"
    return SurveyFact(record.key, body, closed_us, "ahead" if _ahead(closed_us, record, policy) else void)


def imported(said: Iterable[tuple[Record, Imported]]) -> tuple[ImportFact, ...]:
    """The newest word for each rule, in the order of these."""
    newest = {body.rule: (record, body) for record, body in _ordered(said)}
    return tuple(ImportFact(record.key, body, is_whole(body)) for _, (record, body) in sorted(newest.items()))


def is_whole(body: Imported) -> bool:
    """Whether it has the part of its rule, and no other."""
    parts = {"R8": body.r8, "O5": body.o5, "O6": body.o6, "O8": body.o8, "O10": body.o10, "O11": body.o11}
    return [name for name, part in parts.items() if part is not None] == [body.rule]


def looks(said: Iterable[tuple[Record, CentreLook]]) -> tuple[LookFact, ...]:
    """The looks of supervisors, of which R5 speaks, in order of time: what a school or an auditor looks at is no
    supervision."""
    return tuple(LookFact(record.key, LOOKS[body.what], record.utc_us) for record, body in _ordered(said)
                 if body.role == "supervisor" and body.what in LOOKS and body.file is None)


def _ordered(said: Iterable[tuple[Record, B]]) -> Sequence[tuple[Record, B]]:
    return sorted(said, key=lambda item: (item[0].utc_us, item[0].key))
