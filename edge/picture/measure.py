"""Measures one decoded keyframe: whole numbers, no opinions. Shares are ppm; grey levels are ppm of white."""
from __future__ import annotations

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from evidence.bodies import PictureSample
from evidence.picture import THUMB_HEIGHT, THUMB_SCALE, THUMB_WIDTH

MILLION = 1_000_000
WHITE = 255
NARROW_BLACK, NARROW_WHITE = 16, 235
"""Black and white of a picture in the television range, which is what nearly every camera sends."""
SMALL = (480, 270)
"""The size, width by height, to which pictures are shrunk before anything but their change is measured."""
ROWS = 4
"""Every so many rows of the full picture are compared with the picture before: shrinking would hide sensor noise."""
NEARLY_WHITE = 230
"""From this grey level (of 255) on a pixel is bright."""


def rows_of(frame: VideoFrame) -> np.ndarray:
    """Some rows of the luma of a picture as it was decoded: uint8, (height / 4, width), a copy."""
    return np.ascontiguousarray(_luma(frame)[::ROWS])


def measure(frame: VideoFrame, at_us: int, before: np.ndarray | None) -> PictureSample:
    """`at_us`: media time of the run. `before`: `rows_of` the sample before, if it was of this run.

    Planar 8-bit YUV needs no conversion; everything else is converted first.
    """
    small = _levels(cv2.resize(_luma(frame), SMALL, interpolation=cv2.INTER_AREA), frame)
    thumb = cv2.resize(small.astype(np.float32), (THUMB_WIDTH, THUMB_HEIGHT), interpolation=cv2.INTER_AREA)
    cells = np.clip(np.rint(thumb * THUMB_SCALE), 0, WHITE * THUMB_SCALE).astype(int)
    return PictureSample(
        at_us=at_us,
        luma_ppm=_ppm(float(small.mean())),
        contrast_ppm=_ppm(float(small.std())),
        detail_ppm=_ppm(float(np.abs(cv2.Laplacian(small, cv2.CV_16S)).mean()) / 4),
        bright_ppm=int(np.count_nonzero(small >= NEARLY_WHITE)) * MILLION // small.size,
        change_ppm=_change(rows_of(frame), before),
        thumb="".join(f"{cell:03x}" for cell in cells.ravel()),
        core_ppm=_core(small),
    )


def _luma(frame: VideoFrame) -> np.ndarray:
    if frame.format.name not in ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "gray", "nv12"):
        frame = frame.reformat(format="yuv420p")
    plane = frame.planes[0]
    luma: np.ndarray = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # av's types hide the buffer
    return luma.reshape(plane.height, plane.line_size)[:, : plane.width]


def _levels(luma: np.ndarray, frame: VideoFrame) -> np.ndarray:
    """uint8 luma with black at 0 and white at 255."""
    if frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj"):
        return luma
    scale = WHITE / (NARROW_WHITE - NARROW_BLACK)
    above: np.ndarray = cv2.max(luma, NARROW_BLACK)  # type: ignore[call-overload]  # cv2's types know no numbers here
    return cv2.convertScaleAbs(above, alpha=scale, beta=-NARROW_BLACK * scale)


def _core(small: np.ndarray) -> int:
    """Share of bright pixels that lie among bright ones: a date in the picture has strokes too thin for it."""
    bright = cv2.compare(small, NEARLY_WHITE, cv2.CMP_GE)  # type: ignore[call-overload]
    core = cv2.erode(bright, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return cv2.countNonZero(core) * MILLION // small.size


def _change(rows: np.ndarray, before: np.ndarray | None) -> int | None:
    """Mean difference of two pictures; None where they cannot be compared."""
    if before is None or before.shape != rows.shape:
        return None
    return _ppm(float(cv2.absdiff(rows, before).mean()))


def _ppm(level: float) -> int:
    return round(level * MILLION / WHITE)
