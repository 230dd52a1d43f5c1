"""One visit: a face from its first sight at the terminal until it leaves, and the votes of its frames."""
from __future__ import annotations

import numpy as np

from edge.vision.geometry import overlap
from edge.vision.pack import Face, Pack
from evidence.checkin import FrameMatch

SAME_PLACE = 0.2
"""Frames come a fifth of a second apart, so a face hardly moves by more than this overlap allows."""
OTHER_SHARE = 0.75
"""A face less similar to the visit's than this share of the threshold is somebody else, even in the same place."""


class Visit:
    """What is known of the face before the terminal."""

    def __init__(self, mono_us: int) -> None:
        self.seen_mono_us = mono_us
        self.matches: list[FrameMatch] = []
        self.missed = 0
        self.done = False
        self._box = np.zeros(4, np.float32)
        self._mean: np.ndarray | None = None

    def is_here(self, face: Face) -> bool:
        """Whether the face stands where this visit's face was last."""
        return not self._box.any() or float(overlap(self._box, face.box)[0, 0]) >= SAME_PLACE

    def is_same(self, pack: Pack, vector: np.ndarray, threshold_ppm: int) -> bool:
        """Whether a described face looks like this visit's face."""
        if self._mean is None:
            return True
        return int(pack.similarity(vector, self._mean[None])[0]) >= OTHER_SHARE * threshold_ppm

    def place(self, face: Face) -> None:
        """The face is in view."""
        self._box, self.missed = face.box, 0

    def vote(self, pack: Pack, vector: np.ndarray, match: FrameMatch) -> None:
        """A described frame of the face."""
        count = len(self.matches)
        self._mean = vector if self._mean is None else pack.mean(
            np.stack([self._mean, vector]), np.array([count, 1], np.float32))
        self.matches.append(match)
