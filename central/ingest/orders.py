"""What the centre ordered and stated, on its way to the boxes: each of it once to a connection of the broker, which
keeps it for its topic.

Of years of classes nothing is read again for a record that changes nothing of them: whatever is told is looked through
anew only once there is a record of a type that it follows from. Boxes make such records, too: a look that took long is
followed by a pause that is longer, so that no box keeps a collector from taking records. Of orders to boxes only those
of a box are looked at of which there is something new: a wave of them costs what it holds.
"""
from __future__ import annotations

import time
from collections.abc import Callable, Collection

from central.classes.moves import move_messages
from central.classes.orders import OrderMessage, Told, order_messages
from central.classes.statements import TYPES as STATEMENTS
from central.classes.statements import statement_messages
from central.classes.withdrawals import TYPES as WITHDRAWALS
from central.classes.withdrawals import withdrawal_messages
from central.names import NameBox
from central.orders.boxes import TYPES as BOX_ORDERS
from central.orders.boxes import box_order_messages
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log

Publish = Callable[[OrderMessage], bool]
"""Hands a message to the broker. False when there is no room now."""
Types = tuple[str, ...]
Messages = Callable[[Tx, Collection[Told], int], dict[Told, OrderMessage]]
"""What is to be told, and was not; the last argument: up to which leaf it was looked at."""
SHORT_S, REST = 0.1, 10
"""A look that takes longer than so many seconds is followed by a pause that is so many times as long."""
_LOG = Log("collector")


class Orders:
    """Belongs to one collector. `certificate`: the centre's (PEM); `now`: monotonic seconds."""

    def __init__(
        self, store: Store, names: NameBox, certificate: str, now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._now = store, now
        self._told: set[Told] = set()
        self._looked_at: dict[Types, int] = {}
        self._rest_until: dict[Types, float] = {}
        self._kinds: dict[Types, Messages] = {  # what each follows from, besides the chain of a box
            ("order.class",): lambda tx, told, _: order_messages(tx, names, certificate, told),
            ("order.class", *STATEMENTS): lambda tx, told, _: statement_messages(tx, certificate, told),
            ("order.templates",): lambda tx, told, _: move_messages(tx, certificate, told),
            ("order.class", "order.templates", *WITHDRAWALS): lambda tx, told, _: withdrawal_messages(tx, told),
            BOX_ORDERS: lambda tx, told, after: box_order_messages(
                tx, certificate, told, time.time_ns() // 1000, after),
        }

    def forget(self) -> None:
        """Another connection: a broker without persistence has forgotten what it kept. For any thread."""
        self._told, self._looked_at, self._rest_until = set(), {}, {}

    def send(self, publish: Publish) -> None:
        """Publish what was not told yet. Raises DatabaseUnusable."""
        told, looked_at = self._told, self._looked_at  # those of this connection, even if it ends meanwhile
        with self._store.read() as tx:
            newest = {types: tx.newest((*types, "genesis")) for types in self._kinds}
            found = {types: self._look(tx, types, told, looked_at.get(types, -1)) for types in self._kinds
                     if newest[types] != looked_at.get(types) and self._now() >= self._rest_until.get(types, 0.0)}
        for types, some in found.items():
            for key, message in some.items():
                if not publish(message):
                    return  # the rest goes when there is room again
                told.add(key)
                _LOG.info("order.sent", device=key[0], number=key[3])
            looked_at[types] = newest[types]

    def _look(self, tx: Tx, types: Types, told: Collection[Told], after: int) -> dict[Told, OrderMessage]:
        began = self._now()
        found = self._kinds[types](tx, told, after)
        took = self._now() - began
        if took > SHORT_S:
            self._rest_until[types] = self._now() + REST * took
        return found
