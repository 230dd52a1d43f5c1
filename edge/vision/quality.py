"""How good a sight of a face is, and whether a picture shows anything at all."""
from __future__ import annotations

import cv2
import numpy as np

from edge.vision.pack import Face

DARK_MEAN = 24
FLAT_SPREAD = 6
"""A frame whose mean grey level or spread is below these shows nobody: covered, dark or blank."""
_SIDE = 64
_HALF_SHARP = 120.0
"""Variance of the Laplacian at which sharpness is one half."""
_ENOUGH_PX = 112


def shot_quality(bgr: np.ndarray, face: Face) -> float:
    """Size x sharpness x frontality of a face, 0 to 1."""
    return quality_of(face, sharpness(bgr, face))


def quality_of(face: Face, sharp: float) -> float:
    """The same of a face whose sharpness is known."""
    return min(1.0, face.width_px / _ENOUGH_PX) * sharp * (0.1 + 0.9 * face.frontal)


def sharpness(bgr: np.ndarray, face: Face) -> float:
    """How sharp the edges in the box of a face are, 0 to 1, whatever its size."""
    x, y, width, height = (round(float(value)) for value in face.box)
    crop = bgr[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
    if crop.size == 0:
        return 0.0
    grey = cv2.cvtColor(cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    edges = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return edges / (edges + _HALF_SHARP)


def shows_nothing(bgr: np.ndarray) -> bool:
    """True for a picture too dark or too flat to show anybody."""
    return nothing_in(cv2.cvtColor(cv2.resize(bgr, (160, 90), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY))


def nothing_in(grey: np.ndarray) -> bool:
    """The same of a small grey copy, uint8 (height, width)."""
    return float(grey.mean()) < DARK_MEAN or float(grey.std()) < FLAT_SPREAD
