"""The roll-call process: one record per segment however often it is killed, an alarm for what cannot be read."""
from __future__ import annotations

import dataclasses
import errno
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import cv2
import numpy as np
import pytest

from edge.enrol.erase import finish, withdraw
from edge.errors import BadStore, VolumeAway
from edge.rollcall.attempts import MOST, Attempts
from edge.rollcall.behind import BEHIND, Behind, Board, read_behind
from edge.rollcall.choice import ALONE_US
from edge.rollcall.crops import MAX_WIDTH_PX
from edge.rollcall.leftout import LATER_US
from edge.rollcall.process import Stopped, Worker
from edge.rollcall.proofs import Proofs
from edge.storage.volume import open_volume
from edge.vision.gallery import Gallery
from edge.vision.pack import Face, Pack
from edge.wiring import Box
from evidence.bodies import BareFace, RollCall, Segment, SegmentRemoved, SessionCorrected, SessionStart, body_of
from tests.ending import end

SECOND = 1_000_000


class Remembering:
    """A real pack that looks at each picture once: the segments of these tests are all the same film."""

    def __init__(self, pack: Pack) -> None:
        self._pack, self._said = pack, dict[tuple[Any, ...], Any]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pack, name)

    def detect(self, bgr: np.ndarray, view: str) -> list[Face]:
        return self._once("detect", bgr.tobytes(), view, lambda: self._pack.detect(bgr, view))

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        return self._once("embed", bgr.tobytes(), face.box.tobytes(), lambda: self._pack.embed(bgr, face))

    def _once(self, what: str, picture: bytes, of: Any, look: Callable[[], Any]) -> Any:
        key = what, hashlib.sha256(picture).digest(), of
        if key not in self._said:
            self._said[key] = look()
        return self._said[key]


@pytest.fixture(scope="module")
def remembering(builtin: Pack) -> Remembering:
    return Remembering(builtin)


@pytest.fixture
def film(tmp_path: Path, pictures, make_video: Callable[..., Path]) -> Path:
    """Four pictures of six people, one a second."""
    return make_video(tmp_path / "film.mp4", [pictures.group] * 4, gop=1)


@pytest.fixture
def add(face_box: Box, film: Path) -> Callable[..., Segment]:
    """Puts a finished segment on the volume and its record into the chain."""

    def put(
        index: int, data: bytes | None = None, class_id: str | None = "class-1", mono: bool = False,
    ) -> Segment:
        data = film.read_bytes() + b"\0" * index if data is None else data
        name = f"r-1/{index:06}.mp4"
        path = face_box.segments / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        mono_us = index * 4 * SECOND if mono else 0
        segment = Segment(
            class_id, "s-1", "room", "r-1", index, name, len(data), hashlib.sha256(data).hexdigest(), "h264", 1280, 886,
            4, 4, index * 4 * SECOND, (index + 1) * 4 * SECOND, mono_us, mono_us + 4 * SECOND, 100_000, (), False,
            "start")
        face_box.store.append("segment", segment)
        return segment

    return put


@pytest.fixture
def worker(face_box: Box, remembering, templates) -> Callable[[], Worker]:
    """Starts the work anew, as after a restart."""
    face_box.store.put_templates("class-1", "builtin", templates)
    attempts = face_box.run_folder / "try.json"
    return lambda: Worker(face_box.store, face_box.find_segment, remembering, 1, Attempts(attempts))


def rollcalls(box: Box) -> list[RollCall]:
    return [body_of(sealed.record) for sealed in box.store.records_of("rollcall")]  # type: ignore[misc]


def alarms(box: Box) -> list[tuple[str, str]]:
    bodies = [sealed.record.body for sealed in box.store.records_of("alarm")]
    return [(body["code"], body["params"]["file"]) for body in bodies]


def work(worker: Worker) -> None:
    while worker.turn():
        pass


def test_every_segment_gets_one_record_with_times_of_its_run(face_box: Box, add, worker) -> None:
    first, second = add(0), add(1)
    add(2, class_id=None)
    work(worker())
    work(worker())
    made = rollcalls(face_box)[::-1]
    assert [one.segment for one in made] == [first.sha256, second.sha256], "the newest one was looked at first"
    assert [one.samples for one in made] == [4, 4] and made[1].headcount_max == 6 and made[1].run == "r-1"
    assert sorted(track.best.person for track in made[1].tracks) == [f"p-{n}" for n in range(1, 7)]
    assert {(track.first_us, track.last_us) for track in made[1].tracks} == {(4 * SECOND, 7 * SECOND)}
    assert alarms(face_box) == []


def test_the_picture_behind_each_answer_shows_the_person_whom_it_names(
    face_box: Box, add, remembering, templates, builtin: Pack,
) -> None:
    face_box.store.put_templates("class-1", "builtin", templates)
    face_box.segments.rmdir()
    open_volume(face_box.video, "box-1", face_box.store, 1).check()
    add(0)
    add(1)
    proofs = Proofs(face_box.video, face_box.first_volume, face_box.keys.data, face_box.proofs_lock)
    attempts = Attempts(face_box.run_folder / "try.json")
    work(Worker(face_box.store, face_box.find_segment, remembering, 1, attempts, proofs=proofs))
    second, first = rollcalls(face_box)
    found = proofs.pictures(first, {str(track.proof) for track in first.tracks})
    assert len(found) == len(first.tracks) == 6 and len(list(face_box.video.glob("proofs/r-1/*.faces"))) == 2
    gallery = Gallery(builtin, templates)
    for track in first.tracks:
        picture = found[str(track.proof)]
        assert picture.shape[1] <= MAX_WIDTH_PX
        large = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        (face,) = builtin.detect(large, "photo")
        best, _ = gallery.rank(builtin.embed(large, face))
        assert best and track.best and best.person == track.best.person
    withdraw(face_box.store, "class-1", "p-1", "command")
    finish(face_box.store, face_box.folder)
    assert len(proofs.pictures(second, {str(track.proof) for track in second.tracks})) == 5


def test_video_of_a_class_that_was_put_right_is_looked_at_again_for_its_own_people(
    face_box: Box, add, worker, templates,
) -> None:
    face_box.store.append("session.start", SessionStart("class-1", "s-1", "page"))
    add(0)
    one = worker()
    work(one)
    others = {f"q-{number}": vectors for number, vectors in enumerate(templates.values())}
    face_box.store.put_templates("class-2", "builtin", others)
    face_box.store.append("session.corrected", SessionCorrected("class-2", "class-1", "s-1", "wrong button", "page"))
    work(one)
    add(1)
    work(one)
    work(worker())
    made = rollcalls(face_box)
    assert [call.class_id for call in made] == ["class-1", "class-2", "class-2"]
    assert {track.best.person[0] for track in made[1].tracks} == {"q"} and made[0].segment == made[1].segment
    face_box.store.append("session.corrected", SessionCorrected("class-1", "class-2", "s-1", "it was right", "page"))
    work(one)
    assert [(call.class_id, call.segment) for call in rollcalls(face_box)[3:]] == [("class-1", made[2].segment)]


def test_who_is_enrolled_later_is_looked_for_in_earlier_video_once_after_what_is_new(
    face_box: Box, add, worker, templates,
) -> None:
    some = {person: vectors for person, vectors in templates.items() if person != "p-6"}
    one = worker()
    add(0)
    with face_box.store._db.transaction():
        face_box.store._db.execute("DELETE FROM templates WHERE person = 'p-6'")
    work(one)
    add(1)
    face_box.store.put_templates("class-1", "builtin", {"p-6": templates["p-6"]})
    assert one.turn() and one.turn() and not one.turn()
    work(worker())
    made = rollcalls(face_box)
    assert [(call.tracks[0].first_us, len(call.gallery or ()), call.planned) for call in made] == [
        (0, len(some), 4), (4 * SECOND, len(templates), 4), (0, len(templates), 4)]
    assert [call.gallery for call in made] == [tuple(sorted(some)), *[tuple(sorted(templates))] * 2]
    best = [{track.best.person for track in call.tracks if track.best} for call in made]
    assert "p-6" not in best[0] and "p-6" in best[1] & best[2]


def test_a_new_pack_that_knows_a_few_people_reads_nothing_again(
    face_box: Box, add, worker, remembering, templates,
) -> None:
    add(0)
    work(worker())

    class NewPack:
        name, sha256 = "newpack", "c" * 64

        def __getattr__(self, name: str) -> Any:
            return getattr(remembering, name)

    attempts = Attempts(face_box.run_folder / "try.json")
    new = Worker(face_box.store, face_box.find_segment, NewPack(), 1, attempts)  # type: ignore[arg-type]
    face_box.store.put_templates("class-1", "newpack", {"p-1": templates["p-1"]})
    assert not new.turn()
    face_box.store.put_templates("class-1", "newpack", templates)
    assert not new.turn(), "nobody is new"
    face_box.store.put_templates("class-1", "newpack", {"p-9": templates["p-6"]})
    assert new.turn() and not new.turn()
    assert [(call.pack, len(call.gallery or ())) for call in rollcalls(face_box)] == [
        ("builtin", len(templates)), ("newpack", len(templates) + 1)]


def test_video_of_a_chain_before_is_looked_at_once_after_what_is_new(face_box: Box, add, worker) -> None:
    """The box was set back to a backup, and goes on in a new chain."""
    done = add(0)
    work(worker())
    left = add(1)
    face_box.store.begin_chain("set back to a backup")
    new = add(2)
    work(worker())
    work(worker())
    before = [body_of(one.record).segment for one in face_box.store.past("rollcall")]
    assert before == [done.sha256] and [one.segment for one in rollcalls(face_box)] == [new.sha256, left.sha256]


def test_a_process_that_is_stopped_in_the_middle_does_it_again_once(face_box: Box, add, worker) -> None:
    add(0)
    looks: Iterator[bool] = iter([False, True])
    with pytest.raises(Stopped):
        worker().turn(lambda: next(looks))
    assert rollcalls(face_box) == []
    work(worker())
    assert len(rollcalls(face_box)) == 1


def test_what_was_filmed_while_faces_were_bare_comes_first_and_is_looked_at_more_closely_once(
    face_box: Box, add, worker, tmp_path: Path, pictures, make_video: Callable[..., Path],
) -> None:
    """Segments of four seconds; faces were bare in the last second of the third one and in most of the fourth."""
    film = make_video(tmp_path / "dense.mp4", [pictures.group[::2, ::2]] * 16, fps=4, gop=1).read_bytes()
    segments = [add(index, film + b"\0" * index, mono=True) for index in range(4)]
    bare = BareFace("class-1", "s-1", 10 * SECOND, 11 * SECOND, 15 * SECOND, "held", "t-1")
    face_box.store.append("bareface", dataclasses.replace(bare, from_mono_us=0, result="put_off"))
    one = worker()
    assert one.turn() and rollcalls(face_box)[0].segment == segments[3].sha256, "nothing was held yet"
    face_box.store.append("bareface", bare)
    face_box.store.append("bareface", dataclasses.replace(bare, class_id="class-9", from_mono_us=0))
    add(4, film + b"\0" * 4, mono=True)
    looks: Iterator[bool] = iter([False, True])
    with pytest.raises(Stopped):
        worker().turn(lambda: next(looks))
    work(worker())
    work(worker())
    made = rollcalls(face_box)
    assert [call.tracks[0].first_us // (4 * SECOND) for call in made] == [3, 2, 4, 1, 0]
    assert [(call.samples, call.every_us) for call in made] == [
        (4, SECOND), (7, SECOND), (4, SECOND), (4, SECOND), (4, SECOND)]


def test_who_withdraws_in_the_middle_of_a_segment_is_looked_for_no_more(face_box: Box, add, worker) -> None:
    add(0)
    looks = iter(range(100))

    def stopped() -> bool:
        if next(looks) == 1:
            withdraw(face_box.store, "class-1", "p-1", "command")
        return False

    running = worker()
    assert running.turn(stopped) and rollcalls(face_box) == []
    assert running.turn(stopped) and running.turn(stopped) is False
    named = {one.person for track in rollcalls(face_box)[0].tracks for one in (track.best, track.second) if one}
    assert "p-1" not in named and {"p-2", "p-3"} <= named


def test_nothing_is_done_before_somebody_is_enrolled(face_box: Box, add, remembering, templates) -> None:
    add(0)
    waiting = Worker(face_box.store, face_box.find_segment, remembering, 1, Attempts(face_box.run_folder / "try.json"))
    assert not waiting.turn()
    face_box.store.put_templates("class-1", "builtin", templates)
    assert waiting.turn() and len(rollcalls(face_box)) == 1


def test_where_nobody_is_ever_enrolled_people_are_counted_when_a_day_is_over(
    face_box: Box, add, remembering, templates, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a box that knows no face would keep its class from ever being judged. Who comes later is looked for."""
    segment = add(0)
    one = Worker(face_box.store, face_box.find_segment, remembering, 1, Attempts(face_box.run_folder / "try.json"))
    assert not one.turn()
    later = dataclasses.replace(face_box.clock.stamp(), utc_us=face_box.clock.utc_us() + ALONE_US)
    with monkeypatch.context() as patch:
        patch.setattr(face_box.store._clock, "stamp", lambda: later)
        add(1, class_id=None)
    work(one)
    (call,) = rollcalls(face_box)
    assert (call.segment, call.gallery, call.headcount_max) == (segment.sha256, (), 6)
    assert all(track.best is None for track in call.tracks)
    face_box.store.put_templates("class-1", "builtin", templates)
    work(one)
    assert [call.gallery for call in rollcalls(face_box)] == [(), tuple(sorted(templates))]


def test_changed_missing_and_hostile_files_are_alarms_once_and_the_rest_goes_on(face_box: Box, add, worker) -> None:
    changed, gone = add(0), add(1)
    add(2, b"\0" * 5000)
    add(3)
    (face_box.segments / changed.file).write_bytes(b"something else")
    (face_box.segments / gone.file).unlink()
    work(worker())
    work(worker())
    assert alarms(face_box) == [
        ("rollcall.unreadable", "r-1/000002.mp4"), ("rollcall.segment_gone", "r-1/000001.mp4"),
        ("rollcall.segment_differs", "r-1/000000.mp4"),
    ]
    assert len(rollcalls(face_box)) == 1


def test_a_file_that_kills_its_reader_is_left_out_after_a_few_tries(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(0)

    def die(*args: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("edge.rollcall.process.analyse", die)
        for _ in range(MOST):
            with pytest.raises(MemoryError):
                worker().turn()
    work(worker())
    assert alarms(face_box) == [("rollcall.died", "r-1/000000.mp4")] and rollcalls(face_box) == []


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)


KILLS = ((0, 0.0), (0, 0.2), (1, 0.1), (2, 0.3))
"""After so many records, and so many seconds into the next segment: never so often in one that it would be left out."""


@pytest.mark.long
def test_killed_at_several_moments_it_makes_one_record_of_every_segment(
    face_box: Box, add, worker, tmp_path: Path, pictures, make_video: Callable[..., Path],
) -> None:
    worker()
    small = make_video(tmp_path / "small.mp4", [pictures.group[::2, ::2]] * 4, gop=1).read_bytes()
    segments = [add(index, small + b"\0" * index) for index in range(3)]
    tried, told = face_box.run_folder / "rollcall.json", face_box.run_folder / BEHIND
    command = [sys.executable, "-m", "edge.cli", "process", "rollcall", "--box", str(face_box.folder)]
    for done, later_s in KILLS:
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            until(lambda done=done: (len(rollcalls(face_box)) >= done and tried.is_file())  # type: ignore[misc]
                  or read_behind(told) == Behind(0, 0), process)
            time.sleep(later_s)
        finally:
            process.kill()
            process.wait()
        left = read_behind(told)
        assert left is not None and left.video_us == left.segments * 4 * SECOND
    process = subprocess.Popen(command)
    try:
        until(lambda: read_behind(told) == Behind(0, 0), process)
    finally:
        assert end(process)[0] == 0
    assert [call.segment for call in rollcalls(face_box)[::-1]] == [segment.sha256 for segment in segments]
    assert alarms(face_box) == [] and read_behind(told) is None and not tried.exists()


def test_a_file_that_killed_its_reader_is_tried_again_after_an_update(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    segment = add(0)
    attempts = Attempts(face_box.run_folder / "try.json")
    for _ in range(MOST):
        attempts.begin(segment.sha256)
    one = worker()
    work(one)
    assert alarms(face_box) == [("rollcall.died", segment.file)] and rollcalls(face_box) == []
    assert not one.turn() and not worker().turn()
    monkeypatch.setattr("edge.rollcall.process.SOFTWARE", "zaitang 9.9.9")
    work(worker())
    assert [call.segment for call in rollcalls(face_box)] == [segment.sha256] and len(alarms(face_box)) == 1


def test_a_file_that_was_not_there_is_tried_again_once_when_a_day_is_over(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone, other = add(0), add(1)
    path = face_box.segments / gone.file
    away = path.rename(path.with_suffix(".away"))
    one = worker()
    for times in (1, 2):
        work(one)
        assert alarms(face_box) == [("rollcall.segment_gone", gone.file)] * times
        later = dataclasses.replace(face_box.clock.stamp(), utc_us=face_box.clock.utc_us() + times * LATER_US)
        with monkeypatch.context() as patch:
            patch.setattr(face_box.store._clock, "stamp", lambda stamp=later: stamp)
            add(2 + times, class_id=None)
    away.rename(path)
    work(one)
    assert len(alarms(face_box)) == 2 and [call.segment for call in rollcalls(face_box)] == [other.sha256]


@pytest.mark.parametrize("space", [False, True])
def test_on_a_full_disk_the_work_goes_on_uncounted(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch, space: bool,
) -> None:
    segment = add(0)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    one = worker()
    with monkeypatch.context() as patch:
        patch.setattr("edge.rollcall.attempts.replace", full)
        if not space:
            patch.setattr(face_box.store, "append", Mock(side_effect=BadStore(path="box.db", why="full")))
            with pytest.raises(BadStore):
                one.turn()
            assert not (face_box.run_folder / "try.json").exists()
        else:
            work(one)
    work(one)
    assert [call.segment for call in rollcalls(face_box)] == [segment.sha256] and alarms(face_box) == []


def test_it_says_how_much_video_waits(face_box: Box, add, remembering, templates) -> None:
    path = face_box.run_folder / BEHIND
    waiting = Worker(face_box.store, face_box.find_segment, remembering, 1,
                     Attempts(face_box.run_folder / "try.json"), Board(path))
    for class_id in ("class-1", "class-1", "class-9"):
        add(len(list((face_box.segments / "r-1").glob("*"))), class_id=class_id)
    assert not waiting.turn() and read_behind(path) == Behind(0, 0), "nobody is enrolled: nothing is due"
    face_box.store.put_templates("class-1", "builtin", templates)
    assert waiting.turn() and read_behind(path) == Behind(2, 8 * SECOND)
    assert waiting.turn() and read_behind(path) == Behind(1, 4 * SECOND)
    assert not waiting.turn() and read_behind(path) == Behind(0, 0)
    path.write_text("[]")
    assert read_behind(path) is None


def test_what_is_looked_at_again_for_a_late_enrolment_is_told_apart(
    face_box: Box, add, remembering, templates,
) -> None:
    path = face_box.run_folder / BEHIND
    waiting = Worker(face_box.store, face_box.find_segment, remembering, 1,
                     Attempts(face_box.run_folder / "try.json"), Board(path))
    first, second, *_ = sorted(templates)
    face_box.store.put_templates("class-1", "builtin", {first: templates[first]})
    add(0)
    assert waiting.turn() and not waiting.turn() and read_behind(path) == Behind(0, 0)
    face_box.store.put_templates("class-1", "builtin", {second: templates[second]})
    assert waiting.turn() and read_behind(path) == Behind(0, 0, 4 * SECOND)
    assert not waiting.turn() and read_behind(path) == Behind(0, 0)


def test_a_removed_segment_is_no_work(face_box: Box, add, worker) -> None:
    segment = add(0)
    face_box.store.append("segment.removed", SegmentRemoved(segment.sha256, "expired", "retention"))
    (face_box.segments / segment.file).unlink()
    work(worker())
    assert alarms(face_box) == [] and rollcalls(face_box) == []


def test_a_segment_on_a_volume_that_is_away_waits_and_is_no_alarm(
    face_box: Box, add, remembering, templates, tmp_path: Path,
) -> None:
    face_box.store.put_templates("class-1", "builtin", templates)
    segment = add(0)
    away = True

    def find(file: str) -> Path | None:
        if away:
            raise VolumeAway(folder="nas", why="")
        return face_box.find_segment(file)

    waiting = Worker(face_box.store, find, remembering, 1, Attempts(face_box.run_folder / "try.json"))
    for _ in range(MOST + 2):
        assert not waiting.turn()
    assert alarms(face_box) == []
    away = False
    work(waiting)
    assert [one.segment for one in rollcalls(face_box)] == [segment.sha256]


def test_a_file_that_cannot_be_read_for_a_moment_waits_and_is_no_alarm(
    face_box: Box, add, worker, monkeypatch: pytest.MonkeyPatch,
) -> None:
    segment = add(0)

    def fails(path: Path) -> str:
        raise OSError(errno.EIO, "Input/output error", str(path))

    one = worker()
    with monkeypatch.context() as patch:
        patch.setattr("edge.rollcall.process.sha256_file", fails)
        for _ in range(MOST + 2):
            assert not one.turn()
    assert alarms(face_box) == []
    work(one)
    assert [call.segment for call in rollcalls(face_box)] == [segment.sha256]


def test_a_segment_that_is_moved_while_it_is_looked_at_is_found_again(
    face_box: Box, add, remembering, templates, tmp_path: Path,
) -> None:
    face_box.store.put_templates("class-1", "builtin", templates)
    segment, moved = add(0), tmp_path / "moved.mp4"
    stale = [True]

    def find(file: str) -> Path:
        if stale and stale.pop():
            (face_box.segments / file).rename(moved)
            return face_box.segments / file
        return moved

    worker = Worker(face_box.store, find, remembering, 1, Attempts(face_box.run_folder / "try.json"))
    assert not worker.turn()
    work(worker)
    assert [one.segment for one in rollcalls(face_box)] == [segment.sha256] and alarms(face_box) == []
