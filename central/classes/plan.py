"""A class as the institution writes it: PLAN.toml and NAMES.toml, read strictly, every mistake named with its file.

    class = "welder-2026-03"              [[boxes]]                 [[hours]]
    title = "焊工（初级）2026 年第 3 期"       device = "box-101"         kind = "theory"
    policy = "sanmenxia-2023"             room = "101 教室"          start = 2026-03-02T08:30:00
    utc_offset_min = 480                                            end = 2026-03-02T09:15:00

Times without an offset are local times of `utc_offset_min`. NAMES.toml lists `[[people]]` with `name` and, for a
teacher, `role = "instructor"`.
"""
from __future__ import annotations

import dataclasses
import datetime
import itertools
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from central.errors import BadPlan, CannotRead, DuplicateName, HoursOverlap, MissingName, NoTrainees
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
    plan = decode(Plan, _toml(path), str(path), strict=True)
    if not plan.title.strip():
        raise BadPlan(path=path, why="the class has no title")
    if not plan.boxes:
        raise BadPlan(path=path, why="the plan names no box that would record the class")
    if not plan.hours:
        raise BadPlan(path=path, why="the plan has no class-hours")
    devices = [place.device for place in plan.boxes]
    if len(set(devices)) != len(devices):
        raise BadPlan(path=path, why="a box stands in the plan twice")
    return plan


def read_names(path: Path) -> tuple[PlanPerson, ...]:
    """The people in a file, their names trimmed.

    Raises CannotRead, BadShape, MissingName, DuplicateName, NoTrainees, BadPlan."""
    people = decode(PlanNames, _toml(path), str(path), strict=True).people
    trimmed = tuple(dataclasses.replace(person, name=" ".join(person.name.split())) for person in people)
    seen: set[str] = set()
    for number, person in enumerate(trimmed, 1):
        if not person.name:
            raise MissingName(path=path, number=number)
        if len(person.name) > MAX_NAME:
            raise BadPlan(path=path, why=f"the name of person number {number} is longer than {MAX_NAME} characters")
        if person.name in seen:
            raise DuplicateName(path=path, name=person.name)
        seen.add(person.name)
    if not any(person.role == "trainee" for person in trimmed):
        raise NoTrainees(path=path)
    return trimmed


def hours_of(plan: Plan, persons: dict[str, str], path: Path) -> tuple[Hour, ...]:
    """The class-hours in order of time, in UTC, people by pseudonym (`persons`: name → pseudonym).

    Raises BadPlan, HoursOverlap."""
    hours = [_hour(number, hour, plan, persons, path) for number, hour in enumerate(plan.hours, 1)]
    hours.sort(key=lambda hour: hour.start)
    for before, after in itertools.pairwise(hours):
        if after.start < before.end:
            raise HoursOverlap(path=path, hour=after.hour)
    if len({hour.hour for hour in hours}) != len(hours):
        raise BadPlan(path=path, why="two class-hours have the same id")
    return tuple(hours)


def _hour(number: int, hour: PlanHour, plan: Plan, persons: dict[str, str], path: Path) -> Hour:
    name = hour.hour or f"h{number}"
    start, end = (_utc(text, plan.utc_offset_min, f"hours.{number - 1}", path) for text in (hour.start, hour.end))
    if end <= start:
        raise BadPlan(path=path, why=f"class-hour {name} ends before it begins")
    unknown = [person for person in hour.make_up or () if person not in persons]
    if unknown:
        raise BadPlan(path=path, why=f"class-hour {name} is a make-up lesson for {unknown[0]}, who is not in the list")
    make_up = None if hour.make_up is None else tuple(persons[person] for person in hour.make_up)
    return Hour(hour=name, kind=hour.kind, start=start, end=end, gear=hour.gear, make_up=make_up)


def _utc(text: str, offset_min: int, key: str, path: Path) -> str:
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=offset_min)))
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        return utc_text((moment - epoch) // datetime.timedelta(microseconds=1))
    except (ValueError, OverflowError, BadRecord):
        raise BadShape(where=path, key=key, why=f"{text[:40]} is not a time like 2026-03-02T08:30:00") from None


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise CannotRead(path=path, why=f"it is larger than {MAX_FILE} bytes")
        return _texts(tomllib.loads(data.decode("utf-8")))
    except OSError as error:
        raise CannotRead(path=path, why=error.strerror) from None
    except UnicodeDecodeError:
        raise CannotRead(path=path, why="it is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadShape(where=path, key="(whole)", why=str(error)) from None


def _texts(value: Any) -> Any:
    """TOML's own times as text, so that one rule reads both spellings."""
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.datetime) else value
