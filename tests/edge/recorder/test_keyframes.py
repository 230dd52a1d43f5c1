"""A camera that hardly ever sends a keyframe: what came is durable all the same, and somebody is told."""
from __future__ import annotations

from pathlib import Path

import av
import pytest

from common.hls import Part, playlist, read_media
from edge.picture.reader import RunState, SegmentReader
from edge.recorder import gops, segment_file
from edge.recorder.recover import recover
from edge.rollcall.frames import frames, plan_frames
from evidence.times import SECOND

from .conftest import Bench, make_film
from .test_recorder import Day
from .test_recover import crash


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty-five seconds with one keyframe."""
    return make_film(tmp_path_factory.mktemp("film") / "endless.mp4", 45, gop=10_000)


def test_a_power_cut_loses_ten_seconds_of_a_gop_without_end(bench: Bench, endless: Path) -> None:
    path = crash(bench, endless, 38)
    found = recover(bench.volume, ())
    assert [(one.packets, one.keyframes, one.end_pts_us, one.recovered) for one in found.segments] == [
        (300, 1, 30 * SECOND, True)]
    with path.open("rb") as file:
        media = read_media(file, path.stat().st_size)
    assert [(one.duration / media.timescale, one.key) for one in media.fragments] == [
        (10, True), (10, False), (10, False)]
    assert "INDEPENDENT" not in playlist([Part("f.mp4", media)])
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 300


def test_a_fragment_is_bounded_in_bytes_too(
    bench: Bench, endless: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(segment_file, "LARGEST_FRAGMENT", 20_000)
    path = crash(bench, endless, 9)
    assert path.stat().st_size > 10_000
    (segment,) = recover(bench.volume, ()).segments
    assert 6 * SECOND < segment.end_pts_us < 10 * SECOND


def test_a_camera_without_keyframes_is_told_of_once(bench: Bench, endless: Path) -> None:
    recorder = bench.record(endless)
    assert bench.alarms() == ["camera.no_keyframes"]
    assert [alarm["code"] for alarm in recorder.status()["alarms"]] == bench.alarms()  # type: ignore[attr-defined]
    (segment,) = bench.segments()
    assert segment.packets == 450 and segment.end_pts_us == 45 * SECOND


def test_a_camera_is_told_of_also_where_no_run_could_begin(hand: Bench, endless: Path) -> None:
    day = Day(hand, endless)
    day.play(2)
    day.recorder._drop(len(day.recorder._inbox))
    day.press()
    day.play(35)
    assert hand.segments() == [] and hand.alarms() == ["camera.no_keyframes"]


def test_the_alarm_is_over_with_the_first_gop_that_ends_in_time(
    hand: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gops, "LONGEST_GOP_US", 3 * SECOND)
    day = Day(hand, make_film(tmp_path / "long.mp4", 17, gop=50))
    day.press()
    day.play(11)
    assert hand.alarms() == ["camera.no_keyframes"], "once, not with every GOP"
    monkeypatch.setattr(gops, "LONGEST_GOP_US", 6 * SECOND)
    day.play(5)
    assert day.recorder.status()["alarms"] == []


def test_intra_refresh_is_told_of_and_its_recovery_points_begin_neither_files_nor_fragments(
    bench: Bench, tmp_path: Path,
) -> None:
    bench.record(make_film(tmp_path / "refresh.mp4", 35, refresh=True))
    assert bench.alarms() == ["camera.no_keyframes"]
    (segment,) = bench.segments()
    assert (segment.packets, segment.keyframes) == (350, 1)
    path = bench.volume.segments / segment.file
    with path.open("rb") as file:
        media = read_media(file, path.stat().st_size)
    assert [one.key for one in media.fragments] == [True, False, False, False]
    assert "INDEPENDENT" not in playlist([Part("f.mp4", media)])
    reader = SegmentReader(path, 0, 5 * SECOND, RunState())
    reader.read(segment.size)
    assert (len(reader.keys) // 24, len(reader.samples), reader.broken) == (1, 1, 0)
    plan = plan_frames(path, 5 * SECOND)
    assert list(plan.gops) == [0] and plan.frames == sum(1 for _ in frames(path, 5 * SECOND, plan)) == 7


def test_many_bytes_without_a_keyframe_are_told_of_as_well(
    bench: Bench, film: Path, endless: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench.record(film)
    assert bench.alarms() == []
    monkeypatch.setattr(gops, "LONGEST_GOP_US", 3600 * SECOND)
    monkeypatch.setattr(gops, "LARGEST_GOP", 50_000)
    bench.record(endless)
    assert bench.alarms() == ["camera.no_keyframes"]
