"""What one frame says about liveness: a passive score, how the head stands and what the face does; or why neither.

Left and right are the person's own. A camera's picture is not mirrored: who turns to the own left moves the nose to
the right of the picture. (A page that shows the picture mirrored does so after the pack has looked.)
"""
from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

Gesture = Literal["turn_left", "turn_right", "blink", "open_mouth"]
"""What a challenge may ask for. Turns are to the person's own left and right."""
TURNS: frozenset[Gesture] = frozenset({"turn_left", "turn_right"})
GESTURES: frozenset[Gesture] = frozenset({"turn_left", "turn_right", "blink", "open_mouth"})
LIVE_PPM = 500_000
"""A frame passes the passive check from this score on: living is the likelier half."""


@dataclasses.dataclass(frozen=True)
class PassiveScore:
    """How much one frame looks like a living face, in ppm: the mean of what each model says, 1,000,000 surely live.

    `models_ppm`: the models' own answers, in the order of the manifest. One frame decides nothing: see a window.
    """

    live_ppm: int
    models_ppm: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class BadSight:
    """Nothing was scored (*bad input*, neither live nor fake).

    not_bgr: the picture is not uint8 (height, width, 3). outside: less than three quarters of the face's box lie in
    the picture, or the box has no area or is no number. too_small: the box is narrower or lower than the manifest's
    `passive.min_face_px`.
    """

    why: Literal["not_bgr", "outside", "too_small"]


@dataclasses.dataclass(frozen=True)
class FaceMesh:
    """How a head stands, in degrees, and what the face does, in ppm; None is what the pack cannot tell.

    `yaw_deg`: 0 straight ahead, positive turned to the person's own left. `pitch_deg`: positive looking up.
    `roll_deg`: positive when the head leans to the person's own right shoulder. `blink_left_ppm`, `blink_right_ppm`:
    how far the person's own left and right eye is shut. `jaw_open_ppm`: how far the mouth is open for sure;
    `lips_apart_ppm`: how far the lips are apart, in the same measure.
    """

    yaw_deg: float
    pitch_deg: float | None
    roll_deg: float
    blink_left_ppm: int | None = None
    blink_right_ppm: int | None = None
    jaw_open_ppm: int | None = None
    lips_apart_ppm: int | None = None


IN_PICTURE = 0.75


def bad_sight(bgr: np.ndarray, box: np.ndarray, min_face_px: int) -> BadSight | None:
    """Why a face's box (x, y, width, height) in a picture cannot be scored, or None when it can."""
    if not isinstance(bgr, np.ndarray) or bgr.dtype != np.uint8 or bgr.ndim != 3 or bgr.shape[2] != 3 or not bgr.size:
        return BadSight("not_bgr")
    x, y, width, height = (float(value) for value in box)
    # Not "<=": that would let nan pass.
    if not (width > 0 and height > 0 and np.isfinite([x, y, width, height]).all()):
        return BadSight("outside")
    if min(width, height) < min_face_px:
        return BadSight("too_small")
    inside_x = min(x + width, bgr.shape[1]) - max(x, 0.0)
    inside_y = min(y + height, bgr.shape[0]) - max(y, 0.0)
    share = max(inside_x, 0.0) * max(inside_y, 0.0) / (width * height)
    return None if share >= IN_PICTURE else BadSight("outside")
