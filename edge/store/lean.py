"""Records without what fills the memory: of a course of months the roll calls and pictures do not fit into it."""
from __future__ import annotations

import dataclasses
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from edge.store.begun import Beginning
from edge.store.of_class import OfClass, before, given
from edge.store.store import Store
from evidence.bodies import Body, body_of
from evidence.errors import BadRecord
from evidence.receipts import Receipt
from evidence.records import Record
from evidence.story import Ref
from evidence.thinned import thinned

HEAVY = frozenset({"rollcall", "picture"})


SHORT = 40
"""Texts up to this length repeat: names of fields, ids, cameras, boots. Longer ones are hashes, no two alike."""


def lean(record: Record) -> Record:
    """The record without what fills the memory, with texts that thousands of records share kept once. A picture's
    keyframes stay: the same bytes again prove a repetition however long ago they came. So does what never moved in a
    roll call: all of a course tell what is a poster."""
    body = record.body
    if record.type == "rollcall":
        body = {name: body[name] for name in ("class", "segment", "still_peak") if name in body}
    elif record.type == "picture" and "samples" in body:
        body = {**body, "samples": []}
    return dataclasses.replace(
        record, type=sys.intern(record.type), device=sys.intern(record.device), chain=sys.intern(record.chain),
        boot_id=sys.intern(record.boot_id), body=_shared(body))


def _shared(value: Any) -> Any:
    """A JSON value whose short texts are kept once."""
    if isinstance(value, str):
        return sys.intern(value) if len(value) <= SHORT else value
    if isinstance(value, Mapping):
        return {sys.intern(name): _shared(part) for name, part in value.items()}
    return [_shared(part) for part in value] if isinstance(value, list) else value


class Read:
    """The records of a box that concern one class, lean, for whoever folds it once: from where it begins on, with what
    stands for those before, and of what came between and after only what its clock needs. The bodies of its pictures
    and roll calls are kept beside them. Not `roll_calls`: those are left out of the story, but for what
    `add_roll_calls` adds. `begins`: where the class begins in each chain (`beginnings`).

    Raises StoreBusy."""

    def __init__(
        self, store: Store, class_id: str, begins: Sequence[Beginning], roll_calls: bool = True,
    ) -> None:
        self._store, self._class, self._roll_calls = store, class_id, roll_calls
        self.records: list[Record] = []
        self.receipts: dict[tuple[str, str], list[Receipt]] = {}
        """What the centre gave for them, as the fold takes it."""
        self._bodies: dict[Ref, Body | None] = {}
        for one in begins:
            held = [*before(store, one), *thinned(self._from(one))]
            self.records += held
            for receipt in given(store, one, held):
                self.receipts.setdefault((receipt.device, receipt.chain), []).append(receipt)

    def _from(self, begins: Beginning) -> Iterator[Record]:
        """The records of a chain from where the class begins on."""
        of_class = OfClass(self._class, begins.moved)
        for sealed in self._store.each_of(begins.chain, begins.seq - 1):
            record = of_class.told(sealed.record)
            kept = record.body and (record.type == "picture" or (self._roll_calls and self._ours(record)))
            yield lean(record) if not kept or self._keep(record) else record

    def typed(self, record: Record) -> Body | None:
        """What `fold` reads bodies with."""
        if record.key in self._bodies:
            return self._bodies[record.key]
        return None if record.type == "rollcall" and not (self._roll_calls and self._ours(record)) else body_of(record)

    def add_roll_calls(self, segments: Collection[str]) -> None:
        """Tell the roll calls of these segments, by hash, too. One that cannot be read is told as if it were not there.
        """
        for record in self.records:
            if self._ours(record) and record.body.get("segment") in segments:
                self._keep(self._store.record_at(record.chain, record.seq).record)

    def _ours(self, record: Record) -> bool:
        return record.type == "rollcall" and record.body.get("class") == self._class

    def _keep(self, record: Record) -> bool:
        """Keep the body; False where it cannot be read, which the fold tells."""
        try:
            self._bodies[record.key] = body_of(record)
        except BadRecord:
            return False
        return True
