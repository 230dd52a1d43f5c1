"""One visit: a face from its first sight at the terminal until it leaves; its frames' votes, scores and gestures."""
from __future__ import annotations

from typing import Literal

import numpy as np

from edge.vision.geometry import overlap
from edge.vision.liveness import LIVE_PPM
from edge.vision.pack import Face, Pack
from evidence.bodies import PassiveLook
from evidence.challenge import Course
from evidence.checkin import FrameMatch
from evidence.liveness import passive_look

SAME_PLACE = 0.2
"""Frames come a fifth of a second apart, so a face hardly moves by more than this overlap allows."""
OTHER_SHARE = 0.75
"""A face less similar to the visit's than this share of the threshold is somebody else, even in the same place."""

Phase = Literal["window", "challenge", "pin", "over"]
"""Frames vote; gestures are asked; the PIN is waited for; the attempt is decided."""


class Visit:
    """What is known of the face before the terminal since `since_us`. `scored`: the pack has a passive check."""

    def __init__(self, since_us: int, scored: bool) -> None:
        self.since_us = since_us
        self.phase: Phase = "window"
        self.matches: list[FrameMatch] = []
        self.scores: list[int | None] | None = [] if scored else None
        self.course: Course | None = None
        self.began_us = 0
        """When the challenge, or the wait for the PIN, began."""
        self.here_us = 0
        """When the face was in view last."""
        self.missed = 0
        self._mean: np.ndarray | None = None
        self._box = np.zeros(4, np.float32)

    def is_here(self, face: Face) -> bool:
        """Whether the face stands where this visit's face was last."""
        return not self._box.any() or float(overlap(self._box, face.box)[0, 0]) >= SAME_PLACE

    def is_same(self, pack: Pack, vector: np.ndarray, threshold_ppm: int) -> bool:
        """Whether a described face looks like this visit's face."""
        if self._mean is None:
            return True
        return int(pack.similarity(vector, self._mean[None])[0]) >= OTHER_SHARE * threshold_ppm

    def place(self, face: Face, mono_us: int) -> None:
        """The face is in view."""
        self._box, self.missed, self.here_us = face.box, 0, mono_us

    def vote(self, pack: Pack, vector: np.ndarray, match: FrameMatch) -> None:
        """A described frame of the face."""
        count = len(self.matches)
        self._mean = vector if self._mean is None else pack.mean(
            np.stack([self._mean, vector]), np.array([count, 1], np.float32))
        self.matches.append(match)

    def score(self, score_ppm: int | None) -> None:
        """A scored frame of the face; None: bad input."""
        if self.scores is not None:
            self.scores.append(score_ppm)

    @property
    def fake(self) -> bool:
        """Whether a frame was scored and does not look alive."""
        return any(score is not None and score < LIVE_PPM for score in self.scores or ())

    @property
    def passive(self) -> PassiveLook | None:
        """What the passive check measured; None: there is none."""
        return None if self.scores is None else passive_look(self.scores, LIVE_PPM)
