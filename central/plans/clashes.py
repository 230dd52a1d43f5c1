"""What two classes cannot share at one time: a box, a room, a person. Pure, and the same from either side.

Only what is certain is refused. Who teaches a class-hour is certain where the schedule names the teacher, or where the
class has only one. A box belongs to one class at a time, whichever of its rooms a class-hour uses, because the plan
alone tells a box which class it records.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from central.plans.draft import DraftHour, Published, joins, leaves
from central.plans.errors import BoxTaken, PersonElsewhere, PlanError, RoomTaken, TeacherElsewhere
from evidence.blocks import local
from evidence.bodies import ClassOrder, Place, RosterEvent
from evidence.times import utc_us

ALWAYS_US = 1 << 62


@dataclasses.dataclass(frozen=True)
class HourTaken:
    """A class-hour and who is surely in it. `people`, `teachers`: marker of the ID number → pseudonym in that class."""

    hour: str
    start_us: int
    end_us: int
    online: bool
    people: Mapping[str, str]
    teachers: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Taken:
    """What a class takes up."""

    class_id: str
    title: str
    institution: str | None
    utc_offset_min: int
    boxes: tuple[Place, ...]
    hours: tuple[HourTaken, ...]


def taken(
    order: ClassOrder, events: Iterable[RosterEvent], hours: Iterable[DraftHour], markers: Mapping[str, str]
) -> Taken:
    """What an order takes up. `hours`: the same as the order's, with who teaches; `markers`: pseudonym → marker of the
    ID number, of those who are known."""
    due, teachers = _due(order, events), [one.person for one in order.roster if one.role == "instructor"]

    def hour_of(one: DraftHour) -> HourTaken:
        asked = one.make_up if one.make_up is not None else [
            person for person, (from_us, until_us) in due.items() if from_us <= one.start_us < until_us]
        teaching = one.teachers or (teachers if len(teachers) == 1 else ())
        return HourTaken(one.hour, one.start_us, one.end_us, one.kind == "online",
                         {markers[person]: person for person in asked if person in markers},
                         {markers[person]: person for person in teaching if person in markers})

    return Taken(order.class_id, order.title, order.institution, order.utc_offset_min, order.boxes,
                 tuple(hour_of(one) for one in hours))


def taken_by(published: Published, hours: Iterable[DraftHour], markers: Mapping[str, str]) -> Taken:
    """What a published class takes up."""
    assert published.order is not None
    return taken(published.order, published.events, hours, markers)


def clashes(mine: Taken, other: Taken) -> list[PlanError]:
    """Everything that two classes take up at one time: of each box, room and person the first meeting."""
    found: dict[tuple[str, str], PlanError] = {}
    for one, two in _meetings(mine, other):
        said = {"other": other.class_id, "title": other.title, "hour": one.hour, "other_hour": two.hour,
                "moment": f"{local(max(one.start_us, two.start_us), mine.utc_offset_min):%Y-%m-%d %H:%M}"}
        if not one.online and not two.online:
            for device in sorted({p.device for p in mine.boxes} & {p.device for p in other.boxes}):
                found.setdefault(("box", device), BoxTaken(device=device, **said))
            for room in sorted(_rooms(mine) & _rooms(other)) if mine.institution == other.institution else ():
                found.setdefault(("room", room), RoomTaken(room=room, **said))
        for marker in sorted((one.people.keys() | one.teachers.keys()) & (two.people.keys() | two.teachers.keys())):
            person = one.people.get(marker) or one.teachers[marker]
            teaches = marker in one.teachers and marker in two.teachers
            found.setdefault(("person", marker), (TeacherElsewhere if teaches else PersonElsewhere)(
                person=person, **said))
    return list(found.values())


def _rooms(one: Taken) -> set[str]:
    """Rooms by their names, which mean something within one institution only."""
    return set() if one.institution is None else {place.room for place in one.boxes if place.room}


def _meetings(mine: Taken, other: Taken) -> Iterator[tuple[HourTaken, HourTaken]]:
    """Pairs of class-hours that overlap, in the order of mine. Back to back is no overlap."""
    theirs = sorted(other.hours, key=lambda one: one.start_us)
    for one in sorted(mine.hours, key=lambda hour: hour.start_us):
        for two in theirs:
            if two.start_us >= one.end_us:
                break
            if two.end_us > one.start_us:
                yield one, two


def _due(order: ClassOrder, events: Iterable[RosterEvent]) -> dict[str, tuple[int, int]]:
    """From when until when each trainee is due."""
    due = {one.person: (-ALWAYS_US, ALWAYS_US) for one in order.roster if one.role == "trainee"}
    for event in sorted(events, key=lambda one: utc_us(one.effective)):
        at_us, comes, goes = utc_us(event.effective), joins(event), leaves(event)
        if comes is not None:
            due[comes] = (at_us, ALWAYS_US)
        if goes is not None and goes in due:
            due[goes] = (due[goes][0], at_us)
    return due
