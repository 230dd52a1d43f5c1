"""Which segments wait for a roll call, which of them is looked at first, and where more closely. Pure.

Those that were filmed while faces were bare come first, then all others; of each the newest. So while a class runs its
own last minutes come before what is left of yesterday, and who has not been seen yet is told while that can be changed.
What waits is done, from the newest to the oldest, as soon as nothing newer waits. Nothing is left out. Last of all come
those that were looked at before, without somebody who was enrolled since."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable

from evidence.bodies import BareFace, Segment
from evidence.times import MINUTE

ALONE_US = 24 * 60 * MINUTE
"""So long video of a class waits for somebody to be enrolled (ours)."""
Window = tuple[int, int]
"""From … to before, media time of the run."""


@dataclasses.dataclass(frozen=True)
class Waiting:
    """A segment in the name of its right class, the number of its record (below 0: of a chain before), and the start
    of the box in which it was filmed. `again`: it has a roll call for this class. `made_us`: when its record was made,
    UTC."""

    segment: Segment
    seq: int
    boot_id: str
    again: bool = False
    made_us: int = 0

    def looked_for(self, enrolled: Collection[str], now_us: int) -> bool:
        """Whether it is time for it. Where nobody is enrolled, people may still come to be; but not for ever: after a
        day it is looked at for how many there were, else a box that knows no face would keep its class from ever being
        judged."""
        return bool(enrolled) or now_us >= self.made_us + ALONE_US


@dataclasses.dataclass(frozen=True)
class Told:
    """What became of a bare-face roll call, and the start of the box to which its times belong."""

    body: BareFace
    boot_id: str


@dataclasses.dataclass(frozen=True)
class Called:
    """A roll call of a segment for its class. `gallery`: who was looked for; None: it does not say."""

    pack_sha256: str
    gallery: frozenset[str] | None


def due(
    calls: Collection[Called], pack_sha256: str, gallery: Collection[str], enrolled: Collection[str],
) -> bool:
    """Whether a segment is looked at now, that has these roll calls for its class. `gallery`: who of the class can be
    looked for with this pack; `enrolled`: who has a face here, with whichever pack.

    The first time, if anybody can be looked for; again only for somebody who was never looked for in it: so once for
    each time that people are enrolled, and never for a new pack alone. With another pack only when that knows
    everybody who was looked for before, whose face is still here: a few people would be given what is seen of many."""
    if any(call.gallery is None for call in calls):
        return False
    before = frozenset[str]().union(*(call.gallery or () for call in calls))
    others = frozenset[str]().union(*(call.gallery or () for call in calls if call.pack_sha256 != pack_sha256))
    return not before.issuperset(gallery) and others.intersection(enrolled).issubset(gallery)


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
    return sorted(waiting, key=lambda one: (one.again, not bare_windows(one, told), -one.seq))
