"""The threshold for a class, taken from its own enrolled people where there are enough of them.

A threshold measured on one population fails on another. The enrolled people are the population: every photo of
everybody is compared with everybody else, as a stranger would be, and the tail of those scores (`tail`) says at which
threshold a stranger is taken for one of the class no more often than is wanted. It never learns from matches.
"""
from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from edge.vision.gallery import Gallery
from edge.vision.pack import Pack
from edge.vision.tail import MILLION, fit_tail

FPIR_PPM = 10_000
"""How many of a million strangers may be taken for somebody at the door: one in a hundred."""
ROLL_CALL_FPIR_PPM = 50_000
"""How many may be in a roll call: one in twenty. Strangers are rare in a class, many frames speak for each face there,
and whoever is not found is missed by name, which costs honest people money. In blurred films one in a hundred named
too few of those who were there (docs/roll-call.md, “What decides”)."""

RISE_PARTS = 4
"""At most so large a part of the manifest's range is the rise: one person under two names would double that of ten
people, and no name would hold over a block."""


@dataclasses.dataclass(frozen=True)
class Threshold:
    """A threshold in ppm, and whether the manifest or the `people` of the gallery gave it.

    `fpir_ppm`: how many of a million strangers it lets be taken for somebody of this gallery, as its own people tell;
    None where they are too few to tell. `rise_ppm`: so far above it they are e times rarer; None likewise.
    """

    ppm: int
    source: Literal["manifest", "gallery"]
    people: int
    fpir_ppm: int | None = None
    rise_ppm: int | None = None

    def passes(self, fpir_ppm: int) -> bool:
        """Whether it was calibrated on the people of the site and holds this FPIR there. What the manifest gave does
        not pass, nor does what the manifest's range cut off too low."""
        return self.source == "gallery" and self.fpir_ppm is not None and self.fpir_ppm <= fpir_ppm


def calibrate(pack: Pack, gallery: Gallery, fpir_ppm: int = FPIR_PPM) -> Threshold:
    """The manifest's threshold for few people; for many the one that holds `fpir_ppm` (0 < it < 1,000,000) among them,
    kept inside the manifest's range: one who is there under two names, or twins, must not shut everybody out."""
    rules, people = pack.manifest.calibration, len(gallery.people)
    if people < rules.min_people:
        return Threshold(pack.threshold_ppm, "manifest", people)
    tail = fit_tail(impostor_scores(gallery), rules.high_ppm)
    wanted = tail.threshold(fpir_ppm / MILLION, people)
    # Upwards: a threshold that holds the rate must still hold it as a whole number.
    ppm = int(np.clip(np.ceil(np.nan_to_num(wanted, posinf=rules.high_ppm)), rules.low_ppm, rules.high_ppm))
    most_ppm = (rules.high_ppm - rules.low_ppm) // RISE_PARTS
    rise_ppm = round(min(tail.scale, most_ppm)) if np.isfinite(tail.scale) else None
    return Threshold(ppm, "gallery", people, round(tail.false_positive(ppm, people) * MILLION), rise_ppm)


def impostor_scores(gallery: Gallery) -> np.ndarray:
    """The likeness in ppm of every photo of everybody to every other person: int64 (photos * (people - 1),)."""
    rows = []
    for index, person in enumerate(gallery.people):
        rows += [np.delete(gallery.scores(vector), index) for vector in gallery.photos(person)]
    return np.concatenate(rows) if rows else np.empty(0, np.int64)
