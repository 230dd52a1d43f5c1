"""Takes the pictures of a person that roll calls kept off the disk: those of every face that they found to resemble
the person most, whichever pack looked, whether it was sure or not.

A file in which nobody's picture is left but of faces too small to be compared goes as a whole.
"""
from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from edge.child import only_one
from edge.errors import CannotWrite, VolumeAway, WrongVolume
from edge.sheets import SheetFiles, all_sheets
from edge.storage.proofs import FOLDER, LOCK, WRITING, blank, clear, files_of, token
from edge.storage.volume import known_identity
from edge.store import Store
from edge.store.people import Erasure

LOCK_S = 60.0
"""Real seconds that a roll call may take to write what it has begun."""
FOUND_BY = ("enrolment", "templates.moved")
"""Records by which a face comes to this box: no roll call before them knows it."""


@dataclasses.dataclass
class _Found:
    """Of the roll calls of one run: token of a file → its pieces to overwrite, and those of other people. `count`: how
    many pictures of the person there are, without those that went with their video."""

    count: int = 0
    wanted: dict[str, set[str]] = dataclasses.field(default_factory=lambda: defaultdict(set))
    others: dict[str, set[str]] = dataclasses.field(default_factory=lambda: defaultdict(set))


def forget(store: Store, folder: Path, asked: Collection[Erasure]) -> dict[int, int]:
    """Number of an erasure → how many pictures of the person there were, all gone now, also from a file that was being
    written. Doing it again finds the same. Raises VolumeAway, AlreadyRunning while a roll call writes, OSError."""
    asked = [erasure for erasure in asked if erasure.why != "again"]
    video = folder / "video"
    if not asked or not (store.has("rollcall") or store.note(WRITING)):
        return {}
    with only_one(folder / "run" / LOCK, "proofs", LOCK_S):
        _must_be_here(store, video)
        clear(store, video / FOLDER)
        return {erasure.number: _forget(store, video / FOLDER, erasure) for erasure in asked}


def drop_sheets(store: Store, folder: Path, asked: Collection[Erasure]) -> None:
    """Remove the contact sheets that wait for the centre and show any of these people. What the centre has, it removes
    itself when it hears of the erasure. Raises AlreadyRunning while one is made, OSError."""
    files = SheetFiles(folder)
    if not files.all():
        return
    with only_one(folder / "run" / LOCK, "proofs", LOCK_S):
        gone = {(erasure.class_id, erasure.person) for erasure in asked}
        files.keep([one.sheet.sha256 for one in all_sheets(store)
                    if not any((one.sheet.class_id, person) in gone for person in one.sheet.people)])


def _forget(store: Store, proofs: Path, erasure: Erasure) -> int:
    runs = _pieces(store, erasure)
    for run, found in runs.items():
        for path in files_of(proofs / run, found.wanted):
            name = path.stem.rpartition(".")[2]
            blank(path, found.wanted[name], found.others[name])
    return sum(found.count for found in runs.values())


def _pieces(store: Store, erasure: Erasure) -> dict[str, _Found]:
    """By run, what the roll calls of the class kept of the person and of others."""
    runs: dict[str, _Found] = defaultdict(_Found)
    removed = store.all_removed()
    for body in _calls(store, erasure.class_id):
        resembled = [(str(track["proof"]), track["best"]["person"]) for track in body["tracks"]
                     if track.get("proof") and track.get("best")]
        wanted = {proof for proof, person in resembled if person == erasure.person}
        if wanted:
            name = token(body["segment"], body["pack_sha256"], body["class"], body.get("gallery"))
            found = runs[body["run"]]
            # Files of removed video may still lie there, until the next sweep.
            found.wanted[name] |= wanted
            found.others[name] |= {proof for proof, _ in resembled} - wanted
            found.count += 0 if body["segment"] in removed else len(wanted)
    return dict(runs)


def _calls(store: Store, class_id: str) -> Iterator[Any]:
    first = [sealed.record.seq for kind in FOUND_BY for sealed in store.records_of(kind)
             if sealed.record.body.get("class") == class_id]
    for sealed in itertools.chain(store.past("rollcall"), store.each("rollcall", min(first, default=0) - 1)):
        if sealed.record.body.get("class") == class_id:
            yield sealed.record.body


def _must_be_here(store: Store, video: Path) -> None:
    """Raises VolumeAway: what cannot be seen cannot be said to be gone."""
    if store.volume("first") is None:
        return
    try:
        known_identity(video, store.head().record.device, store, "first")
    except (WrongVolume, CannotWrite) as error:
        raise VolumeAway(folder=video, why=error.params["why"]) from None
