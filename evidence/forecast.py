"""For how many days there is room on a box's video volume, from what was recorded and what is planned.

How much a class-hour takes is measured, never assumed, and given as a range: with n days of class seen, the least and
the most of them, widened by 1/n (ours: one day says little about the next). Days are those of the class's own clock.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

DAYS_OF_CLASS = 28
"""So many of the newest days of class are looked at."""
A_WEEK = 7
HORIZON = 1100
"""Days; no forecast reaches further than the three years for which video is kept."""
THRESHOLDS = (30, 14, 7)
"""Days left at which somebody is warned."""
MARGIN = 2
"""So many days above a threshold its warning is over; between, a forecast that sways says nothing twice."""


@dataclasses.dataclass(frozen=True)
class Day:
    """A day on which something was recorded: `number` counts days; `planned_us`: class-hours of the plans on it."""

    number: int
    bytes: int
    planned_us: int


@dataclasses.dataclass(frozen=True)
class Forecast:
    """Whole days until the volume is full: at the `earliest`, at the `latest`, None when that is beyond the horizon.
    `seen`: days of class that this rests on; with 0 of them nobody can tell yet, unless there is no room now."""

    seen: int
    earliest: int | None
    latest: int | None

    @property
    def known(self) -> bool:
        return self.seen > 0 or self.earliest == 0


@dataclasses.dataclass(frozen=True)
class _Load:
    """Bytes per µs of planned class-hours, bytes of a planned day where no such measure exists, bytes per calendar day
    once the plans have ended."""

    per_us: float | None
    planned_day: float
    usual_day: float

    def of(self, number: int, planned_us: int, last_planned: int) -> float:
        if planned_us:
            return self.planned_day if self.per_us is None else planned_us * self.per_us
        return self.usual_day if number > last_planned else 0.0


def forecast(history: Iterable[Day], ahead: Mapping[int, int], today: int, free: int) -> Forecast:
    """`history`: days on which something was recorded; today and later ones are left out, they are not over.
    `ahead`: day → µs of class-hours planned on it from now on. `free`: bytes that may still be written."""
    days = sorted((one for one in history if one.number < today and one.bytes > 0), key=lambda one: one.number)
    days = days[-DAYS_OF_CLASS:]
    if free <= 0:
        return Forecast(len(days), 0, 0)
    if not days:
        return Forecast(0, None, None)
    widen = 1 + 1 / len(days)
    planned = [one.bytes / one.planned_us for one in days if one.planned_us > 0]
    usual = sum(one.bytes for one in days) / max(A_WEEK, today - days[0].number)
    most = _Load(max(planned) * widen if planned else None, max(one.bytes for one in days) * widen, usual * widen)
    least = _Load(min(planned) / widen if planned else None, min(one.bytes for one in days) / widen, usual / widen)
    return Forecast(len(days), _days(most, ahead, today, free), _days(least, ahead, today, free))


def warning(before: int | None, told: Forecast) -> int | None:
    """The threshold whose warning is in force, None without one; `before`: the one in force until now.

    A warning is news when this is lower than before. It is over once there is room for MARGIN days more.
    """
    if not told.known:
        return before
    days = HORIZON if told.earliest is None else told.earliest
    level = min((threshold for threshold in THRESHOLDS if days <= threshold), default=None)
    if before is not None and (level is None or level > before) and days <= before + MARGIN:
        return before
    return level


def _days(load: _Load, ahead: Mapping[int, int], today: int, free: int) -> int | None:
    """Whole days before the one on which the volume is full."""
    last_planned = max(ahead, default=today)
    used = 0.0
    for number in range(today, today + HORIZON):
        used += load.of(number, ahead.get(number, 0), last_planned)
        if used > free:
            return number - today
    return None
