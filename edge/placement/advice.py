"""What to change so that more seats are identified: each change is tried on the geometry, and says what it reaches."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import numpy as np

from edge.placement.judge import Needs, heads_of, look, ranks
from edge.placement.room import Camera, Room

Kind = Literal["aim", "lens", "stream", "move", "second"]
STREAMS = ((1920, 1080), (2560, 1440), (3840, 2160))
"""Main streams that cameras offer."""
ANGLES = range(30, 111, 5)
"""Lenses that are tried, degrees."""
FROM_WALL_M, FROM_CEILING_M = 0.2, 0.3
ACROSS, DEEP, AIMS = 5, 7, 4
"""How many places are tried across the room and along it, and how many rows as the middle of the picture."""
IDENTIFIED = 2


@dataclasses.dataclass(frozen=True)
class Change:
    """One change and how many of the `seats` are then `identified`. `index`: of the camera that becomes `camera`; for
    `second` it is the number of cameras."""

    kind: Kind
    index: int
    camera: Camera
    identified: int
    seats: int


class _Trial:
    """Counts identified seats with one camera changed or added."""

    def __init__(self, room: Room, needs: Needs) -> None:
        self.room, self._needs = room, needs
        self.heads = heads_of(room.all_seats())
        self._now = np.stack([self._named(camera) for camera in room.cameras])

    def _named(self, camera: Camera) -> np.ndarray:
        seen = look(camera, self.room, self.heads, self._needs)
        return np.asarray(ranks(seen, self._needs) == IDENTIFIED)

    @property
    def now(self) -> int:
        return int(self._now.any(axis=0).sum())

    def count(self, index: int, camera: Camera) -> int:
        others = np.delete(self._now, index, axis=0) if index < len(self._now) else self._now
        return int((others.any(axis=0) | self._named(camera)).sum())


@dataclasses.dataclass(frozen=True)
class Advice:
    """`changes`: the best one of each kind, alternatives; `best`: the one that identifies most; `then`: what helps most
    on top of it."""

    changes: tuple[Change, ...]
    best: Change | None = None
    then: Change | None = None


def advise(room: Room, needs: Needs) -> Advice:
    """Changes that identify more seats than now, the simplest first; none after the first that identifies all."""
    changes = _alternatives(room, needs)
    best = max(changes, key=lambda change: change.identified, default=None)
    if best is None or best.identified == best.seats:
        return Advice(changes, best)
    more = _alternatives(changed(room, best), needs)
    return Advice(changes, best, max(more, key=lambda change: change.identified, default=None))


def changed(room: Room, change: Change) -> Room:
    """The room after a change."""
    cameras = [*room.cameras]
    cameras[change.index: change.index + 1] = [change.camera]
    return dataclasses.replace(room, cameras=tuple(cameras))


def _alternatives(room: Room, needs: Needs) -> tuple[Change, ...]:
    trial = _Trial(room, needs)
    seats, found = len(trial.heads), list[Change]()
    if trial.now == seats:
        return ()
    kinds: tuple[tuple[Kind, Iterable[tuple[int, Camera]]], ...] = (
        ("aim", _each(room, lambda camera: _aimed(camera, trial))),
        ("stream", _each(room, lambda camera: _streams(camera, trial))),
        ("lens", _each(room, lambda camera: _lenses(camera, trial))),
        ("move", _each(room, lambda camera: _moves(camera, trial))),
        ("second", ((len(room.cameras), one) for camera in room.cameras for one in _moves(camera, trial))),
    )
    for kind, candidates in kinds:
        change = _best(kind, candidates, trial, seats)
        if change is not None and change.identified > trial.now:
            found.append(change)
            if change.identified == seats:
                break
    return tuple(found)


def _best(kind: Kind, candidates: Iterable[tuple[int, Camera]], trial: _Trial, seats: int) -> Change | None:
    """Of equal ones the first."""
    best: Change | None = None
    for index, camera in candidates:
        count = trial.count(index, camera)
        if best is None or count > best.identified:
            best = Change(kind, index, camera, count, seats)
            if count == seats:
                break
    return best


def _each(room: Room, candidates: Callable[[Camera], Iterator[Camera]]) -> Iterator[tuple[int, Camera]]:
    return ((index, one) for index, camera in enumerate(room.cameras) for one in candidates(camera))


def _aimed(camera: Camera, trial: _Trial) -> Iterator[Camera]:
    """The camera towards some rows, their middle or straight ahead; what lies straight below it is left out."""
    xs, eyes = trial.heads[:, 0], float(trial.heads[:, 2].mean())
    ahead = float(np.clip(camera.x_m, xs.min(), xs.max()))
    for x in sorted({round(float(xs.mean()), 1), round(ahead, 1)}):
        for depth in np.linspace(trial.heads[:, 1].min(), trial.heads[:, 1].max(), AIMS):
            if np.hypot(x - camera.x_m, depth - camera.y_m) >= 0.5:
                yield dataclasses.replace(camera, at_x_m=x, at_y_m=round(float(depth), 1), at_height_m=round(eyes, 1))


def _streams(camera: Camera, trial: _Trial) -> Iterator[Camera]:
    for width, height in STREAMS:
        if width > camera.width_px:
            larger = dataclasses.replace(camera, width_px=width, height_px=height)
            yield larger
            yield from _aimed(larger, trial)


def _lenses(camera: Camera, trial: _Trial) -> Iterator[Camera]:
    for angle in sorted(ANGLES, key=lambda angle: abs(angle - camera.horizontal_deg)):
        other = dataclasses.replace(camera, angle_deg=float(angle), focal_mm=None, sensor_mm=None)
        yield other
        yield from _aimed(other, trial)


def _moves(camera: Camera, trial: _Trial) -> Iterator[Camera]:
    """Other places at the same height, then below the ceiling; the nearest first."""
    size = trial.room.room
    xs = np.linspace(FROM_WALL_M, max(FROM_WALL_M, size.width_m - FROM_WALL_M), ACROSS)
    ys = np.linspace(FROM_WALL_M, max(FROM_WALL_M, float(trial.heads[:, 1].max()) - 0.5), DEEP)
    heights = sorted({camera.height_m, max(camera.height_m, size.height_m - FROM_CEILING_M)})
    places = sorted(itertools.product(heights, xs, ys), key=lambda place: (
        place[0], np.hypot(place[1] - camera.x_m, place[2] - camera.y_m)))
    for height, x, y in places:
        moved = dataclasses.replace(
            camera, x_m=round(float(x), 1), y_m=round(float(y), 1), height_m=round(float(height), 1))
        yield from _aimed(moved, trial)
