"""A class as the institution writes it: PLAN.toml and NAMES.toml, read strictly, every mistake named with its file.

    class = "welder-2026-03"              [[boxes]]                 [[hours]]
    title = "焊工（初级）2026 年第 3 期"       device = "box-101"         kind = "theory"
    policy = "sanmenxia-2023"             room = "101 教室"          start = 2026-03-02T08:30:00
    institution = "smx-school"                                      end = 2026-03-02T09:15:00

`institution` may be left out. Times without an offset are local times of `utc_offset_min`, 480 if it is left out.
NAMES.toml lists `[[people]]` with `name` and, for a teacher, `role = "instructor"`.
"""
from __future__ import annotations

import dataclasses
import datetime
import itertools
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from central.classes.plan_errors import (
    BadTime,
    BoxTwice,
    DuplicateName,
    HiddenCharacters,
    HourBackwards,
    HoursOverlap,
    HourTwice,
    MissingName,
    NameTooLong,
    NoBoxes,
    NoHours,
    NoTitle,
    NoTrainees,
    StrangeMakeUp,
)
from central.errors import CannotRead, FileTooLarge
from common.texts import N_
from evidence.bodies import ClassId, Hour, Place
from evidence.errors import BadRecord, BadShape
from evidence.records import Id
from evidence.shape import Between, decode
from evidence.times import utc_text

MAX_FILE = 1 << 20
MAX_NAME = 100


@dataclasses.dataclass(frozen=True)
class PlanHour:
    """One planned class-hour. Times in ISO 8601; `make_up`: names of those who make up for missed hours in it."""

    kind: Literal["theory", "practical", "online"]
    start: str
    end: str
    hour: Id | None = None
    gear: bool = False
    make_up: tuple[str, ...] | None = None


@dataclasses.dataclass(frozen=True)
class Plan:
    """PLAN.toml."""

    class_id: ClassId = dataclasses.field(metadata={"key": "class"})
    title: str
    policy: str
    boxes: tuple[Place, ...]
    hours: tuple[PlanHour, ...]
    utc_offset_min: Annotated[int, Between(-840, 840)] = 480
    institution: Id | None = None


@dataclasses.dataclass(frozen=True)
class PlanPerson:
    """One line of NAMES.toml."""

    name: str = ""
    role: Literal["trainee", "instructor"] = "trainee"


@dataclasses.dataclass(frozen=True)
class PlanNames:
    """NAMES.toml."""

    people: tuple[PlanPerson, ...]


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises CannotRead, BadShape, BadPlan."""
    plan = decode(Plan, read_toml(path), str(path), strict=True)
    if not plan.title.strip():
        raise NoTitle(path=path)
    for text in (plan.title, *(place.room for place in plan.boxes)):
        if not text.isprintable():
            raise HiddenCharacters(path=path, text=repr(text))
    if not plan.boxes:
        raise NoBoxes(path=path)
    if not plan.hours:
        raise NoHours(path=path)
    twice = _twice(place.device for place in plan.boxes)
    if twice is not None:
        raise BoxTwice(path=path, device=twice)
    return plan


def read_names(path: Path) -> tuple[PlanPerson, ...]:
    """The people in a file, their names trimmed.

    Raises CannotRead, BadShape, BadPlan."""
    people = decode(PlanNames, read_toml(path), str(path), strict=True).people
    trimmed = tuple(dataclasses.replace(person, name=" ".join(person.name.split())) for person in people)
    seen: set[str] = set()
    for number, person in enumerate(trimmed, 1):
        if not person.name:
            raise MissingName(path=path, number=number)
        if not person.name.isprintable():
            raise HiddenCharacters(path=path, text=repr(person.name))
        if len(person.name) > MAX_NAME:
            raise NameTooLong(path=path, number=number, limit=MAX_NAME)
        if person.name in seen:
            raise DuplicateName(path=path, name=person.name)
        seen.add(person.name)
    if not any(person.role == "trainee" for person in trimmed):
        raise NoTrainees(path=path)
    return trimmed


def hours_of(plan: Plan, persons: dict[str, str], path: Path) -> tuple[Hour, ...]:
    """The class-hours in order of time, in UTC, people by pseudonym (`persons`: name → pseudonym).

    Raises BadPlan."""
    hours = [_hour(number, hour, plan, persons, path) for number, hour in enumerate(plan.hours, 1)]
    hours.sort(key=lambda hour: hour.start)
    for before, after in itertools.pairwise(hours):
        if after.start < before.end:
            raise HoursOverlap(path=path, hour=after.hour)
    twice = _twice(hour.hour for hour in hours)
    if twice is not None:
        raise HourTwice(path=path, hour=twice)
    return tuple(hours)


def _hour(number: int, hour: PlanHour, plan: Plan, persons: dict[str, str], path: Path) -> Hour:
    name = hour.hour or f"h{number}"
    start, end = (_utc(text, plan.utc_offset_min, name, path) for text in (hour.start, hour.end))
    if end <= start:
        raise HourBackwards(path=path, hour=name)
    unknown = [person for person in hour.make_up or () if person not in persons]
    if unknown:
        raise StrangeMakeUp(path=path, hour=name, name=unknown[0])
    make_up = None if hour.make_up is None else tuple(persons[person] for person in hour.make_up)
    return Hour(hour=name, kind=hour.kind, start=start, end=end, gear=hour.gear, make_up=make_up)


def _utc(text: str, offset_min: int, hour: str, path: Path) -> str:
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=offset_min)))
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        return utc_text((moment - epoch) // datetime.timedelta(microseconds=1))
    except (ValueError, OverflowError, BadRecord):
        raise BadTime(path=path, hour=hour, value=text[:40]) from None


def _twice(values: Iterable[str]) -> str | None:
    """The first value that came before."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file, its own times and dates as text. Raises CannotRead, BadShape, BadPlan (too large)."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise CannotRead(path=path, why=error.strerror) from None
    return toml_of(data, path)


def toml_of(data: bytes, where: Path | str) -> dict[str, Any]:
    """The same of bytes that came as `where`. Raises CannotRead, BadShape, FileTooLarge."""
    if len(data) > MAX_FILE:
        raise FileTooLarge(path=where, limit=MAX_FILE)
    try:
        parsed: dict[str, Any] = _texts(tomllib.loads(data.decode("utf-8")))
        return parsed
    except UnicodeDecodeError:
        raise CannotRead(path=where, why=N_("it is not UTF-8 text")) from None
    except (ValueError, RecursionError) as error:  # of numbers with thousands of digits, too
        raise BadShape(where=where, key="(whole)", why=str(error)) from None


def _texts(value: Any) -> Any:
    """TOML's own times and dates as text, so that one rule reads both spellings."""
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value
