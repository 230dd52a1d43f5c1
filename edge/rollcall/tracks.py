"""Follows faces from sampled picture to sampled picture, and describes a face only when its track needs it."""
from __future__ import annotations

import dataclasses

import numpy as np
from scipy.optimize import linear_sum_assignment

from edge.rollcall.crops import Crop, cut_out
from edge.rollcall.pictures import Picture
from edge.rollcall.steady import Steady
from edge.vision.cover import Looks, looks
from edge.vision.gallery import Gallery
from edge.vision.geometry import overlap
from edge.vision.pack import Face, Pack
from edge.vision.quality import quality_of, sharpness
from evidence.bodies import Candidate, Track
from evidence.naming import needed
from evidence.rollcall import identify

SAME_PLACE = 0.3
"""Two sights whose boxes overlap at least so much are taken for one face."""
LOST_AFTER = 3
"""Sampled frames after which a face that is out of view begins a new track."""
SHOTS = 5
"""Best shots whose descriptions are averaged, weighted by quality."""
SURE_PPM = 140_000
"""So far above the threshold a track is sure of its person and needs no further look, unless `sure_ppm` asks more."""
BLOCK_MINUTES = 480
"""Four hours before two cameras."""
BETTER = 2.0
"""A sight so many times as good as the best one is worth a look even then."""
REPLACES = 1.2
"""A sight must be so many times as good as the worst one that is kept, to take its place."""
CHECK_EVERY = 16
"""Sampled frames after which a face that moves is looked at again in any case: somebody else may have taken the seat.
"""
OTHER_SHARE = 0.7
"""A face less similar to its track than this share of the threshold is somebody else."""
PLACES = 5
"""In fewer pictures nobody can tell whether a face moves."""
MAX_CROPS = 600
"""Pictures of best sights that are held in memory, at most 160 px wide: some 40 MB. The others are let go."""


@dataclasses.dataclass(frozen=True, eq=False)
class Shot:
    """One described sight of a face."""

    quality: float
    sharp: float
    vector: np.ndarray
    looks: Looks


class Following:
    """One face while it is followed. `seen`: the numbers of the frames it was in; `crop`: the picture of the sight
    that `shown_us` names."""

    def __init__(self, pts_us: int, frame: int) -> None:
        self.first_us, self.last_us, self.last_frame = pts_us, pts_us, frame
        self.seen: list[int] = []
        self._places: list[np.ndarray] = []
        self._widths: list[float] = []
        self.unchecked = 0
        self.face: Face | None = None
        self.box = np.zeros(4, np.float32)
        self.frontal = 0.0
        self.best_quality, self.sharp = -1.0, 0.0
        self.shown_us, self.shown_px = pts_us, 0
        self.crop: Crop | None = None
        self.shots: list[Shot] = []
        self.described: np.ndarray | None = None
        self.best: Candidate | None = None
        self.second: Candidate | None = None
        self.sure = False

    @property
    def frames(self) -> int:
        """In how many sampled frames it was in view."""
        return len(self.seen)

    def see(self, pts_us: int, frame: int, face: Face, shift: np.ndarray) -> None:
        """The face was in view, of a camera that had shaken by `shift` (2,). Where nothing moved it is where it was."""
        if face is not self.face or not self._places:
            self._places.append(face.landmarks.mean(axis=0) - shift)
            self._widths.append(float(face.box[2]))
        else:
            self._places.append(self._places[-1])
        self.unchecked += frame - self.last_frame if face is not self.face else 0
        self.last_us, self.last_frame, self.face, self.box = pts_us, frame, face, face.box
        self.seen.append(frame)
        self.frontal = max(self.frontal, face.frontal)

    def moved_ppm(self) -> int | None:
        """How far it moved about, see `Track`."""
        if len(self._places) < PLACES:
            return None
        places = np.stack(self._places)
        spread = float(np.sqrt(((places - places.mean(axis=0)) ** 2).sum(axis=1).mean()))
        return round(1e6 * spread / max(1.0, float(np.mean(self._widths))))

    def show(self, pts_us: int, bgr: np.ndarray, face: Face, sharp: float) -> None:
        """This sight is the best one so far."""
        self.best_quality, self.sharp = quality_of(face, sharp), sharp
        self.shown_us, self.shown_px = pts_us, face.width_px
        self.crop = cut_out(bgr, face)

    def leave_place(self) -> None:
        """Somebody else is where the face was; only its looks can find it again."""
        self.face, self.box = None, np.zeros(4, np.float32)

    def wants(self, quality: float) -> bool:
        """Whether a description of this sight would say more than is known."""
        if not self.shots or self.unchecked >= CHECK_EVERY or quality > BETTER * self.shots[0].quality:
            return True
        return not self.sure and (len(self.shots) < SHOTS or quality > REPLACES * self.shots[-1].quality)

    def add(self, shot: Shot, pack: Pack) -> None:
        """Keep the best shots."""
        self.shots = sorted([*self.shots, shot], key=lambda kept: -kept.quality)[:SHOTS]
        weights = np.array([max(kept.quality, 1e-3) for kept in self.shots], np.float32)
        self.described = pack.mean(np.stack([kept.vector for kept in self.shots]), weights)
        self.unchecked = 0


def sure_ppm(rise_ppm: int | None) -> int:
    """From how far above the threshold on two tracks of different minutes name somebody over a block of `BLOCK_MINUTES`
    (`evidence.naming`), so that no further look is needed. `rise_ppm`: of the threshold, None where nothing tells it:
    any two tracks do, then."""
    return max(SURE_PPM, -(-(rise_ppm or 0) * needed(BLOCK_MINUTES) // 2_000_000))


class Tracker:
    """Feed it sampled pictures in order of time, then ask for `followed`. `rise_ppm`: see `sure_ppm`."""

    def __init__(self, pack: Pack, gallery: Gallery, threshold_ppm: int, rise_ppm: int | None = None) -> None:
        self._pack, self._gallery, self._threshold_ppm = pack, gallery, threshold_ppm
        self._sure_ppm = sure_ppm(rise_ppm)
        self._frame = 0
        self._steady, self._shift = Steady(), np.zeros(2)
        self._live: list[Following] = []
        self._ended: list[Following] = []

    def step(self, pts_us: int, picture: Picture, faces: list[Face]) -> None:
        """The faces of one picture, at `pts_us` of media time. A face that is the very object of the step before did
        not move: it is counted, and there is nothing new to describe."""
        self._frame += 1
        self._shift = self._steady.shift(picture.grey)
        self._let_go()
        same = {id(track.face): track for track in self._live}
        moved = [face for face in faces if id(face) not in same]
        for face in faces:
            if id(face) in same:
                same[id(face)].see(pts_us, self._frame, face, self._shift)
        new: list[tuple[Face, Shot | None]] = []
        pairs = _pairs([track for track in self._live if track.last_frame < self._frame], moved)
        for track, face in pairs:
            shot = self._shot(track, picture, face)
            if shot is not None and self._other(track, shot):
                track.leave_place()
                new.append((face, shot))
            else:
                self._keep(track, pts_us, picture, face, shot)
        placed = {id(face) for _, face in pairs}
        new += [(face, self._shot(None, picture, face)) for face in moved if id(face) not in placed]
        self._appear(pts_us, picture, new)

    def followed(self) -> list[Following]:
        """Every face that was followed, in order of time."""
        return sorted([*self._ended, *self._live], key=lambda track: (track.first_us, float(track.box[0])))

    def _let_go(self) -> None:
        gone = [track for track in self._live if self._frame - track.last_frame > LOST_AFTER]
        self._ended.extend(gone)
        self._live = [track for track in self._live if self._frame - track.last_frame <= LOST_AFTER]
        pictured = [track for track in self._ended if track.crop is not None] if gone else []
        if len(pictured) > MAX_CROPS:
            for track in sorted(pictured, key=_worth)[: len(pictured) - MAX_CROPS]:
                track.crop = None

    def _shot(self, track: Following | None, picture: Picture, face: Face) -> Shot | None:
        """A description of this sight, where the face is large enough and its track, if any, wants one."""
        if face.width_px < self._pack.min_face_px:
            return None
        sharp = sharpness(picture.bgr, face)
        quality = quality_of(face, sharp)
        if track is not None and not track.wants(quality):
            return None
        seen = looks(self._pack.aligned(picture.bgr, face))
        return Shot(quality, sharp, self._pack.embed(picture.bgr, face), seen)

    def _other(self, track: Following, shot: Shot) -> bool:
        """Whether it is somebody else who sits there now."""
        return track.described is not None and self._alike(track, shot) < OTHER_SHARE * self._threshold_ppm

    def _appear(self, pts_us: int, picture: Picture, new: list[tuple[Face, Shot | None]]) -> None:
        """Faces in new places: of the tracks that were lost a moment ago those that look like them, each once and so
        that all of them together are most alike; for the others tracks of their own."""
        lost = [track for track in self._live if track.last_frame < self._frame and track.described is not None]
        alike = np.zeros((len(new), len(lost)), np.int64)
        for row, (_, shot) in enumerate(new):
            for column, track in enumerate(lost):
                alike[row, column] = 0 if shot is None else self._alike(track, shot)
        found = {row: lost[column] for row, column in _assigned(alike, self._threshold_ppm)}
        for row, (face, shot) in enumerate(new):
            self._keep(found.get(row) or self._begin(pts_us), pts_us, picture, face, shot)

    def _keep(self, track: Following, pts_us: int, picture: Picture, face: Face, shot: Shot | None) -> None:
        track.see(pts_us, self._frame, face, self._shift)
        if shot is None:
            sharp = 0.0 if track.shots else sharpness(picture.bgr, face)
            if not track.shots and quality_of(face, sharp) > track.best_quality:
                track.show(pts_us, picture.bgr, face, sharp)
            return
        if not track.shots or shot.quality > track.shots[0].quality:
            track.show(pts_us, picture.bgr, face, shot.sharp)
        track.add(shot, self._pack)
        track.best, track.second = self._gallery.rank(track.described)  # type: ignore[arg-type]
        sure_from, apart = self._threshold_ppm + self._sure_ppm, self._pack.margin_ppm + self._sure_ppm
        track.sure = identify(track.best, track.second, sure_from, apart) is not None

    def _begin(self, pts_us: int) -> Following:
        track = Following(pts_us, self._frame)
        self._live.append(track)
        return track

    def _alike(self, track: Following, shot: Shot) -> int:
        return int(self._pack.similarity(shot.vector, track.described[None])[0])  # type: ignore[index]


def measured(track: Following) -> Track:
    """What the record says of a face that was followed."""
    seen = track.shots[0].looks if track.shots else None
    return Track(
        first_us=track.first_us, last_us=track.last_us, shown_us=track.shown_us, frames=track.frames,
        face_px=track.shown_px, best=track.best, second=track.second, frontal_ppm=round(track.frontal * 1e6),
        light_ppm=seen.light_ppm if seen else None, cover_ppm=seen.cover_ppm if seen else None,
        sharp_ppm=round(track.sharp * 1e6), moved_ppm=track.moved_ppm(),
    )


def _pairs(tracks: list[Following], faces: list[Face]) -> list[tuple[Following, Face]]:
    """Tracks and faces that stand in the same place, each used once."""
    if not tracks or not faces:
        return []
    shared = overlap(np.stack([track.box for track in tracks]), np.stack([face.box for face in faces]))
    return [(tracks[row], faces[column]) for row, column in _assigned(shared, SAME_PLACE)]


def _assigned(alike: np.ndarray, least: float) -> list[tuple[int, int]]:
    """Rows and columns, each once, whose likenesses (n, m) of `least` or more have the largest sum."""
    allowed = np.where(alike >= least, alike, 0)
    return [(int(row), int(column)) for row, column in zip(*linear_sum_assignment(allowed, maximize=True), strict=True)
            if alike[row, column] >= least]


def _worth(track: Following) -> tuple[int, int, float]:
    """How much the picture of a track is worth as a proof."""
    return track.best.score_ppm if track.best else -1, track.frames, track.best_quality
