"""What is done with the video of a box, one bounded turn after the other: forecast, removal, move, scrub.

The process and the commands do it through this one class; a lock sees to it that they take turns.
"""
from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from common.logs import Log
from edge.child import only_one
from edge.errors import CannotWrite, NoSecondVolume, SegmentRotten, VolumeAway, VolumeFull, WrongVolume
from edge.held import held_classes
from edge.storage import move as moving
from edge.storage.due import any_due, decisions, filmed, spans
from edge.storage.patience import in_time
from edge.storage.scrub import Scrub
from edge.storage.shelf import Entry, Shelf
from edge.storage.spoilt import spoilt
from edge.storage.sweep import Volumes, remove, sweep
from edge.storage.volume import Volume, add_second, is_new, open_second
from edge.store import Place, Store
from edge.wiring import Box
from evidence.bodies import Alarm
from evidence.corrections import corrections
from evidence.forecast import Forecast, forecast, warning
from evidence.keeping import near_of
from evidence.retention import Decision

LOCK_S = 120.0
"""How long a command waits for a turn of the process to end."""
WARNED, SECOND_FAILED = "storage.days_left", "storage.second_failed"
"""Notes: the warning in force as JSON; the alarm about the second volume that is in force."""
REMOVAL_HELD = "storage.removal_held"
"""Alarm, and note: the classes of which it was told, with spaces between them."""
Advance = Callable[[int], None]


@dataclasses.dataclass(frozen=True)
class Warned:
    """The warning in force: the threshold that was crossed, and the days left as of the last look."""

    threshold: int
    days: int


class Keeper:
    """Methods raise WrongVolume, CannotWrite, StoreBusy and OSError besides what they name."""

    def __init__(self, box: Box) -> None:
        self._box, self.store, self._log = box, box.store, Log("storage")
        self.shelf = Shelf(box.store, box.config.device)
        self._rotten: set[str] = set()
        self._filmed: dict[str, tuple[int, int]] = {}
        """When files of no class that wait to be unlinked were filmed."""

    def lock(self, wait_s: float = LOCK_S) -> contextlib.AbstractContextManager[None]:
        """Held while files are moved or removed. Raises AlreadyRunning."""
        return only_one(self._box.run_folder / "storage-work.lock", "storage", wait_s)

    # --- the volumes

    def first(self) -> Volume:
        """The volume that the recorder made and writes; never made here."""
        return self._box.first_volume()

    def is_new(self) -> bool:
        """Whether the recorder has yet to make the first volume, and there is nothing to do."""
        return is_new(self._box.video, self.store)

    def second(self, first: Volume) -> Volume:
        """The volume to which segments are moved; never made here. Raises NoSecondVolume."""
        return self._with_second(open_second, first)

    def add_second(self, first: Volume) -> Volume:
        """The same, made where it is new: only somebody who sees that the disk is mounted may ask for it."""
        return self._with_second(add_second, first)

    def _with_second(self, act: Callable[[Path, str, Store, int, Path], Volume], first: Volume) -> Volume:
        config = self._box.config
        if config.storage.second is None:
            raise NoSecondVolume()
        return act(Path(config.storage.second), config.device, self.store, config.recorder.reserve_mb, first.folder)

    def volumes(self) -> dict[Place, Volume]:
        """Those that are here; a second one that is not, or takes nothing more, is told once, by an alarm."""
        found: dict[Place, Volume] = {"first": self.first()}
        if self._box.config.storage.second is None:
            return found
        failed = ""
        try:
            second = self.second(found["first"])
            try:
                in_time(second.folder, second.check)
            except VolumeFull:
                found["second"] = second
                raise
            found["second"] = second
        except (WrongVolume, CannotWrite, VolumeFull, VolumeAway) as error:
            failed = "storage.second_full" if isinstance(error, VolumeFull) else "storage.second_away"
            self._log.failed(failed, error)
        if failed != (self.store.note(SECOND_FAILED) or ""):
            self.store.put_note(SECOND_FAILED, failed, [("alarm", Alarm(failed, {}))] if failed else [])
        return found

    # --- how long there is room

    def forecast(self, volumes: Volumes) -> Forecast:
        """Days of room on all volumes that are here."""
        self.shelf.look()
        history, ahead, today = self.shelf.days(self._box.clock.utc_us())
        free = volumes["first"].room + (max(0, volumes["second"].room) if "second" in volumes else 0)
        return forecast(history, ahead, today, free)

    def warn(self, volumes: Volumes) -> Warned | None:
        """Look, and state a warning once when a threshold is crossed. The warning in force."""
        told, before = self.forecast(volumes), self.warned()
        level = warning(before.threshold if before else None, told)
        days = told.earliest if told.earliest is not None else before.days if before else 0
        now = None if level is None else Warned(level, days)
        if now != before:
            news = now is not None and (before is None or now.threshold < before.threshold)
            alarm = Alarm("storage.days_left", {"days": days, "threshold": level})
            value = json.dumps(dataclasses.asdict(now)) if now else ""
            self.store.put_note(WARNED, value, [("alarm", alarm)] if news else [])
        return now

    def warned(self) -> Warned | None:
        """The warning in force as of the last look."""
        value = self.store.note(WARNED)
        return Warned(**json.loads(value)) if value else None

    # --- removal

    def any_due(self) -> bool:
        """Whether it is worth to ask for decisions, which reads the whole chain."""
        return any_due(self._box)

    def decisions(self, first: Volume) -> Iterator[Decision]:
        """What may be removed and what is kept, with the reasons; each is made when it is asked for."""
        return decisions(self._box, first)

    def prune(self, found: Iterable[Decision], by: str, advance: Advance) -> int:
        """State that what `found` lets go is removed; how many segments. Their files go with the `sweep` that finds
        that the centre has these records. `advance` is told of each segment's bytes."""
        count = 0
        for decision in found:
            if decision.action == "remove":
                remove(self.store, decision, str(decision.reasons[0].params["until"]), by)
                self._log.info("segment.removed", segment=decision.segment.sha256)
                advance(decision.segment.size)
                count += 1
        return count

    def sweep(self) -> int:
        """Unlink what was removed, the centre has on record and nothing holds since, and finish what a cut left between
        record and file. Of a class of which files stay that were removed before it was held there is an alarm, once."""
        held = self.held()
        told, classes = set((self.store.note(REMOVAL_HELD) or "").split()), set(held.values())
        if told != classes:
            alarms = [("alarm", Alarm(REMOVAL_HELD, {"files": list(held.values()).count(one)}, one))
                      for one in sorted(classes - told)]
            self.store.put_note(REMOVAL_HELD, " ".join(sorted(classes)), alarms)
        return sweep(self.store, self.volumes(), held.keys())

    def held(self) -> dict[str, str]:
        """Files that a record says are removed, and that stay for a dispute or a hold that came before they were
        unlinked; and the class of each. One of a session that was put right is of all the classes that it names; one of
        no class, of all whose it may be."""
        waiting = {file for _, file in self.store.garbage()}
        classes = held_classes(self.store.orders()) if waiting else set()
        if not classes:
            return {}
        put_right = corrections(sealed.record for sealed in (
            *self.store.past("session.corrected"), *self.store.records_of("session.corrected")))
        also = {one for moved in put_right.by_session.values() if classes & set(moved.classes) for one in moved.classes}
        self.shelf.look()
        removed = self.store.all_removed()
        going = [one for one in self.shelf.entries if one.file in waiting and one.sha256 in removed]
        named = {one.file: one.class_id for one in going if one.class_id is not None and one.class_id in classes | also}
        return named | self._near({one.file for one in going if one.class_id is None}, classes)

    def _near(self, files: set[str], classes: set[str]) -> dict[str, str]:
        """Of files of no class those that may be of one of these, and of which."""
        if files - self._filmed.keys():
            self._filmed = filmed(self._box, files)
        spanned = spans(self.store, classes) if files else {}
        near = {file: near_of(spanned, *self._filmed[file]) for file in files & self._filmed.keys()}
        return {file: found[0] for file, found in sorted(near.items()) if found}

    # --- the second volume

    def to_move(self, first: Volume, everything: bool) -> list[Entry]:
        """What to move now, oldest first: until so much is free as box.toml says, or `everything`."""
        self.shelf.look()
        need = moving.needed(first, self._box.config.storage.keep_free_mb)
        found = []
        for entry in moving.waiting(self.shelf, self.store, first):
            if not everything and need <= 0:
                break
            if entry.sha256 not in self._rotten:
                found.append(entry)
                need -= entry.size
        return found

    def move(self, entries: Sequence[Entry], first: Volume, second: Volume, advance: Advance) -> Iterator[Entry]:
        """Move them, each told when it is done. A file that is not what its record says stays, with an alarm.

        Raises CopyDiffers, VolumeFull."""
        moving.clear(second)
        for entry in entries:
            try:
                moving.move(entry, {"first": first, "second": second}, self.store, advance)
            except SegmentRotten as error:
                self._rotten.add(entry.sha256)
                spoilt(self.store, entry, "storage.rotten")
                self._log.failed("segment.rotten", error, segment=entry.sha256)
                continue
            self._log.info("segment.moved", segment=entry.sha256)
            yield entry

    # --- what is there already

    def scrub(self, budget: int, advance: Advance) -> int:
        """Read old segments again, about so many bytes; how many segments."""
        self.shelf.look()
        return Scrub(self.store, self.shelf, self._box.find_segment, advance).some(budget, self._box.clock.utc_us())
