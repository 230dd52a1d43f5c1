"""Which segments of this box are known to be spoilt: each stated once, until it is found whole again, which is stated,
too."""
from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from edge.storage.shelf import Entry
from edge.store import Store
from evidence.bodies import Alarm

NOTE = "storage.spoilt"
"""Segments that are spoilt, as JSON: hash → the code of its alarm."""
Code = Literal["storage.rotten", "segment.lost"]
LOST: Code = "segment.lost"
REPAIRED = "storage.repaired"


def spoilt(store: Store, entry: Entry, code: Code) -> None:
    """State that a segment is not what its record says, or is gone, unless that stands already. Raises StoreBusy."""
    known = _known(store)
    if known.get(entry.sha256) == code:
        return
    params = {"segment": entry.sha256} | ({"file": entry.file} if code == "storage.rotten" else {})
    store.put_note(NOTE, json.dumps(known | {entry.sha256: code}), [("alarm", Alarm(code, params, entry.class_id))])


def noted(store: Store, lost: Sequence[str]) -> dict[str, str]:
    """The note that says so of these, by their hashes, whose alarms are stated with it."""
    return {NOTE: json.dumps(_known(store) | dict.fromkeys(lost, LOST))} if lost else {}


def whole(store: Store, entry: Entry) -> None:
    """State that a segment which was spoilt is whole again: somebody put it back, or its disk is well. Raises
    StoreBusy."""
    known = _known(store)
    if known.pop(entry.sha256, None) is not None:
        repaired = Alarm(REPAIRED, {"segment": entry.sha256}, entry.class_id)
        store.put_note(NOTE, json.dumps(known), [("alarm", repaired)])


def lost(store: Store) -> set[str]:
    """The hashes of those that are gone. Raises StoreBusy."""
    return {sha256 for sha256, code in _known(store).items() if code == LOST}


def _known(store: Store) -> dict[str, str]:
    return dict(json.loads(store.note(NOTE) or "{}"))
