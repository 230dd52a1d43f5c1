"""The recorder's decisions: what is recorded, where runs are cut, what a failing disk or a busy database changes."""
from __future__ import annotations

import errno
import os
from pathlib import Path

import av
import pytest

from edge.cameras.file import FileSource, open_file
from edge.config import RecorderConfig
from edge.errors import VolumeFull, WriteFailed, WrongVolume
from edge.recorder import recorder as recorder_module
from edge.recorder.recorder import Recorder
from edge.recorder.sessions import Sessions
from edge.storage.files import AppendFile
from edge.storage.volume import IDENTITY, Volume
from edge.store import database
from evidence.bodies import Alarm, SessionEnd, SessionStart
from evidence.times import SECOND

from .conftest import Bench, HandClock, make_film

CONFIG = RecorderConfig(segment_s=5, reserve_mb=1)


class Failing(AppendFile):
    """A file that refuses once `budget` bytes of all such files are written, with this errno."""

    budget = 0
    code = errno.ENOSPC

    def write(self, data: bytes) -> None:
        room = Failing.budget - len(data)
        if room < 0:
            super().write(data[: max(0, Failing.budget)])
            Failing.budget = 0
            raise OSError(Failing.code, os.strerror(Failing.code))
        Failing.budget = room
        super().write(data)


@pytest.fixture
def film_with_holes(tmp_path: Path) -> Path:
    return make_film(tmp_path / "holes.mp4", 20, holes={4.0: 1.0, 10.0: 30.0})


def test_a_hole_above_the_limit_ends_the_run_a_smaller_one_is_listed(bench: Bench, film_with_holes: Path) -> None:
    bench.record(film_with_holes, RecorderConfig(segment_s=60, reserve_mb=1))
    first, second = bench.segments()
    assert [(gap.at_us, gap.len_us) for gap in first.gaps] == [(4_000_000, 1_000_000)]
    assert (first.cut, second.began, second.cut) == ("gap", "gap", "end") and first.run != second.run
    assert (first.end_pts_us, second.first_pts_us, second.end_pts_us) == (11_000_000, 0, 10_000_000)
    assert bench.alarms() == ["camera.silent"]
    with av.open(str(bench.volume.segments / first.file)) as container:
        shown = [packet for packet in container.demux(video=0) if packet.size]
        assert (shown[-1].pts + shown[-1].duration) * shown[-1].time_base == 11, "no frozen picture bridges the hole"


class Day:
    """A box with a start and an end button, a file for a camera and a clock in the test's hand."""

    def __init__(self, bench: Bench, film: Path, config: RecorderConfig = CONFIG) -> None:
        assert isinstance(bench.clock, HandClock)
        self.bench, self.clock, self.config = bench, bench.clock, config
        self.source: FileSource = open_file(f"file:{film}", bench.clock)
        self.sessions = Sessions(bench.store)
        self.recorder: Recorder = bench.recorder(self.source, self.sessions, config)

    def press(self, end: bool = False) -> None:
        body = SessionEnd("c-1", "s-1", "page") if end else SessionStart("c-1", "s-1", "page")
        self.bench.store.append("session.end" if end else "session.start", body)

    def play(self, seconds: float, look: bool = True) -> None:
        for _ in range(round(seconds * 20)):
            self.clock.forward(0.05)
            if look:
                self.sessions.look()
            self.recorder.step(0)


def test_a_session_is_recorded_from_press_to_press(hand: Bench, film: Path) -> None:
    day = Day(hand, film)
    day.play(2)
    assert not day.recorder.status()["recording"]
    day.press()
    day.play(8)
    assert hand.sealer.wait_idle(60)
    status = day.recorder.status()
    assert (status["class"], status["session"], status["recording"]) == ("c-1", "s-1", True)
    assert status["pending"] == 1 and status["segment"] == f"{status['run']}/000001.mp4"
    assert 7 * SECOND <= status["stretch_us"] <= 8.1 * SECOND  # type: ignore[operator]
    day.press(end=True)
    day.play(0.1)
    assert not day.recorder.status()["recording"] and day.sessions.current is None
    segments = hand.segments()
    assert {(one.class_id, one.session, one.began) for one in segments} == {("c-1", "s-1", "start")}
    assert [one.cut for one in segments] == [None, "end"]
    start, end = (one.record.mono_us for one in hand.store.records() if one.record.type.startswith("session."))
    assert -SECOND <= segments[0].first_mono_us - start <= 0, "from the keyframe before the press on"
    assert 0 <= end - segments[-1].last_mono_us <= 0.1 * SECOND


def test_a_press_that_is_read_late_loses_nothing_and_what_is_written_stays(hand: Bench, film: Path) -> None:
    day = Day(hand, film)
    day.play(1.95)
    day.press()
    day.play(1.5, look=False)
    assert not day.recorder.status()["recording"]
    day.play(3)
    day.press(end=True)
    day.play(1, look=False)
    day.play(0.1)
    segments = hand.segments()
    start, end = (one.record.mono_us for one in hand.store.records() if one.record.type.startswith("session."))
    assert -SECOND <= segments[0].first_mono_us - start <= 0
    assert 0 <= segments[-1].last_mono_us - end <= SECOND


def test_a_start_press_loses_nothing_of_a_long_gop(hand: Bench, tmp_path: Path) -> None:
    day = Day(hand, make_film(tmp_path / "long.mp4", 20, gop=80))
    day.play(7.5)
    day.press()
    day.play(3)
    day.recorder.close("restart")
    first, second = hand.segments()
    start = next(one.record.mono_us for one in hand.store.records() if one.record.type == "session.start")
    assert first.first_mono_us <= start and first.run == second.run and second.end_pts_us >= 10 * SECOND


def test_what_is_kept_before_a_press_is_bounded(hand: Bench, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "PREROLL_BYTES", 30_000)
    day = Day(hand, film)
    day.play(6)
    assert 0 < day.recorder._inbox_bytes <= 30_000
    assert day.recorder._inbox_bytes == sum(packet.av.size for packet in day.recorder._inbox)


def test_a_wall_clock_that_is_set_cuts_the_run(hand: Bench, film: Path) -> None:
    day = Day(hand, film)
    day.press()
    day.play(4)
    day.clock.set_wall(3600)
    day.play(4)
    day.recorder.close("restart")
    before, after = hand.segments()
    assert (before.cut, after.began) == ("clock", "clock") and before.run != after.run
    assert hand.alarms() == ["clock.set"]


def test_a_recorder_that_was_killed_resumes_the_open_session(hand: Bench, film: Path) -> None:
    day = Day(hand, film)
    day.press()
    day.play(3)
    again = Day(hand, film)
    again.play(3)
    again.press(end=True)
    again.play(0.1)
    killed, resumed = hand.segments()
    assert (killed.recovered, killed.cut, killed.began) == (True, "restart", "start")
    assert (resumed.recovered, resumed.cut, resumed.began, resumed.session) == (False, "end", "restart", "s-1")


def test_silence_ends_the_run_and_the_camera_that_comes_back_begins_another(hand: Bench, tmp_path: Path) -> None:
    day = Day(hand, make_film(tmp_path / "f.mp4", 20, holes={5.0: 20.0}))
    day.press()
    day.play(8)
    assert day.recorder.status()["recording"], "two seconds of jitter on top of the longest gap are forgiven"
    day.play(1.5)
    assert hand.sealer.wait_idle(60)
    status = day.recorder.status()
    assert status["silent"] and not status["recording"] and status["pending"] == 0
    assert [alarm["code"] for alarm in status["alarms"]] == ["camera.silent"]  # type: ignore[union-attr, index]
    day.play(20)
    assert day.recorder.status()["recording"] and not day.recorder.status()["silent"]
    day.recorder.close("restart")
    segments = hand.segments()
    assert (segments[0].cut, segments[1].began) == ("gap", "gap") and hand.alarms() == ["camera.silent"]


def test_a_camera_that_never_speaks_is_noticed_after_the_press(hand: Bench, film: Path) -> None:
    day = Day(hand, film)
    day.source.close()
    day.play(10)
    assert hand.alarms() == []
    day.press()
    day.play(4.5)
    assert hand.alarms() == ["camera.silent"]


def test_media_time_that_runs_away_from_the_clock_is_a_step(hand: Bench, film: Path) -> None:
    day = Day(hand, film)
    day.press()
    day.play(3)
    # The camera's clock is set forward by a minute: its packets still come one after the other.
    read = day.source.read

    def stepped(wait_s: float):  # type: ignore[no-untyped-def]
        import dataclasses

        packet = read(wait_s)
        return None if packet is None else dataclasses.replace(packet, media_us=packet.media_us + 60 * SECOND)

    day.source.read = stepped  # type: ignore[method-assign]
    day.play(3)
    day.recorder.close("restart")
    segments = hand.segments()
    assert (segments[0].cut, segments[1].began) == ("step", "step")
    assert sum(one.end_pts_us - one.first_pts_us for one in segments) < 7 * SECOND


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("budget", [0, 300, 3_000, 20_000, 60_000])
def test_a_disk_that_refuses_stops_the_recording_and_nothing_written_is_lost(
    hand: Bench, film: Path, code: int, budget: int,
) -> None:
    Failing.budget, Failing.code = budget, code
    hand.create = Failing
    day = Day(hand, film)
    day.press()
    day.play(8)
    assert isinstance(day.recorder.refused, WriteFailed) and not day.recorder.status()["recording"]
    assert hand.alarms().count("storage.failed") == 1
    before = hand.segments()
    assert all(one.recovered for one in before[-1:])
    Failing.budget = 1 << 30
    day.play(9)
    assert day.recorder.refused is None and day.recorder.status()["alarms"] == []
    day.recorder.close("restart")
    after = hand.segments()
    assert len(after) > len(before) and after[-1].began == "restart"
    for one in after:
        assert (hand.volume.segments / one.file).stat().st_size == one.size
    assert list(hand.volume.journal.iterdir()) == []


def test_a_full_volume_refuses_before_it_is_quite_full(
    hand: Bench, film: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    free = 100
    monkeypatch.setattr(Volume, "free_mb", lambda self: free)
    day = Day(hand, film)
    day.press()
    day.play(3)
    free = 0
    day.play(3)
    assert isinstance(day.recorder.refused, VolumeFull) and hand.alarms() == ["storage.full"]
    first = hand.segments()[0]
    assert (first.cut, first.recovered) == ("restart", False)
    free = 100
    day.play(4)
    assert day.recorder.status()["recording"]


def test_a_volume_that_is_exchanged_is_noticed_before_the_next_run(hand: Bench, film: Path) -> None:
    day = Day(hand, film)
    (hand.volume.folder / IDENTITY).write_text('{"device": "box-1", "volume": "v-other"}')
    day.press()
    day.play(3)
    assert isinstance(day.recorder.refused, WrongVolume) and hand.alarms() == ["storage.wrong_volume"]
    assert list(hand.volume.segments.iterdir()) == []


def test_a_locked_database_does_not_stop_the_recording(
    hand: Bench, film: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.05)
    day = Day(hand, film, RecorderConfig(segment_s=1, reserve_mb=1))
    day.press()
    day.play(1)
    with hand.store._db.transaction():
        day.play(5)
        status = day.recorder.status()
        assert status["recording"] and status["pending"] >= 4  # type: ignore[operator]
    assert hand.sealer.wait_idle(60)
    assert day.recorder.status()["pending"] in (1, 2) and len(hand.segments()) >= 4


def test_a_camera_that_breaks_is_sealed_and_told_at_once_and_recorded_again_when_it_is_back(
    hand: Bench, film: Path,
) -> None:
    day = Day(hand, film)
    day.press()
    day.play(3)
    day.recorder.broken()
    status = day.recorder.status()
    assert not status["recording"] and [one["code"] for one in status["alarms"]] == ["camera.broken"]  # type: ignore
    assert [one.cut for one in hand.segments()] == ["gap"] and hand.alarms() == ["camera.broken"]
    day.recorder.mended(open_file(f"file:{film}", day.clock))
    day.play(3)
    assert day.recorder.status()["recording"] and day.recorder.status()["alarms"] == []
    day.recorder.close("end")
    assert [one.began for one in hand.segments()] == ["start", "gap"]


def test_the_longest_stretch_never_exceeds_what_came(bench: Bench, tmp_path: Path) -> None:
    bench.record(make_film(tmp_path / "b.mp4", 8, bframes=2))
    assert sum(one.end_pts_us - one.first_pts_us for one in bench.segments()) == 8 * SECOND



@pytest.mark.parametrize("broken", [False, True])
def test_a_camera_that_is_silent_over_a_change_of_class_is_told_to_the_next_class_too(
    hand: Bench, film: Path, broken: bool,
) -> None:
    day = Day(hand, film)
    day.press()
    day.play(5)
    if broken:
        day.recorder.broken()
    else:
        day.source.read = lambda wait_s: None  # type: ignore[method-assign]
    day.play(8)
    hand.store.append("session.start", SessionStart("c-2", "s-2", "page"))
    day.play(8)
    alarms = [(body.code, body.class_id) for body in hand.bodies() if isinstance(body, Alarm)]
    assert alarms == [("camera.broken" if broken else "camera.silent", "c-1"), ("camera.silent", "c-2")]
    assert day.recorder.status()["silent"]
