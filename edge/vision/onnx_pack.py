"""Packs on ONNX Runtime: YuNet finds, five points align, a 112 x 112 network describes; compared by cosine."""
from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import onnxruntime

from edge.models.errors import ModelBroken
from edge.models.manifest import Manifest
from edge.vision.geometry import ARC_POINTS, frontality, overlap, similarity_transform
from edge.vision.pack import Face, View
from edge.vision.yunet import YuNet

NEAR_PX = 160
"""At full size, landmarks of faces wider than this are taken from the shrunk picture instead."""
PROVIDER = "CPUExecutionProvider"


class OnnxPack:
    """A `Pack`: YuNet and MobileFaceNet, which wants BGR, (x - 127.5) / 128."""

    def __init__(self, manifest: Manifest, files: dict[str, Path]) -> None:
        self.manifest, self.name, self.sha256 = manifest, manifest.id, manifest.sha256
        self.threshold_ppm = manifest.similarity.threshold_ppm
        self.margin_ppm = manifest.similarity.margin_ppm
        self.min_face_px = manifest.similarity.min_face_px
        self.liveness: Literal["none", "passive"] = "none"
        self.provider = f"onnxruntime {onnxruntime.__version__} {PROVIDER}"
        self._yunet = YuNet(_session(manifest, files, "detector"), manifest.preprocess.detector_score_ppm / 1e6)
        self._identity = _session(manifest, files, "identity")
        self._input = self._identity.get_inputs()[0].name
        self._check(manifest)

    def _check(self, manifest: Manifest) -> None:
        """Run both models once on an empty picture, so that a wrong shape is told at the start."""
        side = manifest.preprocess.aligned_px
        try:
            self._yunet.find(np.zeros((64, 64, 3), np.uint8), 1.0)
        except Exception as error:
            raise ModelBroken(pack=self.name, file=manifest.file("detector").name, why=_short(error)) from error
        try:
            self._describe(np.zeros((side, side, 3), np.uint8))
        except Exception as error:
            raise ModelBroken(pack=self.name, file=manifest.file("identity").name, why=_short(error)) from error

    def detect(self, bgr: np.ndarray, view: View = "terminal") -> list[Face]:
        """The faces in a picture, largest first."""
        shrunk = min(1.0, (self.manifest.preprocess.shrink_px or 1024) / max(bgr.shape[:2]))
        found = self._in_room(bgr, shrunk) if view == "room" else self._yunet.find(bgr, shrunk)
        faces = [
            Face(box.astype(np.float32), float(score), points.astype(np.float32), frontality(*points[:3]))
            for box, score, points in zip(*found, strict=True)
        ]
        return sorted(faces, key=lambda face: -float(face.box[2]))

    def _in_room(self, bgr: np.ndarray, shrunk: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Small faces at a size that keeps them above the detector's floor; near faces again in the shrunk picture."""
        pre = self.manifest.preprocess
        scale = min(pre.detector_px / pre.room_face_px, pre.longest_side_px / max(bgr.shape[:2]))
        boxes, scores, points = self._yunet.find(bgr, scale)
        if scale <= shrunk or not np.any(boxes[:, 2] * scale > NEAR_PX):
            return boxes, scores, points
        near_boxes, near_scores, near_points = self._yunet.find(bgr, shrunk)
        near = near_boxes[:, 2] * scale > NEAR_PX
        if not near.any():
            return boxes, scores, points
        small = overlap(boxes, near_boxes[near]).max(axis=1) < 0.3
        return (
            np.concatenate([boxes[small], near_boxes[near]]),
            np.concatenate([scores[small], near_scores[near]]),
            np.concatenate([points[small], near_points[near]]),
        )

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        """The description of one face: float32 (128,), length 1."""
        side = self.manifest.preprocess.aligned_px
        transform = similarity_transform(face.landmarks, ARC_POINTS * (side / 112))
        return self._describe(cv2.warpAffine(bgr, transform, (side, side)))

    def _describe(self, aligned: np.ndarray) -> np.ndarray:
        blob = ((aligned.astype(np.float32) - 127.5) / 128).transpose(2, 0, 1)[None]
        vector: np.ndarray = self._identity.run(None, {self._input: blob})[0][0]
        return _unit(vector)

    def similarity(self, vector: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Cosine in ppm of a description (d,) to others (n, d): int64 (n,)."""
        cosines: np.ndarray = np.clip(others @ vector, -1, 1)
        return np.rint(cosines * 1e6).astype(np.int64)

    def mean(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """One description (d,) of length 1 out of several (n, d), weighted (n,)."""
        return _unit((np.asarray(weights, np.float32)[:, None] * vectors).sum(axis=0))


def _unit(vector: np.ndarray) -> np.ndarray:
    length = max(float(np.linalg.norm(vector)), 1e-9)
    return np.asarray(vector / length, np.float32)


def _session(manifest: Manifest, files: dict[str, Path], role: str) -> Any:
    """One thread: the recorder and the page share these cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    name = manifest.file(role).name
    try:
        return onnxruntime.InferenceSession(str(files[name]), options, providers=[PROVIDER])
    except Exception as error:
        raise ModelBroken(pack=manifest.id, file=name, why=_short(error)) from error


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
