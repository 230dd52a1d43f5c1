"""The records of one class as the terminal holds them, lean: from its beginning on, with what stands for those before.
Bodies that say nothing of it are left out: what it holds depends on how long the class is, not on how old the box is.
"""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from edge.store import Store
from edge.store.lean import lean
from edge.terminal.begun import Beginning
from edge.terminal.bodies import Bodies
from evidence.corrections import MEASURED
from evidence.prefix import Prefix
from evidence.receipts import Receipt
from evidence.records import Record

OF_ITS_CLASS = frozenset({
    "checkin", "checkin.pin", "consent", "consent.withdrawn", "enrolment", "face.erased", "rollcall",
    "bareface"})
"""Records that say nothing of any class but the one that they name. (A correction can move video to another class.)"""


class Course:
    """One class. `begins`: where it begins in each chain of the box, the present one last, whose records follow by
    `add`. Methods may raise StoreBusy."""

    def __init__(self, store: Store, class_id: str, begins: Sequence[Beginning]) -> None:
        *past, own = begins
        self.bodies = Bodies(store)
        self._store, self._class = store, class_id
        self._files = {one.chain: set[str]() for one in begins}
        """Chain → the video of its sessions that were put right, by hash."""
        self._moved = {one.chain: one.moved for one in begins}
        self._receipts: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
        self._receipted = store.receipted_up_to()
        self.past = [told for one in past for told in self._chain(one)]
        self.own = list(self._before(own))
        self.up_to = own.seq - 1
        """The newest record of the present chain that is here."""
        for one in begins:
            self._keep(self._given(one, [*self.past, *self.own]))

    def add(self, record: Record) -> None:
        """The next record of the present chain, lean."""
        self.own.append(self._told(record))
        self.up_to = record.seq

    def receipts(self) -> dict[tuple[str, str], list[Receipt]]:
        """What the centre gave for the records that are here, as the fold takes it."""
        self._keep(self._store.receipts_above(self._store.chain, self._receipted))
        return dict(self._receipts)

    def _keep(self, given: Iterable[Receipt]) -> None:
        for one in given:
            self._receipts[one.device, one.chain].append(one)
            if one.chain == self._store.chain:
                self._receipted = max(self._receipted, one.up_to)

    def _given(self, begins: Beginning, held: Sequence[Record]) -> list[Receipt]:
        """The receipts from where the class begins in a chain on, and the first for each record that stands for what
        came before: when it was there."""
        before = {record.seq for record in held if record.chain == begins.chain and record.seq < begins.seq}
        found = self._store.receipts_above(begins.chain, begins.seq - 1)
        for seq in before:
            found += self._store.receipts_above(begins.chain, seq - 1, 1)
        return [one for _, one in sorted({one.up_to: one for one in found}.items())]

    def _chain(self, begins: Beginning) -> Iterator[Record]:
        """All of a chain before."""
        yield from self._before(begins)
        for sealed in self._store.each_past(begins.chain, begins.seq - 1):
            yield self._told(lean(sealed.record))

    def _before(self, begins: Beginning) -> tuple[Record, ...]:
        if begins.before is not None:
            return begins.before
        prefix = Prefix()
        ours = begins.chain == self._store.chain
        for sealed in self._store.each() if ours else self._store.each_past(begins.chain):
            if sealed.record.seq >= begins.seq:
                break
            prefix.add(sealed.record)
        return prefix.kept()

    def _told(self, record: Record) -> Record:
        """A record without its body, unless that may say something of the class."""
        return record if self._says(record) else dataclasses.replace(record, body={})

    def _says(self, record: Record) -> bool:
        ours, files = record.body.get("class") == self._class, self._files[record.chain]
        if record.type == "segment":
            if record.body.get("session") in self._moved[record.chain]:
                files.add(str(record.body.get("sha256")))
                return True
            return ours
        if record.type in MEASURED:
            return ours or record.body.get("segment") in files
        return ours or record.type not in OF_ITS_CLASS
