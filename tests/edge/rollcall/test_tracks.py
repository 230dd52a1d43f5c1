"""Tracks: a face keeps its track, a change of seat begins another, and no more is described than is needed."""
from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rollcall import tracks as tracking
from edge.rollcall.analyse import analyse
from edge.rollcall.pictures import of_array
from edge.rollcall.tracks import BLOCK_MINUTES, SURE_PPM, Tracker, sure_ppm
from edge.vision.cover import looks
from edge.vision.gallery import Gallery
from edge.vision.pack import Face
from evidence.bodies import Candidate, Track
from evidence.naming import doubts
from evidence.rollcall import Limits, Look, name_tracks

FRAME = np.random.default_rng(0).integers(0, 255, (400, 1200, 3), np.uint8)
PEOPLE = ("a", "b", "c", "d")


class FakePack:
    """Descriptions are unit vectors, one per person; the test says where who stands. Counts how much is described."""

    threshold_ppm, margin_ppm, min_face_px = 500_000, 50_000, 32

    def __init__(self) -> None:
        self.embedded = 0
        self.here: dict[tuple[int, int], str] = {}

    def aligned(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        return FRAME[:112, :112]

    def people(self, bgr: np.ndarray) -> None:
        return None

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        self.embedded += 1
        return vector(self.here[tuple(int(v) for v in face.box[:2])])

    def similarity(self, one: np.ndarray, others: np.ndarray) -> np.ndarray:
        return np.rint(np.clip(others @ one, -1, 1) * 1e6).astype(np.int64)

    def mean(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        total = (weights[:, None] * vectors).sum(axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)


def vector(person: str) -> np.ndarray:
    return np.eye(8, dtype=np.float32)[("a", "b", "c", "d", "stranger", "other").index(person)]


@pytest.fixture
def pack() -> FakePack:
    return FakePack()


@pytest.fixture
def gallery(pack: FakePack) -> Gallery:
    return Gallery(pack, {person: vector(person)[None] for person in PEOPLE})


def see(tracker: Tracker, pack: FakePack, second: int, **where: int | tuple[int, int]) -> None:
    """One frame: persons at x, or at (x, width)."""
    faces, pack.here = [], {}
    for person, place in where.items():
        x, width = place if isinstance(place, tuple) else (place, 80)
        pack.here[(x, 100)] = person
        faces.append(Face(np.array([x, 100, width, width], np.float32), 0.9, np.zeros((5, 2), np.float32), 1.0))
    tracker.step(second * 1_000_000, of_array(FRAME), faces)


def summary(tracker: Tracker) -> list[tuple[str | None, int, int, int]]:
    return [(t.best.person if t.best and t.best.score_ppm > 500_000 else None, t.first_us // 1_000_000,
             t.last_us // 1_000_000, t.frames) for t in map(tracking.measured, tracker.followed())]


def test_people_who_sit_still_are_described_once_and_checked_now_and_then(pack: FakePack, gallery: Gallery) -> None:
    tracker = Tracker(pack, gallery, 500_000)
    for second in range(8):
        see(tracker, pack, second, a=100, b=400, stranger=700)
    assert summary(tracker) == [("a", 0, 7, 8), ("b", 0, 7, 8), (None, 0, 7, 8)]
    # Two who are known at once; the stranger is looked at until the best shots are kept.
    assert pack.embedded <= 2 + tracking.SHOTS


def test_somebody_else_in_the_same_seat_is_noticed(pack: FakePack, gallery: Gallery) -> None:
    tracker = Tracker(pack, gallery, 500_000)
    for second in range(6):
        see(tracker, pack, second, a=100)
    for second in range(6, 7 + tracking.CHECK_EVERY):
        see(tracker, pack, second, stranger=100)
    tracks = summary(tracker)
    assert [track[0] for track in tracks] == ["a", None]
    assert tracks[0][2] <= 6 + tracking.CHECK_EVERY


def test_a_face_that_moves_keeps_its_track_by_its_looks(pack: FakePack, gallery: Gallery) -> None:
    tracker = Tracker(pack, gallery, 500_000)
    see(tracker, pack, 0, a=100, stranger=900)
    see(tracker, pack, 1, a=400, stranger=500)
    see(tracker, pack, 2, a=700)
    assert summary(tracker) == [(None, 0, 1, 2), ("a", 0, 2, 3)]


def test_after_a_while_out_of_view_a_new_track_begins(pack: FakePack, gallery: Gallery) -> None:
    tracker = Tracker(pack, gallery, 500_000)
    see(tracker, pack, 0, a=100)
    for second in range(1, 2 + tracking.LOST_AFTER):
        see(tracker, pack, second)
    see(tracker, pack, 9, a=100)
    assert summary(tracker) == [("a", 0, 0, 1), ("a", 9, 9, 1)]


def test_small_faces_are_followed_and_never_described(pack: FakePack, gallery: Gallery) -> None:
    tracker = Tracker(pack, gallery, 500_000)
    for second in range(4):
        see(tracker, pack, second, a=(100, 20))
    (track,) = map(tracking.measured, tracker.followed())
    assert (track.best, track.face_px, track.frames, pack.embedded) == (None, 20, 4, 0)


def test_the_same_person_twice_in_one_frame_is_two_tracks(pack: FakePack, gallery: Gallery) -> None:
    tracker = Tracker(pack, gallery, 500_000)
    faces = [Face(np.array([x, 100, 80, 80], np.float32), 0.9, np.zeros((5, 2), np.float32), 1.0) for x in (100, 600)]
    pack.here = {(100, 100): "a", (600, 100): "a"}
    tracker.step(0, of_array(FRAME), faces)
    assert summary(tracker) == [("a", 0, 0, 1), ("a", 0, 0, 1)]


def test_a_track_tells_light_and_cover_of_its_best_shot(pack: FakePack, gallery: Gallery) -> None:
    tracker = Tracker(pack, gallery, 500_000)
    see(tracker, pack, 0, a=100)
    see(tracker, pack, 1, a=100, b=(600, 20))
    large, small = map(tracking.measured, tracker.followed())
    seen = looks(FRAME[:112, :112])
    assert (large.light_ppm, large.cover_ppm) == (seen.light_ppm, seen.cover_ppm)
    assert (small.light_ppm, small.cover_ppm) == (None, None)


def test_dark_frames_count_nobody_and_are_told(gallery: Gallery) -> None:
    class Everywhere(FakePack):
        def detect(self, bgr: np.ndarray, view: str) -> list[Face]:
            self.here = {(100, 100): "a"}
            return [Face(np.array([100, 100, 80, 80], np.float32), 0.9, np.zeros((5, 2), np.float32), 1.0)]

    pack = Everywhere()
    black = np.zeros_like(FRAME)
    shown = [(second * 1_000_000, of_array(black if second in (3, 4) else FRAME)) for second in range(8)]
    measured = analyse(shown, gallery, pack, 500_000)
    assert (measured.samples, measured.dark) == (8, 2)
    assert (measured.headcount_max, measured.headcount_mean_ppm) == (1, 1_000_000)
    assert dataclasses.asdict(measured.tracks[0])["frames"] == 6


def wobbling(pack: FakePack, gallery: Gallery, places: list[tuple[float, float]], frame: np.ndarray = FRAME) -> Tracker:
    """One face, 80 px wide, at these places from picture to picture; (x, y) for each, whatever the box says."""
    tracker = Tracker(pack, gallery, 500_000)  # type: ignore[arg-type]
    pack.here = {(100, 100): "a"}
    for second, place in enumerate(places):
        face = Face(np.array([100, 100, 80, 80], np.float32), 0.9, np.tile(np.float32(place), (5, 1)), 1.0)
        tracker.step(second * 1_000_000, of_array(frame), [face])
    return tracker


def test_how_far_a_face_moves_about_is_told_of_its_width(pack: FakePack, gallery: Gallery) -> None:
    def moved(places: list[tuple[float, float]]) -> int | None:
        (one,) = wobbling(pack, gallery, places).followed()
        return tracking.measured(one).moved_ppm

    assert moved([(100, 100)] * 9) == 0
    assert moved([(96, 100), (104, 100)] * 5) == 50_000
    assert moved([(100, 97), (100, 103)] * 5) == 37_500
    assert moved([(96, 100), (104, 100)] * 2) is None, "four pictures tell nothing"


def test_a_face_that_did_not_move_since_the_last_picture_stays_where_it_was(pack: FakePack, gallery: Gallery) -> None:
    tracker = Tracker(pack, gallery, 500_000)  # type: ignore[arg-type]
    pack.here = {(100, 100): "a"}
    first, second = (Face(np.array([100, 100, 80, 80], np.float32), 0.9, np.full((5, 2), at, np.float32), 1.0)
                     for at in (100.0, 108.0))
    for at, face in enumerate([first] * 4 + [second] * 4):
        tracker.step(at * 1_000_000, of_array(FRAME), [face])
    (one,) = tracker.followed()
    assert tracking.measured(one).moved_ppm == pytest.approx(50_000 * 2**0.5, rel=1e-3)


def test_what_the_camera_shakes_no_face_moves(pack: FakePack, gallery: Gallery) -> None:
    view = np.random.default_rng(1).integers(0, 255, (100, 300, 3), np.uint8)
    frame = np.kron(view, np.ones((8, 8, 1), np.uint8))
    tracker = Tracker(pack, gallery, 500_000)  # type: ignore[arg-type]
    pack.here = {(100, 100): "a"}
    for second in range(8):
        by = 8 * (second % 2)
        face = Face(np.array([100, 100, 80, 80], np.float32), 0.9, np.full((5, 2), 140 + by, np.float32), 1.0)
        tracker.step(second * 1_000_000, of_array(np.roll(frame, (by, by), (0, 1))), [face])
    (one,) = tracker.followed()
    told = tracking.measured(one).moved_ppm
    assert told is not None and told < 20_000, "against 70,711 without"


@given(st.integers(0, 200_000), st.integers(2, BLOCK_MINUTES))
def test_two_tracks_that_are_sure_hold_over_a_block_however_slowly_strangers_get_rarer(rise: int, minutes: int) -> None:
    """In all of its minutes a face without a name is in view."""
    threshold, away = 400_000, Candidate("b", 100_000)
    sure = Candidate("a", threshold + sure_ppm(rise))

    def look(minute: int) -> Look:
        at_us = minute * 60_000_000
        tracks = [Track(at_us, at_us + 1, at_us, 1, 80, best) for best in (away, *([sure] if minute < 2 else []))]
        return Look(at_us, at_us + 60_000_000, name_tracks(tracks, threshold, 50_000), threshold, 50_000, 32, 30, 0, 2,
                    2_000_000, rise_ppm=rise)

    assert doubts([[look(minute) for minute in range(minutes)]], Limits()) == {}
    assert sure_ppm(None) == sure_ppm(0) == SURE_PPM <= sure_ppm(rise)


def test_where_strangers_get_rarer_slowly_a_face_is_looked_at_again(gallery: Gallery) -> None:
    described = []
    for rise_ppm in (None, 100_000):
        pack = FakePack()
        tracker = Tracker(pack, gallery, 800_000, rise_ppm)  # type: ignore[arg-type]
        for second in range(8):
            see(tracker, pack, second, a=100)
        described.append(pack.embedded)
    assert described[0] < described[1]
