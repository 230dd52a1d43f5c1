"""The picture process: looks at keyframes at low priority and appends one `picture` record for each finished segment.

What is to do follows from the records: every segment of a class without its picture record. The file that is being
written is read as far as the recorder's journal says that it is whole, so that the instructor hears of it in time.
A file that cannot be read becomes an alarm record.
"""
from __future__ import annotations

import contextlib
import dataclasses
import heapq
import itertools
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from common import logs
from common.notify import Watchdog
from common.policies import load_policy
from common.texts import N_
from edge.cameras.address import scheme_of
from edge.cameras.lores import NAME
from edge.child import ready, stop_on_signal
from edge.errors import BadVideo, StoreBusy, VolumeAway
from edge.picture.codes import Codes
from edge.picture.errors import PictureDied, PictureDiffers, PictureGone
from edge.picture.history import History
from edge.picture.live import Live
from edge.picture.reader import RunState, SegmentReader
from edge.picture.sub import LoresPictures, Pictures, SubLook, SubStream
from edge.picture.told import TOLD, Board
from edge.recorder.journal import Mark, Run, newest_mark
from edge.recorder.process import open_camera
from edge.rollcall.attempts import MOST, Attempts
from edge.store import Store
from evidence.bodies import Alarm, Likeness, Picture, Segment, SegmentRemoved, body_of
from evidence.errors import ZaitangError
from evidence.records import Record
from evidence.times import SECOND

if TYPE_CHECKING:
    from edge.wiring import Box

NO_PICTURE = N_("no picture in it can be decoded")
LOW = 15
REMEMBERED = 3000
"""So many of the newest pictures, of all classes, are read when a class begins or returns: about 50 hours of video."""
CLASSES = 3
"""So many classes are remembered at once."""
GROWN = REMEMBERED // 2
"""After so many pictures more a class is read anew: the memory that a course of months takes stays bounded."""
UP_TO, UP_TO_EVERY = "picture.up_to", 1000
"""The note of the record up to which nothing is left to do, and how many records may be heard until it is written anew:
a start need not read years of them."""
IDLE_S = 1.0
CODES: dict[type[ZaitangError], str] = {
    PictureGone: "picture.segment_gone",
    PictureDiffers: "picture.segment_differs",
    PictureDied: "picture.died",
    BadVideo: "picture.unreadable",
}
"""Alarm codes for segments that are left out."""
HEARD = ("segment", "picture", "segment.removed", "alarm")
"""The types of records that say what is to do."""
ATTEMPTS = "picture.{camera}.attempts"
Key = tuple[str, int]
"""A segment by its run and its place in it: the file that grows has no hash yet."""


def run(box: Box) -> None:
    """Run until SIGTERM or SIGINT."""
    logs.setup()
    stop = stop_on_signal()
    os.setpriority(os.PRIO_PROCESS, 0, LOW)
    board = Board(box.run_folder / TOLD)
    live = Live(box.store, box.clock, board, box.config.policy)
    every_s = box.config.picture.every_s
    codes = Codes(box.store, box.find_segment, Attempts(box.run_folder / "codes.attempts", box.clock.stamp().boot_id))
    worker = Worker(
        box.store, box.video, box.find_segment, every_s, box.run_folder, live, codes, box.clock.stamp().boot_id)
    with contextlib.closing(board), _looking_at_sub(box, board):
        ready(box.run_folder, "picture")
        worker.run(stop)


@contextlib.contextmanager
def _looking_at_sub(box: Box, board: Board) -> Iterator[None]:
    """Look at the room camera's small stream, if it has one, as long as the body runs."""
    pictures, rules = small_pictures(box), load_policy(box.config.policy).picture
    camera = box.config.camera("room")
    if pictures is None or rules is None or camera is None:
        yield
        return
    look = SubLook(pictures, camera.id, box.clock, rules, board)
    look.start()
    try:
        yield
    finally:
        look.stop()


def small_pictures(box: Box) -> Pictures | None:
    """Where small pictures of the room camera come from; None where it has no small stream."""
    camera, every_us = box.config.camera("room"), box.config.picture.every_s * SECOND
    if camera is None:
        return None
    if camera.sub is not None:
        small = dataclasses.replace(camera, source=camera.sub)
        return SubStream(lambda: open_camera(box, small, keys_only=True), every_us)
    if scheme_of(camera.source) == "picamera2":
        return LoresPictures(box.run_folder / NAME.format(camera=camera.id), box.clock, every_us)
    return None


class Worker:
    """Works off the segments of one box. `video`: the volume that is written to; `find`: where a finished segment lies
    (Box.find_segment); `run_folder`: where attempts are remembered; `codes`: the work when nothing else is due;
    `boot_id`: of this start of the machine, for a power cut is no attempt."""

    def __init__(
        self, store: Store, video: Path, find: Callable[[str], Path | None], every_s: int, run_folder: Path, live: Live,
        codes: Codes, boot_id: str = "",
    ) -> None:
        self._store, self._video, self._find, self._every_us = store, video, find, every_s * SECOND
        self._run_folder, self._live, self._codes, self._boot_id = run_folder, live, codes, boot_id
        self._log = logs.Log("picture")
        self._after = self._up_to = int(store.note(UP_TO) or -1)
        self._waiting: dict[str, Segment] = {}
        self._next: dict[str, int] = defaultdict(int)
        self._open: dict[Key, SegmentReader] = {}
        self._runs: dict[str, RunState] = defaultdict(RunState)
        self._history: dict[str, History] = {}
        """By class; the one that was used last stands last."""
        self._grown: dict[str, int] = {}
        self._likes: dict[str, Likeness | None] = {}
        self._tried: dict[Key, int] = {}
        self._marks: dict[str, tuple[int, tuple[Run, Mark] | None]] = {}
        """By run: how long its journal was, and what it told last. It only grows, and at most once in a GOP."""
        self._learn()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        watchdog = Watchdog()
        while not stop.is_set():
            watchdog.step()
            try:
                done = self.turn() or self._codes.turn()
            except StoreBusy:
                self._log.warning("store.busy")
                done = False
            except VolumeAway as error:
                # It may come back; nothing is lost, only later.
                self._log.failed("volume.away", error)
                done = False
            if not done:
                stop.wait(IDLE_S)
        for path in self._run_folder.glob(ATTEMPTS.format(camera="*")):
            path.unlink(missing_ok=True)

    def turn(self) -> bool:
        """Look at what grew, then do the oldest finished segment; False when there was none."""
        self._learn()
        runs = self._look_live()
        segment = next(iter(self._waiting.values()), None)
        if segment is not None:
            self._do(segment)
        self._live.tell(runs)
        return segment is not None

    # --- finished segments

    def _learn(self) -> None:
        """Take in what was recorded since: segments, pictures, removals, what was left out. In the order of the chain,
        so that no more segments wait than were unseen at any one time."""
        # What is appended meanwhile comes next time: a page of one type may be older than that of another.
        head = self._store.head_seq()
        fresh = (self._store.each(type, self._after) for type in HEARD) if head > self._after else ()
        for sealed in heapq.merge(*fresh, key=lambda sealed: sealed.record.seq):
            if sealed.record.seq > head:
                break
            self._after = sealed.record.seq
            self._hear(sealed.record)
        self._after = head
        if not self._waiting and head >= self._up_to + UP_TO_EVERY:
            self._store.put_note(UP_TO, str(head))
            self._up_to = head

    def _hear(self, record: Record) -> None:
        body = body_of(record)
        if isinstance(body, Segment) and body.class_id:
            self._waiting[body.sha256] = body
        elif isinstance(body, Picture):
            done = self._waiting.pop(body.segment, None)
            if done is not None and body.class_id in self._history:
                self._grown[body.class_id] += 1
                self._take_in(done, body, record)
        elif isinstance(body, SegmentRemoved):
            self._waiting.pop(body.segment, None)
        elif isinstance(body, Alarm) and body.code in CODES.values():
            self._waiting.pop(str(body.params.get("segment")), None)

    def _take_in(self, segment: Segment, picture: Picture, record: Record) -> None:
        """A picture that is recorded: searched from now on, and judged with what follows while its run goes on."""
        self._history[picture.class_id].add(picture.run, picture.samples)
        self._live.take_in(segment, picture, record)
        if segment.cut:
            self._end(segment.run)
        else:
            self._likes[picture.run] = picture.like or self._likes.get(picture.run)
            self._next[picture.run] = segment.index + 1

    def _end(self, run: str) -> None:
        """Nothing follows in this run."""
        self._likes.pop(run, None)
        self._next.pop(run, None)

    def _remembered(self, class_id: str) -> History:
        """The history of a class, read from the records when it begins, returns or has grown too large. The class that
        was not used for longest is forgotten."""
        if class_id not in self._history or self._grown[class_id] > GROWN:
            known = self._recorded(class_id)
            self._forget(class_id)
            self._history[class_id], self._grown[class_id] = History(), 0
            for segment, picture, record in known:
                self._take_in(segment, picture, record)
        self._history[class_id] = history = self._history.pop(class_id)
        while len(self._history) > CLASSES:
            self._forget(next(iter(self._history)))
        return history

    def _forget(self, class_id: str) -> None:
        self._history.pop(class_id, None)
        self._grown.pop(class_id, None)
        self._live.forget(class_id)

    def _recorded(self, class_id: str) -> list[tuple[Segment, Picture, Record]]:
        """What the newest records tell of a class, as far as they were heard, oldest first. Raises StoreBusy."""
        first = min(self._store.newest("picture", REMEMBERED),
                    self._store.newest("segment", REMEMBERED + len(self._waiting)))
        segments: dict[str, Segment] = {}
        found = []
        for sealed in itertools.chain(self._store.each("segment", first - 1), self._store.each("picture", first - 1)):
            record = sealed.record
            if record.seq > self._after or record.body.get("class") != class_id:
                continue
            body = body_of(record)
            if isinstance(body, Segment):
                segments[body.sha256] = body
            elif isinstance(body, Picture) and body.segment in segments:
                found.append((segments[body.segment], body, record))
        return found

    def _do(self, segment: Segment) -> None:
        """One segment to its record, or to an alarm."""
        key = (segment.run, segment.index)
        try:
            picture = self._measure(segment, key)
            self._store.append("picture", picture)
        except StoreBusy:
            raise
        except (VolumeAway, OSError) as error:
            # That it cannot be read now is no word about the file: the others first, then it is tried again.
            self._attempts(segment.camera).end()
            self._open.pop(key, None)
            self._tried.pop(key, None)
            self._waiting[segment.sha256] = self._waiting.pop(segment.sha256)
            if isinstance(error, VolumeAway):
                raise
            raise VolumeAway(folder=segment.file, why=error.strerror or str(error)) from None
        except tuple(CODES) as error:
            params = {"segment": segment.sha256, "file": segment.file}
            self._store.append("alarm", Alarm(CODES[type(error)], params, segment.class_id))
            self._log.failed("picture.left_out", error, segment=segment.sha256)
        self._attempts(segment.camera).end()
        self._open.pop(key, None)
        self._tried.pop(key, None)
        self._next[segment.run] = segment.index + 1
        self._learn()
        if segment.cut:
            self._runs.pop(segment.run, None)
            self._end(segment.run)

    def _measure(self, segment: Segment, key: Key) -> Picture:
        path = self._find(segment.file)
        if path is None:
            raise PictureGone(file=segment.file)
        if path.stat().st_size != segment.size:
            raise PictureDiffers(file=segment.file)
        reader = self._reader(key, path, segment.first_pts_us, segment.camera)
        if reader is None:
            raise PictureDied(file=segment.file, times=MOST)
        reader.read(segment.size)
        if not reader.keys or (reader.broken and not reader.samples):
            raise BadVideo(source=path, why=NO_PICTURE)
        return self._picture(str(segment.class_id), segment.run, segment.sha256, reader)

    def _picture(self, class_id: str, run: str, sha256: str, reader: SegmentReader) -> Picture:
        samples = tuple(reader.samples)
        like = self._remembered(class_id).like(run, samples, self._likes.get(run))
        return Picture(class_id, run, sha256, self._every_us, samples, reader.keys, like)

    def _reader(self, key: Key, path: Path, first_us: int, camera: str) -> SegmentReader | None:
        """The reader of a file, opened once; None when it has ended this process too often."""
        if key not in self._open:
            if key not in self._tried:
                self._tried[key] = self._attempts(camera).begin(f"{path.parent.name}/{path.name}")
            if self._tried[key] > MOST:
                return None
            self._open[key] = SegmentReader(path, first_us, self._every_us, self._runs[key[0]])
        return self._open[key]

    def _attempts(self, camera: str) -> Attempts:
        return Attempts(self._run_folder / ATTEMPTS.format(camera=camera), self._boot_id)

    # --- the files that are being written

    def _look_live(self) -> list[str]:
        """Read what the journals say is whole; the runs that have one, between two files too."""
        journals = sorted((self._video / "journal").glob("*.jsonl"))
        self._marks = {journal.stem: self._marks[journal.stem] for journal in journals if journal.stem in self._marks}
        for journal in journals:
            try:
                size = journal.stat().st_size
                if self._marks.get(journal.stem, (0, None))[0] != size:
                    self._marks[journal.stem] = size, newest_mark(journal)
            except OSError:
                continue
            found = self._marks[journal.stem][1]
            if found is not None and found[0].class_id is not None:
                self._look_at(*found)
        return [journal.stem for journal in journals]

    def _look_at(self, run: Run, mark: Mark) -> None:
        """What goes wrong with a file that is being written is told when it is finished."""
        self._remembered(str(run.class_id))
        if mark.index != self._next[run.run]:
            return  # the files before it come first
        key = (run.run, mark.index)
        try:
            reader = self._reader(key, self._video / "segments" / mark.file, mark.tally.first_pts_us, run.camera)
            if reader is None or not reader.read(mark.size):
                return
        except (BadVideo, OSError) as error:
            self._log.failed("picture.unread", error, file=mark.file)
            return
        picture = self._picture(str(run.class_id), run.run, "0" * 64, reader)
        self._live.look(run, mark, dataclasses.replace(picture, segment=mark.sha256))
