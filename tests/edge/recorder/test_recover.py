"""Recovery: after any cut, what was journalled is there, verified and recorded once; nothing else is."""
from __future__ import annotations

import errno
import os
import random
import threading
from collections.abc import Collection
from pathlib import Path

import av
import pytest

from edge.cameras.file import open_file
from edge.recorder import recorder as recorder_module
from edge.recorder.journal import read_journal
from edge.recorder.recover import Known, Recovered, recover
from edge.storage.files import AppendFile, sha256_file
from edge.storage.volume import Volume
from edge.store import Store
from evidence.bodies import Alarm, Segment
from evidence.times import SECOND

from .conftest import Bench
from .test_recorder import Day


class PowerCut(AppendFile):
    """A file of which only what was synced survives the cut; `alive` counts down the writes until then."""

    alive = 0
    files: list[PowerCut] = []  # noqa: RUF012

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.durable = 0
        PowerCut.files.append(self)

    def write(self, data: bytes) -> None:
        PowerCut.alive -= 1
        if PowerCut.alive < 0:
            raise OSError(errno.EIO, "power")
        super().write(data)

    def sync(self) -> None:
        PowerCut.alive -= 1
        if PowerCut.alive < 0:
            raise OSError(errno.EIO, "power")
        super().sync()
        self.durable = self.size


def cut_power(bench: Bench, film: Path, writes: int, torn: random.Random) -> None:
    """Record until the power goes; then lose what was not synced, but for a torn part of it."""
    PowerCut.alive, PowerCut.files = writes, []
    bench.create = PowerCut
    source = open_file(f"file:{film}", bench.clock)
    recorder = bench.recorder(source)
    while not (source.ended or recorder.refused):
        recorder.step(0)
    for file in PowerCut.files:
        if file.path.exists():
            os.truncate(file.path, torn.randint(file.durable, file.size))


def recovered(bench: Bench) -> tuple[list[Segment], list[Alarm]]:
    """What a recorder that starts again states first."""
    assert bench.sealer.wait_idle(60)
    known = {segment.file for segment in bench.segments()}
    found = recover(bench.volume, known)
    assert recover(bench.volume, known).segments == found.segments, "repeating it changes nothing"
    return list(found.segments), list(found.alarms)


@pytest.mark.parametrize("seed", range(12))
def test_a_power_cut_loses_nothing_that_was_journalled(bench: Bench, film: Path, seed: int) -> None:
    rng = random.Random(seed)
    cut_power(bench, film, rng.randint(1, 120), rng)
    journal = next(iter(bench.volume.journal.glob("*.jsonl")), None)
    told = read_journal(journal) if journal else None
    known = {segment.file for segment in bench.segments()}
    segments, _ = recovered(bench)
    promised = {mark.file: mark for mark in told.marks.values() if mark.file not in known} if told else {}
    assert {segment.file for segment in segments} == set(promised)
    end_us = 0
    for segment in sorted((*bench.segments(), *segments), key=lambda one: one.index):
        path = bench.volume.segments / segment.file
        assert (path.stat().st_size, sha256_file(path)) == (segment.size, segment.sha256)
        with av.open(str(path)) as container:
            assert sum(1 for _ in container.decode(video=0)) == segment.packets
        assert segment.first_pts_us == end_us and segment.end_pts_us - end_us == segment.packets * 100_000
        end_us = segment.end_pts_us
    assert all(segment.cut == "restart" for segment in segments[-1:])
    assert all(segment.recovered == (segment.index not in told.done) for segment in segments if told)


def crash(bench: Bench, film: Path, seconds: float) -> Path:
    """Record so many seconds and stop without a word. The unfinished file."""
    source = open_file(f"file:{film}", bench.clock)
    recorder = bench.recorder(source)
    while (packet_us := recorder.heard_us) < 1000 * SECOND + seconds * SECOND and not source.ended:
        recorder.step(0)
    assert packet_us
    return bench.volume.segments / str(recorder.status()["segment"])


def test_a_run_that_is_cut_off_right_after_a_segment_turned_still_ends(bench: Bench, film: Path) -> None:
    crash(bench, film, 5.1)
    segments, _ = recovered(bench)
    last = max((*bench.segments(), *segments), key=lambda one: one.index)
    assert (last.index, last.cut) == (0, "restart")


def test_an_unfinished_file_is_cut_to_its_last_journalled_fragment(bench: Bench, film: Path) -> None:
    path = crash(bench, film, 8.5)
    with path.open("ab") as file:
        file.write(b"half a fragment")
    segments, alarms = recovered(bench)
    assert [one.index for one in segments] == [1] and alarms == []
    assert (segments[0].first_pts_us, segments[0].end_pts_us) == (5 * SECOND, 8 * SECOND)
    assert path.stat().st_size == segments[0].size


def test_a_changed_byte_is_never_recorded_as_evidence(bench: Bench, film: Path) -> None:
    path = crash(bench, film, 8.5)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    segments, alarms = recovered(bench)
    assert segments == [] and [alarm.code for alarm in alarms] == ["segment.damaged"]
    assert not path.exists() and len(list(bench.volume.quarantine.iterdir())) == 1


def test_a_file_that_lost_its_synced_end_is_damaged(bench: Bench, film: Path) -> None:
    path = crash(bench, film, 8.5)
    os.truncate(path, 2000)
    segments, alarms = recovered(bench)
    assert segments == [] and [alarm.code for alarm in alarms] == ["segment.damaged"]


def test_a_finished_segment_that_missed_its_record_gets_it(
    bench: Bench, film: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bench.sealer, "segment", lambda body, journal: None)
    crash(bench, film, 12.5)
    segments, alarms = recovered(bench)
    assert alarms == []
    assert [(one.index, one.recovered, one.cut) for one in segments] == [
        (0, False, None), (1, False, None), (2, True, "restart")]


def test_every_segment_says_in_which_start_of_the_box_it_was_filmed(bench: Bench, film: Path) -> None:
    crash(bench, film, 12.5)
    segments, _ = recovered(bench)
    boot_id = bench.clock.stamp().boot_id
    assert [one.boot_id for one in (*bench.segments(), *segments)] == [boot_id] * 3


def test_an_orphan_is_put_aside_and_never_deleted(bench: Bench, film: Path) -> None:
    bench.record(film)
    (bench.volume.segments / "r-unknown").mkdir()
    (bench.volume.segments / "r-unknown" / "000000.mp4").write_bytes(b"whose?")
    segments, alarms = recovered(bench)
    assert segments == [] and [alarm.code for alarm in alarms] == ["segment.quarantined"]
    aside = list(bench.volume.quarantine.iterdir())
    assert [path.read_bytes() for path in aside] == [b"whose?"]


def test_without_anything_to_recover_nothing_changes(bench: Bench, film: Path) -> None:
    bench.record(film)
    before = sorted(bench.volume.folder.rglob("*"))
    assert recovered(bench) == ([], []) and sorted(bench.volume.folder.rglob("*")) == before


def test_packets_do_not_wait_for_recovery_and_what_is_being_written_is_spared(
    bench: Bench, film: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    crash(bench, film, 8.5)
    assert bench.sealer.wait_idle(60)
    go, real = threading.Event(), recorder_module.recover

    def slow(volume: Volume, known: Collection[str], spare: Collection[str]) -> Recovered:
        assert go.wait(60)
        return real(volume, known, spare)

    monkeypatch.setattr(recorder_module, "recover", slow)
    source = open_file(f"file:{film}", bench.clock)
    recorder = bench.recorder(source)
    while not source.ended:
        recorder.step(0)
    assert recorder.status()["pending"] == 4, "nothing is recorded before it"
    go.set()
    recorder.close("end")
    assert [(one.index, one.recovered) for one in bench.segments()] == [
        (0, False), (1, True), (0, False), (1, False), (2, False), (3, False)]
    assert bench.alarms() == [] and list(bench.volume.journal.iterdir()) == []


def test_a_record_is_read_once_to_know_its_file(bench: Bench, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = Known()
    bench.record(film)
    first = set(known.read(bench.store))
    after: list[int] = []
    monkeypatch.setattr(Store, "each", lambda store, type, seq: after.append(seq) or iter(()))
    assert known.read(bench.store) == first == {segment.file for segment in bench.segments()}
    assert after == [max(one.record.seq for one in bench.store.records_of("segment"))]


def test_recovery_that_failed_is_tried_again_and_stops_nothing(
    hand: Bench, film: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = Day(hand, film)
    before.press()
    before.play(8.5)
    assert hand.sealer.wait_idle(60)
    left, real = [OSError(errno.EIO, "no")] * 2, recorder_module.recover

    def failing(volume: Volume, known: Collection[str], spare: Collection[str]) -> Recovered:
        if left:
            raise left.pop()
        return real(volume, known, spare)

    monkeypatch.setattr(recorder_module, "recover", failing)
    day = Day(hand, film)
    for _ in range(4):
        day.play(2.5)
        assert hand.sealer.wait_idle(60)
    assert left == [] and [one.index for one in hand.segments() if one.recovered] == [1]
    assert day.recorder.status()["recording"] and hand.alarms() == []
