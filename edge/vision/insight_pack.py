"""The pack of what an institution brings: SCRFD finds, ArcFace describes, both loaded by insightface from local files.

Liveness is that of the `opencv` pack. Nothing is fetched from the network for the InsightFace models, and without an
accepted licence no file is touched (`edge.models.fetch`).
"""
from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import onnxruntime

from edge.models.errors import ModelBroken, ModelShape
from edge.models.manifest import Manifest
from edge.vision.geometry import ARC_POINTS, align, cosine_ppm, frontality, similarity_transform, unit, weighted_mean
from edge.vision.life import Life
from edge.vision.liveness import BadSight, FaceMesh, PassiveScore
from edge.vision.nanodet import open_people
from edge.vision.pack import Face, Person, View
from edge.vision.runtime import open_models, short
from edge.vision.tiles import in_tiles

log = logging.getLogger(__name__)

NEAR_SIDE = 640
"""The picture is fitted into this square where faces are near: the size SCRFD's authors measure at."""
STEP = 32
TASKS: dict[str, dict[str, Any]] = {
    # Without this it would keep a session of its own for every size of picture.
    "detector": {
        "model_task": "detection", "model_metadata": {"preprocessing": {"mean": 127.5, "std": 128.0}},
        "static_shape_sessions": False},
    "identity": {},
}
"""What `get_model` is told. Of the identity net it finds out by itself whether the file scales its input."""


class InsightPack:
    """A `Pack`. Raises ModelShape, ModelBroken, ModelUntrue."""

    def __init__(self, manifest: Manifest, files: dict[str, Path], only_faces: bool = False) -> None:
        log.info("pack %s: licence: %s", manifest.id, manifest.licence)
        self.manifest, self.name, self.sha256 = manifest, manifest.id, manifest.sha256
        self.threshold_ppm = manifest.similarity.threshold_ppm
        self.margin_ppm = manifest.similarity.margin_ppm
        self.min_face_px = manifest.similarity.min_face_px
        nets = () if only_faces else manifest.all("liveness")
        # Opened together, so that all of the pack runs on one provider, which was compared with the CPU.
        roles = (manifest.file("detector"), manifest.file("identity"), *nets)
        models, self.provider = open_models(manifest, {file.name: files[file.name] for file in roles})
        side = manifest.preprocess.aligned_px
        self.dimensions = models[manifest.file("identity").name].check((1, 3, side, side), 2)[0][1]
        self._life = Life(manifest, models, files, only_faces)
        self._people = open_people(manifest, files) if only_faces else None
        self.liveness: Literal["none", "passive"] = self._life.liveness
        self.challenge = self._life.challenge
        provider = self.provider.split()[-1]
        self._detector = _load(manifest, files, "detector", "SCRFD", provider)
        self._identity = _load(manifest, files, "identity", "ArcFaceONNX", provider)
        self._detector.prepare(0, det_thresh=manifest.preprocess.detector_score_ppm / 1e6)
        self._check(manifest)

    def _check(self, manifest: Manifest) -> None:
        """Find once in an empty picture; a detector without five points is of no use."""
        try:
            _, points = self._detector.detect(np.zeros((64, 64, 3), np.uint8), self._size(64, 64))
        except Exception as error:  # insightface fails in many ways on a wrong file
            raise ModelBroken(pack=self.name, file=manifest.file("detector").name, why=short(error)) from error
        if points is None:
            raise ModelShape(
                pack=self.name, file=manifest.file("detector").name, wanted="SCRFD with 5 points",
                got=f"{len(self._detector.output_names)} outputs")

    def detect(self, bgr: np.ndarray, view: View = "terminal") -> list[Face]:
        """The faces in a picture, largest first."""
        if view == "room":
            side_px = self.manifest.preprocess.room_side_px
            faces = in_tiles(lambda part: self._find(part, self._room(part)), bgr, side_px)
        else:
            faces = self._find(bgr, self._size(NEAR_SIDE, NEAR_SIDE))
        return sorted(faces, key=lambda face: -float(face.box[2]))

    def _find(self, bgr: np.ndarray, size: tuple[int, int]) -> list[Face]:
        height, width = bgr.shape[:2]
        if min(height, width) * min(size[0] / width, size[1] / height) < 1:
            return []  # so long and thin that nothing would be left of it
        boxes, points = self._detector.detect(bgr, size)
        return [
            Face(np.array([x, y, right - x, bottom - y], np.float32), float(score), five.astype(np.float32),
                 frontality(*five[:3]))
            for (x, y, right, bottom, score), five in zip(boxes, points, strict=True)
        ]

    def _room(self, bgr: np.ndarray) -> tuple[int, int]:
        pre = self.manifest.preprocess
        height, width = bgr.shape[:2]
        scale = min(pre.detector_px / pre.room_face_px, pre.longest_side_px / max(height, width))
        return self._size(round(width * scale), round(height * scale))

    def _size(self, width: int, height: int) -> tuple[int, int]:
        """Whole steps of the detector, or the one size that its file was made for."""
        fixed: tuple[int, int] | None = self._detector.static_input_size
        return fixed or (-(-max(width, 1) // STEP) * STEP, -(-max(height, 1) // STEP) * STEP)

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
        return unit(self._identity.get_feat(cv2.warpAffine(bgr, transform, (side, side)))[0])

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


def _load(manifest: Manifest, files: dict[str, Path], role: str, kind: str, provider: str) -> Any:
    """What insightface makes of a file, which must be of a kind. One thread: the recorder shares these cores."""
    from insightface.model_zoo import get_model

    name = manifest.file(role).name
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        model = get_model(
            str(files[name]), download=False, providers=[provider], sess_options=options, **TASKS[role])
    except Exception as error:  # insightface fails in many ways on a wrong file
        raise ModelBroken(pack=manifest.id, file=name, why=short(error)) from error
    if type(model).__name__ != kind:
        raise ModelShape(pack=manifest.id, file=name, wanted=kind, got=type(model).__name__)
    return model
