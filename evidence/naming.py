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
    """The tracks that name one person. `over`: by minute, how far the best is above its threshold, in ppm and in
    millionths of `rise_ppm` (None: not known)."""

    over: dict[_Minute, tuple[int, int | None]] = dataclasses.field(default_factory=dict)
    tracks: list[Track] = dataclasses.field(default_factory=list)

    def add(self, minute: _Minute, track: Track, look: Look) -> None:
        """One more track."""
        assert track.best is not None
        above = track.best.score_ppm - look.threshold_ppm
        rises = above * 1_000_000 // look.rise_ppm if look.rise_ppm else None
        known = self.over.get(minute, (-1, None))
        self.over[minute] = max(known, (above, rises), key=lambda one: (one[0], one[1] or 0))
        self.tracks.append(track)

    def holds(self, minutes: int) -> bool:
        """Whether that is enough where any face without a name, or with this one, was looked at in so many minutes.
        Records that do not tell `rise_ppm` need two looks."""
        if minutes < 2:
            return True
        known = sorted((rises for _, rises in self.over.values() if rises is not None), reverse=True)
        needed = round(math.log(SURER * minutes) * 1_000_000)
        return sum(known[:2]) >= needed or (len(known) < len(self.over) and len(self.over) > 1)

    def still(self, still_ppm: int) -> bool:
        """Whether it is a picture of the person: it was in view for long and hardly ever moved."""
        told = [track for track in self.tracks if track.moved_ppm is not None]
        moved = sum(track.moved_ppm >= still_ppm for track in told if track.moved_ppm is not None)
        seen_us = sum(track.last_us - track.first_us for track in told)
        return seen_us >= STILL_US and moved * MOVED_SHARE < len(told)


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
        elif not own.holds(len(nameless | own.over.keys())):
            found[person] = "few"
    return found


def without_names(look: Look, doubted: Mapping[str, Why]) -> Look:
    """The look in which those whose name does not hold have none."""
    return dataclasses.replace(look, named=tuple(
        Named(one.track, None, doubted[one.person]) if one.person and one.person in doubted else one
        for one in look.named))


def _touches(track: Track, within: tuple[int, int]) -> bool:
    return track.first_us < within[1] and within[0] <= track.last_us
