"""Which seats a model pack will identify, only count, or not see, by each camera and by the best one; rows of them."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np

from edge.models.manifest import Manifest
from edge.placement.geometry import Eye, Sights, hidden_by, sights
from edge.placement.room import Camera, Room, Seat

Verdict = Literal["identified", "counted", "unseen"]
Reason = Literal["beside", "above", "tiny", "small", "turned", "steep"]
VERDICTS: tuple[Verdict, ...] = ("unseen", "counted", "identified")
"""From the worst to the best."""
MARGIN = 1.25
"""So many times the pack's smallest face must be reached: people move, lean back, and a compressed stream blurs. With
`lab` that is 40 px for a pack that identifies from 32 px on."""
FACE_M = {"dlib": 0.145, "yunet_mobilefacenet": 0.131, "yunet_sface": 0.131, "insightface": 0.131}
"""How wide the box of a face is on a person, by engine: less than the head, which is about 0.15 m wide (GB 10000).
Measured by `python -m bench.face_width`: width of the box in distances of the eyes (median of straight faces, the
smaller one of two sets), times 62.5 mm. SCRFD was not measured; its boxes are taken to be as tight as YuNet's."""
MOST_YAW_DEG, MOST_PITCH_DEG = 35.0, 30.0
"""A face that is turned farther is seen, but not relied on: near the profile the five points lie on each other."""
BOARD_M = 1.5
"""People are taken to look at the middle of the board, at this height."""


@dataclasses.dataclass(frozen=True)
class Needs:
    """What a pack needs of a face. `found_px`: the narrowest face that its detector finds, in a picture of any size (a
    large one is looked at in tiles); `face_m`: the width of its box on a person."""

    pack: str
    min_face_px: int
    found_px: float
    face_m: float

    @property
    def named_px(self) -> float:
        """The narrowest face that is relied on to be identified."""
        return max(MARGIN * self.min_face_px, self.found_px)


def needs_of(manifest: Manifest) -> Needs:
    """What the manifest of a pack says."""
    return Needs(manifest.id, manifest.similarity.min_face_px, manifest.preprocess.room_face_px,
                 FACE_M[manifest.engine])


@dataclasses.dataclass(frozen=True)
class Seen:
    """A seat as its best camera sees it. `hidden_by`: who may sit in between; `reason`: why it is not identified."""

    seat: Seat
    camera: int
    verdict: Verdict
    reason: Reason | None
    distance_m: float
    face_px: float
    yaw_deg: float
    pitch_deg: float
    off_axis_deg: float
    hidden_by: Seat | None


def eye_of(camera: Camera) -> Eye:
    """The camera as geometry wants it."""
    return Eye(np.array([camera.x_m, camera.y_m, camera.height_m]),
               np.array([camera.at_x_m, camera.at_y_m, camera.at_height_m]),
               camera.horizontal_deg, camera.width_px, camera.height_px)


def heads_of(seats: Sequence[Seat]) -> np.ndarray:
    """Where the faces are: float64 (n, 3)."""
    return np.array([[seat.x_m, seat.y_m, seat.eyes_m] for seat in seats])


def look(camera: Camera, room: Room, heads: np.ndarray, needs: Needs) -> Sights:
    """What a camera sees of faces that look at the board."""
    board = np.array([room.room.width_m / 2, 0.0, BOARD_M])
    return sights(eye_of(camera), heads, board, needs.face_m)


def ranks(seen: Sights, needs: Needs) -> np.ndarray:
    """Index into VERDICTS of each face: int64 (n,)."""
    unseen = seen.beside | seen.above | (seen.face_px < needs.found_px)
    weak = (seen.face_px < needs.named_px) | (np.abs(seen.yaw_deg) > MOST_YAW_DEG) | (
        np.abs(seen.pitch_deg) > MOST_PITCH_DEG)
    return np.where(unseen, 0, np.where(weak, 1, 2))


def judge(room: Room, needs: Needs) -> tuple[Seen, ...]:
    """Every seat by the camera that sees it best, row by row."""
    seats = room.all_seats()
    heads = heads_of(seats)
    views = [look(camera, room, heads, needs) for camera in room.cameras]
    graded = np.stack([ranks(view, needs) for view in views])
    order = graded * 1e6 + np.stack([view.face_px for view in views])
    hidden = [hidden_by(eye_of(camera), heads) for camera in room.cameras]
    return tuple(_seen(seats, index, int(order[:, index].argmax()), views, graded, hidden, needs)
                 for index in range(len(seats)))


def _seen(
    seats: Sequence[Seat], index: int, best: int, views: Sequence[Sights], graded: np.ndarray,
    hidden: Sequence[np.ndarray], needs: Needs,
) -> Seen:
    view, by = views[best], int(hidden[best][index])
    verdict = VERDICTS[int(graded[best, index])]
    return Seen(
        seats[index], best, verdict, None if verdict == "identified" else _reason(view, index, needs),
        float(view.distance_m[index]), float(view.face_px[index]), float(view.yaw_deg[index]),
        float(view.pitch_deg[index]), float(view.off_axis_deg[index]),
        seats[by] if by >= 0 and verdict != "unseen" else None)


def _reason(view: Sights, index: int, needs: Needs) -> Reason:
    if view.beside[index]:
        return "beside"
    if view.above[index]:
        return "above"
    if view.face_px[index] < needs.found_px:
        return "tiny"
    if view.face_px[index] < needs.named_px:
        return "small"
    return "turned" if abs(view.yaw_deg[index]) > MOST_YAW_DEG else "steep"


def rows(seen: Sequence[Seen]) -> dict[int, tuple[Seen, ...]]:
    """The seats by row."""
    found: dict[int, list[Seen]] = {}
    for one in seen:
        found.setdefault(one.seat.row, []).append(one)
    return {row: tuple(members) for row, members in found.items()}


def worst(members: Sequence[Seen]) -> Verdict:
    """What holds for all of them."""
    return min((one.verdict for one in members), key=VERDICTS.index)


def reach_m(camera: Camera, needs: Needs) -> tuple[float, float]:
    """The largest distance at which the pack identifies a face by this camera, and at which it still finds it."""
    size = eye_of(camera).focal_px * needs.face_m
    return size / needs.named_px, size / needs.found_px


def height_without_hiding(camera: Camera, room: Room) -> float | None:
    """The lowest height, in tenths of a metre from where the camera hangs up to the ceiling, at which nobody hides
    anybody; None where there is none."""
    heads = heads_of(room.all_seats())
    for tenths in range(int(camera.height_m * 10), int(room.room.height_m * 10) + 1):
        height = max(camera.height_m, tenths / 10)
        if np.all(hidden_by(eye_of(dataclasses.replace(camera, height_m=height)), heads) < 0):
            return height
    return None

