"""One visit: a face from its first sight at the terminal until it leaves; its frames' votes, scores and gestures."""
from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from edge.vision.geometry import overlap
from edge.vision.liveness import LIVE_PPM
from edge.vision.pack import Face, Pack
from evidence.bodies import Challenge, PassiveLook
from evidence.challenge import Course
from evidence.checkin import FrameMatch
from evidence.liveness import passive_look

SAME_PLACE = 0.2
"""Frames come a fifth of a second apart, so a face hardly moves by more than this overlap allows."""
STANDS = 0.4
"""Who is asked for gestures stands before the terminal: heads that turned overlapped by 0.53 and more."""
OTHER_SHARE = 0.75
"""A face less similar to the visit's than this share of the threshold is somebody else, even in the same place."""

Phase = Literal["window", "challenge", "pin", "over"]
"""Frames vote; gestures are asked; the PIN is waited for; the attempt is decided."""


@dataclasses.dataclass(frozen=True)
class Frame:
    """A described frame of the window. `named`: whom it shows, or nobody; `score_ppm`: None is bad input."""

    vector: np.ndarray
    match: FrameMatch
    named: str | None
    score_ppm: int | None


class Visit:
    """What is known of the face before the terminal since `since_us`. `scored`: the pack has a passive check."""

    def __init__(self, since_us: int, scored: bool) -> None:
        self.since_us, self.scored = since_us, scored
        self.phase: Phase = "window"
        self.frames: list[Frame] = []
        self.course: Course | None = None
        self.ahead: list[int | None] = []
        """Scores of the frames of the challenge in which the person looks ahead."""
        self.began_us = 0
        """When the challenge, or the wait for the PIN, began."""
        self.here_us = 0
        """When the face was in view last."""
        self.missed = 0
        self.visits = 1
        self.left_us: int | None = None
        """So many visits of the person left within a minute, and when the first of them did."""
        self._mean: np.ndarray | None = None
        self._box = np.zeros(4, np.float32)

    @property
    def matches(self) -> list[FrameMatch]:
        return [frame.match for frame in self.frames]

    def is_here(self, face: Face, place: float = SAME_PLACE) -> bool:
        """Whether the face stands where this visit's face was last, and is as large."""
        return not self._box.any() or float(overlap(self._box, face.box)[0, 0]) >= place

    def likeness_ppm(self, pack: Pack, vector: np.ndarray) -> int:
        """How much a described face is like this visit's face."""
        return 1_000_000 if self._mean is None else int(pack.similarity(vector, self._mean[None])[0])

    def is_same(self, pack: Pack, vector: np.ndarray, threshold_ppm: int) -> bool:
        """Whether a described face looks like this visit's face."""
        return self.likeness_ppm(pack, vector) >= OTHER_SHARE * threshold_ppm

    def place(self, face: Face, mono_us: int) -> None:
        """The face is in view."""
        self._box, self.missed, self.here_us = face.box, 0, mono_us

    def add(self, pack: Pack, frame: Frame) -> None:
        """A described frame of the face."""
        self.frames.append(frame)
        self._mean = _mean(pack, self.frames)

    def ask(self, pack: Pack, person: str, course: Course, mono_us: int) -> None:
        """Gestures are asked of `person`; from now on the visit's face is that of the frames that name that person."""
        self.phase, self.course, self.began_us = "challenge", course, mono_us
        self._mean = _mean(pack, [frame for frame in self.frames if frame.named == person])

    @property
    def fake(self) -> bool:
        """Whether a frame was scored and does not look alive, whomever it names."""
        return any(frame.score_ppm is not None and frame.score_ppm < LIVE_PPM for frame in self.frames)

    def passive(self, person: str | None) -> PassiveLook | None:
        """What the passive check measured of the frames that name this person; None: there is none. A frame that
        names nobody, or somebody else, makes nobody live."""
        if not self.scored:
            return None
        seen = [frame.score_ppm for frame in self.frames if frame.named is not None and frame.named == person]
        return passive_look([*seen, *self.ahead], LIVE_PPM)

    @property
    def challenge(self) -> Challenge | None:
        """What was measured of the gestures; None: none were asked."""
        if self.course is None:
            return None
        ahead = passive_look(self.ahead, LIVE_PPM) if self.scored else None
        return dataclasses.replace(self.course.measured, ahead=ahead)


def _mean(pack: Pack, frames: list[Frame]) -> np.ndarray:
    return pack.mean(np.stack([frame.vector for frame in frames]), np.ones(len(frames), np.float32))
