"""What a model pack does, whichever models it is made of, and how one is loaded."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from edge.models.fetch import Progress, fetch
from edge.models.manifest import Manifest, load_manifest
from edge.vision.liveness import BadSight, FaceMesh, Gesture, PassiveScore

View = Literal["terminal", "room", "photo"]
"""What a picture shows: one person near the terminal's camera, a class in its room, or an enrolment photo."""


@dataclasses.dataclass(frozen=True, eq=False)
class Face:
    """One face found. `box`: x, y, width, height in picture pixels, float32 (4,). `landmarks`: float32 (5, 2), in the
    pack's own order. `frontal`: 1 seen straight, 0 in profile."""

    box: np.ndarray
    score: float
    landmarks: np.ndarray
    frontal: float

    @property
    def width_px(self) -> int:
        return max(0, round(float(self.box[2])))


@dataclasses.dataclass(frozen=True, eq=False)
class Person:
    """One person found, whichever way the head is turned. `box`: x, y, width, height in picture pixels: float32
    (4,)."""

    box: np.ndarray
    score: float


class Pack(Protocol):
    """Detect, align, embed, compare, tell life. Pictures are uint8 (height, width, 3) in BGR order, not mirrored.

    `dimensions`: d of the descriptions. `liveness`: whether `passive` scores anything. `challenge`: the gestures that
    `mesh` can tell. A pack is used by one thread at a time.
    """

    manifest: Manifest
    name: str
    sha256: str
    provider: str
    threshold_ppm: int
    margin_ppm: int
    min_face_px: int
    dimensions: int
    liveness: Literal["none", "passive"]
    challenge: frozenset[Gesture]

    def detect(self, bgr: np.ndarray, view: View = "terminal") -> list[Face]:
        """The faces in a picture, largest first."""

    def people(self, bgr: np.ndarray) -> list[Person] | None:
        """The people in a picture of a room, surest first; one may be found twice, whole and in part.

        None: the pack finds no people. It has no model for it, or was loaded with liveness for those who look at one
        face. This takes a few times as long as `detect`, so it is for some of the pictures only.
        """

    def aligned(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        """One face upright, BGR uint8 (112, 112, 3), the five points of `geometry.ARC_POINTS` at their places."""

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        """The description of one face: float32 (d,)."""

    def similarity(self, vector: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Similarity in ppm of a description (d,) to others (n, d): int64 (n,)."""

    def mean(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """One description (d,) out of several (n, d) of the same face, weighted (n,)."""

    def passive(self, bgr: np.ndarray, face: Face) -> PassiveScore | BadSight | None:
        """How live one face looks, from the whole picture it was found in (the models want its surroundings).

        BadSight: this picture or box cannot be scored. None: the pack has no passive liveness (*not checked*).
        """

    def mesh(self, bgr: np.ndarray, face: Face) -> FaceMesh | None:
        """How the head of one face stands and what its eyes and mouth do; None where nothing can be told of it."""


def load_pack(
    name: str, folder: Path | None = None, progress: Progress | None = None, only_faces: bool = False
) -> Pack:
    """The pack, its files fetched and their hashes checked. `folder` is looked in before all else. `only_faces`:
    without liveness and with `people`, for those who read recordings and photographs; it takes less time and memory.

    Raises NoSuchPack, LicenceNotAccepted, ModelMissing, PackageMissing, ModelUnreachable, WrongModel, ModelBroken,
    ModelShape, ModelUntrue, BadShape.
    """
    env = {**os.environ, "ZAITANG_MODEL_MIRROR": str(folder)} if folder else os.environ
    manifest = load_manifest(name, env)
    return ENGINES[manifest.engine](manifest, fetch(manifest, env, progress), only_faces)


def _dlib(manifest: Manifest, files: dict[str, Path], only_faces: bool) -> Pack:
    from edge.vision.dlib_pack import DlibPack

    return DlibPack(manifest, files)


def _onnx(manifest: Manifest, files: dict[str, Path], only_faces: bool) -> Pack:
    from edge.vision.onnx_pack import OnnxPack

    return OnnxPack(manifest, files, only_faces)


def _insight(manifest: Manifest, files: dict[str, Path], only_faces: bool) -> Pack:
    from edge.vision.insight_pack import InsightPack

    return InsightPack(manifest, files, only_faces)


ENGINES: dict[str, Callable[[Manifest, dict[str, Path], bool], Pack]] = {
    "dlib": _dlib, "yunet_mobilefacenet": _onnx, "yunet_sface": _onnx, "insightface": _insight}
