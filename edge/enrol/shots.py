"""Takes the guided shots, one pose after the other: a shot is the sharpest of a few good frames in a row.

All of them are of one face that stays in view: one that is gone for a while, or is suddenly somewhere else, may be
another one, and the shots begin again.
"""
from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from edge.enrol.gates import Advice, Look, Pose, advise
from edge.enrol.look import Measured
from edge.vision.pack import Face, Pack
from evidence.bodies import Shot

HOLD = 3
"""Good frames in a row that make a shot."""
SAME_SHARE = 0.6
"""A later frame less similar to the front shot than this share of the pack's threshold is not worth taking: it is told
at once. Whether all shots are of one person is decided when they are taken (`same.odd_ones`)."""
LOST_S, LOST_FRAMES = 0.5, 2
"""Seconds without the face, and frames that show none, after which it may be another one. The detector of a slow box
misses a face in one frame of a second."""
JUMP, GROWTH = 1.0, 1.5
"""From one frame to the next a face moves less than its own width (two heads side by side are further apart), and does
not become larger or smaller by this factor."""
SAID_S = 3.0
"""For so long it is said why the shots begin again; none is taken meanwhile."""


@dataclasses.dataclass(frozen=True, eq=False)
class Taken:
    """A shot that was taken: how it was seen, its description (d,) and its aligned crop."""

    look: Look
    shot: Shot
    vector: np.ndarray = dataclasses.field(repr=False)
    crop: np.ndarray = dataclasses.field(repr=False)


class Shots:
    """The shots of one person. `poses`: what is asked, in this order; the first is the front."""

    def __init__(self, pack: Pack, poses: Sequence[Pose]) -> None:
        self._pack, self.poses = pack, tuple(poses)
        self.taken: list[Taken] = []
        self._held: list[Taken] = []
        self._place: tuple[float, float, float] | None = None
        self._seen_s, self._missed = 0.0, 0
        self._said: tuple[Advice, float] | None = None

    @property
    def pose(self) -> Pose | None:
        """What is asked now; None when all shots are taken."""
        return self.poses[len(self.taken)] if len(self.taken) < len(self.poses) else None

    @property
    def vectors(self) -> np.ndarray:
        """The descriptions of all shots, float32 (n, d)."""
        return np.stack([taken.vector for taken in self.taken])

    def again(self, why: Advice, now_s: float) -> None:
        """Begin anew, and say why for a while."""
        self.taken, self._held, self._said = [], [], (why, now_s + SAID_S)

    def nothing(self) -> None:
        """The camera sends no frame: whose face comes next is not known."""
        self._missed = LOST_FRAMES

    def offer(self, bgr: np.ndarray, measured: Measured, now_s: float) -> Advice:
        """Judge one frame (uint8 BGR) and keep it if it is good. The advice for the person. `now_s`: real seconds."""
        pose, face, crop = self.pose, measured.face, measured.crop
        if pose is None:
            return "good"
        if not self._follows(face, now_s) and (self.taken or self._held):
            self.again("again", now_s)
        if self._said is not None and now_s < self._said[1]:
            return self._said[0]
        front = self.taken[0].look if self.taken else None
        said = advise(measured.look, pose, self._pack.liveness == "passive", front)
        if said != "good" or face is None or crop is None:
            self._held = []
            return said
        vector = self._pack.embed(bgr, face)
        if not self._same(vector):
            self._held = []
            return "other"
        self._held.append(Taken(measured.look, shot_of(measured.look, pose), vector, crop))
        if len(self._held) == HOLD:
            self.taken.append(max(self._held, key=lambda one: one.shot.sharp_ppm))
            self._held = []
        return "good"

    def _follows(self, face: Face | None, now_s: float) -> bool:
        """Whether this can be the face of the frame before. A slow box has seconds between its frames: only frames
        that show none make a face lost."""
        self._missed += face is None
        lost = self._missed >= LOST_FRAMES and now_s - self._seen_s > LOST_S
        if face is None:
            return self._place is None or not lost
        x, y, width, height = (float(value) for value in face.box)
        here, before = (x + width / 2, y + height / 2, width), self._place
        self._place, self._seen_s, self._missed = here, now_s, 0
        return before is None or not (lost or _jumped(before, here))

    def _same(self, vector: np.ndarray) -> bool:
        known = [one.vector for one in (*self.taken[:1], *self._held[:1])]
        return all(int(self._pack.similarity(vector, one[None])[0]) >= SAME_SHARE * self._pack.threshold_ppm
                   for one in known)


def _jumped(before: tuple[float, float, float], here: tuple[float, float, float]) -> bool:
    small, large = sorted((max(before[2], 1.0), max(here[2], 1.0)))
    return math.hypot(here[0] - before[0], here[1] - before[1]) > JUMP * small or large > GROWTH * small


def shot_of(look: Look, pose: Pose) -> Shot:
    """The measures of a shot as the record has them."""
    return Shot(pose, look.face_px, look.sharp_ppm, look.luma_ppm, look.spread_ppm, look.live_ppm)
