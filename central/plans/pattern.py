"""Class-hours by a pattern: “Mondays and Wednesdays 8:30–11:50, 4 × 45 min, breaks of 5, until there are 40”. Pure."""
from __future__ import annotations

import dataclasses
import datetime

from central.plans.draft import DraftHour
from central.plans.errors import NotAMoment, PatternEmpty, PatternTooLong, PatternWrong
from central.plans.schedule import MAX_HOUR_MIN, Kind
from evidence.times import MINUTE, utc_text

MOST_DAYS, MOST_A_DAY, LEAST_MIN = 731, 12, 10
_EPOCH = datetime.datetime(1970, 1, 1)


@dataclasses.dataclass(frozen=True)
class Pattern:
    """`weekdays`: 0 is Monday. On each of them from `first` to `last` the class-hours of a day, `count` of `minutes`
    with `pause` minutes between them, begin at `begin` and are over by `end`; `most`: then it stops, 0: never.
    `without`: days that are left out, like holidays. All local times of the class."""

    weekdays: frozenset[int]
    first: datetime.date
    last: datetime.date
    begin: datetime.time
    end: datetime.time
    count: int
    minutes: int
    pause: int
    kind: Kind
    most: int = 0
    gear: bool = False
    room: str = ""
    teachers: tuple[str, ...] = ()
    without: frozenset[datetime.date] = frozenset()


def hours_by(pattern: Pattern, utc_offset_min: int) -> tuple[DraftHour, ...]:
    """The class-hours, without ids, in the order of time. Raises PatternWrong, PatternTooLong, PatternEmpty."""
    one = pattern
    days = (one.last - one.first).days + 1
    if (not one.weekdays or not one.weekdays <= set(range(7)) or not 1 <= one.count <= MOST_A_DAY or one.most < 0
            or not LEAST_MIN <= one.minutes <= MAX_HOUR_MIN or one.pause < 0 or not 1 <= days <= MOST_DAYS):
        raise PatternWrong()
    begin, end = (time.hour * 60 + time.minute for time in (one.begin, one.end))
    if begin + one.count * one.minutes + (one.count - 1) * one.pause > end:
        raise PatternTooLong(count=one.count, minutes=one.minutes, pause=one.pause, begin=f"{one.begin:%H:%M}",
                             end=f"{one.end:%H:%M}")
    found: list[DraftHour] = []
    for day in (one.first + datetime.timedelta(days=number) for number in range(days)):
        if day.weekday() in one.weekdays and day not in one.without:
            midnight = datetime.datetime.combine(day, datetime.time())
            found += [_hour(one, midnight, begin + at * (one.minutes + one.pause), utc_offset_min)
                      for at in range(one.count)]
    found = found[:one.most] if one.most else found
    if not found:
        raise PatternEmpty(first=one.first, last=one.last)
    return tuple(found)


def local_us(moment: datetime.datetime, utc_offset_min: int) -> int:
    """UTC in microseconds of a moment on the clock of the class (without a time zone)."""
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1) - utc_offset_min * MINUTE


def moment_us(text: str, utc_offset_min: int) -> int:
    """UTC in microseconds of a typed moment on the clock of the class, like 2026-03-02T08:30. Raises NotAMoment."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None or not 2000 <= moment.year < 2100:
        raise NotAMoment(value=text[:40])
    return local_us(moment, utc_offset_min)


def _hour(one: Pattern, midnight: datetime.datetime, at_min: int, utc_offset_min: int) -> DraftHour:
    start_us = local_us(midnight, utc_offset_min) + at_min * MINUTE
    return DraftHour("", one.kind, utc_text(start_us), utc_text(start_us + one.minutes * MINUTE), one.gear, None,
                     one.room, one.teachers)
