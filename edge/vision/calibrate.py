"""The threshold for a class, taken from its own enrolled people where there are enough of them.

A threshold measured on one population fails on another. The enrolled people are the population: every photo is
compared with everybody else's templates, and the threshold is set so that hardly any of them finds a stranger.
"""
from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from edge.vision.gallery import Gallery
from edge.vision.pack import Pack

QUANTILE = 0.99
"""Share of photos whose nearest other person must stay below the threshold."""


@dataclasses.dataclass(frozen=True)
class Threshold:
    """A threshold in ppm, and whether the manifest or the `people` of the gallery gave it."""

    ppm: int
    source: Literal["manifest", "gallery"]
    people: int


def calibrate(pack: Pack, gallery: Gallery) -> Threshold:
    """The manifest's threshold for few people; for many, the 99 % quantile of each photo's similarity to its nearest
    other person, kept inside the manifest's range. Look-alikes in the gallery raise it; it never learns from matches.
    """
    rules = pack.manifest.calibration
    if len(gallery.people) < rules.min_people:
        return Threshold(pack.threshold_ppm, "manifest", len(gallery.people))
    nearest = []
    for index, person in enumerate(gallery.people):
        for vector in gallery.templates[person]:
            scores = gallery.scores(vector)
            scores[index] = -1_000_000
            nearest.append(int(scores.max()))
    level = float(np.quantile(nearest, QUANTILE))
    return Threshold(int(np.clip(round(level), rules.low_ppm, rules.high_ppm)), "gallery", len(gallery.people))
