"""How many messages the broker threw away: its own count, watched, and stated when it grows.

A broker whose queues are full drops what comes and says nothing to anybody. Boxes send it all again, for only receipts
count; but somebody must learn that the queues are too small or the collector was away for too long.
"""
from __future__ import annotations

from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm

NOTE = "broker.dropped"
"""Under which the count stands in the centre's notes: what grew while no collector was here grew all the same."""
MOST_DIGITS = 15


class Dropped:
    """`hear` may be called by another thread than `tell`."""

    def __init__(self, store: Store) -> None:
        self._store, self._count = store, -1

    def hear(self, payload: bytes) -> None:
        """What the broker says of itself."""
        if payload.isdigit() and len(payload) <= MOST_DIGITS:
            self._count = int(payload)

    def tell(self) -> None:
        """State by how much it grew since this was last looked at. Raises DatabaseUnusable."""
        count = self._count
        if count < 0:
            return
        with self._store.read() as tx:
            if count == _before(tx):
                return
        with self._store.write() as tx:
            before = _before(tx)  # another collector may have looked meanwhile
            if count == before:
                return
            tx.set_meta(NOTE, str(count))
            grew = count - before if count > before else count  # a broker that starts again counts from 0
            if grew:
                self._store.append(tx, Alarm("broker.dropped", {"messages": grew}))
                Log("collector").warning("broker.dropped", messages=grew)


def _before(tx: Tx) -> int:
    return int(tx.meta(NOTE) or 0)
