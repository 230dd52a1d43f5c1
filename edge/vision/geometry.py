"""Geometry of faces: overlap of boxes, closed-form alignment by five points, how a head stands, cosines."""
from __future__ import annotations

import cv2
import numpy as np

ARC_POINTS = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
"""Where eyes, nose and mouth corners lie in an aligned 112 x 112 picture (the ArcFace convention)."""


def overlap(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (n, 4) and (m, 4), each x, y, width, height: float32 (n, m)."""
    a, b = np.asarray(boxes, np.float32).reshape(-1, 4), np.asarray(others, np.float32).reshape(-1, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=2)
    areas = np.prod(a[:, 2:], axis=1)[:, None] + np.prod(b[:, 2:], axis=1)[None, :]
    return np.asarray(both / np.maximum(areas - both, 1e-9), np.float32)


def suppress(boxes: np.ndarray, scores: np.ndarray, limit: float) -> list[int]:
    """Indices of the boxes (n, 4) to keep, best score first; of two that overlap more than `limit`, the better one."""
    kept: list[int] = []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        best, left = int(left[0]), left[1:]
        kept.append(best)
        left = left[overlap(boxes[[best]], boxes[left])[0] <= limit]
    return kept


def similarity_transform(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The turn, scale and shift (2, 3) float32 that brings points (n, 2) closest to others, by least squares.

    With points as complex numbers it is one division: no reflection, no iteration.
    """
    a = source[:, 0] + 1j * source[:, 1]
    b = target[:, 0] + 1j * target[:, 1]
    from_middle, to_middle = a.mean(), b.mean()
    a, b = a - from_middle, b - to_middle
    turn = np.vdot(a, b) / max(np.vdot(a, a).real, 1e-9)
    shift = to_middle - turn * from_middle
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]], np.float32)


def align(bgr: np.ndarray, points: np.ndarray, places: np.ndarray = ARC_POINTS) -> np.ndarray:
    """A face upright, uint8 (112, 112, 3): its points (n, 2) come closest to where they lie in an aligned face."""
    return cv2.warpAffine(bgr, similarity_transform(points, places), (112, 112))


def frontality(left_eye: np.ndarray, right_eye: np.ndarray, nose: np.ndarray) -> float:
    """1 when the nose stands midway between the eyes, 0 when it reaches or passes one of them."""
    line = right_eye - left_eye
    length = float(np.dot(line, line))
    if length < 1e-6:
        return 0.0
    along = float(np.dot(nose - left_eye, line)) / length
    return float(np.clip(1 - 2 * abs(along - 0.5), 0, 1))


NOSE_FORWARD = 0.63
"""How far the nose stands before the line of the eyes, in distances of the eyes: fitted to FaceLandmarker's yaw on a
person who turns (the same for dlib's and YuNet's points, -19 to 45 degrees)."""


def pose_by_points(right_eye: np.ndarray, left_eye: np.ndarray, nose: np.ndarray) -> tuple[float, float]:
    """Yaw and roll in degrees, as in `FaceMesh`, from the person's own right and left eye and the nose, each (2,).

    The nose moves along the line of the eyes by its depth times the tangent of the turn.
    """
    line = left_eye - right_eye
    length = float(np.dot(line, line))
    if length < 1e-6:
        return 0.0, 0.0
    along = float(np.dot(nose - right_eye, line)) / length - 0.5
    return float(np.degrees(np.arctan(along / NOSE_FORWARD))), float(np.degrees(np.arctan2(-line[1], line[0])))


def unit(vector: np.ndarray) -> np.ndarray:
    """A description (d,) at length 1, float32."""
    length = max(float(np.linalg.norm(vector)), 1e-9)
    return np.asarray(vector / length, np.float32)


def cosine_ppm(vector: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Cosine in ppm of a description (d,) of length 1 to others (n, d): int64 (n,)."""
    cosines: np.ndarray = np.clip(others @ vector, -1, 1)
    return np.rint(cosines * 1e6).astype(np.int64)


def weighted_mean(vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One description (d,) of length 1 out of several (n, d), weighted (n,)."""
    return unit((np.asarray(weights, np.float32)[:, None] * vectors).sum(axis=0))
