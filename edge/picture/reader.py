"""Samples of one run, file by file, while the newest of them grows: each keyframe is read once, few are decoded."""
from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np

from edge.picture.fragments import Fragments, Keyframe, decode
from edge.picture.measure import measure, rows_of
from evidence.bodies import PictureSample

SLACK = 8
"""A keyframe may come this fraction of the interval early: cameras that put one every 1.9 s count as every 2 s."""
MOST_SAMPLES, MOST_KEYS = 1000, 2700
"""What one record holds; a segment is never as long."""


@dataclasses.dataclass
class RunState:
    """What goes over from one file of a run to the next. `before`: `rows_of` the newest sample."""

    due_us: int = 0
    before: np.ndarray | None = None


class SegmentReader:
    """`first_us`: media time of the run at the first packet. `read` raises BadVideo and OSError."""

    def __init__(self, path: Path, first_us: int, every_us: int, run: RunState) -> None:
        self.samples: list[PictureSample] = []
        self.broken = 0
        """Keyframes that could not be decoded."""
        self._keys: list[str] = []
        self._fragments = Fragments(path)
        self._first_us, self._every_us, self._run = first_us, every_us, run
        self._origin_us: int | None = None

    @property
    def keys(self) -> str:
        """As in a `picture` record."""
        return "".join(self._keys)

    def read(self, size: int) -> bool:
        """Take in what the first `size` bytes hold; True when that gave a new sample."""
        before = len(self.samples)
        for keyframe in self._fragments.read(size):
            if self._origin_us is None:
                self._origin_us = keyframe.at_us
            self._take(keyframe, max(0, keyframe.at_us - self._origin_us))
        return len(self.samples) > before

    def _take(self, keyframe: Keyframe, at_us: int) -> None:
        if len(self._keys) < MOST_KEYS:
            self._keys.append(f"{at_us // 1000:08x}{hashlib.sha256(keyframe.data).hexdigest()[:16]}")
        media_us = self._first_us + at_us
        if media_us < self._run.due_us or len(self.samples) >= MOST_SAMPLES:
            return
        assert self._fragments.codec is not None
        frame = decode(self._fragments.codec, keyframe.data)
        if frame is None:
            self.broken += 1
            return
        self.samples.append(measure(frame, media_us, self._run.before))
        self._run.before = rows_of(frame)
        self._run.due_us = media_us + self._every_us - self._every_us // SLACK
