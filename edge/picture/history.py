"""Which earlier video a moving picture resembles most: a search among the thumbs of the newest hours. A hint only;
whether it is the same video `evidence.looped` decides, from the records."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from evidence.bodies import Likeness, PictureSample
from evidence.looped import AROUND_US, EARLIER_US, REACH_US
from evidence.picture import OVERLAYS, THUMB_HEIGHT, THUMB_WIDTH, cells

MOST = 20_000
"""Samples that are searched: about 27 hours of video."""
MOVES = 36
"""Sixteenths of a grey level: below that nothing moves, and nothing is searched."""
LIKE_PCT = 36
"""A hint is given when one picture at least is so much nearer to the earlier one than to any around it; the limit of
the policy is narrower. In a class this is rare, so readers have little to compare."""
BEFORE = 12
"""So many samples before the segment may count as around it."""
NO_PARTNER = 100_000
STAY_PCT = 75
"""The earlier video that was found for the segment before stays while it has so much of the best one's proofs: a loop
is shown by one row of samples at one distance."""
CELLS = THUMB_WIDTH * THUMB_HEIGHT


class History:
    """The samples of one class on this box, oldest first. Times are media times of their runs, in µs."""

    def __init__(self) -> None:
        self._thumbs = np.zeros((256, CELLS), np.int16)
        self._times = np.zeros(256, np.int64)
        self._runs: list[str] = []
        self._rows: dict[str, list[int]] = defaultdict(list)

    def add(self, run: str, samples: Sequence[PictureSample]) -> None:
        """Take in the samples of one segment, in order of time; the oldest are forgotten."""
        for sample in samples:
            at = len(self._runs)
            if at == len(self._times):
                more = min(at, max(256, 2 * MOST - at))
                self._thumbs = np.concatenate([self._thumbs, np.zeros_like(self._thumbs[:more])])
                self._times = np.concatenate([self._times, np.zeros_like(self._times[:more])])
            self._thumbs[at], self._times[at] = cells(sample.thumb), sample.at_us
            self._runs.append(run)
            self._rows[run].append(at)
        if len(self._runs) >= 2 * MOST:
            self._forget()

    def like(self, run: str, samples: Sequence[PictureSample], before: Likeness | None) -> Likeness | None:
        """What the samples of a segment of `run` resemble. `before`: what the segment before resembled."""
        if not self._runs or not samples:
            return None
        thumbs = np.array([cells(sample.thumb) for sample in samples], np.int16)
        times = [sample.at_us for sample in samples]
        if self._alone(run, thumbs, times, EARLIER_US // 2).max() < MOVES:
            return None
        found = {self._nearest(run, thumb, at_us) for thumb, at_us in zip(thumbs, times, strict=True)}
        scored = [(*self._score(run, thumbs, times, like), like) for like in found if like is not None]
        nearest = max(scored, key=lambda item: (*item[:2], item[2].run, item[2].shift_us), default=None)
        stays = 0 if before is None else self._score(run, thumbs, times, before)[0]
        best = 0 if nearest is None else nearest[0]
        if before is not None and stays and stays * 100 >= best * STAY_PCT:
            return before
        return nearest[2] if nearest is not None and best else None

    def _score(self, run: str, thumbs: np.ndarray, times: Sequence[int], like: Likeness) -> tuple[int, int]:
        """How many of the samples speak for it; how near they are at the median (the more the nearer)."""
        far = self._far(thumbs, times, like)
        around_us = min(AROUND_US, like.shift_us // 2) if like.run == run else AROUND_US
        alone = self._alone(run, thumbs, times, around_us)
        return int(((far * 100 <= alone * LIKE_PCT) & (alone >= MOVES)).sum()), -int(np.median(far))

    def _alone(self, run: str, thumbs: np.ndarray, times: Sequence[int], around_us: int) -> np.ndarray:
        """How unlike each sample is to what is so near to it, in the segment and before; int32 (samples,)."""
        rows = [row for row in self._rows[run][-BEFORE:] if self._times[row] < times[0]]
        whole = np.concatenate([thumbs, self._thumbs[rows]])
        when = np.concatenate([np.array(times, np.int64), self._times[rows]])
        alone = np.zeros(len(thumbs), np.int32)
        for at, thumb in enumerate(thumbs):
            near = np.abs(when - when[at]) <= around_us
            near[at] = False
            if near.any():
                alone[at] = _apart(whole[near], thumb).min()
        return alone

    def _nearest(self, run: str, thumb: np.ndarray, at_us: int) -> Likeness | None:
        start = max(0, len(self._runs) - MOST)
        far = np.abs(self._thumbs[start:len(self._runs)] - thumb).sum(axis=1, dtype=np.int32)
        for row in self._rows[run]:
            if row >= start and abs(int(self._times[row]) - at_us) < EARLIER_US:
                far[row - start] = np.iinfo(np.int32).max
        row = int(far.argmin())
        if far[row] == np.iinfo(np.int32).max:
            return None
        return Likeness(self._runs[start + row], at_us - int(self._times[start + row]))

    def _far(self, thumbs: np.ndarray, times: Sequence[int], like: Likeness) -> np.ndarray:
        """How far each sample is from its partner, as far as can be without one; int32 (samples,)."""
        rows = np.array(self._rows.get(like.run, []), np.int64)
        if not len(rows):
            return np.full(len(times), NO_PARTNER, np.int32)
        there = self._times[rows]
        wanted = np.array(times, np.int64) - like.shift_us
        right = np.clip(np.searchsorted(there, wanted), 0, len(rows) - 1)
        left = np.clip(right - 1, 0, len(rows) - 1)
        near = np.where(np.abs(there[left] - wanted) <= np.abs(there[right] - wanted), left, right)
        far = _apart(thumbs, self._thumbs[rows[near]])
        return np.where(np.abs(there[near] - wanted) <= REACH_US, far, NO_PARTNER).astype(np.int32)

    def _forget(self) -> None:
        """Keep the newest."""
        start = len(self._runs) - MOST
        thumbs, times, runs = self._thumbs[start:], self._times[start:], self._runs[start:]
        self._thumbs, self._times, self._runs = thumbs.copy(), times.copy(), runs
        self._rows = defaultdict(list)
        for row, run in enumerate(runs):
            self._rows[run].append(row)


def _apart(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`evidence.picture.apart` for rows of thumbs: int16 arrays (n, cells)."""
    return np.partition(np.abs(ones - others), CELLS - OVERLAYS, axis=1)[:, CELLS - OVERLAYS]
