"""Geometry: overlap, suppression, and an alignment that undoes any turn, scale and shift exactly."""
from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.geometry import ARC_POINTS, frontality, overlap, similarity_transform, suppress


@given(st.floats(-3.1, 3.1), st.floats(0.1, 10), st.floats(-500, 500), st.floats(-500, 500))
def test_alignment_undoes_turn_scale_and_shift(angle: float, scale: float, dx: float, dy: float) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = ARC_POINTS @ turn.T + np.array([dx, dy])
    back = similarity_transform(moved, ARC_POINTS)
    assert np.allclose(moved @ back[:, :2].T + back[:, 2], ARC_POINTS, atol=0.05)


def test_alignment_never_mirrors() -> None:
    mirrored = ARC_POINTS * np.array([-1, 1], np.float32)
    assert np.linalg.det(similarity_transform(mirrored, ARC_POINTS)[:, :2]) > 0


def test_overlap_of_boxes() -> None:
    shared = overlap(np.array([[0, 0, 10, 10]]), np.array([[0, 0, 10, 10], [5, 0, 10, 10], [20, 20, 5, 5]]))
    assert np.allclose(shared, [[1, 1 / 3, 0]])


def test_of_overlapping_boxes_the_better_one_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [50, 50, 10, 10]], np.float32)
    assert suppress(boxes, np.array([0.7, 0.9, 0.8]), 0.3) == [1, 2]


def test_a_nose_between_the_eyes_is_frontal_and_beside_them_is_not() -> None:
    left, right = np.array([0.0, 0.0]), np.array([10.0, 0.0])
    assert frontality(left, right, np.array([5.0, 6.0])) == 1
    assert frontality(left, right, np.array([10.0, 6.0])) == 0
    assert frontality(left, left, np.array([5.0, 6.0])) == 0
