"""How a database of an older version becomes one of the next: one step for each version, all in one transaction.

Tables that are new are made before the steps run. The old schemas are kept as test data (tests/central/data).
"""
from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, select

from central.store.plans import PlanTables
from central.store.schema import records
from evidence.bodies import ClassOrder, body_of
from evidence.seal import read_sealed


def _tree(_connection: Connection) -> None:
    """From 1 to 2 the tables of the tree came; whoever grows it next takes in every record that is here."""


def _three(connection: Connection) -> None:
    """From 2 to 3 accounts, events for others, drafts, ID numbers, own records and surveys came, all empty, and which
    class has which box when: told from the orders in force."""
    rows = select(records.c.envelope).where(records.c.type == "order.class").order_by(records.c.leaf)
    newest: dict[str, ClassOrder] = {}
    for envelope in connection.execute(rows).scalars():
        body = body_of(read_sealed(envelope).record)
        if isinstance(body, ClassOrder) and (
            body.class_id not in newest or body.number > newest[body.class_id].number
        ):
            newest[body.class_id] = body
    for order in newest.values():
        PlanTables(connection).book(order)


STEPS: Mapping[int, Callable[[Connection], None]] = {1: _tree, 2: _three}
"""Version → what leads from it to the next."""
