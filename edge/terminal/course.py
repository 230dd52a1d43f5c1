"""The records of one class as the terminal holds them, lean: from its beginning on, with what stands for those before.
Bodies that say nothing of it are left out: what it holds depends on how long the class is, not on how old the box is.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from edge.store import Store
from edge.store.begun import Beginning
from edge.store.lean import lean
from edge.store.of_class import OfClass, before, given
from edge.terminal.bodies import Bodies
from evidence.receipts import Receipt
from evidence.records import Record


class Course:
    """One class. `begins`: where it begins in each chain of the box, the present one last, whose records follow by
    `add`. Methods may raise StoreBusy."""

    def __init__(self, store: Store, class_id: str, begins: Sequence[Beginning]) -> None:
        *past, own = begins
        self.bodies = Bodies(store)
        self._store = store
        self._of_class = {one.chain: OfClass(class_id, one.moved) for one in begins}
        self._receipts: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
        self._receipted = store.receipted_up_to()
        self.past = [told for one in past for told in self._chain(one)]
        self.own = list(before(store, own))
        self.up_to = own.seq - 1
        """The newest record of the present chain that is here."""
        for one in begins:
            self._keep(given(store, one, [*self.past, *self.own]))

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

    def _chain(self, begins: Beginning) -> Iterator[Record]:
        """All of a chain before."""
        yield from before(self._store, begins)
        for sealed in self._store.each_past(begins.chain, begins.seq - 1):
            yield self._told(lean(sealed.record))

    def _told(self, record: Record) -> Record:
        return self._of_class[record.chain].told(record)
