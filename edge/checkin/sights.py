"""When a face was first seen: waiting in the queue before the terminal is no lateness."""
from __future__ import annotations

import dataclasses

import numpy as np

from edge.vision.pack import Pack
from evidence.times import MINUTE

AWAY_US = 5 * MINUTE
"""Real time after which a face that was not seen again is forgotten."""
LONGEST_US = 20 * MINUTE
"""Nobody waits longer: 80 people at 11 s each are 15 minutes."""
MOST = 64
"""So many faces are remembered; then the one that was not seen for the longest time is forgotten."""


@dataclasses.dataclass
class Sight:
    """A described face (d,), and when it was seen first and last, CLOCK_BOOTTIME."""

    vector: np.ndarray
    first_us: int
    last_us: int


class Sights:
    """Descriptions in memory alone, for minutes; nothing is written down. `threshold_ppm`: from it on it is the same
    face."""

    def __init__(self, pack: Pack, threshold_ppm: int) -> None:
        self._pack, self._threshold_ppm = pack, threshold_ppm
        self._kept: list[Sight] = []

    def see(self, vector: np.ndarray, mono_us: int) -> None:
        """A face (d,) is in view."""
        self._kept = [sight for sight in self._kept if mono_us - sight.last_us <= AWAY_US]
        known = self._alike(vector)
        if known:
            for sight in known:
                sight.last_us = mono_us
            return
        if len(self._kept) >= MOST:
            self._kept.remove(min(self._kept, key=lambda sight: sight.last_us))
        self._kept.append(Sight(vector, mono_us, mono_us))

    def first_us(self, vectors: np.ndarray, mono_us: int) -> int:
        """When a person was first seen whose face looks like any of these (n, d); `mono_us`, now, if never."""
        firsts = [sight.first_us for vector in vectors for sight in self._alike(vector)
                  if mono_us - sight.last_us <= AWAY_US]
        return max(min(firsts, default=mono_us), mono_us - LONGEST_US)

    def forget(self) -> None:
        """Another block begins."""
        self._kept = []

    def _alike(self, vector: np.ndarray) -> list[Sight]:
        if not self._kept:
            return []
        scores = self._pack.similarity(vector, np.stack([sight.vector for sight in self._kept]))
        return [sight for sight, found in zip(self._kept, scores, strict=True) if found >= self._threshold_ppm]
