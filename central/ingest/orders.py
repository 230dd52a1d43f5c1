"""What the centre ordered and stated, on its way to the boxes: each of it once to a connection of the broker, which
keeps it for its topic.

Of years of classes nothing is read again for a record that changes nothing of them: whatever is told is looked through
anew only once there is a record of a type that it follows from.
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
Messages = Callable[[Tx, Collection[Told]], dict[Told, OrderMessage]]
_LOG = Log("collector")


class Orders:
    """Belongs to one collector. `certificate`: the centre's (PEM)."""

    def __init__(self, store: Store, names: NameBox, certificate: str) -> None:
        self._store = store
        self._told: set[Told] = set()
        self._looked_at: dict[tuple[str, ...], int] = {}
        self._kinds: dict[tuple[str, ...], Messages] = {  # what each follows from, besides the chain of a box
            ("order.class",): lambda tx, told: order_messages(tx, names, certificate, told),
            ("order.class", *STATEMENTS): lambda tx, told: statement_messages(tx, certificate, told),
            ("order.templates",): lambda tx, told: move_messages(tx, certificate, told),
            ("order.class", "order.templates", *WITHDRAWALS): lambda tx, told: withdrawal_messages(tx, told),
            BOX_ORDERS: lambda tx, told: box_order_messages(tx, certificate, told, time.time_ns() // 1000),
        }

    def forget(self) -> None:
        """Another connection: a broker without persistence has forgotten what it kept. For any thread."""
        self._told, self._looked_at = set(), {}

    def send(self, publish: Publish) -> None:
        """Publish what was not told yet. Raises DatabaseUnusable."""
        told, looked_at = self._told, self._looked_at  # those of this connection, even if it ends meanwhile
        with self._store.read() as tx:
            newest = {types: tx.newest((*types, "genesis")) for types in self._kinds}
            found = {types: messages(tx, told) for types, messages in self._kinds.items()
                     if newest[types] != looked_at.get(types)}
        for types, some in found.items():
            for key, message in some.items():
                if not publish(message):
                    return  # the rest goes when there is room again
                told.add(key)
                _LOG.info("order.sent", device=key[0], number=key[3])
            looked_at[types] = newest[types]
