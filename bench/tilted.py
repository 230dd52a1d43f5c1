"""`python -m bench.tilted`: which gestures a flat photograph seems to make that is tilted by hand, of how many faces,
and which when a strip of paper in the colour of the skin is laid over its eyes.

The figures of docs/liveness.md on photographs: the first photograph of each person of the test data that looks ahead
with open eyes and a shut mouth, as a picture in space that is turned around its upright and its level axis.
"""
from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from bench.harness import Skipped
from bench.inputs import shared
from edge.checkin.alive import look
from edge.vision.pack import Face, Pack, load_pack
from evidence.bodies import Gesture
from evidence.challenge import Look, at_rest, shown
from evidence.liveness import GESTURES

SETS = ("lfw", "sitcom")
AROUND_DEG, OVER_DEG = (-55, -40, -8, 0, 8, 40, 55), (-65, -60, -50, -25, 0, 25, 40, 50, 60, 65)
CARD, AWAY, GREY = 480, 1.2, (120, 120, 120)
"""Pixels of a photograph's side; how far the camera is, in sides."""
LEAST_PX = 60
STRIPS = (0.08, 0.1, 0.12, 0.15, 0.22)
"""Half the height of a strip, in distances of the eyes."""


def main() -> int:
    """Exit status 2 when the photographs are not here."""
    try:
        place = shared()
    except Skipped as why:
        print(why, file=sys.stderr)
        return 2
    pack, faces = load_pack("lab", place / "models"), 0
    found, strips = Counter[Gesture](), Counter[Gesture]()
    for picture in _pictures(place / "data" / "faces"):
        card = card_of(picture, pack)
        if card is None or not _rests(looks(card, ((0, 0),), pack)):
            continue
        faces += 1
        angles = [(around, over) for around in AROUND_DEG for over in OVER_DEG]
        # A face that is not the person's any more answers nothing.
        found.update(_made(looks(card, angles, pack)))
        face = pack.detect(card, "terminal")[0]
        strips.update(_made(_seen((covered(card, face, half) for half in STRIPS), pack.embed(card, face), pack)))
        print(f"{faces} faces: {_told(found)}; with a strip over the eyes: {_told(strips)}", flush=True)
    return 0


def _made(seen: Iterable[Look]) -> set[Gesture]:
    return {gesture for one in seen if one.alike for gesture in shown(one, 0.0)}


def _told(found: Counter[Gesture]) -> str:
    return ", ".join(f"{gesture} {found[gesture]}" for gesture in GESTURES)


def card_of(picture: np.ndarray, pack: Pack) -> np.ndarray | None:
    """A square photograph, BGR (CARD, CARD, 3), of the largest face in a picture and its surroundings; None where there
    is none, or a small one, or it is not found again."""
    faces = pack.detect(picture, "terminal")
    if not faces or faces[0].width_px < LEAST_PX:
        return None
    x, y, width, height = (float(value) for value in faces[0].box)
    side = round(1.6 * max(width, height))
    wide = cv2.copyMakeBorder(picture, side, side, side, side, cv2.BORDER_CONSTANT, value=GREY)
    left, top = round(x + width / 2), round(y + height / 2)
    card = np.asarray(cv2.resize(wide[top : top + 2 * side, left : left + 2 * side], (CARD, CARD)), np.uint8)
    return card if pack.detect(card, "terminal") else None


def looks(card: np.ndarray, angles: Iterable[tuple[int, int]], pack: Pack) -> list[Look]:
    """What a photograph that is held so seems to do, where a face with a mesh is found; `alike`: to itself, held
    straight. Angles in degrees, around the upright and the level axis."""
    own = pack.embed(card, pack.detect(card, "terminal")[0])
    return _seen((tilted(card, *angle) for angle in angles), own, pack)


def _seen(pictures: Iterable[np.ndarray], own: np.ndarray, pack: Pack) -> list[Look]:
    found = []
    for seen in pictures:
        for face in pack.detect(seen, "terminal")[:1]:
            mesh, vector = pack.mesh(seen, face), pack.embed(seen, face)
            if mesh is not None:
                found.append(look(0, mesh, int(pack.similarity(vector, own[None])[0]) >= pack.threshold_ppm))
    return found


def covered(card: np.ndarray, face: Face, half: float) -> np.ndarray:
    """A photograph with a strip over both eyes, in the mean colour of the skin between eyes and nose."""
    right, left, nose = (np.asarray(point, np.float64) for point in face.landmarks[:3])
    wide, level = float(abs(left[0] - right[0])), float((left[1] + right[1]) / 2)
    skin = card[int(nose[1] - 0.25 * wide) : int(nose[1] - 0.1 * wide), int(right[0]) : int(left[0])]
    corners = [(round(x), round(level + sign * half * wide))
               for x, sign in ((right[0] - 0.4 * wide, -1), (left[0] + 0.4 * wide, 1))]
    out = cv2.rectangle(card.copy(), *corners, [float(one) for one in skin.reshape(-1, 3).mean(axis=0)], cv2.FILLED)
    return np.asarray(cv2.GaussianBlur(out, (5, 5), 0), np.uint8)


def tilted(picture: np.ndarray, around_deg: float, over_deg: float) -> np.ndarray:
    """A flat square photograph as a camera sees it that is turned around the upright and the level axis."""
    side = len(picture)
    turn = cv2.Rodrigues(np.radians([over_deg, 0, 0]))[0] @ cv2.Rodrigues(np.radians([0, around_deg, 0]))[0]
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    places = np.c_[corners - side / 2, np.zeros(4)] @ turn.T
    seen = AWAY * side * places[:, :2] / (places[:, 2:] + AWAY * side) + side / 2
    how = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    return np.asarray(cv2.warpPerspective(picture, how, (side, side), borderValue=GREY), np.uint8)


def _rests(seen: list[Look]) -> bool:
    return bool(seen) and all(at_rest(seen[0], gesture) for gesture in GESTURES)


def _pictures(place: Path) -> Iterator[np.ndarray]:
    """The first photograph of each person."""
    for folder in sorted(folder for name in SETS for folder in (place / name).iterdir() if folder.is_dir()):
        for file in sorted(folder.iterdir())[:1]:
            picture = cv2.imread(str(file))
            if picture is not None:
                yield picture


if __name__ == "__main__":
    sys.exit(main())
