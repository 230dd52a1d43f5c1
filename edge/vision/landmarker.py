"""Head pose and gestures by MediaPipe's FaceLandmarker, which finds faces on crops and not in a wide frame.

Source: the FaceLandmarker task of MediaPipe; its blendshapes are named for the person's own left and right, its
transformation matrix brings the canonical face (x to the person's own left, y up, z out of the face) to the camera.
"""
from __future__ import annotations

import atexit
import dataclasses
import io
import weakref
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.models.errors import ModelBroken
from edge.models.manifest import Manifest
from edge.vision.liveness import FaceMesh, bad_sight

CROP = 1.6
"""Side of the square crop, in widths or heights of the face's box, whichever is more."""
SIDE = 256
"""Pixels of the crop that is looked at; larger ones find nothing more."""
MIN_FACE_PX = 32
LIPS, NOSE = (13, 14), (168, 2)
"""The inner edges of the lips, and the nose from its root to below its tip, among the landmarks."""
LEFT_LIDS, RIGHT_LIDS = (386, 374), (159, 145)
"""The middle of the upper and the lower lid of the person's own left and right eye."""
WIDE, NARROW = 0.5, 0.13
"""A mouth is open all the way whose lips are so far apart, in lengths of the nose; an eye is not shut at all whose lids
are so far apart. All of these lie along the face, so a flat picture that is tilted makes none longer than the other.
The blendshapes alone take it for an open mouth or shut eyes (`bench.tilted`)."""
MEMBERS = {
    "face_detector.tflite", "face_landmarks_detector.tflite", "face_blendshapes.tflite",
    "geometry_pipeline_metadata_landmarks.binarypb",
}
MAX_BYTES = 64 << 20


@dataclasses.dataclass(frozen=True)
class Seen:
    """One face as MediaPipe gives it. `turn`: (3, 3), of the head to the camera, with a scale. `…_ppm`: blendshapes by
    themselves. `…_gap`: how far lids and lips are apart, in lengths of the nose."""

    turn: np.ndarray
    blink_left_ppm: int
    blink_right_ppm: int
    jaw_ppm: int
    left_gap: float
    right_gap: float
    lips_gap: float


class Landmarker:
    """One FaceLandmarker on one thread. Raises ModelBroken. Importing MediaPipe takes a second and 100 MB."""

    def __init__(self, manifest: Manifest, file: str, path: Path) -> None:
        self._task = _make(manifest.id, file, _bundle(manifest.id, file, path))
        _OPEN.add(self)
        self.mesh(np.full((SIDE, SIDE, 3), 128, np.uint8), np.array([64, 64, 128, 128], np.float32))

    def close(self) -> None:
        """Give back what MediaPipe holds; it does so by itself when this object goes before the process does."""
        self._task.close()

    def mesh(self, bgr: np.ndarray, box: np.ndarray) -> FaceMesh | None:
        """The face in a box (x, y, width, height) of a BGR picture; None where none is found or the box is bad."""
        seen = self.see(bgr, box)
        return None if seen is None else mesh_of(seen)

    def see(self, bgr: np.ndarray, box: np.ndarray) -> Seen | None:
        """What MediaPipe says of that face; None likewise."""
        import mediapipe

        if bad_sight(bgr, box, MIN_FACE_PX):
            return None
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=square(bgr, box))
        found = self._task.detect(image)
        if not found.face_blendshapes or not found.facial_transformation_matrixes:
            return None
        shapes = {shape.category_name: shape.score for shape in found.face_blendshapes[0]}
        points = np.array([(point.x, point.y) for point in found.face_landmarks[0]], np.float64)
        return Seen(
            np.asarray(found.facial_transformation_matrixes[0], np.float64)[:3, :3],
            _ppm(shapes["eyeBlinkLeft"]), _ppm(shapes["eyeBlinkRight"]), _ppm(shapes["jawOpen"]),
            gap(points, LEFT_LIDS), gap(points, RIGHT_LIDS), gap(points, LIPS))


def mesh_of(seen: Seen) -> FaceMesh:
    """What is told of a face: an eye is shut, and a mouth open, only where blendshape and landmarks both say so."""
    left, right, lips = _ppm(1 - seen.left_gap / NARROW), _ppm(1 - seen.right_gap / NARROW), _ppm(seen.lips_gap / WIDE)
    return FaceMesh(*angles(seen.turn), min(seen.blink_left_ppm, left), min(seen.blink_right_ppm, right),
                    min(seen.jaw_ppm, lips), lips)


def angles(turn: np.ndarray) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees, as in `FaceMesh`, of a turn (3, 3) with or without a scale."""
    turn = turn / np.maximum(np.linalg.norm(turn, axis=0), 1e-9)
    nose = turn[:, 2]
    yaw = np.degrees(np.arctan2(nose[0], nose[2]))
    pitch = np.degrees(np.arcsin(np.clip(nose[1], -1, 1)))
    return float(yaw), float(pitch), float(np.degrees(np.arctan2(turn[1, 0], turn[1, 1])))


def gap(points: np.ndarray, edges: tuple[int, int]) -> float:
    """How far two edges, of lips or lids, are apart, in lengths of the nose, of landmarks (n, 2) in one square unit."""
    apart, nose = (float(np.linalg.norm(points[one] - points[other])) for one, other in (edges, NOSE))
    return apart / max(nose, 1e-9)


def _ppm(share: float) -> int:
    return round(1e6 * float(np.clip(share, 0, 1)))


def square(bgr: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The face with some of its surroundings as RGB uint8 (SIDE, SIDE, 3), black where the picture ends."""
    x, y, width, height = (float(value) for value in box)
    scale = SIDE / (CROP * max(width, height))
    shift = [SIDE / 2 - scale * (x + width / 2), SIDE / 2 - scale * (y + height / 2)]
    # An affine warp of a crop that is much larger than SIDE would alias: shrink it first, within the picture.
    half = CROP * max(width, height) / 2 + 2
    left, top = max(0, int(x + width / 2 - half)), max(0, int(y + height / 2 - half))
    right, bottom = int(x + width / 2 + half) + 1, int(y + height / 2 + half) + 1
    part = bgr[top:bottom, left:right]
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    part = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    out = np.zeros((SIDE, SIDE, 3), np.uint8)
    at_x, at_y = round(left * scale + shift[0]), round(top * scale + shift[1])
    seen = part[max(0, -at_y) : SIDE - at_y, max(0, -at_x) : SIDE - at_x]
    at_x, at_y = max(0, at_x), max(0, at_y)
    out[at_y : at_y + seen.shape[0], at_x : at_x + seen.shape[1]] = seen[:, :, ::-1]
    return out


_OPEN: weakref.WeakSet[Landmarker] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """MediaPipe's own clean-up fails in a process that is half gone. Registered before MediaPipe is imported, this runs
    after its own exit handler, when closing only marks the object as closed."""
    for landmarker in list(_OPEN):
        landmarker.close()


def _bundle(pack: str, file: str, path: Path) -> bytes:
    """The bytes of a .task file, which is a zip of four models and nothing else. Raises ModelBroken."""
    data = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            members = {member.filename: member.file_size for member in bundle.infolist()}
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise ModelBroken(pack=pack, file=file, why=str(error)) from None
    if set(members) != MEMBERS or sum(members.values()) > MAX_BYTES:
        raise ModelBroken(pack=pack, file=file, why=f"{', '.join(sorted(members))[:200]} in it")
    return data


def _make(pack: str, file: str, data: bytes) -> Any:
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions

    options = FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=data),
        output_face_blendshapes=True, output_facial_transformation_matrixes=True,
    )
    try:
        return FaceLandmarker.create_from_options(options)
    except (RuntimeError, ValueError) as error:
        raise ModelBroken(pack=pack, file=file, why=str(error).splitlines()[0][:200]) from error
