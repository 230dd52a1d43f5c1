"""Follows faces from sampled frame to sampled frame, and describes a face only when its track needs it."""
from __future__ import annotations

import dataclasses

import numpy as np

from edge.rollcall.crops import Crop, cut_out
from edge.vision.gallery import Gallery
from edge.vision.geometry import overlap
from edge.vision.pack import Face, Pack
from edge.vision.quality import shot_quality
from evidence.bodies import Candidate, Track
from evidence.rollcall import identify

SAME_PLACE = 0.3
"""Two sights whose boxes overlap at least so much are taken for one face."""
LOST_AFTER = 3
"""Sampled frames after which a face that is out of view begins a new track."""
SHOTS = 5
"""Best shots whose descriptions are averaged, weighted by quality."""
SURE_PPM = 60_000
"""So far above the threshold a track is sure of its person and needs no further look."""
BETTER = 1.3
"""A sight so many times as good as the best one is worth a look even then."""
CHECK_EVERY = 8
"""Sights after which a face is looked at again in any case: somebody else may have taken the seat."""
OTHER_SHARE = 0.7
"""A face less similar to its track than this share of the threshold is somebody else."""


@dataclasses.dataclass(frozen=True, eq=False)
class Shot:
    """One described sight of a face."""

    quality: float
    pts_us: int
    face_px: int
    vector: np.ndarray


class Following:
    """One face while it is followed."""

    def __init__(self, pts_us: int, frame: int) -> None:
        self.first_us, self.last_us, self.last_frame = pts_us, pts_us, frame
        self.frames, self.unchecked = 0, 0
        self.box = np.zeros(4, np.float32)
        self.best_quality, self.best_us, self.best_px = -1.0, pts_us, 0
        self.shots: list[Shot] = []
        self.crop: Crop | None = None
        self.described: np.ndarray | None = None
        self.sure = False

    def see(self, pts_us: int, frame: int, face: Face, quality: float, bgr: np.ndarray) -> None:
        """The face was in view, in the frame `bgr`."""
        self.last_us, self.last_frame, self.box = pts_us, frame, face.box
        self.frames += 1
        self.unchecked += 1
        if quality > self.best_quality:
            self.best_quality, self.best_us, self.best_px = quality, pts_us, face.width_px
            if not self.shots:
                self.crop = cut_out(bgr, face)

    def leave_place(self) -> None:
        """Somebody else is where the face was; only its looks can find it again."""
        self.box = np.zeros(4, np.float32)

    def wants(self, quality: float) -> bool:
        """Whether a description of this sight would say more than is known."""
        if not self.shots or self.unchecked >= CHECK_EVERY or quality > BETTER * self.shots[0].quality:
            return True
        return not self.sure and (len(self.shots) < SHOTS or quality > self.shots[-1].quality)

    def add(self, shot: Shot, pack: Pack, bgr: np.ndarray, face: Face) -> None:
        """Keep the best shots, and a picture of the best one: `face` in the frame `bgr`."""
        self.shots = sorted([*self.shots, shot], key=lambda kept: -kept.quality)[:SHOTS]
        if self.shots[0] is shot:
            self.crop = cut_out(bgr, face)
        weights = np.array([max(kept.quality, 1e-3) for kept in self.shots], np.float32)
        self.described = pack.mean(np.stack([kept.vector for kept in self.shots]), weights)
        self.unchecked = 0


class Tracker:
    """Feed it sampled frames in order of time, then ask for `tracks`."""

    def __init__(self, pack: Pack, gallery: Gallery, threshold_ppm: int) -> None:
        self._pack, self._gallery, self._threshold_ppm = pack, gallery, threshold_ppm
        self._frame = 0
        self._live: list[Following] = []
        self._ended: list[Following] = []

    def step(self, pts_us: int, bgr: np.ndarray, faces: list[Face]) -> None:
        """The faces of one frame, at `pts_us` of media time; `bgr` is the frame."""
        self._frame += 1
        self._let_go()
        pairs = _pairs(self._live, faces)
        taken = {id(track) for track, _ in pairs}
        for track, face in pairs:
            self._continue(track, pts_us, bgr, face)
        placed = {id(face) for _, face in pairs}
        for face in faces:
            if id(face) not in placed:
                self._appear(pts_us, bgr, face, taken)

    def tracks(self) -> tuple[Track, ...]:
        """Every face that was followed: measurements for the record."""
        return tuple(self._measured(track) for track in self._followed())

    def crops(self) -> tuple[Crop | None, ...]:
        """Of each of `tracks` the sight that its record tells."""
        return tuple(track.crop for track in self._followed())

    def _followed(self) -> list[Following]:
        return sorted([*self._ended, *self._live], key=lambda track: (track.first_us, float(track.box[0])))

    def _let_go(self) -> None:
        gone = [track for track in self._live if self._frame - track.last_frame > LOST_AFTER]
        self._ended.extend(gone)
        self._live = [track for track in self._live if self._frame - track.last_frame <= LOST_AFTER]

    def _continue(self, track: Following, pts_us: int, bgr: np.ndarray, face: Face) -> None:
        quality = shot_quality(bgr, face)
        if face.width_px < self._pack.min_face_px or not track.wants(quality):
            track.see(pts_us, self._frame, face, quality, bgr)
            return
        shot = Shot(quality, pts_us, face.width_px, self._pack.embed(bgr, face))
        if track.described is not None and self._alike(track, shot) < OTHER_SHARE * self._threshold_ppm:
            track.leave_place()
            track = self._begin(pts_us)
        self._keep(track, pts_us, face, shot, bgr)

    def _appear(self, pts_us: int, bgr: np.ndarray, face: Face, taken: set[int]) -> None:
        """A face in a new place: a track that was lost a moment ago and looks like it, or a new one."""
        quality = shot_quality(bgr, face)
        if face.width_px < self._pack.min_face_px:
            self._begin(pts_us).see(pts_us, self._frame, face, quality, bgr)
            return
        shot = Shot(quality, pts_us, face.width_px, self._pack.embed(bgr, face))
        lost = [track for track in self._live if id(track) not in taken and track.described is not None]
        lost = [track for track in lost if track.last_frame < self._frame]
        near = max(lost, key=lambda track: self._alike(track, shot), default=None)
        if near is None or self._alike(near, shot) < self._threshold_ppm:
            near = self._begin(pts_us)
        taken.add(id(near))
        self._keep(near, pts_us, face, shot, bgr)

    def _keep(self, track: Following, pts_us: int, face: Face, shot: Shot, bgr: np.ndarray) -> None:
        track.see(pts_us, self._frame, face, shot.quality, bgr)
        track.add(shot, self._pack, bgr, face)
        best, second = self._rank(track)
        sure_from = self._threshold_ppm + SURE_PPM
        track.sure = identify(best, second, sure_from, self._pack.margin_ppm + SURE_PPM) is not None

    def _begin(self, pts_us: int) -> Following:
        track = Following(pts_us, self._frame)
        self._live.append(track)
        return track

    def _alike(self, track: Following, shot: Shot) -> int:
        return int(self._pack.similarity(shot.vector, track.described[None])[0])  # type: ignore[index]

    def _rank(self, track: Following) -> tuple[Candidate | None, Candidate | None]:
        return (None, None) if track.described is None else self._gallery.rank(track.described)

    def _measured(self, track: Following) -> Track:
        best, second = self._rank(track)
        shown = track.shots[0] if track.shots else None
        return Track(
            first_us=track.first_us, last_us=track.last_us, shown_us=shown.pts_us if shown else track.best_us,
            frames=track.frames, face_px=shown.face_px if shown else track.best_px, best=best, second=second,
        )


def _pairs(tracks: list[Following], faces: list[Face]) -> list[tuple[Following, Face]]:
    """Tracks and faces that stand in the same place, largest overlap first, each used once."""
    if not tracks or not faces:
        return []
    shared = overlap(np.stack([track.box for track in tracks]), np.stack([face.box for face in faces]))
    found: list[tuple[Following, Face]] = []
    while shared.max() >= SAME_PLACE:
        row, column = np.unravel_index(int(shared.argmax()), shared.shape)
        found.append((tracks[row], faces[column]))
        shared[row, :] = shared[:, column] = -1
    return found
