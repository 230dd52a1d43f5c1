"""Shares of what was counted, with 95 % intervals that do not hide how few people stand behind them. Pure."""
from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

CONFIDENCE = 0.95
FEW = 30
"""With fewer units than this a share is marked: one more or less moves it by more than three points."""


@dataclasses.dataclass(frozen=True)
class Share:
    """`hits` of `of` presentations, which came from `units` people (or clips); its 95 % interval is `low` to `high`."""

    hits: int
    of: int
    units: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.hits / self.of

    @property
    def few(self) -> bool:
        return self.units < FEW


def share(groups: Iterable[tuple[int, int]]) -> Share | None:
    """The share over groups of (hits, of), one group for each person or clip; None when nothing was counted.

    Presentations of one person fail together, so the interval is that of Clopper and Pearson for the number of
    independent presentations that the spread between groups tells (Korn and Graubard, 1998; no more than `of`). Where
    nothing failed, or everything, there is no spread to tell it and each group counts once: 0 of n people leaves up to
    about 3/n (the rule of three, one-sided; two-sided 3.7/n).
    """
    counted = [(hits, of) for hits, of in groups if of > 0]
    if not counted:
        return None
    hits, of, units = sum(h for h, _ in counted), sum(n for _, n in counted), len(counted)
    low, high = clopper_pearson(hits / of, _independent(counted, hits, of))
    return Share(hits, of, units, low, high)


def clopper_pearson(value: float, count: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of a share `value` out of `count`, which need not be whole."""
    from scipy.special import betaincinv

    outside, hits = (1 - confidence) / 2, value * count
    low = float(betaincinv(hits, count - hits + 1, outside)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, count - hits, 1 - outside)) if hits < count else 1.0
    return low, high


def _independent(counted: list[tuple[int, int]], hits: int, of: int) -> float:
    """How many independent presentations the groups are worth."""
    units = len(counted)
    if hits in (0, of) or units < 2:
        return units
    value = hits / of
    spread = math.fsum((h - value * n) ** 2 for h, n in counted) * units / (units - 1) / of**2
    return min(float(of), value * (1 - value) / spread) if spread > 0 else float(of)
