"""Time stamps of live streams: none missing, none invented where there is one, the usual step learnt."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cameras.stamps import HELD, LONGEST_US, Stamps
from evidence.times import SECOND

from .conftest import raw_packet

Told = list[int | None]


def taken(stamps: Stamps, told: Told) -> list[tuple[int, int]]:
    """Media time and arrival of what comes out; packet number n comes at n ms."""
    return [
        (media_us, mono_us) for number, ticks in enumerate(told)
        for _, media_us, mono_us in stamps.take(raw_packet(b"x", True, ticks), number * 1000)
    ]


@given(st.lists(st.none() | st.integers(-2**32, 2**32), max_size=60), st.booleans())
def test_what_comes_out_is_what_came_in_with_every_stamp(told: Told, reordered: bool) -> None:
    stamps = Stamps(None, reordered)
    out = []
    for number, ticks in enumerate(told):
        for raw, media_us, mono_us in stamps.take(raw_packet(b"x", True, ticks), number * 1000):
            out.append((media_us, mono_us))
            assert raw.pts is not None and raw.dts is not None
            assert abs(int(raw.dts * raw.time_base * SECOND) - media_us) <= 12
    stamped = [number for number, ticks in enumerate(told) if ticks is not None]
    assert [mono_us // 1000 for _, mono_us in out] == (list(range(len(told))) if stamped else [])
    for number in stamped:
        assert out[number][0] == int(told[number] * SECOND / 90_000)  # type: ignore[operator]


def test_packets_before_the_first_stamp_are_counted_back_from_it() -> None:
    told: Told = [None, None, 90_000, 93_600, None, 100_800]
    assert [media_us for media_us, _ in taken(Stamps(25), told)] == [
        920_000, 960_000, 1_000_000, 1_040_000, 1_080_000, 1_120_000]


def test_b_frames_without_decoding_times_are_counted_back_and_keep_their_order() -> None:
    """What ffmpeg gives of an RTSP stream with B-frames: presentation times first, decoding times later."""
    told: list[tuple[int | None, int | None]] = [
        (None, None), (27_000, None), (9000, None), (18_000, 9000), (54_000, 18_000), (36_000, 27_000)]
    stamps, out = Stamps(None, reordered=True), []
    for pts, dts in told:
        packet = raw_packet(b"x", True, dts)
        packet.pts = pts
        out += stamps.take(packet, 0)
    assert [media_us for _, media_us, _ in out] == [-200_000, -100_000, 0, 100_000, 200_000, 300_000]
    assert [raw.pts for raw, _, _ in out] == [0, 27_000, 9000, 18_000, 54_000, 36_000]
    assert [raw.dts for raw, _, _ in out] == [-18_000, -9000, 0, 9000, 18_000, 27_000]


def test_b_frames_whose_decoding_times_never_come_do_not_wait_for_ever() -> None:
    stamps, count = Stamps(None, reordered=True), 0
    for number in range(40):
        packet = raw_packet(b"x", True, None)
        packet.pts = number * 9000
        count += len(stamps.take(packet, 0))
    assert count == 40


def test_a_stream_that_never_says_its_time_is_not_kept_for_ever() -> None:
    stamps = Stamps(25)
    assert taken(stamps, [None] * (HELD * 3)) == []
    assert len(taken(stamps, [0])) == HELD


def test_the_usual_step_is_learnt_and_a_hole_is_no_step() -> None:
    stamps = Stamps(25)
    assert stamps.usual_us == 40_000
    slow: Told = [number * 18_000 for number in range(10)]
    taken(stamps, slow)
    assert stamps.usual_us == 200_000, "a camera that says 25 and sends 5"
    taken(stamps, [180_000 + 900_000])
    assert stamps.usual_us == 200_000


@pytest.mark.parametrize("fps", [0.001, 0.5, 1, 25, 120])
def test_a_stream_that_lies_about_its_rate_makes_no_picture_long(fps: float) -> None:
    stamps = Stamps(fps)
    assert stamps.usual_us == min(LONGEST_US, round(SECOND / fps))
    taken(stamps, [0, 9000])
    assert stamps.usual_us <= LONGEST_US
    taken(stamps, [9000 + number * 9_000_000 for number in range(10)])
    assert stamps.usual_us <= LONGEST_US, "steps of 100 seconds are holes"


def test_packets_are_counted_back_by_no_more_than_the_longest_picture() -> None:
    assert [media_us for media_us, _ in taken(Stamps(0.001), [None, None, 900_000])] == [
        10 * SECOND - 2 * LONGEST_US, 10 * SECOND - LONGEST_US, 10 * SECOND]


def test_decoding_time_counts_before_presentation_time() -> None:
    packet = raw_packet(b"x", False, 90_000)
    packet.pts = 180_000
    ((_, media_us, _),) = Stamps(25, reordered=True).take(packet, 0)
    assert media_us == SECOND and packet.pts == 180_000
    packet = raw_packet(b"x", False, None)
    packet.pts = 90_000
    ((raw, media_us, _),) = Stamps(25).take(packet, 0)
    assert media_us == SECOND and raw.dts == 90_000
