"""Where in a chain of this box each class begins: found in one pass over its records, and then as it grows."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection

from edge.store.store import Store
from evidence.prefix import Prefix
from evidence.records import Record

STARTS = 200
"""So many newest starts of sessions are remembered: one that can still be put right is of the last 24 hours."""

BEFORE = 20
"""Of so many classes that began last is known what stands for the records before."""


@dataclasses.dataclass(frozen=True)
class Beginning:
    """`seq`: the first record of the chain that may concern the class; `before`: what stands for those before it, None
    where that must be read again; `moved`: the sessions that corrections name with it."""

    chain: str
    seq: int
    before: tuple[Record, ...] | None
    moved: frozenset[str] = frozenset()


class Begun:
    """The records of one chain so far, in order. What it holds hardly grows: by a number for each class; `only`: for
    each of these."""

    def __init__(self, chain: str, only: Collection[str] | None = None) -> None:
        self.chain, self.count = chain, 0
        self._only = only
        self._prefix = Prefix()
        self._found: dict[str, Beginning] = {}
        self._starts: dict[str, int] = {}
        """Session → its first start."""

    def add(self, record: Record) -> frozenset[str]:
        """Take in the next record; the classes to which it may have moved a session, or from which."""
        told = frozenset(name for key in ("class", "was") if isinstance(name := record.body.get(key), str))
        names = told if self._only is None else told & frozenset(self._only)
        for name in names:
            self.of(name)
        corrected = frozenset[str]()
        if record.type == "session.start":
            self._start(str(record.body.get("session")), record.seq)
        elif record.type == "session.corrected" and (session := str(record.body.get("session"))) in self._starts:
            corrected = names
            for name in names:
                self._move(name, session)
        self._prefix.add(record)
        self.count = record.seq + 1
        return corrected

    def of(self, class_id: str) -> Beginning:
        """Where a class begins; one that nothing has named begins with what comes next."""
        if class_id not in self._found:
            self._found[class_id] = Beginning(self.chain, self.count, self._prefix.kept())
            for old in list(self._found)[:-BEFORE]:
                self._found[old] = dataclasses.replace(self._found[old], before=None)
        return self._found[class_id]

    def _start(self, session: str, seq: int) -> None:
        self._starts.setdefault(session, seq)
        if len(self._starts) > STARTS:
            del self._starts[next(iter(self._starts))]

    def _move(self, class_id: str, session: str) -> None:
        known, seq = self._found[class_id], self._starts[session]
        moved = known.moved | {session}
        self._found[class_id] = (
            Beginning(self.chain, seq, None, moved) if seq < known.seq else dataclasses.replace(known, moved=moved))


def beginnings(store: Store, classes: Collection[str]) -> dict[str, tuple[Beginning, ...]]:
    """Where each of these classes begins, in each chain of the box, the present one last: one pass over all records.

    Raises StoreBusy."""
    found = []
    for chain in store.chains():
        begun = Begun(chain, frozenset(classes))
        for sealed in store.each_of(chain):
            begun.add(sealed.record)
        found.append(begun)
    return {name: tuple(begun.of(name) for begun in found) for name in classes}
