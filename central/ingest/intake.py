"""Which new records of a batch are kept: those of a box that brings no more than it may. Of the others nothing is kept,
and they get no receipt: their box sends them again."""
from __future__ import annotations

from central.bounds import DAY_US, RECORDS, level_of, tell_flood
from central.store.store import Store
from central.store.tables import Tx
from evidence.records import Sealed

ROW = 1024
"""Bytes that a record costs beside its envelope: its row, its leaf, a receipt."""
MOST_CHAINS = 20
"""So many chains of one box begin within a day. Each is the work of a person (`new-chain`): more would be invented."""
BEGUN = "chain.begun"


class Intake:
    """Of one transaction."""

    def __init__(self, store: Store, tx: Tx, now_us: int) -> None:
        self._store, self._tx, self._now_us = store, tx, now_us
        self._levels: dict[str, int] = {}
        self._chains: dict[tuple[str, str], bool] = {}
        self._fresh: set[str] = set()

    def takes(self, kept: Sealed) -> bool:
        """Whether a record that is not here is kept; that counts, then. A refusal is stated once in a day."""
        device = kept.record.device
        if device not in self._levels:
            self._levels[device] = level_of(self._tx, RECORDS, device, self._now_us)
        if self._levels[device] >= RECORDS.most:
            tell_flood(self._store, self._tx, device, "records", self._now_us)
            return False
        if not self._knows(device, kept.record.chain):
            return False
        self._levels[device] += len(kept.envelope) + ROW
        self._fresh.add(device)
        return True

    def settle(self) -> None:
        """Remember what was brought."""
        for device in sorted(self._fresh):
            self._tx.put_brought(device, RECORDS.what, self._levels[device], self._now_us)

    def _knows(self, device: str, chain: str) -> bool:
        place = (device, chain)
        if place not in self._chains:
            self._chains[place] = self._tx.head(device, chain) is not None or self._begins(device, chain)
        return self._chains[place]

    def _begins(self, device: str, chain: str) -> bool:
        if self._tx.told_within(device, BEGUN, DAY_US, self._now_us) >= MOST_CHAINS:
            tell_flood(self._store, self._tx, device, "chains", self._now_us)
            return False
        self._tx.put_told(device, BEGUN, chain, self._now_us)
        return True
