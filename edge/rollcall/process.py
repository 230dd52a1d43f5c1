"""The roll-call process: reads finished segments at the lowest priority and appends one `rollcall` record for each.

What is to do follows from the records alone: every segment of a class without a roll call of this pack and of the
people of the class for which it counts. So it can be killed at any moment, nothing is counted twice, and video of a
class that was put right is looked at again. What comes first says `choice`. A file that cannot be read becomes an alarm
record.
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common import logs
from common.texts import N_
from edge.child import ready, stop_on_signal
from edge.errors import AlreadyRunning, BadVideo, EmptyVideo, StoreBusy, VolumeAway
from edge.rollcall.analyse import Measured, analyse
from edge.rollcall.attempts import MOST, Attempts
from edge.rollcall.behind import BEHIND, Behind, Board
from edge.rollcall.choice import Told, Waiting, bare_windows, in_turn
from edge.rollcall.crops import Crop
from edge.rollcall.errors import AnalysisDied, FacesChanged, SegmentDiffers, SegmentGone
from edge.rollcall.frames import SECOND_US, Closer, pictures, plan_frames
from edge.rollcall.pictures import Picture
from edge.rollcall.proofs import Proofs
from edge.storage.files import sha256_file
from edge.store import Store
from edge.vision.calibrate import ROLL_CALL_FPIR_PPM, calibrate
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack, load_pack
from evidence.bodies import Alarm, BareFace, RollCall, Segment, SegmentRemoved, body_of
from evidence.corrections import corrections
from evidence.errors import ZaitangError
from evidence.records import Record

if TYPE_CHECKING:
    from edge.wiring import Box

LOWEST = 19
IDLE_S = 1.0
DENSER = 4
"""While faces are bare, so many pictures are looked at where one would be."""
MOVED = N_("the file was moved in this moment")
CODES: dict[type[ZaitangError], str] = {
    SegmentGone: "rollcall.segment_gone",
    SegmentDiffers: "rollcall.segment_differs",
    AnalysisDied: "rollcall.died",
    BadVideo: "rollcall.unreadable",
    EmptyVideo: "rollcall.unreadable",
}
"""Alarm codes for segments that are left out."""


class Stopped(Exception):
    """The process was asked to end in the middle of a segment."""


def run(box: Box) -> None:
    """Run until SIGTERM or SIGINT. Raises what `load_pack` raises."""
    logs.setup()
    stop = stop_on_signal()
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    folder = box.config.vision.folder
    pack = load_pack(box.config.vision.pack, Path(folder) if folder else None, only_faces=True)
    attempts = Attempts(box.run_folder / "rollcall.json")
    board = Board(box.run_folder / BEHIND)
    proofs = Proofs(box.video, box.first_volume, box.keys.data, box.proofs_lock)
    worker = Worker(box.store, box.find_segment, pack, box.config.rollcall.every_s, attempts, board, proofs)
    ready()
    with contextlib.closing(board):
        worker.run(stop)


class Worker:
    """Works off the segments of one box. `find`: where a file of a segment lies (Box.find_segment). `proofs`: keeps
    the pictures behind the answers; None: no pictures are kept."""

    def __init__(
        self, store: Store, find: Callable[[str], Path | None], pack: Pack, every_s: int, attempts: Attempts,
        board: Board | None = None, proofs: Proofs | None = None,
    ) -> None:
        self._store, self._find, self._pack, self._proofs = store, find, pack, proofs
        self._every_us = every_s * SECOND_US
        self._attempts, self._board = attempts, board
        self._log = logs.Log("rollcall")
        self._after = self._corrected = self._bare_after = -1
        self._classes = corrections(())
        self._waiting: dict[str, Waiting] = {}
        self._bare: list[Told] = []
        self._erased = 0
        self._left_out = {str(sealed.record.body.get("params", {}).get("segment"))
                          for sealed in store.records_of("alarm")
                          if sealed.record.body.get("code") in CODES.values()}

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            try:
                done = self.turn(stop.is_set)
            except StoreBusy:
                self._log.warning("store.busy")
                done = False
            except Stopped:
                return
            if not done:
                stop.wait(IDLE_S)

    def turn(self, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Do the first segment that can be done; False when there is none."""
        self._learn()
        self._erased = self._store.erasures_asked()
        enrolled = {one: self._store.templates(one, self._pack.name)
                    for one in {str(one.segment.class_id) for one in self._waiting.values()}}
        due = [one for one in self._waiting.values() if enrolled[str(one.segment.class_id)]]
        if self._board is not None:
            lengths = (one.segment.end_pts_us - one.segment.first_pts_us for one in due)
            self._board.tell(Behind(len(due), sum(lengths)))
        return any(self._do(one, enrolled[str(one.segment.class_id)], stopped) for one in in_turn(due, self._bare))

    def _learn(self) -> None:
        """Take in segments that were finished, in the name of their right class, and forget removed ones."""
        self._learn_corrections()
        for sealed in self._store.records_of("segment", self._after):
            self._after = sealed.record.seq
            segment = body_of(sealed.record)
            if isinstance(segment, Segment) and segment.class_id and segment.sha256 not in self._left_out:
                right = dataclasses.replace(segment, class_id=self._classes.class_of(sealed.record))
                boot_id = segment.boot_id or sealed.record.boot_id
                self._waiting[segment.sha256] = Waiting(right, sealed.record.seq, boot_id)
        for sealed in self._store.records_of("segment.removed") if self._waiting else []:
            removed = body_of(sealed.record)
            if isinstance(removed, SegmentRemoved):
                self._waiting.pop(removed.segment, None)
        for segment in [one.segment for one in self._waiting.values()]:
            if self._store.rollcalled(segment.sha256, self._pack.sha256, str(segment.class_id)):
                del self._waiting[segment.sha256]
        for sealed in self._store.records_of("bareface", self._bare_after):
            self._bare_after = sealed.record.seq
            body = body_of(sealed.record)
            if isinstance(body, BareFace):
                self._bare.append(Told(body, sealed.record.boot_id))

    def _learn_corrections(self) -> None:
        """After a correction every segment is looked at anew: it may count for another class now."""
        found = self._store.records_of("session.corrected")
        newest = found[-1].record.seq if found else -1
        if newest > self._corrected:
            self._corrected, self._after = newest, -1
            # All of them: any record may show that a correction came too late.
            self._classes = corrections(_lean(sealed.record) for sealed in self._store.each())

    def _do(self, one: Waiting, templates: dict[str, np.ndarray], stopped: Callable[[], bool]) -> bool:
        """One segment to its record, or to an alarm; False while the volume where it lies is away. An error that nobody
        foresaw ends the process and is counted."""
        segment = one.segment
        try:
            if self._attempts.begin(segment.sha256) > MOST:
                raise AnalysisDied(file=segment.file, times=MOST)
            self._state(segment, *self._measure(one, templates, stopped))
        except (Stopped, StoreBusy):
            self._attempts.end()
            raise
        except FacesChanged:
            self._attempts.end()
            self._log.info("rollcall.again", segment=segment.sha256)
            return True
        except VolumeAway as error:
            self._attempts.end()
            self._log.failed("volume.away", error, segment=segment.sha256)
            return False
        except tuple(CODES) as error:
            params = {"segment": segment.sha256, "file": segment.file}
            self._store.append("alarm", Alarm(CODES[type(error)], params, segment.class_id))
            self._left_out.add(segment.sha256)
            self._log.failed("rollcall.left_out", error, segment=segment.sha256)
        self._attempts.end()
        self._waiting.pop(segment.sha256, None)
        self._log.info("rollcall.done", segment=segment.sha256, waiting=len(self._waiting))
        return True

    def _state(self, segment: Segment, call: RollCall, crops: Sequence[Crop | None]) -> None:
        """The record, and the pictures behind it. Raises FacesChanged."""
        if self._proofs is None:
            self._store.append("rollcall", call)
            return
        try:
            self._proofs.state(self._store, segment.file, call, crops, self._erased)
        except AlreadyRunning:
            # Somebody erases all that time: it is read again without the face.
            raise FacesChanged from None

    def _measure(
        self, one: Waiting, templates: dict[str, np.ndarray], stopped: Callable[[], bool]
    ) -> tuple[RollCall, Sequence[Crop | None]]:
        """The record, and a picture of each of its tracks."""
        path = self._find(one.segment.file)
        try:
            return self._measured(path, one, templates, stopped)
        except BadVideo:
            if path is not None and not path.is_file():
                # It was moved to the second volume in between; the next turn finds it there, or finds it gone.
                raise VolumeAway(folder=path.parent, why=MOVED) from None
            raise

    def _measured(
        self, found: Path | None, one: Waiting, templates: dict[str, np.ndarray], stopped: Callable[[], bool]
    ) -> tuple[RollCall, Sequence[Crop | None]]:
        def asked_to_stop() -> bool:
            if self._store.erasures_asked() != self._erased:
                raise FacesChanged
            return stopped()

        segment, path = one.segment, _checked(found, one.segment)
        gallery = Gallery(self._pack, templates)
        threshold_ppm = calibrate(self._pack, gallery, ROLL_CALL_FPIR_PPM).ppm
        sampled = pictures(path, plan_frames(path, self._every_us, self._closer(one)))
        measured = analyse(_until(sampled, segment.first_pts_us, asked_to_stop), gallery, self._pack, threshold_ppm)
        asked_to_stop()
        return _record(segment, self._pack, threshold_ppm, self._every_us, measured), measured.crops

    def _closer(self, one: Waiting) -> Closer:
        """Where faces were bare the segment is looked at more closely, as far as that is on record by now."""
        shift_us = one.segment.first_pts_us
        windows = [(start - shift_us, end - shift_us) for start, end in bare_windows(one, self._bare)]
        return Closer(self._every_us // DENSER, windows)


def _until(
    sampled: Iterator[tuple[int, Picture]], first_pts_us: int, stopped: Callable[[], bool]
) -> Iterator[tuple[int, Picture]]:
    """The pictures with media time of the run, until somebody asks to stop."""
    for pts_us, picture in sampled:
        if stopped():
            raise Stopped
        yield first_pts_us + pts_us, picture


def _lean(record: Record) -> Record:
    """Without the body where only its clock is asked for."""
    return record if record.type.startswith("session.") else dataclasses.replace(record, body={})


def _checked(path: Path | None, segment: Segment) -> Path:
    """The file must be the one that the record names. Raises SegmentGone, SegmentDiffers; VolumeAway when it cannot be
    read now: a disk that fails for a moment must not become a record for good."""
    if path is None:
        raise SegmentGone(file=segment.file)
    try:
        digest = sha256_file(path)
    except OSError as error:
        raise VolumeAway(folder=path.parent, why=error.strerror or str(error)) from None
    if digest != segment.sha256:
        raise SegmentDiffers(file=segment.file)
    return path


def _record(
    segment: Segment, pack: Pack, threshold_ppm: int, every_us: int, measured: Measured
) -> RollCall:
    return RollCall(
        class_id=str(segment.class_id), run=segment.run, segment=segment.sha256,
        pack=pack.name, pack_sha256=pack.sha256, provider=pack.provider, threshold_ppm=threshold_ppm,
        margin_ppm=pack.margin_ppm, min_face_px=pack.min_face_px, samples=measured.samples, dark=measured.dark,
        headcount_max=measured.headcount_max, headcount_mean_ppm=measured.headcount_mean_ppm,
        tracks=measured.tracks, every_us=every_us, faces_max=measured.faces_max, faceless_max=measured.faceless_max,
        headcount_peak=measured.headcount_peak, faceless_peak=measured.faceless_peak,
    )
