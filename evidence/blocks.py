"""The blocks of a plan: contiguous class-hours of one half-day; presses, files and cameras never split one."""
from __future__ import annotations

import dataclasses
import datetime
from collections import defaultdict
from collections.abc import Sequence

from evidence.bodies import ClassOrder, Hour
from evidence.story import Span
from evidence.times import MINUTE, utc_us

_EPOCH = datetime.datetime(1970, 1, 1)
NOON_MIN = 12 * 60


@dataclasses.dataclass(frozen=True)
class PlannedBlock:
    """A block before anything is known of it. `attendees`: the list of a make-up, else None."""

    id: str
    span: Span
    hours: tuple[Hour, ...]
    attendees: tuple[str, ...] | None


def local(utc: int, utc_offset_min: int) -> datetime.datetime:
    """The wall clock of the class, without a time zone attached; at the ends of the calendar it stops."""
    try:
        return _EPOCH + datetime.timedelta(microseconds=utc + utc_offset_min * MINUTE)
    except OverflowError:
        return datetime.datetime.max if utc > 0 else datetime.datetime.min


def day(utc: int, utc_offset_min: int) -> str:
    """The date on the wall clock of the class, like 2026-03-02."""
    return local(utc, utc_offset_min).date().isoformat()


def hour_span(hour: Hour) -> Span:
    """The planned time of a class-hour."""
    return Span(utc_us(hour.start), utc_us(hour.end))


def plan_blocks(order: ClassOrder, pause_us: int) -> tuple[PlannedBlock, ...]:
    """The blocks in the order of their start. Online class-hours belong to none.

    A block ends at local noon (a class-hour belongs to the half-day in which it begins) and where the pause to the next
    class-hour is longer than `pause_us`. Make-up class-hours make blocks of their own, one for each list of attendees.
    """
    groups: dict[tuple[str, tuple[str, ...] | None], list[Hour]] = defaultdict(list)
    for hour in sorted(order.hours, key=lambda h: (utc_us(h.start), utc_us(h.end), h.hour)):
        if hour.kind != "online":
            attendees = None if hour.make_up is None else tuple(dict.fromkeys(hour.make_up))
            groups[_half_day(hour, order.utc_offset_min), attendees].append(hour)
    parts = [
        (half, attendees, part) for (half, attendees), hours in groups.items() for part in _contiguous(hours, pause_us)
    ]
    parts.sort(key=lambda p: (utc_us(p[2][0].start), p[1] is not None, p[2][0].hour))
    return _numbered(parts)


def _half_day(hour: Hour, utc_offset_min: int) -> str:
    start = local(utc_us(hour.start), utc_offset_min)
    return f"{start.date().isoformat()}-{'am' if start.hour * 60 + start.minute < NOON_MIN else 'pm'}"


def _contiguous(hours: Sequence[Hour], pause_us: int) -> list[list[Hour]]:
    parts: list[list[Hour]] = []
    end_us = 0
    for hour in hours:
        if parts and utc_us(hour.start) - end_us <= pause_us:
            parts[-1].append(hour)
            end_us = max(end_us, utc_us(hour.end))
        else:
            parts.append([hour])
            end_us = utc_us(hour.end)
    return parts


def _numbered(parts: Sequence[tuple[str, tuple[str, ...] | None, list[Hour]]]) -> tuple[PlannedBlock, ...]:
    seen: dict[str, int] = defaultdict(int)
    blocks = []
    for half, attendees, hours in parts:
        name = half if attendees is None else f"{half}-makeup"
        seen[name] += 1
        span = Span(utc_us(hours[0].start), max(utc_us(hour.end) for hour in hours))
        block_id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        blocks.append(PlannedBlock(block_id, span, tuple(hours), attendees))
    return tuple(blocks)
