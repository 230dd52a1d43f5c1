"""From rows of a schedule to class-hours of a draft: rooms and names must be those of the class. Pure."""
from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from central.plans.draft import Draft, DraftHour
from central.plans.errors import PlanError
from central.plans.pattern import local_us
from central.plans.schedule import Planned
from central.plans.table_errors import CellPast, FileRefused, NoSuchRoom, NotInClass, NotTeaching
from common.sheets import Name
from evidence.times import utc_text


def hours_of(
    planned: Sequence[Planned], draft: Draft, names: Mapping[str, Name], begun: bool, now_us: int
) -> tuple[DraftHour, ...]:
    """The class-hours of a file, without ids. `draft`: its people and rooms; `begun`: whether class-hours of the class
    may be past, as those of a published one. Raises FileRefused with all that is wrong."""
    problems: list[PlanError] = []
    persons = {named.name: person for person, named in names.items()}
    trainees, teachers = set(draft.of("trainee")), set(draft.of("instructor"))
    rooms = [place.room for place in draft.boxes]
    found = []
    for one in planned:
        start_us, end_us = (
            local_us(datetime.datetime.combine(one.date, time), draft.utc_offset_min) for time in (one.start, one.end))
        wrong = [("make_up", NotInClass(name=name[:40])) for name in one.make_up if persons.get(name) not in trainees]
        wrong += [("teachers", NotTeaching(name=name[:40]))  # type: ignore[misc]
                  for name in one.teachers if persons.get(name) not in teachers]
        if one.room and one.kind != "online" and one.room not in rooms:
            wrong.append(("room", NoSuchRoom(room=one.room[:40], rooms="、".join(rooms) or "-")))  # type: ignore[arg-type]
        if start_us <= now_us and not begun:
            wrong.append(("date", CellPast()))  # type: ignore[arg-type]
        problems += [one.line.wrong(column, why) if one.line else why for column, why in wrong]
        if not wrong:
            found.append(DraftHour(
                "", one.kind, utc_text(start_us), utc_text(end_us), one.gear,
                tuple(persons[name] for name in one.make_up) or None, one.room,
                tuple(persons[name] for name in one.teachers)))
    if problems:
        raise FileRefused(problems)
    return tuple(found)
