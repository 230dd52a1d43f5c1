"""Enrolled people who resemble each other too much: one person under two names, or two who need a second factor."""
from __future__ import annotations

import dataclasses

import numpy as np

from edge.vision.gallery import Gallery


@dataclasses.dataclass(frozen=True)
class LookAlikes:
    """Two people of a gallery and their likeness in ppm: that of the nearest photo of one to any of the other."""

    one: str
    other: str
    score_ppm: int


def look_alikes(gallery: Gallery, threshold_ppm: int, margin_ppm: int = 0) -> list[LookAlikes]:
    """Pairs at or above the threshold less the margin, the nearest first.

    With the margin of the pack: those between whom a face may not be told apart, so that they need a second factor.
    With none: those of whom one would be taken for the other.
    """
    found = []
    for index, person in enumerate(gallery.people):
        nearest = np.stack([gallery.scores(vector) for vector in gallery.templates[person]]).max(axis=0)
        found += [
            LookAlikes(person, gallery.people[other], int(nearest[other]))
            for other in range(index + 1, len(gallery.people)) if nearest[other] >= threshold_ppm - margin_ppm
        ]
    return sorted(found, key=lambda pair: (-pair.score_ppm, pair.one, pair.other))
