"""The roll-call process: reads finished segments at the lowest priority and appends one `rollcall` record for each.

What is to do follows from the records and from who is enrolled: every segment of a class without a roll call for the
class for which it counts, and those in which somebody was never looked for. So it can be killed at any moment, nothing
is counted twice, and video of a class that was put right is looked at again. What is due, and what comes first, says
`choice`. A file that cannot be read becomes an alarm record (`leftout`).
"""
from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common import logs
from common.notify import Watchdog
from common.policies import NoSuchPolicy, load_policy
from common.texts import N_
from edge.child import ready, stop_on_signal
from edge.errors import AlreadyRunning, BadStore, BadVideo, EmptyVideo, StoreBusy, VolumeAway
from edge.policies import policy_of
from edge.rollcall.analyse import Measured, analyse
from edge.rollcall.attempts import MOST, Attempts
from edge.rollcall.behind import BEHIND, Behind, Board
from edge.rollcall.choice import Called, Told, Waiting, bare_windows, due, in_turn
from edge.rollcall.crops import Crop
from edge.rollcall.errors import AnalysisDied, FacesChanged, SegmentDiffers, SegmentGone
from edge.rollcall.frames import SECOND_US, Closer, pictures, plan_frames
from edge.rollcall.leftout import DIED, GONE, LeftOut
from edge.rollcall.ordered import Maker, in_a_child
from edge.rollcall.pictures import Picture
from edge.rollcall.proofs import Proofs
from edge.rollcall.refused import Refused
from edge.sheets import SheetFiles
from edge.storage.files import sha256_file
from edge.store import Store
from edge.store.store import SOFTWARE
from edge.vision.calibrate import ROLL_CALL_FPIR_PPM, Threshold, calibrate
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack, load_pack
from evidence.bodies import Alarm, BareFace, ClassOrder, RollCall, Segment, body_of
from evidence.corrections import corrections
from evidence.errors import ZaitangError
from evidence.policy import Policy
from evidence.records import Record, Sealed
from evidence.thinned import thinned

if TYPE_CHECKING:
    from edge.wiring import Box

LOWEST = 19
IDLE_S = 1.0
DENSER = 4
"""While faces are bare, so many pictures are looked at where one would be."""
MOVED = N_("the file was moved in this moment")
CODES: dict[type[ZaitangError], str] = {
    SegmentGone: GONE,
    SegmentDiffers: "rollcall.segment_differs",
    AnalysisDied: DIED,
    BadVideo: "rollcall.unreadable",
    EmptyVideo: "rollcall.unreadable",
}
"""Alarm codes for segments that are left out."""


class Stopped(Exception):
    """The process was asked to end in the middle of a segment."""


@dataclasses.dataclass(frozen=True)
class _People:
    """Of one class: who can be looked for with the pack at work, and who has a face here with whichever pack."""

    gallery: frozenset[str]
    enrolled: frozenset[str]


def run(box: Box) -> None:
    """Run until SIGTERM or SIGINT. Raises what `load_pack` raises."""
    logs.setup()
    stop = stop_on_signal()
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    folder = box.config.vision.folder
    pack = load_pack(box.config.vision.pack, Path(folder) if folder else None, only_faces=True)
    attempts = Attempts(box.run_folder / "rollcall.json", box.clock.stamp().boot_id)
    board = Board(box.run_folder / BEHIND)
    proofs = Proofs(box.video, box.first_volume, box.keys.data, box.proofs_lock)
    refused = Refused(box.store, pack, lambda order: policy_for(box.store, order, box.config.policy))
    worker = Worker(box.store, box.find_segment, pack, box.config.rollcall.every_s, attempts, board, proofs, refused)
    sheets = Maker(box.store, SheetFiles(box.folder), in_a_child(box.folder, stop.is_set), box.clock.utc_us)
    ready(box.run_folder, "rollcall")
    with contextlib.closing(board):
        worker.run(stop, sheets.turn)


def policy_for(store: Store, order: ClassOrder, own: str) -> Policy:
    """The policy of a plan; where this box does not know it, its `own`."""
    try:
        return policy_of(store, order)
    except NoSuchPolicy:
        return load_policy(own)


class Worker:
    """Works off the segments of one box. `find`: where a file of a segment lies (Box.find_segment). `proofs`: keeps
    the pictures behind the answers; None: no pictures are kept. `refused`: of which classes no roll call is made; None:
    of all of them one is."""

    def __init__(
        self, store: Store, find: Callable[[str], Path | None], pack: Pack, every_s: int, attempts: Attempts,
        board: Board | None = None, proofs: Proofs | None = None, refused: Refused | None = None,
    ) -> None:
        self._store, self._find, self._pack, self._proofs = store, find, pack, proofs
        self._every_us = every_s * SECOND_US
        self._attempts, self._board, self._refused = attempts, board, refused
        self._log = logs.Log("rollcall")
        self._after = self._bare_after = self._called_after = self._alarm_after = -1
        self._corrected = 0
        self._classes = corrections(())
        self._waiting: dict[str, Waiting] = {}
        self._calls: dict[tuple[str, str], tuple[Called, ...]] = {}
        """By segment and class."""
        self._galleries: dict[frozenset[str], frozenset[str]] = {}
        self._faces = ""
        self._people: dict[str, _People] = {}
        self._bare: list[Told] = []
        self._erased = 0
        self._looked_with = f"{SOFTWARE}, {pack.name} {pack.sha256}"
        self._left_out = LeftOut(self._looked_with)

    def run(self, stop: threading.Event, sheets: Callable[[], bool] = lambda: False) -> None:
        """Work until `stop` is set. `sheets`: makes the contact sheets that the centre ordered, between two segments.
        """
        watchdog = Watchdog()
        while not stop.is_set():
            watchdog.step()
            try:
                done = sheets() or self.turn(stop.is_set)
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
        classes = {str(one.segment.class_id) for one in self._waiting.values()}
        refused = {one: why for one in classes if self._refused and (why := self._refused.why(one))}
        enrolled = {one: self._store.templates(one, self._pack.name) for one in classes - refused.keys()}
        now_us = self._store.head().record.utc_us if self._waiting else 0
        ready = [one for one in self._waiting.values() if (class_id := str(one.segment.class_id)) in enrolled
                 and one.looked_for(enrolled[class_id], now_us)
                 and not self._left_out.rests(one.segment.sha256, now_us)]
        if self._board is not None:
            lengths = [(one.segment.end_pts_us - one.segment.first_pts_us, one.again) for one in ready]
            new = [length_us for length_us, again in lengths if not again]
            again_us = sum(length_us for length_us, again in lengths if again)
            self._board.tell(Behind(len(new), sum(new), again_us, refused))
        return any(self._do(one, enrolled[str(one.segment.class_id)], stopped) for one in in_turn(ready, self._bare))

    def _learn(self) -> None:
        """Take in segments that were finished, in the name of their right class, and forget those that are removed, or
        done."""
        self._learn_corrections()
        self._learn_calls()
        self._learn_faces()
        for place, sealed in self._segments():
            segment = body_of(sealed.record)
            if isinstance(segment, Segment) and segment.class_id:
                right = dataclasses.replace(segment, class_id=self._classes.class_of(sealed.record))
                boot_id = segment.boot_id or sealed.record.boot_id
                again = (segment.sha256, str(right.class_id)) in self._calls
                self._waiting[segment.sha256] = Waiting(right, place, boot_id, again, sealed.record.utc_us)
        removed = self._store.all_removed() if self._waiting else ()
        self._waiting = {sha: one for sha, one in self._waiting.items() if sha not in removed and self._open(one)}
        for sealed in self._store.records_of("alarm", self._alarm_after):
            self._alarm_after = sealed.record.seq
            self._left_out.take(sealed.record)
            if self._refused is not None:
                self._refused.take(sealed.record)
        for sealed in self._store.records_of("bareface", self._bare_after):
            self._bare_after = sealed.record.seq
            body = body_of(sealed.record)
            if isinstance(body, BareFace) and body.result == "held":
                self._bare.append(Told(body, sealed.record.boot_id))

    def _segments(self) -> Iterator[tuple[int, Sealed]]:
        """What was finished since, each with its place: the number of its record, below 0 in chains before."""
        if self._after < 0:
            older = list(self._store.past("segment"))
            yield from zip(range(-len(older), 0), older, strict=True)
            self._after = 0  # record 0 is no segment
        for sealed in self._store.each("segment", self._after):
            self._after = sealed.record.seq
            yield sealed.record.seq, sealed

    def _called_since(self) -> Iterator[Sealed]:
        if self._called_after < 0:
            yield from list(self._store.past("rollcall"))
            self._called_after = 0
        for sealed in self._store.each("rollcall", self._called_after):
            self._called_after = sealed.record.seq
            yield sealed

    def _learn_calls(self) -> None:
        """Whom the roll calls that are on record looked for."""
        for sealed in self._called_since():
            body, people = sealed.record.body, None
            if body.get("gallery") is not None:
                people = frozenset(body["gallery"])
                # One and the same for all segments of a class: there are many of them.
                people = self._galleries.setdefault(people, people)
            key = str(body["segment"]), str(body["class"])
            self._calls[key] = (*self._calls.get(key, ()), Called(str(body["pack_sha256"]), people))
            if self._refused is not None:
                self._refused.called(sealed.record)

    def _learn_faces(self) -> None:
        """When somebody was enrolled, every segment is looked up anew: it may be due again."""
        version = self._store.faces_version()
        if self._refused is not None:
            self._refused.learn(version != self._faces)
        if version == self._faces:
            return
        before, self._people = self._people, {}
        self._faces = version
        if any(not self._people_of(class_id).gallery <= one.gallery for class_id, one in before.items()):
            self._after = -1

    def _people_of(self, class_id: str) -> _People:
        """Who of a class can be looked for, read once after each change."""
        if class_id not in self._people:
            gallery = frozenset(self._store.templates(class_id, self._pack.name))
            self._people[class_id] = _People(gallery, frozenset(self._store.enrolled(class_id)))
        return self._people[class_id]

    def _open(self, one: Waiting) -> bool:
        """Whether a segment waits, maybe for people to look for."""
        class_id = str(one.segment.class_id)
        people, calls = self._people_of(class_id), self._calls.get((one.segment.sha256, class_id), ())
        return not calls or due(calls, self._pack.sha256, people.gallery, people.enrolled)

    def _learn_corrections(self) -> None:
        """After a correction every segment is looked at anew: it may count for another class now."""
        found = [*self._store.past("session.corrected"), *self._store.records_of("session.corrected")]
        if len(found) > self._corrected:
            self._corrected, self._after = len(found), -1
            # Of all chains: any record may show that a correction came too late, and of an hour its ends show it.
            self._classes = corrections(itertools.chain.from_iterable(
                thinned(_lean(sealed.record) for sealed in self._store.each_of(chain))
                for chain in self._store.chains()))

    def _do(self, one: Waiting, templates: dict[str, np.ndarray], stopped: Callable[[], bool]) -> bool:
        """One segment to its record, or to an alarm; False while the volume where it lies is away. An error that nobody
        foresaw ends the process and is counted."""
        segment = one.segment
        try:
            if self._attempts.begin(segment.sha256) > MOST:
                raise AnalysisDied(file=segment.file, times=MOST)
            self._state(segment, *self._measure(one, templates, stopped))
        except (Stopped, StoreBusy, BadStore):
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
            params = {"segment": segment.sha256, "file": segment.file, "looked_with": self._looked_with}
            self._store.append("alarm", Alarm(CODES[type(error)], params, segment.class_id))
            self._attempts.end()
            self._log.failed("rollcall.left_out", error, segment=segment.sha256)
            return True
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
            if self._board is not None:
                self._board.beat()
            if self._store.erasures_asked() != self._erased:
                raise FacesChanged
            return stopped()

        segment, path = one.segment, _checked(found, one.segment)
        gallery = Gallery(self._pack, templates)
        threshold = calibrate(self._pack, gallery, ROLL_CALL_FPIR_PPM)
        plan = plan_frames(path, self._every_us, self._closer(one))
        sampled = pictures(path, plan)
        measured = analyse(_until(sampled, segment.first_pts_us, asked_to_stop), gallery, self._pack, threshold.ppm,
                           threshold.rise_ppm)
        asked_to_stop()
        call = _record(segment, self._pack, threshold, self._every_us, measured)
        return dataclasses.replace(call, planned=plan.frames, gallery=tuple(sorted(templates))), measured.crops

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
    segment: Segment, pack: Pack, threshold: Threshold, every_us: int, measured: Measured
) -> RollCall:
    return RollCall(
        class_id=str(segment.class_id), run=segment.run, segment=segment.sha256,
        pack=pack.name, pack_sha256=pack.sha256, provider=pack.provider, threshold_ppm=threshold.ppm,
        margin_ppm=pack.margin_ppm, min_face_px=pack.min_face_px, samples=measured.samples, dark=measured.dark,
        headcount_max=measured.headcount_max, headcount_mean_ppm=measured.headcount_mean_ppm,
        tracks=measured.tracks, every_us=every_us, faces_max=measured.faces_max, faceless_max=measured.faceless_max,
        headcount_peak=measured.headcount_peak, faceless_peak=measured.faceless_peak,
        rise_ppm=threshold.rise_ppm, still_peak=measured.still_peak, reach_px=pack.manifest.preprocess.room_face_px,
    )
