"""Cuts a face with a margin out of a frame: the picture of a sight that may be kept as proof."""
from __future__ import annotations

import cv2
import numpy as np

WIDEST = 160
"""Pixels; a larger sight is shrunk."""
MARGIN = 0.35
"""Of the face's width and height, on each side: hair, chin and ears."""


def crop_of(bgr: np.ndarray, box: np.ndarray) -> np.ndarray | None:
    """The face in `box` (x, y, width, height in pixels) of a BGR uint8 frame, at most `WIDEST` wide, a copy of its
    own. None where nothing of it lies in the frame."""
    x, y, width, height = (float(value) for value in box)
    left, top = max(0, round(x - MARGIN * width)), max(0, round(y - MARGIN * height))
    right, bottom = max(0, round(x + (1 + MARGIN) * width)), max(0, round(y + (1 + MARGIN) * height))
    found = bgr[top:bottom, left:right]
    if not found.size:
        return None
    # A box may be far higher than wide where a face is cut off by the edge of the frame.
    scale = min(1.0, WIDEST / found.shape[1], 2 * WIDEST / found.shape[0])
    size = max(1, round(found.shape[1] * scale)), max(1, round(found.shape[0] * scale))
    return cv2.resize(found, size, interpolation=cv2.INTER_AREA) if scale < 1 else found.copy()
