"""Measurements of one keyframe that say how it is dark: an arc has a core, writing has none."""
from __future__ import annotations

import av
import cv2
import numpy as np
import pytest

from edge.picture.measure import measure
from evidence.picture import CORE_PPM, Seen, seen
from evidence.times import SECOND
from tests.evidence.looking import RULES, look

WIDTH, HEIGHT = 1920, 1080


def frame(luma: np.ndarray) -> av.VideoFrame:
    planes = np.vstack([luma, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)])
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def dark(level: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH), level, np.uint8)


@pytest.mark.parametrize("radius", [15, 30, 40])
def test_an_arc_that_leaves_the_room_dark_is_glare(radius: int) -> None:
    """0.03 to 0.24 % of the picture; its light falls on what is near."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    halo = 16 + 60 * np.exp(-(np.hypot(x - 900, y - 600) - radius) / 60)
    luma = np.maximum(dark(28), np.clip(halo, 16, 235).astype(np.uint8))
    cv2.circle(luma, (900, 600), radius, 235, -1)
    samples = [measure(frame(luma), at * 5 * SECOND, None) for at in range(6)]
    assert seen([look(samples)], RULES) == (Seen("glare", 0, 30 * SECOND),)


@pytest.mark.parametrize(("size", "stroke"), [(1.2, 3), (1.6, 4)])
def test_a_date_in_a_black_picture_is_no_arc(size: float, stroke: int) -> None:
    luma = dark(18)
    cv2.putText(luma, "2026-03-02 08:00:00", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, size, 235, stroke, cv2.LINE_AA)
    found = measure(frame(luma), 0, None)
    assert found.bright_ppm > 500 and found.core_ppm is not None and found.core_ppm < CORE_PPM // 2
    samples = [measure(frame(luma), at * 5 * SECOND, None) for at in range(6)]
    assert seen([look(samples)], RULES) == (Seen("black", 0, 30 * SECOND),)
