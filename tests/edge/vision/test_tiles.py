"""Tiles: together they show all of a picture, and a face on an edge is found once and whole."""
from __future__ import annotations

import itertools

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.vision.pack import Face
from edge.vision.tiles import SHARED_PX, edges, in_tiles

SIDE = 640


def blobs(bgr: np.ndarray) -> list[Face]:
    """Bright squares. Like a detector it shrinks what is too large, and is blind for what is then below 16 px."""
    scale = min(1.0, SIDE / max(bgr.shape[:2]))
    _, _, stats, _ = cv2.connectedComponentsWithStats((bgr[:, :, 0] > 128).astype(np.uint8))
    boxes = [np.array(row[:4], np.float32) for row in stats[1:]]
    return [Face(box, 0.9, np.zeros((5, 2), np.float32) + box[:2], 1.0) for box in boxes if box[2] * scale >= 16]


@given(st.integers(1, 9000), st.integers(SHARED_PX + 1, 3000))
def test_tiles_cover_a_side_and_share_enough(length: int, side: int) -> None:
    found = edges(length, side)
    assert found[0][0] == 0 and found[-1][1] == length and all(end - start <= side for start, end in found)
    assert all(end - later >= min(SHARED_PX, length) for (_, end), (later, _) in itertools.pairwise(found))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1900), st.integers(0, 1060), st.integers(16, 500))
def test_a_face_of_any_size_is_found_once_wherever_it_is(x: int, y: int, side: int) -> None:
    image = np.zeros((1080, 1920, 3), np.uint8)
    image[y : y + side, x : x + side] = 255
    tall, wide = min(side, 1080 - y), min(side, 1920 - x)
    found = in_tiles(blobs, image, SIDE)
    assert len(found) <= 1
    for face in found:
        assert face.box.tolist() == [x, y, wide, tall] and face.landmarks[0].tolist() == [x, y]
    if min(wide, tall) >= 16:
        assert len(found) == 1


def test_a_picture_that_a_detector_takes_is_looked_at_once() -> None:
    looks: list[tuple[int, ...]] = []
    in_tiles(lambda bgr: looks.append(bgr.shape) or [], np.zeros((480, 640, 3), np.uint8), SIDE)
    assert looks == [(480, 640, 3)]
