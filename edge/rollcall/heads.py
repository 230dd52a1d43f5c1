"""Counts the people in sampled pictures: faces in each, people who show no face in some of them."""
from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge.rollcall.pictures import CELL, Picture
from edge.vision.pack import Face, Pack, Person
from evidence.headcount import Box, Headcount, Heads, faceless, headcount

EVERY = 4
"""People are looked for in every so many sampled pictures: it takes several times as long as to look for faces."""
CHANGED = 12
"""Levels of grey by which a place must change to count; H.264 and the night noise of a camera stay below."""
ALIVE = 0.03
"""Where less of a box ever changed is a poster, a coat on a chair, or somebody asleep: nobody knows which."""


class HeadCounter:
    """Feed it the pictures in order of time with their faces, then ask for `told`."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._pictures = 0
        self._seen: list[tuple[int, tuple[Box, ...] | None]] = []
        self._grey: np.ndarray | None = None
        self._changed: np.ndarray | None = None

    def see(self, picture: Picture, faces: Sequence[Face]) -> None:
        """One picture, and the faces found in it."""
        people = self._pack.people(picture.bgr) if self._pictures % EVERY == 0 else None
        self._pictures += 1
        if people is None:
            self._seen.append((len(faces), None))
            return
        self._note(picture.grey)
        self._seen.append((len(faces), faceless([_box(face) for face in faces], [_box(person) for person in people])))

    def told(self) -> Headcount:
        """The headcount of all pictures so far."""
        return headcount([self._heads(faces, boxes) for faces, boxes in self._seen])

    def _heads(self, faces: int, boxes: tuple[Box, ...] | None) -> Heads:
        if boxes is None:
            return Heads(faces, None)
        living = sum(self._lives(box) for box in boxes)
        return Heads(faces, living, None if self._changed is None else len(boxes) - living)

    def _note(self, grey: np.ndarray) -> None:
        """Where this picture differs from the last one in which people were looked for."""
        if self._grey is not None and self._grey.shape == grey.shape:
            changed = cv2.absdiff(grey, self._grey) > CHANGED
            self._changed = changed if self._changed is None else self._changed | changed
        self._grey = grey

    def _lives(self, box: Box) -> bool:
        """Whether anything ever changed where a person was found; True where there was nothing to compare."""
        if self._changed is None:
            return True
        x, y, width, height = box.x // CELL, box.y // CELL, max(1, box.width // CELL), max(1, box.height // CELL)
        there = self._changed[max(0, y) : y + height, max(0, x) : x + width]
        return bool(there.size) and float(there.mean()) >= ALIVE


def _box(found: Face | Person) -> Box:
    return Box(*(round(float(value)) for value in found.box))
