"""Measures sampled frames: tracks with whom they resemble, headcounts, dark pictures. Used by command line and box."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from edge.rollcall.crops import Crop
from edge.rollcall.tracks import Tracker
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack
from edge.vision.quality import shows_nothing
from evidence.bodies import Track
from evidence.rollcall import smoothed_headcount

MAX_TRACKS = 3000
"""More do not fit into one record; the ones seen in the most frames are kept."""


@dataclasses.dataclass(frozen=True)
class Measured:
    """What the frames showed, as the fields of the same names in a `rollcall` record. Dark frames count nobody."""

    tracks: tuple[Track, ...]
    samples: int
    dark: int
    headcount_max: int
    headcount_mean_ppm: int
    crops: tuple[Crop | None, ...] = ()
    """By track, the picture of its best sight."""


def analyse(
    frames: Iterable[tuple[int, np.ndarray]], gallery: Gallery, pack: Pack, threshold_ppm: int
) -> Measured:
    """`frames`: (media time in µs, BGR uint8 picture) in order of time."""
    tracker = Tracker(pack, gallery, threshold_ppm)
    counts: list[int] = []
    samples = dark = 0
    for pts_us, bgr in frames:
        samples += 1
        if shows_nothing(bgr):
            dark += 1
            continue
        faces = pack.detect(bgr, "room")
        counts.append(len(faces))
        tracker.step(pts_us, bgr, faces)
    most, mean_ppm = smoothed_headcount(counts)
    tracks, crops = tracker.tracks(), tracker.crops()
    kept = _bounded(tracks)
    return Measured(
        tuple(tracks[index] for index in kept), samples, dark, most, mean_ppm, tuple(crops[index] for index in kept))


def _bounded(tracks: tuple[Track, ...]) -> list[int]:
    """Which of them are kept, by index."""
    if len(tracks) <= MAX_TRACKS:
        return list(range(len(tracks)))
    return sorted(sorted(range(len(tracks)), key=lambda index: -tracks[index].frames)[:MAX_TRACKS])
