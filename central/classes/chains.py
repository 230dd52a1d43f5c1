"""The chains of boxes as records, read once: what was read stays in memory, and only what is new is read again."""
from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping

from central.classes.kept import Kept, settle
from central.store.chains import ChainHead
from central.store.tables import Tx
from evidence.bodies import Body, body_of, class_of
from evidence.receipts import Receipt, peek_receipt
from evidence.records import Record
from evidence.seal import reread

MOST_BYTES = 48 << 20
"""Of envelopes; as records in memory they take some six times as much."""


@dataclasses.dataclass(frozen=True)
class Read:
    """A chain up to `up_to`, whose payload hash there is `head_hash`, with its receipts. `sizes`: class → bytes of the
    envelopes about it."""

    up_to: int
    head_hash: str
    records: tuple[Record, ...]
    receipts: tuple[Receipt, ...]
    size: int
    sizes: Mapping[str | None, int]
    bodies: dict[int, Body | None] = dataclasses.field(default_factory=dict)
    """By sequence number, of what a story was asked of: a body is made once, not again with every record that comes."""

    def body(self, record: Record) -> Body | None:
        """The body of one of these records, None of a type that nobody knows. Raises BadRecord."""
        if record.seq not in self.bodies:
            self.bodies[record.seq] = body_of(record)
        return self.bodies[record.seq]


class Chains:
    """Records never change and a chain only grows, so what was read holds as long as its last record is the one that
    the database has there."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._kept: Kept[Read] = Kept(most_bytes)

    def read(self, tx: Tx, head: ChainHead) -> Read:
        """A chain up to where it is here without a hole."""
        place = (head.device, head.chain)
        known = self._kept.get(place)
        if known is None or not self._holds(tx, head, known):
            known = Read(-1, "", (), (), 0, {}, {})
        new = tx.chain_from(*place, known.up_to + 1, head.up_to)
        up_to = known.receipts[-1].up_to if known.receipts else -1
        receipts = [peek_receipt(envelope) for _, envelope in tx.receipts_after(*place, up_to)]
        if not new and not receipts:
            return known
        records = [reread(one) for one in new]
        sizes = Counter(known.sizes)
        for envelope, record in zip(new, records, strict=True):
            sizes[class_of(record)] += len(envelope)
        found = Read(head.up_to, head.head_hash, (*known.records, *records), (*known.receipts, *receipts),
                     known.size + sum(map(len, new)), sizes, known.bodies)
        self._kept.put(place, found, found.size)
        settle(found.size - known.size)
        return found

    def _holds(self, tx: Tx, head: ChainHead, known: Read) -> bool:
        """A database that was set back holds another chain, or less of it."""
        if known.up_to < 0 or known.up_to > head.up_to:
            return known.up_to < 0
        return tx.hashes_at(head.device, head.chain, [known.up_to]).get(known.up_to) == known.head_hash
