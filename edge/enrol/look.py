"""Measures one frame of a guided enrolment with the pack: the faces, the aligned crop, the head, the passive check."""
from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from edge.enrol.gates import Look
from edge.vision.geometry import ARC_POINTS, similarity_transform
from edge.vision.liveness import PassiveScore
from edge.vision.pack import Face, Pack

BYSTANDER = 0.6
"""A second face narrower than this share of the largest one stands in the background and does not count."""
ALIGNED_PX = 112
KEPT_PX = 224
"""Side of the crop that is kept: large enough for a person to compare."""
JPEG_QUALITY = 90
EYES_AND_NOSE = ARC_POINTS[:3]
ASIDE_DEG = 60.0
"""How far a face in profile counts as turned for a pack that tells no pose: only “straight” is asked of it."""


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """A frame's measures; the face they are about, and its aligned crop (KEPT_PX, KEPT_PX, 3) BGR, if there is one."""

    look: Look
    face: Face | None = None
    crop: np.ndarray | None = None


def measure(pack: Pack, bgr: np.ndarray) -> Measured:
    """Look at a frame: uint8 BGR (height, width, 3), not mirrored."""
    faces = pack.detect(bgr, "terminal")
    if not faces:
        return Measured(Look(0))
    near = [face for face in faces if face.width_px >= BYSTANDER * faces[0].width_px]
    face, crop = faces[0], aligned(pack, bgr, faces[0])
    sharp, luma, spread = light(crop)
    mesh, live = pack.mesh(bgr, face), pack.passive(bgr, face)
    yaw = mesh.yaw_deg if mesh is not None else None if pack.challenge else ASIDE_DEG * (1 - face.frontal)
    shut = None if mesh is None else _worse(mesh.blink_left_ppm, mesh.blink_right_ppm)
    look = Look(
        len(near), face.width_px, 1_000_000 * face.width_px // bgr.shape[1], _inside(face, bgr), sharp, luma, spread,
        yaw, None if mesh is None else mesh.pitch_deg,
        None if mesh is None else mesh.roll_deg, shut, live.live_ppm if isinstance(live, PassiveScore) else None,
    )
    return Measured(look, face, crop)


def aligned(pack: Pack, bgr: np.ndarray, face: Face) -> np.ndarray:
    """The face turned upright, eyes and nose where ArcFace has them: uint8 BGR (KEPT_PX, KEPT_PX, 3)."""
    transform = similarity_transform(eyes_and_nose(pack, face), EYES_AND_NOSE * (KEPT_PX / ALIGNED_PX))
    return np.asarray(cv2.warpAffine(bgr, transform, (KEPT_PX, KEPT_PX), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def eyes_and_nose(pack: Pack, face: Face) -> np.ndarray:
    """Right eye, left eye (of the person) and nose, float32 (3, 2). dlib gives corners of the eyes instead: first two
    of the left one, then two of the right one, then the bottom of the nose."""
    if pack.manifest.engine != "dlib":
        return np.asarray(face.landmarks[:3], np.float32)
    points = face.landmarks
    return np.stack([points[2:4].mean(axis=0), points[0:2].mean(axis=0), points[4]]).astype(np.float32)


def light(crop: np.ndarray) -> tuple[int, int, int]:
    """Sharpness, brightness and contrast of an aligned crop, in ppm of white, as `Look` has them."""
    small = cv2.resize(crop, (ALIGNED_PX, ALIGNED_PX), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    middle = grey[ALIGNED_PX // 8 : -ALIGNED_PX // 8, ALIGNED_PX // 8 : -ALIGNED_PX // 8]
    sharp = float(np.abs(cv2.Laplacian(grey, cv2.CV_32F))[1:-1, 1:-1].mean()) / 4
    return tuple(round(value / 255 * 1e6) for value in (sharp, float(middle.mean()), float(middle.std())))  # type: ignore[return-value]


def jpeg(crop: np.ndarray) -> bytes:
    """A crop as JPEG."""
    return bytes(cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])


def _inside(face: Face, bgr: np.ndarray) -> bool:
    x, y, width, height = (float(value) for value in face.box)
    return x >= 0 and y >= 0 and x + width <= bgr.shape[1] and y + height <= bgr.shape[0]


def _worse(left: int | None, right: int | None) -> int | None:
    known = [value for value in (left, right) if value is not None]
    return max(known) if known else None
