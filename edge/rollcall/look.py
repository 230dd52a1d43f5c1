"""Finds the faces of sampled pictures, and looks again only where something moved since it looked there last.

What moved is told from small grey copies. The cells of a place that is looked at are remembered as they were then, so
that slow changes add up until they are seen; now and then all of a picture is looked at anew.
"""
from __future__ import annotations

import cv2
import numpy as np

from edge.rollcall.pictures import CELL, Picture
from edge.vision.geometry import overlap
from edge.vision.pack import Face, Pack
from edge.vision.tiles import Rect, in_part

MOVED = 3.0
"""Grey levels by which a place (3 x 3 cells, on average) must differ to have moved. Noise and compression stay below;
the smallest face that comes, goes or turns is four times above."""
ANEW = 30
"""So many pictures after all of it was looked at, all of it is looked at again."""
AROUND_PX = 24
"""What a detector is shown around a place that moved: it wants to see the edges of a head."""
MOST_SHARE = 0.6
"""From this share of the picture on, one look at all of it costs less than looks at its parts."""
STEP_PX = 32
"""Parts begin at multiples of it, the widest step of a detector, so that its grid lies in them as it lies in the whole
picture: shifted by less it finds other eyes and mouths, and fewer faces are recognised."""
SAME_FACE = 0.3
WITHIN = 0.6
"""A face that a part shows is known already if both overlap so much, or so much of the smaller one is shared."""

class Looker:
    """Feed it the pictures of one video in order of time."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._seen = np.zeros((0, 0), np.uint8)
        self._faces: list[Face] = []
        self._age = 0

    def look(self, picture: Picture) -> list[Face]:
        """The faces in a picture. A face that did not move since the last one is the same object as there."""
        grey = picture.grey
        if self._seen.shape != grey.shape:
            self._seen, self._faces, self._age = grey.copy(), [], ANEW
        still, moved = _still(self._faces, _moved(self._seen, grey))
        self._age += 1
        parts = _parts(moved)
        if self._age >= ANEW or sum(map(_area, parts)) > MOST_SHARE * _area(_all_of(grey)):
            parts, self._age = [_all_of(grey)], 0
        for part in parts:
            still += [face for face in in_part(self._find, picture.bgr, part) if not _known(face, still)]
            self._remember(grey, part)
        self._faces = still
        return still

    def _find(self, bgr: np.ndarray) -> list[Face]:
        return self._pack.detect(bgr, "room")

    def _remember(self, grey: np.ndarray, part: Rect) -> None:
        left, top, right, bottom = (edge // CELL for edge in part)
        self._seen[top : bottom + 1, left : right + 1] = grey[top : bottom + 1, left : right + 1]


def _moved(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Which cells differ from what they were: bool, of the same shape."""
    return np.asarray(cv2.blur(cv2.absdiff(before, now).astype(np.float32), (3, 3)) > MOVED)


def _still(faces: list[Face], moved: np.ndarray) -> tuple[list[Face], np.ndarray]:
    """The faces in whose places nothing moved; and what moved together with the whole places of the other faces."""
    still, wanted = [], moved.copy()
    for face in faces:
        left, top, right, bottom = _cells_of(face)
        if moved[top:bottom, left:right].any():
            wanted[top:bottom, left:right] = True
        else:
            still.append(face)
    return still, wanted


def _cells_of(face: Face) -> Rect:
    """The cells of a head, a quarter more than its box to each side."""
    x, y, width, height = (float(value) / CELL for value in face.box)
    edges = x - width / 4, y - height / 4, x + 1.25 * width, y + 1.25 * height
    return max(0, int(edges[0])), max(0, int(edges[1])), max(0, int(edges[2]) + 1), max(0, int(edges[3]) + 1)


def _parts(moved: np.ndarray) -> list[Rect]:
    """Rectangles in picture pixels that hold all that moved and a margin, apart from each other."""
    if not moved.any():
        return []
    side = 2 * (AROUND_PX // CELL) + 1
    wide = cv2.dilate(moved.astype(np.uint8), np.ones((side, side), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
    height, width = moved.shape[0] * CELL, moved.shape[1] * CELL
    rects = []
    for x, y, w, h in (stats[at, :4] * CELL for at in range(1, count)):
        left, right = _edges(int(x), int(w), width)
        top, bottom = _edges(int(y), int(h), height)
        rects.append((left, top, right, bottom))
    return _apart(rects)


def _edges(start: int, length: int, limit: int) -> tuple[int, int]:
    """From where to where a part reaches along a side of `limit` pixels."""
    end = min(-(-(start + length) // STEP_PX) * STEP_PX, limit)
    start = start // STEP_PX * STEP_PX
    return start, end


def _apart(rects: list[Rect]) -> list[Rect]:
    """Rectangles that overlap become the one that holds both."""
    kept: list[Rect] = []
    for rect in rects:
        while touching := [other for other in kept if _touch(rect, other)]:
            kept = [other for other in kept if other not in touching]
            all_of = [rect, *touching]
            rect = (min(r[0] for r in all_of), min(r[1] for r in all_of),
                    max(r[2] for r in all_of), max(r[3] for r in all_of))
        kept.append(rect)
    return kept


def _touch(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _all_of(grey: np.ndarray) -> Rect:
    return 0, 0, grey.shape[1] * CELL, grey.shape[0] * CELL


def _area(rect: Rect) -> int:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])


def _known(face: Face, faces: list[Face]) -> bool:
    """Whether a face is one of those that are known."""
    if not faces:
        return False
    boxes = np.stack([other.box for other in faces])
    shared = overlap(face.box, boxes)[0]
    areas, own = np.prod(boxes[:, 2:], axis=1), float(np.prod(face.box[2:]))
    both = shared * (areas + own) / (1 + shared)
    return bool(np.any((shared > SAME_FACE) | (both > WITHIN * np.minimum(areas, own))))
