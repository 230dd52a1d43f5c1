"""The decision that cuts runs: gaps in media time, steps against CLOCK_BOOTTIME."""
from __future__ import annotations

import pytest

from evidence.bodies import Gap
from evidence.continuity import Timeline
from evidence.times import SECOND

FRAME = 100_000


def steady(timeline: Timeline, count: int, start_us: int = 0, mono_us: int = 0, rate_ppm: int = 0) -> None:
    for n in range(count):
        at = start_us + n * FRAME
        assert timeline.feed(at, FRAME, mono_us + at - start_us + at * rate_ppm // 1_000_000) == "continue"


def made(tolerance: int = 2 * SECOND) -> Timeline:
    return Timeline(2 * SECOND, 500_000, tolerance)


def test_steady_packets_are_one_run_and_measured_from_its_first() -> None:
    timeline = made()
    steady(timeline, 100, start_us=777_000, mono_us=5 * SECOND)
    measured = timeline.cut()
    assert measured is not None
    assert (measured.first_pts_us, measured.end_pts_us, measured.packets) == (0, 100 * FRAME, 100)
    assert (measured.first_mono_us, measured.last_mono_us) == (5 * SECOND, 5 * SECOND + 99 * FRAME)
    assert measured.gaps == ()


def test_nothing_fed_is_nothing_measured() -> None:
    assert made().cut() is None


def test_a_hole_of_the_limit_continues_and_is_listed() -> None:
    timeline = made()
    steady(timeline, 10)
    assert timeline.feed(10 * FRAME + 2 * SECOND, FRAME, 10 * FRAME + 2 * SECOND) == "continue"
    measured = timeline.cut()
    assert measured is not None and measured.gaps == (Gap(10 * FRAME, 2 * SECOND),)


def test_a_hole_above_the_limit_is_a_gap_and_the_packet_is_not_taken() -> None:
    timeline = made()
    steady(timeline, 10)
    late = 10 * FRAME + 2 * SECOND + 1
    assert timeline.feed(late, FRAME, late) == "gap"
    measured = timeline.cut()
    assert measured is not None and (measured.packets, measured.end_pts_us) == (10, 10 * FRAME)


@pytest.mark.parametrize(("pts", "mono"), [
    (10 * FRAME, 10 * FRAME + 2 * SECOND + 1),  # the clock went on without the video
    (10 * FRAME + 3 * SECOND, 10 * FRAME),  # the video jumped, the clock did not
    (10 * FRAME - 3 * SECOND, 10 * FRAME),  # the video went back
])
def test_media_time_that_parts_from_boottime_is_a_step(pts: int, mono: int) -> None:
    timeline = made()
    steady(timeline, 10)
    assert timeline.feed(pts, FRAME, mono) == "step"


def test_b_frames_go_back_a_little_without_a_step() -> None:
    timeline = made()
    for n, pts in enumerate([0, 3, 1, 2, 6, 4, 5]):
        assert timeline.feed(pts * FRAME, FRAME, n * FRAME) == "continue"
    measured = timeline.cut()
    assert measured is not None and measured.end_pts_us == 7 * FRAME and measured.gaps == ()


def test_a_camera_clock_that_drifts_is_no_step() -> None:
    steady(made(), 100_000, rate_ppm=500)


def test_a_camera_clock_that_runs_far_too_fast_is_a_step() -> None:
    timeline = made()
    assert "step" in {timeline.feed(n * FRAME, FRAME, n * FRAME // 2) for n in range(200)}


def test_a_cut_begins_the_next_segment_of_the_same_run() -> None:
    timeline = made()
    steady(timeline, 10)
    first = timeline.cut()
    assert timeline.packets == 0
    assert timeline.feed(10 * FRAME + SECOND, FRAME, 10 * FRAME + SECOND) == "continue"
    second = timeline.cut()
    assert first is not None and second is not None
    assert second.first_pts_us == first.end_pts_us + SECOND
    assert second.gaps == (Gap(first.end_pts_us, SECOND),)


@pytest.mark.parametrize("set_by", [2 * SECOND + 1, -3600 * SECOND])
def test_a_wall_clock_that_is_set_is_told_and_the_packet_is_not_taken(set_by: int) -> None:
    timeline = made()
    assert timeline.feed(0, FRAME, 0, wall_us=7) == "continue"
    assert timeline.feed(FRAME, FRAME, FRAME, wall_us=7 + set_by) == "clock"
    assert timeline.packets == 1


def test_a_wall_clock_that_is_slewed_is_not_set() -> None:
    timeline = made()
    for n in range(200_000):
        assert timeline.feed(n * FRAME, FRAME, n * FRAME, wall_us=n * FRAME // 2000) == "continue"
