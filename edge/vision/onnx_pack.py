"""Packs on ONNX Runtime: YuNet finds, five points align, a 112 x 112 network describes; compared by cosine.

MiniFASNets score passive liveness, MediaPipe's FaceLandmarker tells gestures, where the manifest names them.
"""
from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from edge.models.manifest import Manifest
from edge.vision.geometry import (
    ARC_POINTS,
    align,
    cosine_ppm,
    frontality,
    overlap,
    similarity_transform,
    unit,
    weighted_mean,
)
from edge.vision.life import Life
from edge.vision.liveness import BadSight, FaceMesh, PassiveScore
from edge.vision.nanodet import open_people
from edge.vision.pack import Face, Person, View
from edge.vision.runtime import open_models
from edge.vision.tiles import in_tiles
from edge.vision.yunet import YuNet

NEAR_PX = 160
"""At full size, landmarks of faces wider than this are taken from the shrunk picture instead."""


def _faces(boxes: np.ndarray, scores: np.ndarray, points: np.ndarray) -> list[Face]:
    return [Face(box.astype(np.float32), float(score), five.astype(np.float32), frontality(*five[:3]))
            for box, score, five in zip(boxes, scores, points, strict=True)]


@dataclasses.dataclass(frozen=True)
class Input:
    """What an identity network wants: (x - mean) / spread of values 0-255, its channels in this order."""

    order: Literal["bgr", "rgb"]
    mean: float
    spread: float


INPUTS = {"yunet_mobilefacenet": Input("bgr", 127.5, 128), "yunet_sface": Input("rgb", 0, 1)}
"""By engine. SFace: as cv2.FaceRecognizerSF feeds it."""


class OnnxPack:
    """A `Pack`. `only_faces`: without liveness, for those who read recordings and photographs."""

    def __init__(self, manifest: Manifest, files: dict[str, Path], only_faces: bool = False) -> None:
        self.manifest, self.name, self.sha256 = manifest, manifest.id, manifest.sha256
        self.threshold_ppm = manifest.similarity.threshold_ppm
        self.margin_ppm = manifest.similarity.margin_ppm
        self.min_face_px = manifest.similarity.min_face_px
        roles = ("detector", "identity") if only_faces else ("detector", "identity", "liveness")
        names = [file.name for role in roles for file in manifest.all(role)]
        models, self.provider = open_models(manifest, {name: files[name] for name in names})
        self._yunet = YuNet(models[manifest.file("detector").name], manifest.preprocess.detector_score_ppm / 1e6)
        self._wants = INPUTS[manifest.engine]
        self._identity = models[manifest.file("identity").name]
        side = manifest.preprocess.aligned_px
        self.dimensions = self._identity.check((1, 3, side, side), 2)[0][1]
        self._life = Life(manifest, models, files, only_faces)
        self._people = open_people(manifest, files) if only_faces else None
        self.liveness: Literal["none", "passive"] = self._life.liveness
        self.challenge = self._life.challenge

    def detect(self, bgr: np.ndarray, view: View = "terminal") -> list[Face]:
        """The faces in a picture, largest first."""
        if view == "room":
            faces = in_tiles(self._in_room, bgr, self.manifest.preprocess.room_side_px)
        else:
            faces = _faces(*self._yunet.find(bgr, self._shrunk(bgr)))
        return sorted(faces, key=lambda face: -float(face.box[2]))

    def _shrunk(self, bgr: np.ndarray) -> float:
        return min(1.0, (self.manifest.preprocess.shrink_px or 1024) / int(max(bgr.shape[:2])))

    def _in_room(self, bgr: np.ndarray) -> list[Face]:
        return _faces(*self._near_and_far(bgr))

    def _near_and_far(self, bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Small faces at a size that keeps them above the detector's floor; near faces again in a picture so small
        that the widest of them is no wider than it should be."""
        pre = self.manifest.preprocess
        scale = min(pre.detector_px / pre.room_face_px, pre.longest_side_px / max(bgr.shape[:2]))
        boxes, scores, points = self._yunet.find(bgr, scale)
        widest = float(boxes[:, 2].max(initial=0))
        if widest * scale <= NEAR_PX:
            return boxes, scores, points
        near_boxes, near_scores, near_points = self._yunet.find(bgr, min(self._shrunk(bgr), NEAR_PX / widest))
        near = near_boxes[:, 2] * scale > NEAR_PX
        if not near.any():
            return boxes, scores, points
        small = overlap(boxes, near_boxes[near]).max(axis=1) < 0.3
        return (
            np.concatenate([boxes[small], near_boxes[near]]),
            np.concatenate([scores[small], near_scores[near]]),
            np.concatenate([points[small], near_points[near]]),
        )

    def people(self, bgr: np.ndarray) -> list[Person] | None:
        """The people in a picture of a room, surest first; None without a model for it."""
        return self._people.find(bgr) if self._people else None

    def aligned(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        """One face upright, BGR uint8 (112, 112, 3), its five points at `ARC_POINTS`."""
        return align(bgr, face.landmarks)

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        """The description of one face: float32 (d,), length 1."""
        side = self.manifest.preprocess.aligned_px
        transform = similarity_transform(face.landmarks, ARC_POINTS * (side / 112))
        return self._describe(cv2.warpAffine(bgr, transform, (side, side)))

    def _describe(self, aligned: np.ndarray) -> np.ndarray:
        wants = self._wants
        if wants.order == "rgb":
            aligned = aligned[:, :, ::-1]
        blob = np.ascontiguousarray(aligned.transpose(2, 0, 1)[None], np.float32)
        blob -= wants.mean
        blob /= wants.spread
        return unit(self._identity.run(blob)[0][0])

    def similarity(self, vector: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Cosine in ppm of a description (d,) to others (n, d): int64 (n,)."""
        return cosine_ppm(vector, others)

    def mean(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """One description (d,) of length 1 out of several (n, d), weighted (n,)."""
        return weighted_mean(vectors, weights)

    def passive(self, bgr: np.ndarray, face: Face) -> PassiveScore | BadSight | None:
        """How live one face looks, from the whole picture it was found in."""
        return self._life.passive(bgr, face)

    def mesh(self, bgr: np.ndarray, face: Face) -> FaceMesh | None:
        """How the head of one face stands and what its eyes and mouth do."""
        return self._life.mesh(bgr, face)
