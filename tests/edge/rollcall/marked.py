"""A pack whose faces are marks: it reads who somebody is out of the picture, and never errs unless the picture does.

Heads are drawn with an ArUco mark for a face. What is found and told apart is decoded from the pixels of the video, so
everything between the drawn head and the record is the product's own.
"""
from __future__ import annotations

import dataclasses
from typing import Literal

import cv2
import numpy as np

from edge.models.manifest import load_manifest
from edge.vision.geometry import cosine_ppm, unit, weighted_mean
from edge.vision.pack import Face, Person, View

DICTIONARY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
CELL, CELLS = 12, 6
"""A mark is four cells of code and a black cell on each side, drawn so large."""
AROUND = 20
"""Skin around a mark, on every side."""
SCALE = 2
"""The picture is looked at so many times as large: small marks are read better."""
DIMENSIONS = 64


def head(mark: int) -> np.ndarray:
    """A head that looks ahead, with this mark for a face: BGR uint8."""
    side = CELL * CELLS
    whole = side + 2 * AROUND
    bgr = np.full((whole, whole, 3), (150, 170, 205), np.uint8)
    cv2.rectangle(bgr, (0, 0), (whole, AROUND // 3), (30, 34, 44), -1)
    cv2.rectangle(bgr, (AROUND - CELL, AROUND - CELL), (whole - AROUND + CELL, whole - AROUND + CELL), (255,) * 3, -1)
    face = cv2.aruco.generateImageMarker(DICTIONARY, mark, side)
    bgr[AROUND : AROUND + side, AROUND : AROUND + side] = face[:, :, None]
    return bgr


def vector(mark: int) -> np.ndarray:
    """What describes a mark: a direction of its own, almost at right angles to all others."""
    return unit(np.random.default_rng(mark).standard_normal(DIMENSIONS).astype(np.float32))


class MarkedPack:
    """A `Pack`."""

    def __init__(self) -> None:
        own = load_manifest("builtin")
        similarity = dataclasses.replace(own.similarity, measure="cosine", threshold_ppm=600_000, min_face_px=16)
        room = dataclasses.replace(own.preprocess, room_face_px=8)
        self.manifest = dataclasses.replace(own, id="marked", similarity=similarity, preprocess=room)
        self.name, self.sha256, self.provider = "marked", self.manifest.sha256, "cpu"
        self.threshold_ppm, self.margin_ppm, self.min_face_px = 600_000, similarity.margin_ppm, similarity.min_face_px
        self.dimensions = DIMENSIONS
        self.liveness: Literal["none", "passive"] = "none"
        self.challenge = frozenset[Literal["turn_left", "turn_right", "blink", "open_mouth"]]()
        looks = cv2.aruco.DetectorParameters()
        looks.adaptiveThreshWinSizeStep, looks.polygonalApproxAccuracyRate = 4, 0.05
        self._detector = cv2.aruco.ArucoDetector(DICTIONARY, looks)

    def detect(self, bgr: np.ndarray, view: View = "terminal") -> list[Face]:
        """The marks in a picture, largest first."""
        faces = [_face(corners) for _, corners in self._marks(bgr)]
        return sorted(faces, key=lambda face: -float(face.box[2]))

    def people(self, bgr: np.ndarray) -> list[Person]:
        """Whoever is in view shows the face."""
        return []

    def aligned(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        """The head at the size of aligned faces."""
        x, y, width, height = (round(float(value)) for value in face.box)
        return cv2.resize(bgr[max(0, y) : y + height, max(0, x) : x + width], (112, 112))

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        """Read the cells in the place of the face; zeros where they are no mark."""
        x, y, width, height = (round(float(value)) for value in face.box)
        grey = cv2.cvtColor(bgr[max(0, y) : y + height, max(0, x) : x + width], cv2.COLOR_BGR2GRAY)
        cells = cv2.resize(grey, (CELLS, CELLS), interpolation=cv2.INTER_AREA)[1:-1, 1:-1]
        known, mark, _ = DICTIONARY.identify((cells > 127).astype(np.uint8), 0.6)
        return vector(mark) if known else np.zeros(DIMENSIONS, np.float32)

    def similarity(self, vector: np.ndarray, others: np.ndarray) -> np.ndarray:
        return cosine_ppm(vector, others)

    def mean(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return weighted_mean(vectors, weights)

    def passive(self, bgr: np.ndarray, face: Face) -> None:
        return None

    def mesh(self, bgr: np.ndarray, face: Face) -> None:
        return None

    def _marks(self, bgr: np.ndarray) -> list[tuple[int, np.ndarray]]:
        """(mark, corners (4, 2)) of all that can be read."""
        grey = cv2.resize(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), None, fx=SCALE, fy=SCALE)
        corners, ids, _ = self._detector.detectMarkers(grey)
        found = () if ids is None else zip(ids.ravel(), corners, strict=True)
        return [(int(mark), four.reshape(4, 2) / SCALE) for mark, four in found]


def _face(corners: np.ndarray) -> Face:
    """Eyes, nose and mouth where a face as large as the mark would have them."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    points = np.float32([[0.3, 0.35], [0.7, 0.35], [0.5, 0.55], [0.35, 0.75], [0.65, 0.75]]) * (high - low) + low
    return Face(np.float32([*low, *(high - low)]), 1.0, points.astype(np.float32), 1.0)
