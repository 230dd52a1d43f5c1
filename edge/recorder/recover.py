"""After a crash: cut every unfinished file to its last journalled fragment, verify it, hand over its record.

Safe to repeat: it reads journals and records, cuts files, and writes neither. What no journal and no record knows is
put aside, never deleted.
"""
from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Collection
from pathlib import Path

import av
from av.error import FFmpegError

from edge.recorder.journal import Mark, Told, read_journal, segment_body
from edge.storage.files import truncate
from edge.storage.volume import Volume
from edge.store import Store
from evidence.bodies import Alarm, Segment

PIECE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Recovered:
    """What recovery found: segments to record, alarms to record, journals that are no longer needed afterwards."""

    segments: tuple[Segment, ...]
    alarms: tuple[Alarm, ...]
    journals: tuple[Path, ...]


class Known:
    """The files that records name; each record is read once."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self._up_to = -1

    def read(self, store: Store) -> set[str]:
        """Raises StoreBusy, BadStore."""
        if self._up_to < 0:
            self.files |= {str(sealed.record.body.get("file")) for sealed in store.past("segment")}
        for sealed in store.each("segment", self._up_to):
            self.files.add(str(sealed.record.body.get("file")))
            self._up_to = sealed.record.seq
        return self.files


def recover(volume: Volume, known: Collection[str], spare: Collection[str] = ()) -> Recovered:
    """`known`: files that records name already. `spare`: runs being written; it may grow meanwhile, by each run before
    its first file is made. Raises OSError."""
    with volume.hold():
        # Where its mount has vanished there is nothing to recover, and everything once it is back.
        return _recover(volume, known, spare)


def _recover(volume: Volume, known: Collection[str], spare: Collection[str]) -> Recovered:
    segments: list[Segment] = []
    alarms: list[Alarm] = []
    journals = [path for path in sorted(volume.journal.glob("*.jsonl"))
                if path.stem not in spare and path.is_file()]
    for path in journals:
        told = read_journal(path)
        if told is not None:
            _recover_run(volume, told, known, segments, alarms)
    runs = {path.stem for path in journals}
    named = {*known, *(segment.file for segment in segments)}
    for path in sorted(volume.segments.glob("*/*")):
        file = f"{path.parent.name}/{path.name}"
        if file in named or path.parent.name in spare:
            continue
        volume.put_aside(path)
        if path.parent.name not in runs:
            alarms.append(Alarm("segment.quarantined", {"file": _readable_name(file)}))
    return Recovered(tuple(segments), tuple(alarms), tuple(journals))


def _recover_run(
    volume: Volume, told: Told, known: Collection[str], segments: list[Segment], alarms: list[Alarm],
) -> None:
    """Judge every segment of one run; `segments` and `alarms` take the results."""
    whole = [index for index in sorted(told.marks) if told.files[index] in known or _whole(volume, told, index)]
    for index in whole:
        mark = told.marks[index]
        if mark.file in known:
            continue
        cut = mark.cut if index in told.done else None
        last = index == max(whole)
        segments.append(segment_body(told.run, mark, index not in told.done, cut or ("restart" if last else None)))
    for index in sorted(set(told.marks) - set(whole)):
        alarms.append(Alarm("segment.damaged", {"file": told.files[index]}, told.run.class_id))


def _whole(volume: Volume, told: Told, index: int) -> bool:
    """Whether the file begins with what the journal vouches for; it is cut to that then, and only then."""
    mark, path = told.marks[index], volume.segments / told.files[index]
    if not path.is_file() or _sha256(path, mark.size) != mark.sha256:
        return False
    if path.stat().st_size > mark.size:
        truncate(path, mark.size)
    return _readable(path, mark)


def _sha256(path: Path, size: int) -> str:
    """Of the first `size` bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0 and (data := file.read(min(PIECE, size))):
            digest.update(data)
            size -= len(data)
    return digest.hexdigest()


def _readable(path: Path, mark: Mark) -> bool:
    """Whether the file plays: as many packets as the journal counted."""
    try:
        with av.open(str(path)) as container:
            return sum(1 for raw in container.demux(container.streams.video[0]) if raw.size) == mark.tally.packets
    except (FFmpegError, IndexError, ValueError):
        return False


def _readable_name(file: str) -> str:
    """A name that a record can hold, also where the disk has one that is no UTF-8."""
    return os.fsencode(file).decode(errors="backslashreplace")
