"""Cuts a face and what is around it out of a picture: the proof of a best sight, and what is measured of it."""
from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from edge.vision.pack import Face

MAX_WIDTH_PX = 160
AROUND = 0.5
"""Share of the face's box that is shown to each side of it."""


@dataclasses.dataclass(frozen=True, eq=False)
class Crop:
    """`bgr`: uint8 (height, width, 3), at most MAX_WIDTH_PX wide. `face`: where the face is in it."""

    bgr: np.ndarray
    face: Face


def cut_out(bgr: np.ndarray, face: Face) -> Crop:
    """A copy, shrunk where it would be too wide. `bgr`: uint8 (height, width, 3); the face must be in it."""
    x, y, width, height = (float(value) for value in face.box)
    left, top = max(0, round(x - AROUND * width)), max(0, round(y - AROUND * height))
    right, bottom = round(x + (1 + AROUND) * width), round(y + (1 + AROUND) * height)
    part = bgr[top : max(bottom, top + 1), left : max(right, left + 1)]
    scale = min(1.0, MAX_WIDTH_PX / max(1, part.shape[1]))
    if scale < 1:
        size = MAX_WIDTH_PX, max(1, round(part.shape[0] * scale))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    by = np.array([left, top], np.float32)
    box = (face.box - np.concatenate([by, by * 0])) * np.float32(scale)
    points = (face.landmarks - by) * np.float32(scale)
    return Crop(part.copy(), dataclasses.replace(face, box=box, landmarks=points))
