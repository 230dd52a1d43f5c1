"""Inspections and satisfaction surveys of a class: what a form or a file says is checked and becomes a record."""
from __future__ import annotations

import dataclasses
import datetime
from typing import Annotated, Literal

from central.classes.errors import (
    BadWhen,
    EndsBefore,
    MoreThan,
    NoClassHours,
    NoInspection,
    NotYet,
    OnlyAtOpening,
    OnlyWhileLooking,
    StaysFromAfar,
)
from central.classes.orders import order_of
from central.classes.people import People
from central.classes.statements import MAX_REASON, plain_text
from central.classes.stories import policy_of
from central.errors import BadText
from central.names import NameBox
from central.store.store import Store
from central.store.tables import Tx
from common.texts import N_
from evidence.blocks import day, hour_span
from evidence.bodies import ClassOrder, Inspection, Survey, body_of
from evidence.errors import BadInput, BadRecord
from evidence.records import Count, Id, Sha256
from evidence.shape import Between
from evidence.times import utc_text, utc_us

MAX_NAME = 100
MAX_NUMBER = 40
Many = Annotated[int, Between(0, 10_000)]


@dataclasses.dataclass(frozen=True)
class InspectionSaid:
    """What somebody says of an inspection. `start`, `end`: ISO 8601, without an offset on the clock of the class; of
    one from afar they say nothing. `signature`: SHA-256 of the sheet; `people`: by name or pseudonym; `replaces`: an
    inspection that is put right."""

    kind: Literal["field", "remote", "opening"]
    start: str
    end: str
    place: str
    teachers: Many
    headcount: Many
    inspector: str
    workplaces: Many | None = None
    remark: str = ""
    signature: Sha256 | None = None
    numbers: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    replaces: Id | None = None


@dataclasses.dataclass(frozen=True)
class SurveySaid:
    """What somebody says of a survey that is closed. `questionnaire`: SHA-256 of what was asked."""

    closed: str
    respondents: Count
    denominator: Count
    satisfied: Count
    questionnaire: Sha256


def state_inspection(
    store: Store, names: NameBox, class_id: str, said: InspectionSaid, now_us: int, by: str | None = None,
    seen: tuple[int, int] | None = None,
) -> Inspection:
    """An inspection of a class, or a better word about one. `by`: the account that states it; None: a command. `seen`:
    from when to when live pictures of the class reached them, which is the time of one from afar; a better word about
    such a one keeps its time.

    Raises UnknownClass, PolicyGone, BadWhen, EndsBefore, NotYet, NoClassHours, BadText, OnlyAtOpening, UnknownPerson,
    NoTrainee, NoInspection, OnlyWhileLooking, StaysFromAfar; nothing is kept then."""
    place, inspector = text("place", said.place), text("inspector", said.inspector)
    remark = text("remark", said.remark, MAX_REASON) if said.remark.strip() else ""
    numbers = tuple(dict.fromkeys(text("numbers", one, MAX_NUMBER) for one in said.numbers))
    if (numbers or said.people) and said.kind != "opening":
        raise OnlyAtOpening()
    with store.write() as tx:
        _, order = order_of(tx, class_id)
        which, before = _which(tx, class_id, said.replaces)
        start_us, end_us = _span(said, before, seen, order)
        if end_us < start_us:
            raise EndsBefore()
        over(tx, order, "end", end_us, now_us)
        _class_hours(tx, order, start_us, end_us)
        people = People(tx, names, class_id).find(said.people)
        body = Inspection(
            class_id, which, said.kind, utc_text(start_us), utc_text(end_us), place,
            said.teachers, said.headcount, said.workplaces, remark, inspector, said.signature, numbers, people,
            by)
        store.append(tx, body)
    return body


def state_survey(store: Store, class_id: str, said: SurveySaid, now_us: int) -> Survey:
    """The survey of a class, which is closed. Raises UnknownClass, PolicyGone, BadWhen, NotYet, MoreThan; nothing is
    kept then."""
    if said.respondents > said.denominator:
        raise MoreThan(part="respondents", count=said.respondents, whole="denominator", most=said.denominator)
    if said.satisfied > said.respondents:
        raise MoreThan(part="satisfied", count=said.satisfied, whole="respondents", most=said.respondents)
    with store.write() as tx:
        _, order = order_of(tx, class_id)
        closed_us = moment("closed", said.closed, order)
        over(tx, order, "closed", closed_us, now_us)
        body = Survey(class_id, utc_text(closed_us), said.respondents, said.denominator, said.satisfied,
                      said.questionnaire)
        store.append(tx, body)
    return body


def text(key: str, said: str, limit: int = MAX_NAME) -> str:
    """A text of one line. Raises BadText naming the key."""

    def error(limit: int) -> BadInput:
        return BadText(key=key, limit=limit)

    return plain_text(said, limit, error)


def moment(key: str, said: str, order: ClassOrder) -> int:
    """UTC microseconds; a time without an offset is of the class's own clock. Raises BadWhen."""
    try:
        when = datetime.datetime.fromisoformat(said)
        if when.tzinfo is None:
            when = when.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=order.utc_offset_min)))
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        return utc_us(utc_text((when - epoch) // datetime.timedelta(microseconds=1)))
    except (ValueError, OverflowError, BadRecord):
        raise BadWhen(key=key, value=said[:40]) from None


def over(tx: Tx, order: ClassOrder, key: str, at_us: int, now_us: int) -> None:
    """Raises NotYet for a moment that is still to come. Of a class with a simulated clock nobody can say."""
    if at_us > now_us and not policy_of(tx, order).accept_simulated:
        raise NotYet(key=key)


def _class_hours(tx: Tx, order: ClassOrder, start_us: int, end_us: int) -> None:
    """Raises NoClassHours where no plan of the class, also of before, has any on that day."""
    plans = [body_of(sealed.record) for sealed in tx.of_type("order.class", order.class_id)]
    days = {day(hour_span(hour).start_us, order.utc_offset_min)
            for plan in plans if isinstance(plan, ClassOrder) for hour in plan.hours}
    own = {day(at_us, order.utc_offset_min) for at_us in (start_us, end_us)}
    if not own & days:
        raise NoClassHours(class_id=order.class_id, date=min(own))


def _which(tx: Tx, class_id: str, replaces: str | None) -> tuple[str, Inspection | None]:
    """The id of an inspection, and the newest word about it so far."""
    bodies = [body_of(sealed.record) for sealed in tx.of_type("inspection", class_id)]
    known = {body.inspection: body for body in bodies if isinstance(body, Inspection)}
    if replaces is not None and replaces not in known:
        raise NoInspection(class_id=class_id, inspection=replaces)
    return replaces or f"i-{len(known) + 1}", known.get(replaces or "")


def _span(
    said: InspectionSaid, before: Inspection | None, seen: tuple[int, int] | None, order: ClassOrder
) -> tuple[int, int]:
    """From when to when it was, UTC µs: nobody types when pictures reached them."""
    afar = said.kind == "remote"
    if before is not None and afar != (before.kind == "remote"):
        raise StaysFromAfar()
    if not afar:
        return moment("start", said.start, order), moment("end", said.end, order)
    if before is not None:
        return utc_us(before.start), utc_us(before.end)
    if seen is None:
        raise OnlyWhileLooking()
    return seen


KINDS = {"field": N_("at the place"), "remote": N_("from afar"), "opening": N_("at the opening")}
"""The words for kinds of inspections."""
