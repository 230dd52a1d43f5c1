"""A stall is no gap, a drift is no step, and no video comes from nowhere: whatever the camera and the network do."""
from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.continuity import Timeline
from evidence.times import MINUTE, SECOND

MAX_GAP, FLOOR, TOLERANCE = 2 * SECOND, SECOND // 10, 5 * SECOND
frames = st.sampled_from([20_000, 40_000, 66_667, 100_000, SECOND])


def made() -> Timeline:
    return Timeline(MAX_GAP, FLOOR, TOLERANCE)


@given(frames, st.integers(0, TOLERANCE), st.integers(0, 200), st.integers(1, 300), st.integers(-(1 << 40), 1 << 40))
def test_a_stall_up_to_the_tolerance_is_neither_gap_nor_step(
    frame: int, stall: int, before: int, after: int, origin: int,
) -> None:
    timeline, held = made(), before * frame + stall
    for n in range(before + after):
        came = n * frame if n < before else max(n * frame, held)
        assert timeline.feed(origin + n * frame, frame, came) == "continue"
    measured = timeline.cut()
    assert measured is not None and measured.gaps == ()
    assert measured.end_pts_us == (before + after) * frame


@given(frames, st.integers(TOLERANCE + SECOND, 100 * TOLERANCE), st.integers(1, 200))
def test_a_stall_far_above_the_tolerance_is_a_step(frame: int, stall: int, before: int) -> None:
    timeline = made()
    for n in range(before):
        assert timeline.feed(n * frame, frame, n * frame) == "continue"
    assert timeline.feed(before * frame, frame, before * frame + stall) == "step"


@settings(max_examples=40)
@given(st.integers(-500, 500) | st.sampled_from([-500, 500]), st.integers(0, SECOND // 2), st.integers(0, 99))
def test_a_camera_clock_off_by_one_in_two_thousand_is_never_a_step(ppm: int, jitter: int, seed: int) -> None:
    """Six hours: by then the two clocks may be eleven seconds apart, more than twice the tolerance."""
    timeline, came, rng = made(), 0, random.Random(seed)
    for at in range(0, 6 * 60 * MINUTE, 10 * SECOND):
        came = max(came, at + at * ppm // 1_000_000 + rng.randint(0, jitter))
        assert timeline.feed(at, 10 * SECOND, came) == "continue"
    measured = timeline.cut()
    assert measured is not None and measured.gaps == () and measured.end_pts_us == 6 * 60 * MINUTE


@given(st.integers(2_100, 1_000_000))
def test_a_camera_that_counts_much_too_fast_or_too_slowly_is_found_out(ppm: int) -> None:
    """Beyond what a clock drifts no length of video is bought with its speed."""
    for sign in (1, -1):
        timeline, verdicts = made(), set()
        for n in range(6 * 60 * 60):
            verdicts.add(timeline.feed(n * SECOND + sign * n * ppm, SECOND, n * SECOND))
            if verdicts - {"continue"}:
                break
        assert verdicts == {"continue", "step"} or (sign > 0 and verdicts == {"continue", "gap"})


packets = st.lists(st.tuples(
    st.one_of(st.integers(-SECOND, 3 * SECOND), st.integers(-TOLERANCE, TOLERANCE), st.just(MAX_GAP + 40_000)),
    st.integers(0, 3 * SECOND)), max_size=60)


@given(packets)
def test_no_video_comes_from_nowhere(steps: list[tuple[int, int]]) -> None:
    """However PTS jump: a run is never longer than CLOCK_BOOTTIME says, but for the tolerance and a drift."""
    timeline, pts, mono = made(), 0, 0
    for pts_step, mono_step in steps:
        pts, mono = pts + pts_step, mono + mono_step
        if timeline.feed(pts, 40_000, mono) != "continue":
            break
        assert timeline.media_us <= mono + 40_000 + TOLERANCE + mono // 1000


@given(packets)
def test_every_hole_above_the_limit_ends_the_run_and_the_rest_is_listed(steps: list[tuple[int, int]]) -> None:
    timeline, pts, mono, end, listed = made(), 0, 0, 40_000, []
    assert timeline.feed(0, 40_000, 0) == "continue"
    for pts_step, mono_step in steps:
        pts, mono = pts + pts_step, mono + mono_step
        verdict = timeline.feed(pts, 40_000, mono)
        assert verdict != "continue" or pts - end <= MAX_GAP
        if verdict != "continue":
            break
        if pts - end >= FLOOR:
            listed.append((end, pts - end))
        end = max(end, pts + 40_000)
    measured = timeline.cut()
    assert measured is not None
    assert [(gap.at_us, gap.len_us) for gap in measured.gaps] == listed and measured.end_pts_us == end
