"""One picture of a video as the roll call takes it: small and grey at once, in colour when somebody looks at it."""
from __future__ import annotations

import functools
from collections.abc import Callable

import cv2
import numpy as np
from av.video.frame import VideoFrame

CELL = 4
"""Picture pixels to a side of one grey cell: the smallest face of use, 16 px, is four cells wide."""
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


class Picture:
    """`grey`: uint8 (height / CELL, width / CELL), means over cells, upright; `bgr`: uint8 (height, width, 3), upright,
    made when it is first asked for."""

    def __init__(self, grey: np.ndarray, colours: Callable[[], np.ndarray]) -> None:
        self.grey, self._colours = grey, colours

    @functools.cached_property
    def bgr(self) -> np.ndarray:
        return self._colours()


def of_array(bgr: np.ndarray) -> Picture:
    """A picture that is there already, BGR uint8."""
    small = cv2.resize(bgr, _cells(bgr.shape[1], bgr.shape[0]), interpolation=cv2.INTER_AREA)
    return Picture(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), lambda: bgr)


def of_frame(frame: VideoFrame) -> Picture:
    """A decoded frame, turned as the file says."""
    turn = _TURNS.get(int(frame.rotation) % 360)
    width, height = _cells(frame.width, frame.height)
    grey = frame.to_ndarray(format="gray", width=width, height=height, interpolation="AREA")
    return Picture(_turned(grey, turn), lambda: _turned(frame.to_ndarray(format="bgr24"), turn))


def _turned(image: np.ndarray, turn: int | None) -> np.ndarray:
    return image if turn is None else cv2.rotate(image, turn)


def _cells(width: int, height: int) -> tuple[int, int]:
    return max(1, round(width / CELL)), max(1, round(height / CELL))
