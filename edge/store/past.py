"""What a restore keeps in the store: chains of before with their receipts, what the box took, where its video is."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from evidence.bodies import ChainBegun
from evidence.receipts import peek_receipt
from evidence.records import Sealed

if TYPE_CHECKING:
    from edge.store.store import Moved, Place


@dataclasses.dataclass(frozen=True)
class Restored:
    """All of it was checked. `chains`: those that are not here yet, whole, the oldest first; `receipts` of each;
    `orders`; `policies` by hash; `uploaded`: hashes of video that the centre has; `volumes` that survived, their ids;
    `moved`: what lies on the second; `garbage`: files that records say are removed; `facts`: what the box states of it;
    `notes`: what its processes know after it; `reason`: that a new chain gives for going on."""

    chains: Sequence[Sequence[Sealed]]
    receipts: Sequence[Sequence[bytes]]
    orders: Sequence[Sealed]
    policies: Mapping[str, bytes]
    uploaded: Sequence[str]
    volumes: Mapping[Place, str]
    moved: Sequence[Moved]
    garbage: Sequence[tuple[Place, str]]
    facts: Sequence[tuple[str, object]]
    notes: Mapping[str, str]
    reason: str

    def begun(self) -> ChainBegun | None:
        """What a chain that goes on for the newest of these states first."""
        if not self.chains:
            return None
        last = self.chains[-1][-1]
        covered = [peek_receipt(envelope).up_to for envelope in self.receipts[-1]]
        return ChainBegun(last.record.chain, last.record.seq, last.hash, max(covered, default=None), self.reason)

    def rows(self) -> list[tuple[int, str, int, str, str, bytes]]:
        """The records as rows of `past`."""
        every = [one for chain in self.chains for one in chain]
        return [(number, one.record.chain, one.record.seq, one.hash, one.record.type, one.envelope)
                for number, one in enumerate(every)]

    def receipt_rows(self) -> list[tuple[str, int, bytes]]:
        """The receipts as rows of `past_receipts`: of each record the first."""
        told = [(peek_receipt(envelope), envelope) for of_chain in self.receipts for envelope in of_chain]
        return [(receipt.chain, receipt.up_to, envelope) for receipt, envelope in told]
