"""Whose turn it is of the faces behind the one in front: one look for each, from one side to the other and again.

Each is looked at twice running, because one look proves nothing (`sights.SOON_US`) and in a long queue the next turn
comes late. A face is known again by its place: people come and go meanwhile, and the detector misses one now and then.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.vision.pack import Face
from evidence.times import SECOND

EVERY_US = SECOND // 2
"""So often one of them is described."""


class Beside:
    """The turns at one terminal."""

    def __init__(self) -> None:
        self._at_us = -EVERY_US
        self._place: np.ndarray | None = None
        self._twice = True

    def turn(self, faces: Sequence[Face], mono_us: int) -> Face | None:
        """The face to look at now; None while it is not time yet, or nobody is there."""
        if not faces or mono_us - self._at_us < EVERY_US:
            return None
        ordered = sorted(faces, key=lambda face: tuple(_middle(face)))
        if self._place is None:
            at = 0
        else:
            nearest = int(np.argmin([np.linalg.norm(_middle(face) - self._place) for face in ordered]))
            at = (nearest + self._twice) % len(ordered)
        self._at_us, self._place, self._twice = mono_us, _middle(ordered[at]), not self._twice
        return ordered[at]


def _middle(face: Face) -> np.ndarray:
    return np.asarray(face.box[:2] + face.box[2:] / 2)
