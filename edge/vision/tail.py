"""How alike strangers get, beyond what was seen of them: the upper tail of impostor scores. Pure.

Peaks over a threshold (Pickands, Annals of Statistics 3, 1975): what the highest scores have above a level is taken for
exponential. A normal curve does not describe that end: of a mixed class it is too short, of a class of people who are
all somewhat alike too long.
"""
from __future__ import annotations

import dataclasses
import math

import numpy as np

EXPONENT = 2 / 3
"""Of n scores the n^(2/3) highest are the tail: more of them as there are more, a smaller share all the same."""
MILLION = 1_000_000


@dataclasses.dataclass(frozen=True)
class Tail:
    """A share `share` of impostor scores is above `level` ppm; there they fall off by e every `scale` ppm."""

    level: float
    share: float
    scale: float

    def false_match(self, threshold_ppm: float) -> float:
        """The share of comparisons with one other person that reach a threshold: FMR. No less than `share` below the
        level, where the tail says nothing."""
        over = threshold_ppm - self.level
        if over <= 0:
            return self.share
        return self.share * math.exp(-over / self.scale) if self.scale > 0 else 0.0

    def false_positive(self, threshold_ppm: float, people: int) -> float:
        """The share of strangers whose likeness to anybody of `people` reaches a threshold: FPIR."""
        match = self.false_match(threshold_ppm)
        return 1.0 if match >= 1 else -math.expm1(people * math.log1p(-match))

    def threshold(self, false_positive: float, people: int) -> float:
        """The threshold in ppm at which strangers are taken for anybody of `people` at this rate (0 < rate < 1); never
        below the level."""
        match = -math.expm1(math.log1p(-false_positive) / people)
        return self.level + self.scale * max(0.0, math.log(self.share / match))


def fit_tail(scores: np.ndarray, cap_ppm: int) -> Tail:
    """The tail of impostor scores in ppm (n,), n >= 2.

    Scores at `cap_ppm` or above only count as "at least that": they come from one person under two names or from twins
    more often than from strangers, and how far above they are says nothing of strangers.
    """
    ordered = np.sort(np.asarray(scores, np.float64))
    count = min(len(ordered) - 1, max(1, round(len(ordered) ** EXPONENT)))
    level = min(float(ordered[-count - 1]), float(cap_ppm))
    highest = np.minimum(ordered[-count:], cap_ppm)
    seen = int(np.count_nonzero(ordered[-count:] < cap_ppm))
    excess = float((highest - level).sum())
    # The estimate of greatest likelihood for an exponential of which some values are cut off.
    scale = excess / seen if seen else math.inf
    return Tail(level, count / len(ordered), scale)
