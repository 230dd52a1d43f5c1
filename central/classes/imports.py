"""Facts of other systems and papers about a class (R8, O5, O6, O8, O10, O11): what a form or a file says, with people
by name and days of the class's own calendar, checked, becomes a record of the centre."""
from __future__ import annotations

import dataclasses
import datetime
from typing import Literal

from central.classes.errors import BadDay, NoSuchMakeUp, OnlyThePart, RuleOff, UnknownCap
from central.classes.inspections import moment, text
from central.classes.orders import order_of
from central.classes.people import People
from central.classes.stories import policy_of
from central.names import NameBox
from central.store.store import Store
from evidence.bodies import (
    Admitted,
    Certificate,
    ClassId,
    ClassOrder,
    Compared,
    Consented,
    Controls,
    Earlier,
    Imported,
    Learnt,
    Online,
    Platform,
)
from evidence.errors import BadRecord
from evidence.policy import Policy
from evidence.records import Count, Id, Sha256
from evidence.times import MINUTE, utc_text


@dataclasses.dataclass(frozen=True)
class LearntSaid:
    """`person`: by name or pseudonym."""

    person: str
    hours: Count
    minutes: Count | None = None


@dataclasses.dataclass(frozen=True)
class OnlineSaid:
    """O5."""

    platforms: tuple[Platform, ...] = ()
    people: tuple[LearntSaid, ...] = ()


@dataclasses.dataclass(frozen=True)
class EarlierSaid:
    """`assessed`: the day, like 2026-02-03; left out: it was not assessed."""

    person: str
    training: str
    assessed: str | None = None
    class_id: ClassId | None = dataclasses.field(default=None, metadata={"key": "class"})


@dataclasses.dataclass(frozen=True)
class ComparedSaid:
    """O8. `people`: who was compared; left out: everybody."""

    people: tuple[str, ...] | None = None
    earlier: tuple[EarlierSaid, ...] = ()


@dataclasses.dataclass(frozen=True)
class ConsentedSaid:
    """R8. `hours`: ids of make-up class-hours."""

    hours: tuple[Id, ...]
    approver: str


@dataclasses.dataclass(frozen=True)
class ImportSaid:
    """What somebody imports for one rule; only the part of that rule is there. `file`: SHA-256 of where it stands."""

    rule: Literal["R8", "O5", "O6", "O8", "O10", "O11"]
    source: str
    file: Sha256
    r8: ConsentedSaid | None = None
    o5: OnlineSaid | None = None
    o6: Certificate | None = None
    o8: ComparedSaid | None = None
    o10: Admitted | None = None
    o11: Controls | None = None


def state_import(
    store: Store, names: NameBox, class_id: str, said: ImportSaid, by: str | None = None
) -> Imported:
    """Facts for one rule of a class; they replace what was imported for it before. `by`: the account; None: a command.

    Raises UnknownClass, PolicyGone, RuleOff, OnlyThePart, BadText, UnknownPerson, NoTrainee, BadDay, NoSuchMakeUp,
    UnknownCap; nothing is kept then."""
    parts = {"R8": said.r8, "O5": said.o5, "O6": said.o6, "O8": said.o8, "O10": said.o10, "O11": said.o11}
    if [name for name, part in parts.items() if part is not None] != [said.rule]:
        raise OnlyThePart(rule=said.rule, part=said.rule.lower())
    source = text("source", said.source)
    with store.write() as tx:
        _, order = order_of(tx, class_id)
        policy = policy_of(tx, order)
        if getattr(policy, said.rule.lower()) is None:
            raise RuleOff(policy=policy.id, rule=said.rule)
        people = People(tx, names, class_id)
        body = Imported(
            class_id, said.rule, source, said.file,
            r8=_consented(said.r8, order) if said.r8 else None,
            o5=_online(said.o5, people) if said.o5 else None,
            o6=said.o6,
            o8=_compared(said.o8, people, order) if said.o8 else None,
            o10=_admitted(said.o10, policy) if said.o10 else None,
            o11=said.o11, by=by,
        )
        store.append(tx, body)
    return body


def _consented(said: ConsentedSaid, order: ClassOrder) -> Consented:
    known = {hour.hour for hour in order.hours if hour.make_up is not None}
    for hour in said.hours:
        if hour not in known:
            raise NoSuchMakeUp(class_id=order.class_id, hour=hour)
    return Consented(tuple(dict.fromkeys(said.hours)), text("approver", said.approver))


def _online(said: OnlineSaid, people: People) -> Online:
    platforms = tuple(Platform(text("name", one.name), one.listed) for one in said.platforms)
    return Online(platforms, tuple(Learnt(people.one(one.person), one.hours, one.minutes) for one in said.people))


def _compared(said: ComparedSaid, people: People, order: ClassOrder) -> Compared:
    compared = sorted(people.trainees) if said.people is None else people.find(said.people)
    earlier = tuple(Earlier(people.one(one.person), text("training", one.training), _end_of(one.assessed, order),
                            one.class_id) for one in said.earlier)
    return Compared(tuple(compared), earlier)


def _end_of(assessed: str | None, order: ClassOrder) -> str | None:
    """The end of a day on the class's own clock."""
    if assessed is None:
        return None
    try:
        day = datetime.date.fromisoformat(assessed)
        return utc_text(moment("assessed", day.isoformat(), order) + 24 * 60 * MINUTE)
    except (ValueError, BadRecord):
        raise BadDay(value=assessed[:40]) from None


def _admitted(said: Admitted, policy: Policy) -> Admitted:
    caps = policy.o10.caps if policy.o10 else ()
    if said.apprentices is not None and caps and said.apprentices.cap not in caps:
        raise UnknownCap(cap=said.apprentices.cap, caps=", ".join(str(one) for one in caps))
    return said
