"""Removing files in an order that survives a cut: record and row to garbage, unlink, sync the folder, drop the row.

Between record and file stands the centre: a file whose time is over goes when a receipt covers the record that says so.
Whatever was cut off, or waits for that, is finished by the next `sweep`. A file that the centre holds meanwhile lies
where it is until that is over.
"""
from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from edge.storage.files import drop
from edge.storage.proofs import drop_with
from edge.storage.volume import Volume
from edge.store import Moved, Place, Store
from evidence.bodies import SegmentRemoved
from evidence.retention import Decision

Volumes = Mapping[Place, Volume]
"""The volumes that are here."""


def remove(store: Store, decision: Decision, until: str, by: str) -> None:
    """State that a segment goes, and put its files to garbage, where they lie until the centre has that record.
    `until`: the date up to which it had to be kept."""
    store.remove(decision.segment, SegmentRemoved(decision.segment.sha256, f"R7: {until}", by))


def sweep(store: Store, volumes: Volumes, held: Collection[str] | None) -> int:
    """Unlink what is garbage on the volumes that are here; how many files. `held`: of what was removed these stay;
    None: all of it. Raises WrongVolume, CannotWrite, OSError.

    What was removed waits until the centre has every record of a removal: they are made together, and rarely."""
    done, may_go = 0, held is not None and store.removals_receipted()
    for place, file in store.garbage():
        volume = volumes.get(place)
        if volume is None:
            continue
        volume.must_be_here()
        moved = store.moved(file) if place == "first" else None
        removed = moved is None or store.removed(moved.sha256)
        if removed and (not may_go or file in (held or ())):
            continue
        path = volume.segments / file
        if moved is not None and not removed and not _copied(store, volumes, moved, path):
            continue
        if place == "first" and removed:
            drop_with(volume.proofs, file)
        drop(path)
        store.drop_garbage(place, file)
        done += 1
    return done


def _copied(store: Store, volumes: Volumes, moved: Moved, first: Path) -> bool:
    """Whether the copy for which the file `first` may go is still there; if it is not, that file stays."""
    second = volumes.get("second")
    if second is None:
        return False
    second.must_be_here()
    if second.has_own(moved.file, first) and (second.segments / moved.file).stat().st_size == moved.size:
        return True
    store.take_back(moved.file)
    return False
