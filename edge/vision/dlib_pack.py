"""The pack of dlib's models: HOG finds, five points align, a ResNet describes; compared by 1 - Euclidean distance."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import cv2
import dlib
import numpy as np

from edge.models.errors import ModelBroken
from edge.models.manifest import Manifest
from edge.vision.geometry import align, frontality, pose_by_points
from edge.vision.liveness import TURNS, BadSight, FaceMesh, PassiveScore, bad_sight
from edge.vision.pack import Face, Person, View
from edge.vision.tiles import in_tiles

PLACES = np.array([[37.5, 53.9], [73.7, 53.5], [55.6, 80.9]], np.float32)
"""Where dlib's eyes and nose lie in an aligned face, measured against YuNet's. Its nose is where the nose ends."""


class DlibPack:
    """A `Pack`. The HOG window is fixed, so pictures are scaled until the smallest face of interest fills it."""

    def __init__(self, manifest: Manifest, files: dict[str, Path]) -> None:
        self.manifest, self.name, self.sha256 = manifest, manifest.id, manifest.sha256
        self.threshold_ppm = manifest.similarity.threshold_ppm
        self.margin_ppm = manifest.similarity.margin_ppm
        self.min_face_px = manifest.similarity.min_face_px
        self.dimensions = 128
        self.liveness: Literal["none", "passive"] = "none"
        self.challenge = TURNS
        self.provider = f"dlib {dlib.__version__} cpu"
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = _load(dlib.shape_predictor, manifest, files, "landmarks")
        self._identity = _load(dlib.face_recognition_model_v1, manifest, files, "identity")

    def detect(self, bgr: np.ndarray, view: View = "terminal") -> list[Face]:
        """The faces in a picture, largest first."""
        if view == "room":
            faces = in_tiles(lambda part: self._find(part, view), bgr, self.manifest.preprocess.room_side_px)
        else:
            faces = self._find(bgr, view)
        return sorted(faces, key=lambda face: -float(face.box[2]))

    def _find(self, bgr: np.ndarray, view: View) -> list[Face]:
        grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
        scale = self._scale(bgr, view)
        if min(grey.shape) * scale < 1:
            return []  # so long and thin that nothing would be left of it
        scaled = grey if scale == 1 else cv2.resize(grey, None, fx=scale, fy=scale)
        minimum = self.manifest.preprocess.detector_score_ppm / 1e6
        boxes, scores, _ = self._detector.run(np.ascontiguousarray(scaled), 0, minimum)
        return [self._face(grey, box, score, scale) for box, score in zip(boxes, scores, strict=True)]

    def _scale(self, bgr: np.ndarray, view: View) -> float:
        pre = self.manifest.preprocess
        wanted = {"terminal": pre.terminal_face_px, "room": pre.room_face_px, "photo": pre.photo_face_px}[view]
        return min(pre.detector_px / wanted, pre.longest_side_px / int(max(bgr.shape[:2])))

    def _face(self, grey: np.ndarray, box: dlib.rectangle, score: float, scale: float) -> Face:
        edges = [round(edge / scale) for edge in (box.left(), box.top(), box.right(), box.bottom())]
        shape = self._landmarks(grey, dlib.rectangle(*edges))
        points = np.array([(point.x, point.y) for point in shape.parts()], np.float32)
        left, top, right, bottom = edges
        # dlib's order: outer and inner corner of the left eye (of the person), then of the right one, then the nose.
        frontal = frontality(points[2:4].mean(axis=0), points[0:2].mean(axis=0), points[4])
        return Face(np.array([left, top, right - left, bottom - top], np.float32), float(score), points, frontal)

    def people(self, bgr: np.ndarray) -> list[Person] | None:
        """None: this pack finds no people."""
        return None

    def aligned(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        """One face upright, BGR uint8 (112, 112, 3); by eyes and nose, for these points have no mouth."""
        points = face.landmarks
        return align(bgr, np.stack([points[2:4].mean(axis=0), points[0:2].mean(axis=0), points[4]]), PLACES)

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        """The description of one face: float32 (128,)."""
        x, y, width, height = (round(float(value)) for value in face.box)
        # Only the neighbourhood is converted and handed over: the network wants RGB.
        margin = max(width, height)
        top, left = max(0, y - margin), max(0, x - margin)
        crop = bgr[top : y + height + margin, left : x + width + margin]
        rgb = np.ascontiguousarray(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB))
        points = [dlib.point(round(float(px)) - left, round(float(py)) - top) for px, py in face.landmarks]
        rect = dlib.rectangle(x - left, y - top, x - left + width, y - top + height)
        vector = self._identity.compute_face_descriptor(rgb, dlib.full_object_detection(rect, points))
        return np.asarray(vector, np.float32)

    def similarity(self, vector: np.ndarray, others: np.ndarray) -> np.ndarray:
        """1 - Euclidean distance, in ppm, never below -1: of a description (d,) to others (n, d): int64 (n,)."""
        distances: np.ndarray = np.linalg.norm(others - vector, axis=1)
        return np.asarray(np.rint(np.clip(1 - distances, -1, 1) * 1e6), np.int64)

    def mean(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """One description (d,) out of several (n, d), weighted (n,)."""
        return np.asarray(np.average(vectors, axis=0, weights=weights), np.float32)

    def passive(self, bgr: np.ndarray, face: Face) -> PassiveScore | BadSight | None:
        """None: this pack has no passive liveness."""
        return None

    def mesh(self, bgr: np.ndarray, face: Face) -> FaceMesh | None:
        """Turn and lean of the head by the five points; the frontal detector loses heads turned past 45 degrees."""
        if bad_sight(bgr, face.box, self.min_face_px):
            return None
        points = face.landmarks
        yaw, roll = pose_by_points(points[2:4].mean(axis=0), points[0:2].mean(axis=0), points[4])
        return FaceMesh(yaw, None, roll)


def _load(kind: Callable[[str], Any], manifest: Manifest, files: dict[str, Path], role: str) -> Any:
    name = manifest.file(role).name
    try:
        return kind(str(files[name]))
    except RuntimeError as error:
        raise ModelBroken(pack=manifest.id, file=name, why=str(error).splitlines()[0][:200]) from error
