"""Draws over photos of bare faces what covers mouth and nose: masks, scarves, a lowered visor. For tests, too."""
from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from edge.vision.geometry import ARC_POINTS, similarity_transform

MASK = np.array([[26, 66], [40, 63], [56, 60], [72, 63], [86, 66], [88, 84], [80, 102], [68, 113], [56, 116], [44, 113],
                 [32, 102], [24, 84]], np.float32)
"""The outline of a mask on an aligned face of 112 x 112: from the bridge of the nose over the cheeks to the chin."""
SCARF = np.array([[8, 76], [32, 74], [56, 71], [80, 74], [104, 76], [112, 112], [112, 150], [0, 150], [0, 112]],
                 np.float32)
VISOR = np.array([[10, 18], [102, 18], [106, 70], [98, 116], [56, 126], [14, 116], [6, 70]], np.float32)
Paint = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]


def plain(*bgr: int) -> Paint:
    """Cloth of one colour."""
    return lambda x, y, rng: np.broadcast_to(np.array(bgr, np.float32), (*x.shape, 3))


def striped(one: tuple[int, int, int], other: tuple[int, int, int], width: float) -> Paint:
    """Stripes aslant, of two colours; `width` in pixels of the aligned face."""
    def paint(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        turn = rng.uniform(0, np.pi)
        first = (np.floor((x * np.cos(turn) + y * np.sin(turn)) / width) % 2 == 0)[..., None]
        return np.where(first, np.array(one, np.float32), np.array(other, np.float32))
    return paint


def spotted(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Spots of several colours on a ground."""
    ground = np.empty((*x.shape, 3), np.float32)
    ground[:] = rng.integers(30, 230, 3)
    for _ in range(14):
        place, size = rng.uniform([20, 60], [92, 118]), rng.uniform(3, 8)
        ground[(x - place[0]) ** 2 + (y - place[1]) ** 2 < size**2] = rng.integers(0, 255, 3)
    return ground


COVERS: dict[str, tuple[np.ndarray, Paint]] = {
    "blue mask": (MASK, plain(205, 165, 110)), "white mask": (MASK, plain(235, 235, 232)),
    "black mask": (MASK, plain(32, 30, 30)), "grey mask": (MASK, plain(130, 128, 126)),
    "pink mask": (MASK, plain(185, 170, 230)),
    "striped mask": (MASK, striped((60, 60, 160), (220, 220, 220), 7)), "spotted mask": (MASK, spotted),
    "beige mask": (MASK, plain(160, 185, 215)), "green mask": (MASK, plain(120, 160, 90)),
    "red scarf": (SCARF, striped((40, 35, 140), (50, 45, 165), 3)),
    "dark scarf": (SCARF, striped((70, 55, 50), (52, 40, 38), 3)),
    "visor": (VISOR, plain(38, 48, 36)),
}


def cover(bgr: np.ndarray, points: np.ndarray, name: str, rng: np.random.Generator) -> np.ndarray:
    """A copy of a picture with the face at five points (eyes, nose, corners of the mouth, from left to right) covered.

    The cloth keeps a part of the face's own light and shade, gets folds and grain of its own and soft edges.
    """
    outline, paint = COVERS[name]
    back = cv2.invertAffineTransform(similarity_transform(points, ARC_POINTS))
    shape = cv2.transform(outline[None] + rng.normal(0, 1.2, (1, len(outline), 2)).astype(np.float32), back)[0]
    height, width = bgr.shape[:2]
    inside = np.zeros((height, width), np.uint8)
    cv2.fillPoly(inside, [np.rint(shape * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    scale = float(np.hypot(back[0, 0], back[1, 0]))
    alpha = cv2.GaussianBlur(inside, (0, 0), max(0.5, 0.6 * scale))[..., None] / 255.0
    there = cv2.invertAffineTransform(back)
    column, row = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x = there[0, 0] * column + there[0, 1] * row + there[0, 2]
    y = there[1, 0] * column + there[1, 1] * row + there[1, 2]
    light = cv2.GaussianBlur(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), 14 * scale)
    level = float(light[inside > 0].mean()) if (inside > 0).any() else 128.0
    shade = 0.35 + 0.65 * level / 150 * (0.5 + 0.5 * light / max(level, 1.0))
    folds = 1 - 0.06 * (np.sin(y * rng.uniform(0.5, 0.9) + rng.uniform(0, 6)) > 0.6)
    cloth = paint(x, y, rng) * (shade * folds)[..., None] + rng.normal(0, 3, (height, width, 1))
    made: np.ndarray = np.clip(alpha * cloth + (1 - alpha) * bgr, 0, 255).astype(np.uint8)
    return made
