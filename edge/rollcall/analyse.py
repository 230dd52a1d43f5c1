"""Measures sampled pictures: tracks with whom they resemble, headcounts, dark ones. Used by command line and box."""
from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable

from edge.rollcall.crops import Crop
from edge.rollcall.heads import HeadCounter
from edge.rollcall.look import Looker
from edge.rollcall.pictures import Picture
from edge.rollcall.tracks import Following, Tracker, measured
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack
from edge.vision.quality import nothing_in
from evidence.bodies import Track

MAX_TRACKS = 3000
"""More do not fit into one record; the ones seen in the most frames are kept."""


@dataclasses.dataclass(frozen=True)
class Measured:
    """What the pictures showed, as the fields of the same names in a `rollcall` record. Dark ones count nobody.

    `crops`: by track, the picture of its best sight; none where too many of them would fill the memory."""

    tracks: tuple[Track, ...]
    samples: int
    dark: int
    headcount_max: int
    headcount_mean_ppm: int
    faces_max: int | None = None
    faceless_max: int | None = None
    crops: tuple[Crop | None, ...] = ()
    headcount_peak: int | None = None
    faceless_peak: int | None = None
    still_peak: int | None = None


def analyse(
    pictures: Iterable[tuple[int, Picture]], gallery: Gallery, pack: Pack, threshold_ppm: int,
    rise_ppm: int | None = None,
) -> Measured:
    """`pictures`: (media time in µs, picture) in order of time. `threshold_ppm`, `rise_ppm`: as calibrated."""
    looker, heads = Looker(pack), HeadCounter(pack)
    tracker = Tracker(pack, gallery, threshold_ppm, rise_ppm)
    samples = dark = 0
    for pts_us, picture in pictures:
        samples += 1
        if nothing_in(picture.grey):
            dark += 1
            continue
        faces = looker.look(picture)
        heads.see(picture, faces)
        tracker.step(pts_us, picture, faces)
    followed, told = tracker.followed(), heads.told()
    together = _together(followed)
    kept = _bounded(followed)
    return Measured(
        tuple(measured(one) for one in kept), samples, dark, max(told.headcount_max, together),
        told.headcount_mean_ppm, max(told.faces_max, together), told.faceless_max,
        tuple(one.crop for one in kept), max(told.headcount_peak, together), told.faceless_peak,
        told.still_peak,
    )


def _together(followed: list[Following]) -> int:
    """The most faces in one picture that were seen in another one too: nobody is in the room for one picture alone, and
    what is found once by mistake does not count."""
    seen = collections.Counter(number for one in followed if one.frames > 1 for number in one.seen)
    return max(seen.values(), default=0)


def _bounded(followed: list[Following]) -> list[Following]:
    if len(followed) <= MAX_TRACKS:
        return followed
    kept = sorted(followed, key=lambda one: -one.frames)[:MAX_TRACKS]
    return sorted(kept, key=lambda one: one.first_us)
