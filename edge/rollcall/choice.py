"""Which of the segments that wait for their roll call is looked at first, and where more closely. Pure.

Those that were filmed while faces were bare come first, then all others; of each the newest. So while a class runs its
own last minutes come before what is left of yesterday, and who has not been seen yet is told while that can be changed.
What waits is done, from the newest to the oldest, as soon as nothing newer waits. Nothing is left out."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable

from evidence.bodies import BareFace, Segment

Window = tuple[int, int]
"""From … to before, media time of the run."""


@dataclasses.dataclass(frozen=True)
class Waiting:
    """A segment in the name of its right class, the number of its record, and the start of the box in which it was
    filmed."""

    segment: Segment
    seq: int
    boot_id: str


@dataclasses.dataclass(frozen=True)
class Told:
    """What became of a bare-face roll call, and the start of the box to which its times belong."""

    body: BareFace
    boot_id: str


def bare_windows(one: Waiting, told: Iterable[Told]) -> list[Window]:
    """When in the segment a bare-face roll call of its class was held, by CLOCK_BOOTTIME; in order of time."""
    segment, found = one.segment, []
    shift_us = segment.first_pts_us - segment.first_mono_us
    for each in told:
        if each.boot_id != one.boot_id or each.body.class_id != segment.class_id or each.body.result != "held":
            continue
        start_us = max(segment.first_pts_us, each.body.from_mono_us + shift_us)
        end_us = min(segment.end_pts_us, each.body.to_mono_us + shift_us)
        if start_us < end_us:
            found.append((start_us, end_us))
    return sorted(found)


def in_turn(waiting: Iterable[Waiting], told: Collection[Told]) -> list[Waiting]:
    """All of them, in the order in which they are looked at. A segment's record is as new as its video: it is made when
    the file is finished."""
    return sorted(waiting, key=lambda one: (not bare_windows(one, told), -one.seq))
