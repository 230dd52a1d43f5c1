"""A schedule as an institution has it: one row is one class-hour; or all that is wrong with them at once. Pure."""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Sequence
from typing import Any, Literal

from central.plans.columns import Line, lines_of
from central.plans.errors import PlanError
from central.plans.table import read_table
from central.plans.table_errors import CellEmpty, EndsBeforeBegin, FileRefused, HourLong, HoursMeet, InCell, NotAKind
from central.plans.values import date_of, names_of, time_of, yes_of

Kind = Literal["theory", "practical", "online"]
MAX_HOUR_MIN = 120
"""Longer ones are several class-hours in one row (ours: the documents give a shortest length only)."""
COLUMNS = {
    "date": ("日期", "上课日期", "授课日期", "date", "day"),
    "start": ("开始时间", "上课时间", "开始", "上课", "起始时间", "start", "start time", "begin", "from"),
    "end": ("结束时间", "下课时间", "结束", "下课", "终止时间", "end", "end time", "until", "to"),
    "kind": ("课程类型", "类型", "授课类型", "课程性质", "培训类型", "kind", "type"),
    "room": ("地点", "教室", "上课地点", "授课地点", "培训地点", "room", "place"),
    "gear": ("防护", "护具", "防护用品", "佩戴护具", "gear", "protective gear"),
    "teachers": ("授课教师", "教师", "任课教师", "讲师", "老师", "teacher", "teachers", "instructor", "instructors"),
    "make_up": ("补课学员", "补课", "补课人员", "make-up", "make up", "make-up for"),
}
REQUIRED = ("date", "start", "end", "kind")
KINDS: dict[str, Kind] = {
    "理论": "theory", "理论课": "theory", "理论教学": "theory", "theory": "theory",
    "实操": "practical", "实训": "practical", "实践": "practical", "实操课": "practical", "实际操作": "practical",
    "practical": "practical", "practice": "practical",
    "线上": "online", "线上课": "online", "网课": "online", "网络": "online", "online": "online",
}


@dataclasses.dataclass(frozen=True)
class Planned:
    """One class-hour of a file, in local times. `teachers`, `make_up`: names as the roster has them; `line`: where."""

    date: datetime.date
    start: datetime.time
    end: datetime.time
    kind: Kind
    room: str = ""
    gear: bool = False
    teachers: tuple[str, ...] = ()
    make_up: tuple[str, ...] = ()
    line: Line | None = dataclasses.field(default=None, compare=False, repr=False)


@dataclasses.dataclass(frozen=True)
class Row:
    """A row as far as it can be read (None: that cell cannot). `hour`: where all of it can."""

    line: Line
    date: datetime.date | None
    start: datetime.time | None
    kind: Kind | None
    room: str | None
    teachers: tuple[str, ...]
    make_up: tuple[str, ...]
    hour: Planned | None


@dataclasses.dataclass(frozen=True)
class Looked:
    """A file that was looked through. `problems`: all that is wrong in its rows by themselves."""

    rows: tuple[Row, ...]
    problems: tuple[PlanError, ...]


def read_schedule(data: bytes, file: str) -> tuple[Planned, ...]:
    """The class-hours of a file in the order of time.

    Raises what `read_table` and `lines_of` raise, or FileRefused with all that is wrong in its rows."""
    looked = look_through(data, file)
    if looked.problems:
        raise FileRefused(in_order(looked.problems))
    return in_time(looked.rows)


def look_through(data: bytes, file: str) -> Looked:
    """A file whose rows may be wrong. Raises what `read_table` and `lines_of` raise."""
    problems: list[PlanError] = []
    rows = tuple(_row(line, problems) for line in lines_of(read_table(data, file), COLUMNS, REQUIRED, file))
    return Looked(rows, (*problems, *_meeting(in_time(rows))))


def in_time(rows: Sequence[Row]) -> tuple[Planned, ...]:
    """The class-hours of rows, in the order of time."""
    hours = (one.hour for one in rows if one.hour is not None)
    return tuple(sorted(hours, key=lambda one: (one.date, one.start, one.end)))


def in_order(problems: Sequence[PlanError]) -> list[PlanError]:
    """What is wrong in the rows of one file, by row."""
    return sorted(problems, key=lambda one: int(str(one.params["row"])))


def _row(line: Line, problems: list[PlanError]) -> Row:
    before = len(problems)

    def tried(read: Callable[[Line, str], Any], column: str) -> Any:
        try:
            return read(line, column)
        except InCell as error:
            problems.append(error)
            return None

    date, start, end = tried(date_of, "date"), tried(time_of, "start"), tried(time_of, "end")
    kind, room, gear = tried(_kind, "kind"), tried(Line.text, "room"), tried(yes_of, "gear")
    teachers, make_up = tried(names_of, "teachers"), tried(names_of, "make_up")
    if start is not None and end is not None:
        minutes = (end.hour - start.hour) * 60 + end.minute - start.minute
        if minutes <= 0:
            problems.append(line.wrong("end", EndsBeforeBegin()))
        elif minutes > MAX_HOUR_MIN:
            problems.append(line.wrong("end", HourLong(minutes=minutes, limit=MAX_HOUR_MIN)))
    hour = None if len(problems) > before else Planned(date, start, end, kind, room, gear, teachers, make_up, line)
    return Row(line, date, start, kind, room, teachers or (), make_up or (), hour)


def _kind(line: Line, column: str) -> Kind:
    text = line.text(column)
    if text.lower() not in KINDS:
        raise line.wrong(column, NotAKind(value=text[:20]) if text else CellEmpty())
    return KINDS[text.lower()]


def _meeting(hours: Sequence[Planned]) -> list[PlanError]:
    found: list[PlanError] = []
    last: Planned | None = None
    for one in hours:
        if last is not None and one.date == last.date and one.start < last.end and one.line and last.line:
            found.append(one.line.wrong("start", HoursMeet(other=last.line.number)))
        if last is None or (one.date, one.end) > (last.date, last.end):
            last = one
    return found
