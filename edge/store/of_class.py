"""What of a chain of this box concerns one class: its records from its beginning on, a few that stand for those before,
and the receipts for both. Bodies that say nothing of the class are left out."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from edge.store.begun import Beginning
from edge.store.store import Store
from evidence.corrections import MEASURED
from evidence.prefix import Prefix
from evidence.receipts import Receipt
from evidence.records import Record

OF_ITS_CLASS = frozenset({
    "checkin", "checkin.pin", "consent", "consent.withdrawn", "enrolment", "face.erased", "rollcall",
    "bareface"})
"""Records that say nothing of any class but the one that they name. (A correction can move video to another class.)"""
OF_ITS_VIDEO = MEASURED | {"segment.removed"}
"""And these say nothing but of a segment that stands before them in the chain, or of the class that they name."""


class OfClass:
    """The records of one chain, in order. `moved`: the sessions that corrections name with the class."""

    def __init__(self, class_id: str, moved: frozenset[str]) -> None:
        self._class, self._moved = class_id, moved
        self._files = set[str]()
        """The video of the class and of these sessions, by hash."""

    def told(self, record: Record) -> Record:
        """The next record; without its body, unless that may say something of the class."""
        return record if self._says(record) else dataclasses.replace(record, body={})

    def _says(self, record: Record) -> bool:
        ours = record.body.get("class") == self._class
        if record.type == "segment":
            ours = ours or record.body.get("session") in self._moved
            self._files |= {str(record.body.get("sha256"))} if ours else set()
            return ours
        if record.type == "code.shown":
            return ours or record.body.get("session") in self._moved
        if record.type in OF_ITS_VIDEO:
            return ours or record.body.get("segment") in self._files
        return ours or record.type not in OF_ITS_CLASS


def before(store: Store, begins: Beginning) -> tuple[Record, ...]:
    """What stands for the records before. Raises StoreBusy."""
    if begins.before is not None:
        return begins.before
    prefix = Prefix()
    for sealed in store.each_of(begins.chain):
        if sealed.record.seq >= begins.seq:
            break
        prefix.add(sealed.record)
    return prefix.kept()


def given(store: Store, begins: Beginning, held: Sequence[Record]) -> list[Receipt]:
    """The receipts from where the class begins on, and the first for each record of `held` that stands for what came
    before: when it was there. Raises StoreBusy."""
    earlier = {record.seq for record in held if record.chain == begins.chain and record.seq < begins.seq}
    found = store.receipts_above(begins.chain, begins.seq - 1)
    for seq in earlier:
        found += store.receipts_above(begins.chain, seq - 1, 1)
    return [one for _, one in sorted({one.up_to: one for one in found}.items())]
