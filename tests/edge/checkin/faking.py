"""A pack and pictures for tests of the engine: the first pixels say who is there and what the face does."""
from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from edge.vision.liveness import GESTURES, BadSight, FaceMesh, PassiveScore
from edge.vision.pack import Face

NOBODY, NEAR, FAR = 0, 5, 9
Score = Literal["live", "fake", "bad"]


@dataclasses.dataclass(frozen=True)
class Shows:
    """One picture. `who`: 0 nobody, 1 to 8 a face like that axis, 9 somebody far away; `beside`, `third`: faces behind
    it, the nearer first. Face 5 is near 2: less alike than the threshold, but enough to be taken for the same visit."""

    who: int
    x: int = 0
    yaw: int = 0
    shut: int = 0
    jaw: int = 0
    score: Score = "live"
    beside: int = 0
    third: int = 0

    def picture(self) -> np.ndarray:
        image = np.zeros((8, 8, 3), np.uint8)
        image[0, 0] = (self.who, self.x, self.yaw + 100)
        image[0, 1] = (self.shut, self.jaw, ("live", "fake", "bad").index(self.score))
        image[0, 2, :2] = self.beside, self.third
        return image


REST = {"turn_left": {"yaw": 30}, "turn_right": {"yaw": -30}, "blink": {"shut": 90}, "open_mouth": {"jaw": 90}}
"""What a face does to make a gesture."""


class FakePack:
    """A `Pack` without models. Faces 7 and 8 look like 1, nearly as much as 1 does."""

    name, sha256, provider = "builtin", "0" * 64, "test"
    threshold_ppm, margin_ppm, min_face_px = 500_000, 50_000, 40

    def __init__(self, manifest: object, liveness: str = "none", challenge: frozenset[str] = GESTURES) -> None:
        self.manifest, self.liveness, self.challenge = manifest, liveness, challenge
        self.embedded = 0

    def detect(self, bgr: np.ndarray, view: str = "terminal") -> list[Face]:
        who, x = int(bgr[0, 0, 0]), int(bgr[0, 0, 1])
        found = [self._face(100 + x, 20 if who == FAR else 120, who)] if who else []
        behind = ((400, 80, int(bgr[0, 2, 0])), (20, 60, int(bgr[0, 2, 1])))
        return found + [self._face(*one) for one in behind if one[2]]

    def _face(self, x: int, width: int, who: int) -> Face:
        return Face(np.array([x, 100, width, width], np.float32), 0.9, np.full((5, 2), who, np.float32), 1.0)

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        self.embedded += 1
        return vector(int(face.landmarks[0, 0]))

    def similarity(self, one: np.ndarray, others: np.ndarray) -> np.ndarray:
        return np.rint(np.clip(others @ one, -1, 1) * 1e6).astype(np.int64)

    def mean(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        total = (np.asarray(weights)[:, None] * vectors).sum(axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)

    def passive(self, bgr: np.ndarray, face: Face) -> PassiveScore | BadSight | None:
        if self.liveness == "none":
            return None
        said = int(bgr[0, 1, 2])
        return BadSight("outside") if said == 2 else PassiveScore((900_000, 10_000)[said], ())

    def mesh(self, bgr: np.ndarray, face: Face) -> FaceMesh | None:
        shut, jaw = int(bgr[0, 1, 0]) * 10_000, int(bgr[0, 1, 1]) * 10_000
        return FaceMesh(float(int(bgr[0, 0, 2]) - 100), 0.0, 0.0, shut, shut, jaw)


def vector(who: int) -> np.ndarray:
    """A description (10,) of length 1."""
    found = np.eye(10, dtype=np.float32)[who]
    if who in (7, 8):
        found = np.float32(0.9) * np.eye(10, dtype=np.float32)[1] + np.float32(np.sqrt(0.19)) * found
    if who == NEAR:
        found = np.float32(0.4) * np.eye(10, dtype=np.float32)[2] + np.float32(np.sqrt(0.84)) * found
    return found
