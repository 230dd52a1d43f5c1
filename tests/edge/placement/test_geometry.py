"""What a camera sees of heads: laws of perspective, and one seat computed by hand."""
from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.placement.geometry import Eye, hidden_by, sights

BOARD = np.array([0.0, 0.0, 1.5])
point = st.tuples(st.floats(-6, 6), st.floats(1, 12), st.floats(0.8, 1.8)).map(np.array)
angle = st.floats(20, 130)


@st.composite
def eyes(draw: st.DrawFn) -> Eye:
    at = np.array([draw(st.floats(-4, 4)), draw(st.floats(-0.5, 0.5)), draw(st.floats(1.5, 3))])
    towards = np.array([draw(st.floats(-4, 4)), draw(st.floats(2, 10)), 1.2])
    return Eye(at, towards, draw(angle), *draw(st.sampled_from([(1920, 1080), (1280, 720), (3840, 2160)])))


def seen(eye: Eye, *heads: np.ndarray, board: np.ndarray = BOARD):
    return sights(eye, np.stack(heads), board, 0.14)


def test_a_seat_computed_by_hand() -> None:
    # 90 degrees over 1920 px: focal length 960 px. Head 3 m ahead, 4 m to the side: 5 m away, 0.15 m is 28.8 px wide.
    eye = Eye(np.array([0.0, 0.0, 1.2]), np.array([0.0, 9.0, 1.2]), 90.0, 1920, 1080)
    one = sights(eye, np.array([[4.0, 3.0, 1.2], [1.0, 4.0, 1.2]]), np.array([0.0, 0.0, 1.2]), 0.15)
    assert eye.focal_px == pytest.approx(960)
    assert one.distance_m[0] == pytest.approx(5) and one.face_px[0] == pytest.approx(28.8)
    assert one.off_axis_deg[0] == pytest.approx(math.degrees(math.atan2(4, 3)))
    assert one.beside.tolist() == [True, False], "4 m to the side at 3 m is past 45 degrees"
    assert abs(one.across[1]) == pytest.approx(960 / 4) and one.up[1] == pytest.approx(0)
    assert np.allclose(one.yaw_deg, 0) and np.allclose(one.pitch_deg, 0), "they look at the board, where it hangs"


def test_a_face_below_a_steep_camera_is_above_or_below_the_picture_and_looks_past_it() -> None:
    eye = Eye(np.array([0.0, 2.0, 3.0]), np.array([0.0, 8.0, 3.0]), 60.0, 1920, 1080)
    one = sights(eye, np.array([[0.0, 3.0, 1.2]]), np.array([0.0, 0.0, 1.2]), 0.14)
    assert one.above[0] and not one.beside[0]
    assert one.pitch_deg[0] == pytest.approx(math.degrees(math.atan2(1.8, 1.0)))


def test_who_sits_with_the_back_to_a_camera_is_turned_by_half_a_circle() -> None:
    eye = Eye(np.array([0.0, 9.0, 1.5]), np.array([0.0, 1.0, 1.5]), 90.0, 1920, 1080)
    assert abs(seen(eye, np.array([0.0, 4.0, 1.5])).yaw_deg[0]) == pytest.approx(180)


@given(eyes(), point, st.floats(1, 4))
def test_farther_along_the_line_of_sight_is_never_wider(eye: Eye, head: np.ndarray, times: float) -> None:
    assume(np.linalg.norm(head - eye.at) > 0.1)
    one = seen(eye, head, eye.at + (head - eye.at) * times)
    assert one.face_px[1] <= one.face_px[0] * (1 + 1e-9)
    assert one.face_px[1] == pytest.approx(one.face_px[0] / times)
    assert one.off_axis_deg[1] == pytest.approx(one.off_axis_deg[0], abs=1e-4)


@given(eyes(), point, st.floats(0, 40))
def test_a_wider_lens_never_makes_a_face_wider_and_never_loses_one(eye: Eye, head: np.ndarray, more: float) -> None:
    wider = dataclasses.replace(eye, horizontal_deg=min(139.0, eye.horizontal_deg + more))
    before, after = seen(eye, head), seen(wider, head)
    assert after.face_px[0] <= before.face_px[0] * (1 + 1e-9)
    if not (before.beside[0] or before.above[0]):
        assert not (after.beside[0] or after.above[0])


@given(eyes(), point, st.integers(2, 4))
def test_pixels_grow_with_the_resolution_and_nothing_else_does(eye: Eye, head: np.ndarray, times: int) -> None:
    larger = dataclasses.replace(eye, width_px=eye.width_px * times, height_px=eye.height_px * times)
    before, after = seen(eye, head), seen(larger, head)
    assert after.face_px[0] == pytest.approx(before.face_px[0] * times)
    assert after.across[0] == pytest.approx(before.across[0] * times)
    for same in ("distance_m", "yaw_deg", "pitch_deg", "off_axis_deg"):
        assert getattr(after, same)[0] == pytest.approx(getattr(before, same)[0])


@given(eyes(), st.lists(point, min_size=1, max_size=6), st.floats(-180, 180), st.floats(-50, 50), st.floats(-50, 50))
def test_turning_and_shifting_the_whole_room_changes_nothing(
    eye: Eye, heads: list[np.ndarray], turn: float, dx: float, dy: float
) -> None:
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    rotation, shift = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]), np.array([dx, dy, 0.0])

    def moved(place: np.ndarray) -> np.ndarray:
        return rotation @ place + shift

    before = seen(eye, *heads)
    other = dataclasses.replace(eye, at=moved(eye.at), towards=moved(eye.towards))
    after = seen(other, *map(moved, heads), board=moved(BOARD))
    for name in ("distance_m", "face_px", "off_axis_deg", "pitch_deg"):
        assert np.allclose(getattr(after, name), getattr(before, name), atol=1e-4), name
    around = (after.yaw_deg - before.yaw_deg + 180) % 360 - 180
    assert np.allclose(around, 0, atol=1e-4)
    assert np.array_equal(hidden_by(other, np.stack([*map(moved, heads)])) >= 0, hidden_by(eye, np.stack(heads)) >= 0)


@given(eyes(), st.lists(point, min_size=1, max_size=6))
def test_in_a_mirror_everything_is_the_same_but_left_is_right(eye: Eye, heads: list[np.ndarray]) -> None:
    mirror = np.array([-1.0, 1.0, 1.0])
    before = seen(eye, *heads)
    after = seen(dataclasses.replace(eye, at=eye.at * mirror, towards=eye.towards * mirror),
                 *(head * mirror for head in heads))
    for name in ("distance_m", "face_px", "off_axis_deg", "pitch_deg", "up"):
        assert np.allclose(getattr(after, name), getattr(before, name), atol=1e-5), name
    assert np.allclose(after.across, -before.across, atol=1e-4)
    assert np.allclose(np.abs(after.yaw_deg), np.abs(before.yaw_deg), atol=1e-4)


def test_who_sits_before_somebody_hides_that_face_unless_the_camera_hangs_high() -> None:
    heads = np.array([[0.0, 2.0, 1.2], [0.0, 3.0, 1.2], [1.5, 3.0, 1.2]])
    low = Eye(np.array([0.0, 0.0, 1.3]), np.array([0.0, 5.0, 1.2]), 90.0, 1920, 1080)
    assert hidden_by(low, heads).tolist() == [-1, 0, -1]
    high = dataclasses.replace(low, at=np.array([0.0, 0.0, 3.0]))
    assert hidden_by(high, heads).tolist() == [-1, -1, -1]
    assert hidden_by(low, np.array([[0.0, 2.0, 1.2]] * 2)).tolist() == [-1, -1], "two at one place"
