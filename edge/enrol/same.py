"""Whether several descriptions are of one person. Pure but for the pack, which compares.

The two most alike groups are joined again and again, from single pictures on; where even the nearest two are less alike
than the limit, the pictures show more than one person. Each picture against the mean of all others is not enough: two
pictures of one person and two of another pull that mean to the middle. Measured (docs/acceptance.md).
"""
from __future__ import annotations

import dataclasses

import numpy as np

from edge.vision.pack import Pack


@dataclasses.dataclass(frozen=True)
class Odd:
    """The pictures (indices, ascending) that do not show the person of the most, and how alike they are to those."""

    pictures: tuple[int, ...]
    score_ppm: int


def same_limit(pack: Pack, threshold_ppm: int) -> int:
    """From which likeness in ppm on two groups of pictures are of one person, where `threshold_ppm` is calibrated."""
    told = pack.manifest.similarity
    return threshold_ppm + (0 if told.same_ppm is None else told.same_ppm - told.threshold_ppm)


def odd_ones(pack: Pack, vectors: np.ndarray, limit_ppm: int) -> Odd | None:
    """Which of the descriptions (n, d) are not of the person whom most of them show; None where all are of one. Of
    groups of one size the one with the earliest picture is the person."""
    groups = [[index] for index in range(len(vectors))]
    means = [np.asarray(vector, np.float32) for vector in vectors]
    while len(groups) > 1:
        score, one, other = _nearest(pack, np.stack(means))
        if score < limit_ppm:
            person = max(groups, key=lambda group: (len(group), -group[0]))
            return Odd(tuple(sorted(index for group in groups if group is not person for index in group)), score)
        groups[one] = sorted(groups[one] + groups.pop(other))
        means[one] = pack.mean(vectors[groups[one]], np.ones(len(groups[one])))
        del means[other]
    return None


def _nearest(pack: Pack, means: np.ndarray) -> tuple[int, int, int]:
    """The likeness in ppm of the two most alike of several descriptions (n, d), and which they are: one < other."""
    return max(
        ((int(scores.max()), one, one + 1 + int(scores.argmax()))
         for one in range(len(means) - 1) for scores in [pack.similarity(means[one], means[one + 1 :])]),
        key=lambda found: found[0])
