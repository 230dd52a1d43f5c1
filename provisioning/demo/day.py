"""The played course: four half-days, what is planned in them, what really happens, and so what must be found."""
from __future__ import annotations

import dataclasses
import datetime
from datetime import timedelta

CHINA = datetime.timezone(timedelta(hours=8))
CLASS_ID = "demo-2026-03"
TITLE = "电工（初级）演示班"
DEVICE = "demo-box"
ROOM = "演示教室"
HOUR_LENGTH = timedelta(minutes=40)

CHECK_IN_EACH_S = 360
"""Simulated seconds that each person stands before the terminal: 3 real ones at the demo's rate. A machine with four
times the work that it can do was seen to need 1.7 for the frames that must agree."""
CHECK_IN_PAUSE_S = 24
VISIT_S = CHECK_IN_EACH_S + CHECK_IN_PAUSE_S
BOOT_ALLOWANCE_S = 240
"""Simulated seconds from switching the box on to the first person at the terminal."""


@dataclasses.dataclass(frozen=True)
class HalfDay:
    """One half-day of the plan and what happens in it. Times are local; `presses` are those of start and end."""

    name: str
    kind: str
    hours: tuple[datetime.datetime, ...]
    presses: tuple[datetime.datetime, datetime.datetime]
    hole: tuple[datetime.datetime, datetime.datetime] | None
    everyone: bool

    @property
    def block(self) -> str:
        """The id of its recording."""
        return f"{self.hours[0]:%Y-%m-%d}-{'am' if self.hours[0].hour < 12 else 'pm'}"

    @property
    def check_in(self) -> datetime.datetime:
        """When the first person stands before the terminal: time for seven people before the first class-hour."""
        return self.hours[0] - timedelta(seconds=7 * VISIT_S + 240)


def _at(day: int, hour: int, minute: int) -> datetime.datetime:
    return datetime.datetime(2026, 3, day, hour, minute, tzinfo=CHINA)


def _practice(name: str, day: int, hour: int, minutes: int = 26) -> HalfDay:
    """`minutes`: from the planned start to the end press, more than the fifteen, so that it needs no reason."""
    # The start press comes before the planned start, when the recorder would begin by itself, even on a busy machine.
    start = _at(day, hour, 45)
    presses = (start - timedelta(minutes=3), start + timedelta(minutes=minutes))
    return HalfDay(name, "practical", (start,), presses, None, everyone=False)


COURSE = (
    HalfDay("opening", "theory", (_at(2, 8, 30), _at(2, 9, 10)), (_at(2, 8, 28), _at(2, 9, 51)),
            (_at(2, 9, 25), _at(2, 9, 33)), True),
    _practice("practice-1", 2, 14),
    _practice("practice-2", 3, 8),
    # The last class-hour is over before the end press: nothing is judged before.
    _practice("practice-3", 3, 14, minutes=41),
)

SWITCHED_ON = COURSE[0].check_in - timedelta(seconds=BOOT_ALLOWANCE_S)
"""When the box is switched on; the films count from here."""
MISSED_BLOCKS = tuple(half_day.block for half_day in COURSE if not half_day.everyone)


def utc(moment: datetime.datetime) -> str:
    """RFC 3339 with microseconds and Z."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclasses.dataclass(frozen=True)
class Hour:
    """One class-hour of a plan. Times with their zone."""

    name: str
    kind: str
    start: datetime.datetime
    end: datetime.datetime


@dataclasses.dataclass(frozen=True)
class Plan:
    """What `zaitang-central class add` is told of a class that is taught in the room of the demo's box."""

    class_id: str
    title: str
    hours: tuple[Hour, ...]
    utc_offset_min: int = 480

    def toml(self) -> str:
        """PLAN.toml."""
        hours = "".join(
            f'\n[[hours]]\nhour = "{hour.name}"\nkind = "{hour.kind}"\nstart = "{utc(hour.start)}"\n'
            f'end = "{utc(hour.end)}"\n' for hour in self.hours)
        return (f'class = "{self.class_id}"\ntitle = "{self.title}"\npolicy = "demo"\n'
                f'utc_offset_min = {self.utc_offset_min}\n\n'
                f'[[boxes]]\ndevice = "{DEVICE}"\nroom = "{ROOM}"\n{hours}')


PLAN = Plan(CLASS_ID, TITLE, tuple(
    Hour(f"{half_day.name}-{number}", half_day.kind, start, start + HOUR_LENGTH)
    for half_day in COURSE for number, start in enumerate(half_day.hours, 1)))
