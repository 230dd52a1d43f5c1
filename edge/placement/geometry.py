"""What a camera sees of heads in a room, by a pinhole camera: pure. Metres, degrees, pixels of the main stream.

Points are (x, y, z) as in a room file. A pinhole has fewer pixels in the middle than a real wide lens of the same
angle, whose picture is bent at the edges; and a face counts by its distance, not by its depth. Both are cautious.
"""
from __future__ import annotations

import dataclasses

import numpy as np

BODY_M = 0.1
"""Half of what a head hides to its left and right: head breadth of Chinese adults, 0.15 m (GB 10000), and hair."""
CROWN_M = 0.11
"""From the eyes to the top of the head: sitting height less sitting eye height (GB 10000)."""
CHIN_M = 0.11
"""From the eyes to the chin, likewise rounded up."""
TALL = 1.35
"""Height of a face in widths of its box."""


@dataclasses.dataclass(frozen=True, eq=False)
class Eye:
    """A camera: where it hangs and the point in the middle of its picture, each (3,); its angle; its picture."""

    at: np.ndarray
    towards: np.ndarray
    horizontal_deg: float
    width_px: int
    height_px: int

    @property
    def focal_px(self) -> float:
        """Pixels of something as wide as it is far away."""
        return self.width_px / 2 / float(np.tan(np.radians(self.horizontal_deg) / 2))

    def axes(self) -> np.ndarray:
        """Forward, right (of the plan), up: float64 (3, 3), each of length 1. Not for one that looks straight down."""
        forward = (self.towards - self.at) / np.linalg.norm(self.towards - self.at)
        right = np.array([-forward[1], forward[0], 0.0])
        right /= np.linalg.norm(right)
        up = np.cross(right, forward)
        return np.stack([forward, right, up if up[2] >= 0 else -up])


@dataclasses.dataclass(frozen=True, eq=False)
class Sights:
    """What one camera sees of n heads; each (n,). `across`, `up`: place of the face in the picture, pixels from its
    middle. `beside`, `above`: the picture ends before the face does, at a side, or above or below. `yaw_deg`,
    `pitch_deg`: how far the face is turned from the camera, sideways and downwards. `off_axis_deg`: of the line of
    sight, from the middle of the picture."""

    distance_m: np.ndarray
    face_px: np.ndarray
    across: np.ndarray
    up: np.ndarray
    beside: np.ndarray
    above: np.ndarray
    yaw_deg: np.ndarray
    pitch_deg: np.ndarray
    off_axis_deg: np.ndarray


def sights(eye: Eye, heads: np.ndarray, looked_at: np.ndarray, face_m: float) -> Sights:
    """`heads` (n, 3): the middles of faces that look at `looked_at` (3,). `face_m`: how wide a face's box is."""
    forward, right, up = eye.axes()
    line = heads - eye.at
    distance = np.maximum(np.linalg.norm(line, axis=1), 1e-6)
    depth = line @ forward
    face_px = eye.focal_px * face_m / distance
    ahead = depth > 1e-6
    safe = np.where(ahead, depth, 1.0)
    across, high = eye.focal_px * (line @ right) / safe, eye.focal_px * (line @ up) / safe
    beside = ~ahead | (np.abs(across) + face_px / 2 > eye.width_px / 2)
    above = ahead & (np.abs(high) + TALL * face_px / 2 > eye.height_px / 2)
    yaw, pitch = turned(heads, looked_at, eye.at)
    off_axis = np.degrees(np.arccos(np.clip(depth / distance, -1, 1)))
    return Sights(distance, face_px, across, high, beside, above, yaw, pitch, off_axis)


def turned(heads: np.ndarray, looked_at: np.ndarray, seen_from: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far faces (n, 3) that look at a point are turned from another one: yaw (-180 to 180) and pitch, each (n,).
    A positive pitch: they are seen from above."""
    gaze, sight = looked_at - heads, seen_from - heads
    yaw = np.degrees(np.arctan2(sight[:, 1], sight[:, 0]) - np.arctan2(gaze[:, 1], gaze[:, 0]))
    return (yaw + 180) % 360 - 180, _elevation(sight) - _elevation(gaze)


def hidden_by(eye: Eye, heads: np.ndarray) -> np.ndarray:
    """Which head (its index) stands before each face, or -1: int64 (n,). Of several the nearest to the face.

    The line of sight to the chin passes within BODY_M of a person, and below the top of that head."""
    line = heads - eye.at
    length = np.maximum(np.einsum("ij,ij->i", line[:, :2], line[:, :2]), 1e-9)
    share = (line[:, None, :2] * line[None, :, :2]).sum(axis=2) / length[:, None]
    beside = np.linalg.norm(line[None, :, :2] - share[..., None] * line[:, None, :2], axis=2)
    height = eye.at[2] + share * (line[:, 2] - CHIN_M)[:, None]
    between = (share > 0) & ((1 - share) * np.sqrt(length)[:, None] > 2 * BODY_M)
    blocks = between & (beside < BODY_M) & (height < heads[None, :, 2] + CROWN_M)
    nearest = np.where(blocks, share, -1.0).argmax(axis=1)
    return np.where(blocks.any(axis=1), nearest, -1)


def _elevation(line: np.ndarray) -> np.ndarray:
    return np.asarray(np.degrees(np.arctan2(line[:, 2], np.hypot(line[:, 0], line[:, 1]))))
