"""The gates of a guided shot: what was measured in one frame, and the one word of advice that follows. Pure.

The limits are ours. They are wide: a shot that passes must be good to recognise by, not a portrait.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Literal

from common.texts import N_

Pose = Literal["front", "left", "right", "up", "down"]
"""Where the person is asked to look; left and right are the person's own."""
Advice = Literal[
    "nobody", "one", "closer", "back", "inside", "brighter", "darker", "contrast", "still", "straight", "upright",
    "left", "right", "up", "down", "otherwise", "less", "eyes", "not_live", "other", "again", "odd", "odd_still",
    "good",
]

ADVICE: dict[Advice, str] = {
    "nobody": N_("Please look into the camera"),
    "one": N_("One person at a time, please"),
    "closer": N_("Please come a little closer"),
    "back": N_("A little further back, please"),
    "inside": N_("Move your face into the middle of the picture"),
    "brighter": N_("Too dark: turn towards the light"),
    "darker": N_("Too bright: turn away from the light"),
    "contrast": N_("The picture is pale: turn away from the light behind you"),
    "still": N_("The picture is blurred: hold still"),
    "straight": N_("Look straight into the camera"),
    "upright": N_("Hold your head upright"),
    "left": N_("Turn your head to your left"),
    "right": N_("Turn your head to your right"),
    "up": N_("Raise your chin a little"),
    "down": N_("Lower your chin a little"),
    "otherwise": N_("The other side, please"),
    "less": N_("Not so far: turn back a little"),
    "eyes": N_("Open your eyes, please"),
    "not_live": N_("A living face is needed, not a picture"),
    "other": N_("The same person as before, please"),
    "again": N_("Your face left the picture: the pictures are taken again from the first"),
    "odd": N_("The pictures do not show one and the same face: they are taken again from the first"),
    "odd_still": N_("The pictures still do not show one and the same face. Use a PIN instead: tap the button"),
    "good": N_("Good. Hold still, please"),
}
"""What the page says."""

MIN_FACE_PX = 110
"""The aligned crop is 112 pixels wide: a smaller face would be blown up."""
MAX_SHARE_PPM = 800_000
"""A face wider than this share of the picture is distorted by its nearness."""
SHARP_PPM, DARK_PPM, BRIGHT_PPM, SPREAD_PPM = 3_000, 200_000, 830_000, 70_000
SHUT_PPM = 550_000
LIVE_PPM, TURNED_LIVE_PPM = 500_000, 100_000
"""The passive check was made for faces that look straight. Of a live clip the front scored above 960,000 and turned
faces 340,000 and more; of its replay no frame reached 1,000."""
FRONT_DEG, TURN_DEG, NOD_DEG, ROLL_DEG = 12.0, (12.0, 45.0), (7.0, 26.0), 20.0
"""How far a shot is turned or nodded, from the front shot on: cameras stand higher or lower than eyes."""
STRAIGHT_NOD_DEG = 20.0
ASIDE_DEG = 25.0
"""A nod may be turned aside by this much, and a turn tilted."""


@dataclasses.dataclass(frozen=True)
class Look:
    """What one frame says. `faces`: large enough to be the person; the rest is about the largest. Angles in degrees,
    None where the pack cannot tell; yaw to the person's own left, pitch up. `sharp_ppm` (mean absolute Laplacian ÷ 4),
    `luma_ppm` (mean), `spread_ppm` (standard deviation): of the aligned crop, in ppm of white. `shut_ppm`: of the eye
    that is shut more. `live_ppm`: None without a passive check, or where it could not score the frame."""

    faces: int
    face_px: int = 0
    share_ppm: int = 0
    inside: bool = True
    sharp_ppm: int = 0
    luma_ppm: int = 0
    spread_ppm: int = 0
    yaw_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    shut_ppm: int | None = None
    live_ppm: int | None = None


def poses_of(gestures: Collection[str]) -> tuple[Pose, ...]:
    """The shots that a pack can guide: only what its head pose can check is asked. `gestures`: `Pack.challenge`."""
    if "turn_left" not in gestures:
        return ("front",)
    return ("front", "left", "right", "up", "down") if "blink" in gestures else ("front", "left", "right")


def advise(look: Look, pose: Pose, passive: bool, front: Look | None = None) -> Advice:
    """What is wrong first, or `good`. `passive`: the pack has a passive liveness check, which must pass. `front`: the
    front shot, once it was taken."""
    return _place(look) or _light(look) or _pose(_seen_from(look, front), pose) or _life(look, pose, passive) or "good"


def _seen_from(look: Look, front: Look | None) -> Look:
    """The angles from those of the front shot on."""
    if front is None:
        return look
    return dataclasses.replace(
        look, yaw_deg=_minus(look.yaw_deg, front.yaw_deg), pitch_deg=_minus(look.pitch_deg, front.pitch_deg))


def _minus(angle: float | None, other: float | None) -> float | None:
    return angle if angle is None or other is None else angle - other


def _place(look: Look) -> Advice | None:
    if look.faces != 1:
        return "one" if look.faces else "nobody"
    if look.share_ppm > MAX_SHARE_PPM:
        return "back"
    if look.face_px < MIN_FACE_PX:
        return "closer"
    return None if look.inside else "inside"


def _light(look: Look) -> Advice | None:
    if look.luma_ppm < DARK_PPM:
        return "brighter"
    if look.luma_ppm > BRIGHT_PPM:
        return "darker"
    if look.spread_ppm < SPREAD_PPM:
        return "contrast"
    return "still" if look.sharp_ppm < SHARP_PPM else None


def _pose(look: Look, pose: Pose) -> Advice | None:
    yaw, pitch = look.yaw_deg, look.pitch_deg
    if look.roll_deg is not None and abs(look.roll_deg) > ROLL_DEG:
        return "upright"
    if pose == "front":
        away = abs(yaw or 0) > FRONT_DEG or abs(pitch or 0) > STRAIGHT_NOD_DEG
        return "straight" if away or yaw is None else None
    if pose in ("left", "right"):
        if pitch is not None and abs(pitch) > ASIDE_DEG:
            return "straight"
        sign = 1 if pose == "left" else -1
        return "otherwise" if yaw is not None and -yaw * sign >= TURN_DEG[0] else _turned(yaw, sign, TURN_DEG, pose)
    if yaw is None or abs(yaw) > ASIDE_DEG:
        return "straight"
    return _turned(pitch, 1 if pose == "up" else -1, NOD_DEG, pose)


def _turned(angle: float | None, sign: int, limits: tuple[float, float], pose: Advice) -> Advice | None:
    if angle is None or angle * sign < limits[0]:
        return pose
    return "less" if angle * sign > limits[1] else None


def _life(look: Look, pose: Pose, passive: bool) -> Advice | None:
    if look.shut_ppm is not None and look.shut_ppm > SHUT_PPM and pose != "down":
        return "eyes"  # who looks down lowers the lids
    least = LIVE_PPM if pose == "front" else TURNED_LIVE_PPM
    return "not_live" if passive and (look.live_ppm is None or look.live_ppm < least) else None
