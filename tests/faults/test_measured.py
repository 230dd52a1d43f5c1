"""What the recorder states of random packets is what a slow judge sees in them: where runs end, how long they are."""
from __future__ import annotations

import dataclasses
import os
from fractions import Fraction
from pathlib import Path

import av
import pytest

from edge.cameras.port import Packet, StreamInfo
from edge.clock import AutojumpClock
from edge.config import RecorderConfig
from edge.keys import BoxKeys, make_box_keys, self_certified
from edge.recorder.recorder import Recorder
from evidence.bodies import Segment, body_of
from evidence.times import SECOND
from tests.edge.recorder.conftest import START_US, Bench, make_bench
from tests.evidence import timelines
from tests.evidence.slow_judge import rows
from tests.evidence.timelines import FLOOR, MAX_GAP, TOLERANCE, Camera, Life, make_day
from tests.faults.judging import runs_of

FRAMES_US = (2 * SECOND, 5 * SECOND)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> BoxKeys:
    return make_box_keys(tmp_path_factory.mktemp("keys") / "keys", self_certified("box-1", START_US))


class Scripted:
    """A camera that sends the packets of a life; the pictures in them are any film's."""

    def __init__(self, film: Path, clock: AutojumpClock, life: Life) -> None:
        self._container = av.open(str(film))
        stream = self._container.streams.video[0]
        self.info = StreamInfo("h264", 64, 48, stream)
        pictures = {bool(packet.is_keyframe): bytes(packet) for packet in self._container.demux(stream) if packet.size}
        self._pictures, self._clock, self._packets = pictures, clock, list(reversed(life.packets))
        self.first_mono_us, self.duration_us = life.packets[0].mono_us, None

    @property
    def ended(self) -> bool:
        return not self._packets

    def read(self, wait_s: float) -> Packet | None:
        one = self._packets.pop()
        self._clock.seconds_until(one.mono_us)
        raw = av.Packet(self._pictures[one.key])
        raw.time_base, raw.is_keyframe = Fraction(1, 1000), one.key
        raw.pts = raw.dts = one.pts_us // 1000
        return Packet(raw, one.pts_us, one.duration_us, one.mono_us, one.key)

    def close(self) -> None:
        self._container.close()


def recorded(bench: Bench, film: Path, camera: Camera, life: Life) -> dict[str, list[Segment]]:
    """The runs that a recorder states of a life."""
    assert isinstance(bench.clock, AutojumpClock)
    source = Scripted(film, bench.clock, life)
    config = RecorderConfig(
        segment_s=camera.segment_us // SECOND, max_gap_ms=camera.max_gap_us // 1000, gap_floor_ms=FLOOR // 1000,
        step_tolerance_ms=TOLERANCE // 1000, reserve_mb=1)
    before = bench.store.head().record.seq
    recorder: Recorder = bench.recorder(source, config=config)  # type: ignore[arg-type]
    while not source.ended:
        recorder.step(0)
    recorder.close("end")
    source.close()
    assert bench.sealer.wait_idle(10)
    return runs_of(body_of(sealed.record) for sealed in bench.store.records_of("segment", before))


def stretches(run: list[Segment]) -> list[int]:
    """The lengths of the parts of a run without a hole above the limit."""
    holes = [gap for one in run for gap in one.gaps if gap.len_us > MAX_GAP]
    edges = [0, *(edge for gap in holes for edge in (gap.at_us, gap.at_us + gap.len_us)), run[-1].end_pts_us]
    return [end_us - start_us for start_us, end_us in zip(edges[::2], edges[1::2], strict=True)]


def compare(folder: Path, box_keys: BoxKeys, film: Path, seeds: range) -> None:
    folder.mkdir(exist_ok=True)
    bench = make_bench(folder, box_keys, AutojumpClock(START_US, 0, "ab"))
    compared = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fdatasync", lambda handle: None)
        for seed in seeds:
            # What a stream says of a picture's length, a source believes within bounds only: the recorder hears no lie.
            camera = dataclasses.replace(make_day(seed, FRAMES_US).cameras[0], lie=None)
            life = max(camera.lives, key=lambda one: len(one.packets))
            expected = rows(camera, life.packets)
            if not expected:
                continue
            bench.clock = AutojumpClock(START_US, life.packets[0].mono_us, "ab")
            runs = recorded(bench, film, camera, life)
            found = [length for run in runs.values() for length in stretches(run)]
            assert sorted(found) == sorted(map(_length, expected)), f"seed {seed}"
            assert sum(one.packets for run in runs.values() for one in run) == sum(map(len, expected)), f"seed {seed}"
            compared += 1
    bench.sealer.close()
    assert compared > len(seeds) * 3 // 4


def _length(row: list[timelines.Packet]) -> int:
    return max(one.pts_us + one.duration_us for one in row) - row[0].pts_us


def test_a_recorder_measures_what_a_slow_judge_sees(tmp_path: Path, keys: BoxKeys, film: Path) -> None:
    compare(tmp_path, keys, film, range(12))


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_recorder_measures_what_a_slow_judge_sees_of_many_days(
    tmp_path: Path, keys: BoxKeys, film: Path,
) -> None:
    for first in range(1000, 1100, 20):
        compare(tmp_path / str(first), keys, film, range(first, first + 20))
