"""Faces in parts of a picture, and small faces in one too large for a detector: all of it, and overlapping tiles."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from edge.vision.geometry import suppress
from edge.vision.pack import Face

SHARED_PX = 192
"""How far tiles overlap. A face up to this width is whole in one of them; wider ones are taken from the whole picture,
which would have to be shrunk ten times to lose them."""
SAME_FACE = 0.4

Rect = tuple[int, int, int, int]
"""Left, top, right, bottom in picture pixels."""
Find = Callable[[np.ndarray], list[Face]]


def in_tiles(find: Find, bgr: np.ndarray, side_px: int) -> list[Face]:
    """What `find` finds in a picture; where a side is longer than `side_px`, to which `find` would have to shrink it,
    also in tiles at full size."""
    height, width = bgr.shape[:2]
    whole = find(bgr)
    if max(height, width) <= side_px:
        return whole
    tiles = [(left, top, right, bottom) for top, bottom in edges(height, side_px)
             for left, right in edges(width, side_px)]
    fine = [face for tile in tiles for face in in_part(find, bgr, tile) if face.width_px <= SHARED_PX]
    faces = [*fine, *whole]
    if not faces:
        return []
    # A tile's faces come first: their edges and points are the more exact ones.
    rank = np.array([face.score + (at < len(fine)) for at, face in enumerate(faces)])
    return [faces[at] for at in suppress(np.stack([face.box for face in faces]), rank, SAME_FACE)]


def in_part(find: Find, bgr: np.ndarray, part: Rect) -> list[Face]:
    """The faces in a part of a picture, but for those that an edge cuts which is no edge of the picture."""
    left, top, right, bottom = part
    height, width = bgr.shape[:2]
    found = find(np.ascontiguousarray(bgr[top:bottom, left:right]))
    by = np.array([left, top], np.float32)
    moved = [dataclasses.replace(face, box=face.box + np.concatenate([by, by * 0]), landmarks=face.landmarks + by)
             for face in found]
    return [face for face in moved if not _cut(face, part, width, height)]


def edges(length: int, side_px: int) -> list[tuple[int, int]]:
    """Where tiles begin and end along a side: as few as possible, of one length, each sharing SHARED_PX or more with
    the next. `side_px` > SHARED_PX."""
    count = 1 if length <= side_px else -(-(length - SHARED_PX) // (side_px - SHARED_PX))
    size = -(-(length + (count - 1) * SHARED_PX) // count)
    starts = [at * (length - size) // max(1, count - 1) for at in range(count)]
    return [(start, start + size) for start in starts]


def _cut(face: Face, part: Rect, width: int, height: int) -> bool:
    x, y, w, h = (float(value) for value in face.box)
    left, top, right, bottom = part
    return ((x <= left and left > 0) or (y <= top and top > 0)
            or (x + w >= right and right < width) or (y + h >= bottom and bottom < height))
