"""By how much a camera shook: known shifts are told, other views and bare walls are none."""
from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.rollcall.pictures import CELL
from edge.rollcall.steady import MOST_PX, Steady

RANDOM = np.random.default_rng(3)
VIEW = cv2.resize(RANDOM.integers(0, 255, (60, 90), np.uint8), (360, 240), interpolation=cv2.INTER_CUBIC)


def moved(grey: np.ndarray, x: float, y: float) -> np.ndarray:
    """The view shifted by picture pixels."""
    by = np.array([[1, 0, x / CELL], [0, 1, y / CELL]])
    return cv2.warpAffine(grey, by, grey.shape[::-1], borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (4, -8), (-2.5, 1.5), (12, 12)])
def test_a_shift_is_told_to_a_pixel_against_the_first_picture(x: float, y: float) -> None:
    steady = Steady()
    assert steady.shift(VIEW) == pytest.approx([0, 0], abs=0.01)
    assert steady.shift(moved(VIEW, 6, 6)) == pytest.approx([6, 6], abs=0.7)
    noisy = np.clip(moved(VIEW, x, y) * 0.9 + RANDOM.normal(0, 2, VIEW.shape), 0, 255).astype(np.uint8)
    assert steady.shift(noisy) == pytest.approx([x, y], abs=0.7)


def test_a_large_picture_is_measured_in_its_own_pixels() -> None:
    large = cv2.resize(VIEW, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC)
    steady = Steady()
    steady.shift(large)
    assert steady.shift(moved(large, 12, -10)) == pytest.approx([12, -10], abs=1.5)


def test_what_is_no_shake_is_no_shift() -> None:
    for other in (VIEW[::-1].copy(), np.zeros_like(VIEW), moved(VIEW, 3 * MOST_PX, 0), VIEW[:120, :180].copy()):
        steady = Steady()
        steady.shift(VIEW)
        assert steady.shift(other) == pytest.approx([0, 0], abs=1e-6)
    dark = Steady()
    assert [dark.shift(np.zeros((10, 10), np.uint8)).tolist() for _ in range(2)] == [[0, 0], [0, 0]]
