"""Whether a name holds over a time: a stranger who stays is looked at often, and a picture never moves. Pure.

The threshold of a pack is set for one look. Over a block a stranger has many, each with another chance to resemble
somebody. The higher above the threshold, the rarer strangers are: by e every `rise_ppm` (edge/vision/tail.py). So in k
looks one is taken for somebody no more often than in one look, and five times less, if the likeness beyond the
threshold is ln(5 k) times `rise_ppm`. It may come of two looks of different minutes together: whoever is there is alike
again.
"""
from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from evidence.bodies import Track
from evidence.rollcall import Limits, Look, Named, Why
from evidence.story import Span
from evidence.stretches import union
from evidence.times import MINUTE

SURER = 5
"""Over a block strangers may be taken for somebody so many times less often than in one look: one in a hundred where
it is one in twenty."""
STILL_US = 2 * MINUTE
"""Who was in view for less has no need to have moved."""
MOVED_SHARE = 10
"""A picture moves in fewer than one of so many tracks: detectors jitter, too."""

_Minute = tuple[int, int]
"""Which camera, and which minute: what it shows of one face within it is one look."""


@dataclasses.dataclass
class _Claims:
    """The tracks that name one person. `over`: by minute, how far the best is above its threshold, in millionths of
    `rise_ppm`; `unknown`: the minutes with one of a record that does not tell that. `told`: of those that tell how far
    they moved, camera, first and last sight, and how far; a track that two roll calls of one video have is one."""

    over: dict[_Minute, int] = dataclasses.field(default_factory=dict)
    unknown: set[_Minute] = dataclasses.field(default_factory=set)
    told: set[tuple[int, int, int, int]] = dataclasses.field(default_factory=set)

    def add(self, minute: _Minute, track: Track, look: Look) -> None:
        """One more track."""
        assert track.best is not None
        if look.rise_ppm:
            rises = (track.best.score_ppm - look.threshold_ppm) * 1_000_000 // look.rise_ppm
            self.over[minute] = max(self.over.get(minute, 0), rises)
        else:
            self.unknown.add(minute)
        if track.moved_ppm is not None:
            self.told.add((minute[0], track.first_us, track.last_us, track.moved_ppm))

    def minutes(self) -> set[_Minute]:
        """In which the person was named."""
        return self.over.keys() | self.unknown

    def holds(self, minutes: int) -> bool:
        """Whether that is enough where any face without a name, or with this one, was looked at in so many minutes.
        Of records that do not tell `rise_ppm` two looks are."""
        return minutes < 2 or len(self.unknown) > 1 or sum(sorted(self.over.values())[-2:]) >= needed(minutes)

    def still(self, still_ppm: int) -> bool:
        """Whether it is a picture of the person: it was in view of one camera for long and hardly ever moved."""
        moved = sum(moved_ppm >= still_ppm for *_, moved_ppm in self.told)
        cameras: dict[int, list[Span]] = defaultdict(list)
        for camera, first_us, last_us, _ in self.told:
            cameras[camera].append(Span(first_us, last_us))
        seen_us = max((_length_us(spans) for spans in cameras.values()), default=0)
        return seen_us >= STILL_US and moved * MOVED_SHARE < len(self.told)


def _length_us(spans: Sequence[Span]) -> int:
    whole = Span(min(span.start_us for span in spans), max(span.end_us for span in spans))
    return sum(span.length_us for span in union(spans, whole))


def needed(minutes: int) -> int:
    """How far two looks together must be above the threshold, in millionths of `rise_ppm`, where so many minutes were
    looked at."""
    return round(math.log(SURER * minutes) * 1_000_000)


def doubts(
    cameras: Sequence[Sequence[Look]], limits: Limits, within: tuple[int, int] | None = None,
) -> dict[str, Why]:
    """Whose name does not hold, and why, from what each of the `cameras` saw `within` a time (else in all of it):
    *few*: too seldom alike for so many looks; *still*: the face never moved. A name that is given outside of that time
    counts for nothing."""
    claims: dict[str, _Claims] = defaultdict(_Claims)
    nameless: set[_Minute] = set()
    for camera, looks in enumerate(cameras):
        for look in looks:
            for one in look.named:
                track = one.track
                if track.best is None or (within and not _touches(track, within)):
                    continue
                if within and one.person is not None and not within[0] <= track.shown_us < within[1]:
                    continue
                minute = camera, track.shown_us // MINUTE
                if one.person is None:
                    nameless.add(minute)
                else:
                    claims[one.person].add(minute, track, look)
    found: dict[str, Why] = {}
    for person, own in claims.items():
        if limits.still_ppm and own.still(limits.still_ppm):
            found[person] = "still"
        elif not own.holds(len(nameless | own.minutes())):
            found[person] = "few"
    return found


def without_names(look: Look, doubted: Mapping[str, Why]) -> Look:
    """The look in which those whose name does not hold have none."""
    return dataclasses.replace(look, named=tuple(
        Named(one.track, None, doubted[one.person]) if one.person and one.person in doubted else one
        for one in look.named))


def _touches(track: Track, within: tuple[int, int]) -> bool:
    return track.first_us < within[1] and within[0] <= track.last_us
