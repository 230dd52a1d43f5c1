"""The draft of a class, and what may be changed in it. Pure: a draft and what is published in, a new draft out.

A class that is not published yet is its draft alone. Of one that is, only class-hours to come change, and its trainees
change by roster events (`roster_changes.py`). Everybody is a pseudonym here.
"""
from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from central.plans.errors import (
    BadClassId,
    BadText,
    BoxNamedTwice,
    ClassEmpty,
    HourBackward,
    HourIdTwice,
    HourPast,
    HoursCross,
    HourTooLong,
    MakeUpEmpty,
    NotATeacher,
    NotATrainee,
    PlanError,
    UnknownHour,
)
from central.plans.schedule import MAX_HOUR_MIN
from common.texts import N_
from evidence.blocks import local
from evidence.bodies import ClassId, ClassOrder, Enrolled, Hour, Leave, Place, PolicyRef, RosterEvent
from evidence.errors import BadShape
from evidence.records import Count, Id, Utc
from evidence.shape import decode, encode
from evidence.times import MINUTE, utc_us

MAX_HOURS, MAX_PEOPLE, MAX_TEXT = 2000, 1000, 200
TITLE, ROOM, REASON, APPROVER = N_("the title"), N_("the room"), N_("the reason"), N_("the approver")
BOXES, HOURS, TRAINEES = N_("box that would record it"), N_("class-hours"), N_("trainees")


@dataclasses.dataclass(frozen=True)
class DraftHour:
    """A class-hour. `room`, `teachers` (pseudonyms): as the schedule says; no part of the order."""

    hour: Id
    kind: Literal["theory", "practical", "online"]
    start: Utc
    end: Utc
    gear: bool = False
    make_up: tuple[Id, ...] | None = None
    room: str = ""
    teachers: tuple[Id, ...] = ()

    @property
    def start_us(self) -> int:
        return utc_us(self.start)

    @property
    def end_us(self) -> int:
        return utc_us(self.end)

    @property
    def ordered(self) -> Hour:
        """As the order has it."""
        return Hour(self.hour, self.kind, self.start, self.end, self.gear, self.make_up)


@dataclasses.dataclass(frozen=True)
class Draft:
    """A class as it would be published. `people`: trainees only change here before the first order; `events`,
    `leaves`: what would be published with it; `based_on`: number of the order that it changes, 0 for none; `given`: the
    highest number that a class-hour got as its id (h1, h2 …): none gets it again, for records may name the old one."""

    class_id: ClassId
    title: str
    policy: PolicyRef
    utc_offset_min: int
    boxes: tuple[Place, ...]
    institution: Id | None
    people: tuple[Enrolled, ...]
    hours: tuple[DraftHour, ...]
    events: tuple[RosterEvent, ...] = ()
    leaves: tuple[Leave, ...] = ()
    based_on: Count = 0
    given: Count = 0

    def of(self, role: str) -> tuple[str, ...]:
        """The pseudonyms of a role."""
        return tuple(one.person for one in self.people if one.role == role)

    def hour(self, hour: str) -> DraftHour:
        """One class-hour. Raises UnknownHour."""
        found = next((one for one in self.hours if one.hour == hour), None)
        if found is None:
            raise UnknownHour(class_id=self.class_id, hour=hour[:64])
        return found

    def moment(self, us: int) -> str:
        """A time on the clock of the class, for people."""
        return f"{local(us, self.utc_offset_min):%Y-%m-%d %H:%M}"


@dataclasses.dataclass(frozen=True)
class Published:
    """What is on record of a class. `order`: the one in force."""

    order: ClassOrder | None = None
    events: tuple[RosterEvent, ...] = ()
    leaves: tuple[Leave, ...] = ()


def draft_of(published: Published, before: Draft | None = None) -> Draft:
    """A draft that says what is published. `before`: whose rooms and teachers of class-hours are kept.

    `published` has an order."""
    order = published.order
    assert order is not None
    kept = {one.hour: one for one in before.hours} if before else {}
    hours = [DraftHour(one.hour, one.kind, one.start, one.end, one.gear, one.make_up) for one in order.hours]
    hours = [dataclasses.replace(one, room=kept[one.hour].room, teachers=kept[one.hour].teachers)
             if one.hour in kept else one for one in hours]
    return Draft(order.class_id, order.title, order.policy, order.utc_offset_min, order.boxes, order.institution,
                 order.roster, tuple(hours), (), (), order.number,
                 max(highest(hours), before.given if before else 0))


def highest(hours: Iterable[DraftHour]) -> int:
    """The highest number among ids like h12; 0 where there is none."""
    return max((int(one.hour[1:]) for one in hours if re.fullmatch(r"h[0-9]{1,9}", one.hour, re.ASCII)), default=0)


def write_draft(draft: Draft) -> str:
    """As it is kept: JSON."""
    return json.dumps(encode(draft), ensure_ascii=False, sort_keys=True)


def read_draft(text: str) -> Draft:
    """The draft in a JSON text. Raises BadShape."""
    try:
        return decode(Draft, json.loads(text), "draft", strict=True)
    except (ValueError, RecursionError) as error:
        raise BadShape(where="draft", key="(whole)", why=str(error)) from None


# --- changes of the plan ---


def add_hours(draft: Draft, hours: Iterable[DraftHour], now_us: int) -> Draft:
    """The draft with these class-hours, whose ids need not be given (empty). Raises PlanError."""
    given, named = max(draft.given, highest(draft.hours)), list[DraftHour]()
    for one in hours:
        given += not one.hour
        named.append(one if one.hour else dataclasses.replace(one, hour=f"h{given}"))
    for one in named:
        _to_come(draft, one, now_us)
    return checked(dataclasses.replace(draft, hours=(*draft.hours, *named), given=given))


def move_hour(draft: Draft, hour: str, start: str, end: str, now_us: int) -> Draft:
    """The draft with a class-hour at another time. Raises PlanError."""
    before = draft.hour(hour)
    return change_hour(draft, dataclasses.replace(before, start=start, end=end), now_us)


def change_hour(draft: Draft, hour: DraftHour, now_us: int) -> Draft:
    """The draft with this class-hour instead of the one with its id. Raises PlanError."""
    before = draft.hour(hour.hour)
    if before.ordered != hour.ordered:
        _to_come(draft, before, now_us)
        _to_come(draft, hour, now_us)
    hours = tuple(hour if one.hour == hour.hour else one for one in draft.hours)
    return checked(dataclasses.replace(draft, hours=hours))


def remove_hour(draft: Draft, hour: str, now_us: int) -> Draft:
    """The draft without a class-hour. Raises PlanError."""
    _to_come(draft, draft.hour(hour), now_us)
    return checked(dataclasses.replace(draft, hours=tuple(one for one in draft.hours if one.hour != hour)))


def replace_hours(draft: Draft, hours: Iterable[DraftHour], published: Published, now_us: int) -> Draft:
    """The draft with another schedule. Who has the time of a class-hour that is there keeps its id, and what has begun
    stays as it was published. Raises PlanError."""
    begun = [one for one in draft.hours if published.order and one.start_us <= now_us]
    there = {(one.start, one.end): one.hour for one in draft.hours}
    past = {(one.start, one.end): one for one in begun}
    fresh = []
    for one in hours:
        known = past.pop((one.start, one.end), None)
        if known is None:
            fresh.append(dataclasses.replace(one, hour=there.get((one.start, one.end), "")))
        elif dataclasses.replace(one, hour=known.hour).ordered != known.ordered:
            _to_come(draft, known, now_us)
    if past:
        _to_come(draft, min(past.values(), key=lambda one: one.start_us), now_us)
    given = max(draft.given, highest(draft.hours)) if published.order else 0
    empty = dataclasses.replace(draft, hours=tuple(begun), given=given)
    return add_hours(empty, fresh, now_us) if fresh else checked(empty)


def replace_people(draft: Draft, people: Iterable[Enrolled]) -> Draft:
    """The draft with another roster. Raises PlanError."""
    return checked(dataclasses.replace(draft, people=tuple(people)))


def change_class(
    draft: Draft, title: str | None = None, boxes: Sequence[Place] | None = None, institution: str | None = None,
    policy: PolicyRef | None = None,
) -> Draft:
    """The draft with other words about the class; None leaves one as it is. Raises PlanError."""
    places = draft.boxes if boxes is None else tuple(Place(one.device, plain(one.room, ROOM)) for one in boxes)
    return checked(dataclasses.replace(
        draft, title=draft.title if title is None else plain(title, TITLE), policy=policy or draft.policy,
        boxes=places, institution=institution or draft.institution))


def checked(draft: Draft) -> Draft:
    """The draft with its class-hours in the order of time, if it holds together. Raises PlanError, the first one."""
    problems = faults(draft)
    if problems:
        raise problems[0]
    return dataclasses.replace(draft, hours=tuple(sorted(draft.hours, key=lambda one: (one.start, one.end, one.hour))))


def faults(draft: Draft) -> list[PlanError]:
    """What no draft may have: class-hours of one class that overlap, a make-up for nobody, a teacher who is none."""
    found: list[PlanError] = []
    devices = [place.device for place in draft.boxes]
    found += [BoxNamedTwice(device=one) for one in sorted(set(devices)) if devices.count(one) > 1]
    if len(draft.hours) > MAX_HOURS or len(draft.people) > MAX_PEOPLE:
        found.append(BadText(what=HOURS if len(draft.hours) > MAX_HOURS else TRAINEES, limit=MAX_HOURS))
    due = {*draft.of("trainee"), *(one.person for one in joining(draft))}
    teachers = set(draft.of("instructor"))
    for one in draft.hours:
        found += _faults_of(draft, one, due, teachers)
    hours = sorted(draft.hours, key=lambda one: (one.start, one.end, one.hour))
    found += [HourIdTwice(hour=one) for one, count in Counter(one.hour for one in hours).items() if count > 1]
    found += [HoursCross(class_id=draft.class_id, hour=before.hour, other=after.hour)
              for before, after in itertools.pairwise(hours) if after.start_us < before.end_us]
    return found


def unfinished(draft: Draft) -> list[PlanError]:
    """What is missing before a class can be published."""
    missing = [(BOXES, draft.boxes), (HOURS, draft.hours), (TRAINEES, draft.of("trainee") or joining(draft))]
    return [ClassEmpty(class_id=draft.class_id, what=what) for what, there in missing if not there]


def joining(draft: Draft) -> tuple[Enrolled, ...]:
    """Who joins by the roster events of the draft."""
    return tuple(Enrolled(person, "trainee", one.commitment or "") for one in draft.events
                 if (person := joins(one)) is not None)


def joins(event: RosterEvent) -> str | None:
    """Whom a roster event brings."""
    return event.substitute if event.kind == "substitution" else None if event.kind == "withdrawal" else event.person


def leaves(event: RosterEvent) -> str | None:
    """Whom a roster event takes off the roster."""
    return event.person if event.kind in ("withdrawal", "substitution") else None


def plain(text: str, what: str, limit: int = MAX_TEXT) -> str:
    """A text of one line that goes into a record. Raises BadText."""
    found = " ".join(text.split())
    if not found or len(found) > limit or not found.isprintable():
        raise BadText(what=what, limit=limit)
    return found


def class_id_of(text: str) -> str:
    """A class id. Raises BadClassId."""
    try:
        return decode(_OfClass, {"class_id": text}, "class").class_id
    except BadShape:
        raise BadClassId(class_id=text[:80]) from None


@dataclasses.dataclass(frozen=True)
class _OfClass:
    class_id: ClassId


def _to_come(draft: Draft, hour: DraftHour, now_us: int) -> None:
    if hour.start_us <= now_us:
        raise HourPast(hour=hour.hour, moment=draft.moment(hour.start_us))


def _faults_of(draft: Draft, one: DraftHour, due: set[str], teachers: set[str]) -> list[PlanError]:
    found: list[PlanError] = []
    if one.end_us <= one.start_us:
        found.append(HourBackward(hour=one.hour))
    elif one.end_us - one.start_us > MAX_HOUR_MIN * MINUTE:
        found.append(HourTooLong(hour=one.hour, limit=MAX_HOUR_MIN))
    if one.make_up == ():
        found.append(MakeUpEmpty(hour=one.hour))
    found += [NotATrainee(person=person, class_id=draft.class_id) for person in one.make_up or () if person not in due]
    found += [NotATeacher(person=person, class_id=draft.class_id) for person in one.teachers if person not in teachers]
    return found
