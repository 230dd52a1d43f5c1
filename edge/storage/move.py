"""A segment to the second volume: copy, sync, read back and compare, note it; only then does the first copy go.

A cut at any point leaves the first copy or a noted second one; half a copy lies in `incoming/`, where nobody looks for
segments, and is made anew.
"""
from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.errors import CopyDiffers, SegmentRotten
from edge.storage.files import PRIVATE, read_cold
from edge.storage.shelf import Entry, Shelf
from edge.storage.sweep import Volumes, sweep
from edge.storage.volume import MB, Volume
from edge.store import Moved, Store

Advance = Callable[[int], None]
"""Told of each piece of so many bytes that was read or written; may raise to stop in between."""


def waiting(shelf: Shelf, store: Store, first: Volume) -> Iterator[Entry]:
    """What may be moved, oldest first: recorded, its run over and recovered, its file on the first volume."""
    unfinished = {path.stem for path in first.journal.glob("*.jsonl")}
    done = {moved.file for moved in store.all_moved()}
    for entry in shelf.here():
        if entry.run not in unfinished and entry.file not in done and (first.segments / entry.file).is_file():
            yield entry


def needed(first: Volume, keep_free_mb: int) -> int:
    """Bytes that must leave the first volume until so much is free."""
    return max(0, keep_free_mb - first.free_mb()) * MB


def clear(second: Volume) -> None:
    """Drop what an earlier cut left half copied. Raises WrongVolume, VolumeFull, CannotWrite, OSError."""
    second.check()
    for part in second.incoming.glob("*.part"):
        part.unlink(missing_ok=True)


def move(entry: Entry, volumes: Volumes, store: Store, advance: Advance) -> None:
    """Move one segment. Raises SegmentRotten, CopyDiffers, VolumeFull, WrongVolume, CannotWrite, OSError."""
    first, second = volumes["first"], volumes["second"]
    first.must_be_here()
    second.check()
    source = first.segments / entry.file
    if not (second.has_own(entry.file, source) and _sha256(second.segments / entry.file, advance) == entry.sha256):
        second.check_room(entry.size)
        _copy(source, second, entry, advance)
    # Also what an earlier cut left whole: until now its name may be in memory alone.
    second.sync(entry.file)
    if not second.has_own(entry.file, source):
        raise CopyDiffers(file=entry.file)
    store.put_moved(Moved(entry.file, entry.sha256, entry.size))
    sweep(store, volumes, held=None)


def _copy(source: Path, second: Volume, entry: Entry, advance: Advance) -> None:
    part = second.incoming / f"{entry.sha256}.part"
    part.unlink(missing_ok=True)
    try:
        _write(source, part, entry, advance)
        if _sha256(part, advance) != entry.sha256:
            raise CopyDiffers(file=entry.file)
        second.make_run_folder(Path(entry.file).parts[0])
        second.put_in_place(part, entry.file)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _write(source: Path, part: Path, entry: Entry, advance: Advance) -> None:
    digest = hashlib.sha256()
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    with os.fdopen(handle, "wb", buffering=0) as file:
        for data in read_cold(source):
            digest.update(data)
            view = memoryview(data)
            while view:
                view = view[file.write(view):]
            advance(len(data))
        os.fsync(handle)
    if digest.hexdigest() != entry.sha256:
        raise SegmentRotten(file=entry.file)


def _sha256(path: Path, advance: Advance) -> str:
    digest = hashlib.sha256()
    for data in read_cold(path):
        digest.update(data)
        advance(len(data))
    return digest.hexdigest()
