"""By how much the camera itself shook: what is shown is measured against the first picture of a video."""
from __future__ import annotations

import cv2
import numpy as np

from edge.rollcall.pictures import CELL

SIDE = 480
"""Larger grey copies are shrunk to so many cells: a tenth of a cell can still be told."""
SURE = 0.1
"""How clear a shift must be, of 1: less is another view, or a room in which all moves."""
MOST_PX = 24
"""A mounted camera that shakes in the wind of a fan moves by less."""


class Steady:
    """Feed it the grey copies of one video (`Picture.grey`) in order of time."""

    def __init__(self) -> None:
        self._first: np.ndarray | None = None
        self._window: np.ndarray = np.zeros((0, 0), np.float32)

    def shift(self, grey: np.ndarray) -> np.ndarray:
        """How far the view moved from that of the first picture, float (2,): x, y in picture pixels; none where that
        cannot be told, so that whoever moves with the camera is taken to move."""
        scale = min(1.0, SIDE / max(grey.shape))
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._first is None or self._first.shape != small.shape:
            self._first, self._window = small, cv2.createHanningWindow(small.shape[::-1], cv2.CV_32F)
        # Copies: it writes the window into pictures of a size that it likes.
        (x, y), sure = cv2.phaseCorrelate(self._first.copy(), small.copy(), self._window)
        moved = np.array([x, y]) * CELL / scale
        return moved if sure >= SURE and np.abs(moved).max() <= MOST_PX else np.zeros(2)
