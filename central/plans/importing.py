"""From rows of a schedule to class-hours of a draft: rooms and names must be those of the class. Pure."""
from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping

from central.plans.draft import Draft, DraftHour
from central.plans.errors import PlanError
from central.plans.pattern import local_us
from central.plans.schedule import Looked, Row, in_order, in_time
from central.plans.table_errors import CellPast, NoSuchRoom, NotInClass, NotTeaching
from common.sheets import Name
from evidence.times import utc_text


def hours_of(looked: Looked, draft: Draft, names: Mapping[str, Name]) -> tuple[DraftHour, ...]:
    """The class-hours of a file in which nothing is wrong (`problems_of`), without ids. `draft`: its people and
    rooms."""
    persons = {named.name: person for person, named in names.items()}
    return tuple(DraftHour(
        "", one.kind, utc_text(_us(one.date, one.start, draft)), utc_text(_us(one.date, one.end, draft)), one.gear,
        tuple(persons[name] for name in one.make_up) or None, one.room,
        tuple(persons[name] for name in one.teachers)) for one in in_time(looked.rows))


def problems_of(
    looked: Looked, draft: Draft, names: Mapping[str, Name] | None, begun: bool, now_us: int
) -> list[PlanError]:
    """All that is wrong with a file, by row: in its rows by themselves, and as class-hours of the class, each as far as
    its cells can be read. `names`: of the people of the class, None while nobody knows who they are; `begun`: whether
    class-hours of the class may be past, as those of a published one."""
    found = [*looked.problems, *(one for row in looked.rows for one in _wrong(row, draft, names, begun, now_us))]
    return in_order(found)


def _wrong(
    row: Row, draft: Draft, names: Mapping[str, Name] | None, begun: bool, now_us: int
) -> Iterator[PlanError]:
    if names is not None:
        persons = {named.name: person for person, named in names.items()}
        trainees, teachers = set(draft.of("trainee")), set(draft.of("instructor"))
        for name in row.make_up:
            if persons.get(name) not in trainees:
                yield row.line.wrong("make_up", NotInClass(name=name[:40]))
        for name in row.teachers:
            if persons.get(name) not in teachers:
                yield row.line.wrong("teachers", NotTeaching(name=name[:40]))
    rooms = [place.room for place in draft.boxes]
    if row.room and row.kind not in ("online", None) and row.room not in rooms:
        yield row.line.wrong("room", NoSuchRoom(room=row.room[:40], rooms="、".join(rooms) or "-"))
    if not begun and row.date is not None and row.start is not None and _us(row.date, row.start, draft) <= now_us:
        yield row.line.wrong("date", CellPast())


def _us(date: datetime.date, time: datetime.time, draft: Draft) -> int:
    return local_us(datetime.datetime.combine(date, time), draft.utc_offset_min)
