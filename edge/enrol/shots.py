"""Takes the guided shots, one pose after the other: a shot is the sharpest of a few good frames in a row."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from edge.enrol.gates import Advice, Look, Pose, advise
from edge.enrol.look import Measured
from edge.vision.pack import Pack
from evidence.bodies import Shot

HOLD = 3
"""Good frames in a row that make a shot."""
SAME_SHARE = 0.6
"""A later shot less similar to the front one than this share of the pack's threshold shows somebody else."""


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

    @property
    def pose(self) -> Pose | None:
        """What is asked now; None when all shots are taken."""
        return self.poses[len(self.taken)] if len(self.taken) < len(self.poses) else None

    @property
    def vectors(self) -> np.ndarray:
        """The descriptions of all shots, float32 (n, d)."""
        return np.stack([taken.vector for taken in self.taken])

    def offer(self, bgr: np.ndarray, measured: Measured) -> Advice:
        """Judge one frame (uint8 BGR) and keep it if it is good. The advice for the person."""
        pose, face, crop = self.pose, measured.face, measured.crop
        if pose is None:
            return "good"
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

    def _same(self, vector: np.ndarray) -> bool:
        known = [one.vector for one in (*self.taken[:1], *self._held[:1])]
        return all(int(self._pack.similarity(vector, one[None])[0]) >= SAME_SHARE * self._pack.threshold_ppm
                   for one in known)


def shot_of(look: Look, pose: Pose) -> Shot:
    """The measures of a shot as the record has them."""
    return Shot(pose, look.face_px, look.sharp_ppm, look.luma_ppm, look.spread_ppm, look.live_ppm)
