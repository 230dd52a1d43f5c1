"""The picture process: one record per segment however often it is killed, the growing file told of in time."""
from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.cameras.file import open_file
from edge.clock import AutojumpClock
from edge.errors import VolumeAway
from edge.picture.codes import Codes
from edge.picture.live import Live
from edge.picture.process import CODES, MOST, Worker
from edge.picture.told import TOLD, Board, Trouble, troubles
from edge.recorder.journal import Run, newest_mark
from edge.recorder.run_writer import RunWriter
from edge.rollcall.attempts import Attempts
from edge.storage.volume import open_volume
from edge.wiring import Box
from evidence.bodies import Picture, Segment, SegmentRemoved, body_of
from evidence.continuity import Timeline
from evidence.times import MINUTE, SECOND, utc_text
from tests.edge.picture.conftest import FPS, HEIGHT, WIDTH, Room, write_film
from tests.ending import end
from tests.evidence.looking import EVERY_US, keys_of, live


@pytest.fixture(scope="session")
def film(room: Room, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of a room, in the middle of which the lens is black for half a minute."""
    dark = np.full((HEIGHT, WIDTH, 3), 4.0, np.float32)
    images = (room.noisy(dark, n) if 12 * FPS <= n < 42 * FPS else room.people(n) for n in range(60 * FPS))
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", images)


@pytest.fixture
def worker(face_box: Box) -> Callable[[], Worker]:
    """Starts the work anew, as after a restart."""
    def start(boot_id: str = "") -> Worker:
        live = Live(face_box.store, face_box.clock, Board(face_box.run_folder / TOLD), "demo")
        codes = Codes(face_box.store, face_box.find_segment, Attempts(face_box.run_folder / "codes"))
        run = face_box.run_folder
        return Worker(face_box.store, face_box.video, face_box.find_segment, 5, run, live, codes, boot_id)

    return start


@pytest.fixture
def add(face_box: Box, film: Path) -> Callable[..., Segment]:
    """Puts a finished segment on the volume and its record into the chain."""
    def put(index: int, data: bytes | None = None, class_id: str | None = "class-1") -> Segment:
        data = film.read_bytes() + b"\0\0\0\x09free" + bytes([index]) if data is None else data
        name = f"r-1/{index:06}.mp4"
        path = face_box.segments / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        segment = Segment(
            class_id, "s-1", "room", "r-1", index, name, len(data), hashlib.sha256(data).hexdigest(), "h264", WIDTH,
            HEIGHT, 300, 30, index * 60 * SECOND, (index + 1) * 60 * SECOND, 0, 60 * SECOND, 100_000, (), False,
            "start")
        face_box.store.append("segment", segment)
        return segment

    return put


def pictures(box: Box) -> list[Picture]:
    return [body_of(sealed.record) for sealed in box.store.records_of("picture")]  # type: ignore[misc]


def alarms(box: Box) -> list[tuple[str, object]]:
    bodies = [sealed.record.body for sealed in box.store.records_of("alarm")]
    return [(body["code"], body["params"].get("file")) for body in bodies]


def work(worker: Worker) -> None:
    while worker.turn():
        pass


def test_every_segment_of_a_class_gets_one_record_with_times_of_its_run(face_box: Box, add, worker) -> None:
    first, second = add(0), add(1)
    add(2, class_id=None)
    work(worker())
    work(worker())
    made = pictures(face_box)
    assert [one.segment for one in made] == [first.sha256, second.sha256] and alarms(face_box) == []
    for one, start_us in zip(made, (0, 60 * SECOND), strict=True):
        assert [sample.at_us - start_us for sample in one.samples] == [at * 6 * SECOND for at in range(10)]
        assert len(one.keys) == 24 * 30 and one.keys[24:32] == f"{2000:08x}" and one.run == "r-1"
    assert [sample.change_ppm is None for sample in made[0].samples] == [True] + [False] * 9
    assert made[0].samples[3].luma_ppm < 20_000 < made[0].samples[0].luma_ppm
    assert made[0].keys == made[1].keys


def test_a_start_reads_the_chain_a_page_at_a_time_and_leaves_nothing_out(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = [add(index) for index in range(7)]
    for one in segments[:5]:
        face_box.store.append("picture", Picture("class-1", "r-1", one.sha256, 5 * SECOND, (), ""))
    face_box.store.append("segment.removed", SegmentRemoved(segments[5].sha256, "x", "y"))
    pages: list[int] = []
    rows = face_box.store._db.rows

    def watched(statement: str, params: tuple[Any, ...] = ()) -> list[Any]:
        found = rows(statement, params)
        pages.append(len(found))
        return found

    monkeypatch.setattr("edge.store.store.PAGE", 2)
    monkeypatch.setattr(face_box.store._db, "rows", watched)
    started = worker()
    assert max(pages) == 2 and pages.count(2) > 3
    assert face_box.store.newest("picture", 3) == face_box.store.records_of("picture")[2].record.seq
    assert face_box.store.newest("picture", 6) == -1
    work(started)
    monkeypatch.undo()
    assert [one.segment for one in pictures(face_box)] == [one.sha256 for one in [*segments[:5], segments[6]]]
    assert alarms(face_box) == []


def test_missing_changed_and_hostile_files_are_alarms_once_and_the_rest_goes_on(face_box: Box, add, worker) -> None:
    changed, gone = add(0), add(1)
    add(2, b"\0" * 5000)
    add(3, b"\0\0\0\x10moof" + b"\xff" * 8 + b"\0\0\0\x08mdat")
    add(4)
    (face_box.segments / changed.file).write_bytes(b"something else")
    (face_box.segments / gone.file).unlink()
    work(worker())
    work(worker())
    assert alarms(face_box) == [
        ("picture.segment_differs", "r-1/000000.mp4"), ("picture.segment_gone", "r-1/000001.mp4"),
        ("picture.unreadable", "r-1/000002.mp4"), ("picture.unreadable", "r-1/000003.mp4"),
    ]
    assert len(pictures(face_box)) == 1


def test_a_file_that_cannot_be_read_for_a_moment_waits_behind_the_others(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing, good = add(0), add(1)
    real, one = Path.stat, worker()

    def fails(self: Path, **more: bool) -> os.stat_result:
        if self.name == "000000.mp4":
            raise OSError(errno.EIO, "Input/output error", str(self))
        return real(self, **more)

    with monkeypatch.context() as patch:
        patch.setattr("edge.storage.places._is_file", lambda path: True)
        patch.setattr(Path, "stat", fails)
        with pytest.raises(VolumeAway):
            one.turn()
        one.turn()
    assert [picture.segment for picture in pictures(face_box)] == [good.sha256]
    work(one)
    assert [picture.segment for picture in pictures(face_box)] == [good.sha256, failing.sha256]
    assert alarms(face_box) == []


def test_a_segment_on_a_volume_that_is_away_lets_the_others_pass(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    away, good = add(0), add(1)

    def look(path: Path) -> bool:
        if path.name == "000000.mp4":
            raise VolumeAway(folder="nas", why="")
        return path.is_file()

    one = worker()
    with monkeypatch.context() as patch:
        patch.setattr("edge.storage.places._is_file", look)
        with pytest.raises(VolumeAway):
            one.turn()
        one.turn()
        assert [picture.segment for picture in pictures(face_box)] == [good.sha256]
    work(one)
    assert [picture.segment for picture in pictures(face_box)] == [good.sha256, away.sha256]


def test_a_file_that_kills_its_reader_is_left_out_after_a_few_tries(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(0)
    add(1)

    def die(*args: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("edge.picture.reader.decode", die)
        for _ in range(MOST):
            with pytest.raises(MemoryError):
                worker().turn()
    work(worker())
    assert alarms(face_box) == [("picture.died", "r-1/000000.mp4")] and len(pictures(face_box)) == 1


def test_power_cuts_are_no_fault_of_the_file(face_box: Box, add, worker, monkeypatch) -> None:
    def cut(*_: object) -> None:
        raise MemoryError("the power is gone")

    add(0)
    with monkeypatch.context() as patch:
        patch.setattr("edge.picture.reader.decode", cut)
        for boot in range(MOST + 1):
            with pytest.raises(MemoryError):
                worker(f"boot-{boot}").turn()
    work(worker("boot-9"))
    assert alarms(face_box) == [] and len(pictures(face_box)) == 1


def test_a_removed_segment_is_no_work(face_box: Box, add, worker) -> None:
    segment = add(0)
    face_box.store.append("segment.removed", SegmentRemoved(segment.sha256, "expired", "retention"))
    (face_box.segments / segment.file).unlink()
    work(worker())
    assert alarms(face_box) == [] and pictures(face_box) == []


def test_the_process_itself_survives_a_kill_and_ends_cleanly_when_asked(face_box: Box, add) -> None:
    add(0)
    command = [sys.executable, "-m", "edge.cli", "process", "picture", "--box", str(face_box.folder)]
    killed = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    time.sleep(0.4)
    killed.kill()
    killed.wait()
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 60
        while not pictures(face_box):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.1)
    finally:
        assert end(process)[0] == 0
    assert len(pictures(face_box)) == 1 and not list(face_box.run_folder.glob("*.attempts"))


def write_run(box: Box, film: Path, seconds: Callable[[int], None], segment_s: int = 20) -> None:
    """Record the film as the recorder does; `seconds` is called after every second of it."""
    box.segments.rmdir()
    clock = AutojumpClock(0, 1000 * SECOND, "ab")
    volume = open_volume(box.video, "box-1", box.store, 1)
    volume.check()
    source = open_file(f"file:{film}", clock)
    boot_id = box.clock.stamp().boot_id
    run = Run("class-1", "s-1", "room", "r-1", "h264", WIDTH, HEIGHT, 100_000, "start", boot_id)
    timeline = Timeline(2 * SECOND, 100_000, 5 * SECOND)
    writer = RunWriter(volume, run, source.info, timeline, segment_s * SECOND,
                       lambda body, journal: box.store.append("segment", body), "test")
    told = 0
    while not source.ended:
        packet = source.read(0)
        if packet is not None:
            assert writer.judge(packet, 0) == "continue"
            writer.add(packet)
            while writer.media_us // SECOND > told:
                told += 1
                seconds(told)
    writer.finish("end")
    source.close()


def test_the_instructor_hears_of_it_while_it_lasts_and_once(face_box: Box, film: Path, worker) -> None:
    one, told = worker(), face_box.run_folder / TOLD
    said: dict[int, list[Trouble]] = {}
    restarted = False

    def look(second: int) -> None:
        nonlocal one, restarted
        if second == 38:
            one, restarted = worker(), True
        work(one)
        said[second] = troubles(told)

    write_run(face_box, film, look)
    assert restarted
    first = min(second for second, codes in said.items() if codes)
    last = max(second for second, codes in said.items() if codes)
    assert 12 + 15 <= first <= 12 + 15 + 10 and 42 <= last <= 42 + 10
    black = Trouble("black", "room", "r-1", 12 * SECOND)
    assert all(said[second] == [black] for second in range(first, last + 1) if second != 38), "not since it is told"
    assert [code for code, _ in alarms(face_box)] == ["picture.black"]
    work(one)
    assert troubles(told) == [] and [code for code, _ in alarms(face_box)] == ["picture.black"]
    live = pictures(face_box)
    # The one that was started again has no sample before the file that it found.
    assert [len(picture.samples) for picture in live] == [4, 4, 3]
    assert [picture.segment for picture in live] == [
        sealed.record.body["sha256"] for sealed in face_box.store.records_of("segment")]
    times = [sample.at_us // SECOND for picture in live for sample in picture.samples]
    assert times == [0, 6, 12, 18, 20, 26, 32, 38, 44, 50, 56]


def film_of(class_id: str, seed: int, box: Box) -> None:
    """A minute of a class's video, and what it looked like."""
    name = f"{class_id}-{seed}"
    start_us = seed * 10_000 * SECOND
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    box.store.append("segment", Segment(
        class_id, "s-1", "room", name, 0, f"{name}/000000.mp4", 1, sha256, "h264", WIDTH, HEIGHT, 300, 30, start_us,
        start_us + 60 * SECOND, 0, 60 * SECOND, 100_000, (), False, "start", "end"))
    box.store.append("picture", Picture(class_id, name, sha256, EVERY_US, tuple(live(12, seed, start_us)), ""))


def resembled(worker: Worker, class_id: str, seed: int) -> str | None:
    """The run that a copy of an earlier film, encoded anew, is said to resemble."""
    like = worker._remembered(class_id).like("r-copy", live(12, seed), None)
    return None if like is None else like.run


def test_a_class_that_returns_after_others_knows_its_video_again(face_box: Box, worker) -> None:
    one = worker()
    for class_id in "abcd":
        film_of(class_id, ord(class_id), face_box)
        one._learn()
        assert resembled(one, class_id, ord(class_id)) == f"{class_id}-{ord(class_id)}"
    assert list(one._history) == ["b", "c", "d"] == list(one._live._earlier)
    resembled(one, "b", 1)
    assert resembled(one, "a", ord("a")) == "a-97" and list(one._history) == ["d", "b", "a"], "the last used stay"
    assert resembled(worker(), "a", ord("a")) == "a-97" and resembled(one, "a", ord("b")) != "b-98"


def test_what_is_remembered_of_a_class_is_bounded_however_long_it_lasts(
    face_box: Box, worker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge.picture.process.REMEMBERED", 4)
    monkeypatch.setattr("edge.picture.process.GROWN", 2)
    one = worker()
    for seed in range(12):
        film_of("a", seed, face_box)
        one._learn()
        assert resembled(one, "a", seed) == f"a-{seed}"
        assert len(one._history["a"]._runs) <= 12 * (4 + 3)
        assert len(one._live._earlier["a"]._runs) <= 4 + 3
    assert resembled(one, "a", 0) != "a-0", "older than what is remembered"


def test_a_file_that_an_earlier_start_of_the_box_left_is_placed_by_that_start(face_box: Box) -> None:
    """Its picture is measured after the restart, when CLOCK_BOOTTIME has begun anew."""
    at_us = face_box.clock.utc_us()
    look, names = Live(face_box.store, face_box.clock, Board(face_box.run_folder / TOLD), "demo"), [
        [f"{file}{number:015x}" for number in range(12)] for file in range(3)]

    def take(file: int, boot_id: str, mono_us: int, recovered: bool) -> None:
        """A minute that was filmed an hour ago, when its start of the box was `file` minutes older than a day."""
        picture = Picture("c-1", "r-1", f"{file:064x}", EVERY_US, tuple(live(12, file, file * MINUTE)),
                          keys_of(names[file]))
        segment = Segment(
            "c-1", "s-1", "room", "r-1", file, f"r-1/{file:06}.mp4", 1, picture.segment, "h264", WIDTH, HEIGHT, 300, 12,
            file * MINUTE, (file + 1) * MINUTE, 86400 * SECOND + file * MINUTE, 86400 * SECOND + (file + 1) * MINUTE,
            100_000, (), recovered, "start", "restart" if recovered else None, "0a" if file < 2 else "0c")
        sealed = face_box.store.append("picture", picture)
        look.take_in(segment, picture, dataclasses.replace(
            sealed.record, boot_id=boot_id, mono_us=mono_us,
            utc=utc_text(at_us - 60 * MINUTE + (MINUTE if boot_id == "0a" else 59 * MINUTE))))

    take(0, "0a", 86400 * SECOND + MINUTE, False)
    take(1, "0b", 100 * SECOND, True)
    take(2, "0b", 101 * SECOND, True)
    first = look._earlier["c-1"]._first
    assert first[names[1][0]] == at_us - 59 * MINUTE, "not when the next start measured it"
    assert names[2][0] not in first, "of a start that nobody heard of nothing is said"


def test_a_start_reads_only_what_was_recorded_since_nothing_was_left_to_do(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge.picture.process.UP_TO_EVERY", 5)
    first = worker()
    for seed in range(4):
        film_of("a", seed, face_box)
    first._learn()
    add(0)
    before, heard = face_box.store.head().record.seq, []
    second = worker()
    monkeypatch.setattr(Worker, "_hear", lambda self, record: heard.append(record.seq))
    worker()
    assert heard == [before], "the segment that waits, and nothing older"
    monkeypatch.undo()
    work(second)
    assert [one.class_id for one in pictures(face_box)] == ["a"] * 4 + ["class-1"]


def test_what_the_live_look_saw_is_what_a_later_look_sees(face_box: Box, film: Path, worker) -> None:
    one = worker()
    write_run(face_box, film, lambda second: work(one))
    work(one)
    live, once = pictures(face_box), worker()
    fresh = [once._measure(segment, (segment.run, segment.index)) for segment in (
        body_of(sealed.record) for sealed in face_box.store.records_of("segment"))]  # type: ignore[arg-type]
    assert [(p.samples, p.keys) for p in fresh] == [(p.samples, p.keys) for p in live]


def test_a_journal_tells_its_newest_mark_and_nothing_once_its_file_is_done(
    face_box: Box, film: Path, tmp_path: Path
) -> None:
    journal = face_box.video / "journal" / "r-1.jsonl"
    marks: list[int] = []

    def look(second: int) -> None:
        found = newest_mark(journal)
        if found is not None:
            assert found[0].run == "r-1" and found[1].size <= (face_box.segments / found[1].file).stat().st_size
            marks.append(found[1].tally.end_pts_us)

    write_run(face_box, film, look)
    assert marks == sorted(marks) and len(set(marks)) > 20
    assert newest_mark(journal) is None
    torn = tmp_path / "r-1.jsonl"
    torn.write_bytes(journal.read_bytes()[:-9])
    before = newest_mark(torn)
    assert before is not None and before[1].tally.end_pts_us == 58 * SECOND
    torn.write_bytes(b"")
    assert newest_mark(torn) is None




def test_every_code_has_its_words() -> None:
    from common.alarms import ALARMS

    assert {*CODES.values(), "picture.black", "picture.covered", "picture.frozen", "picture.looped"} <= set(ALARMS)
