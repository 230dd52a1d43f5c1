"""How a database of an older version becomes one of the next: one step for each version, all in one transaction.

Tables that are new are made before the steps run. The old schemas are kept as test data (tests/central/data).
"""
from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from central.store.schema import names, records


def _tree(_connection: Connection) -> None:
    """From 1 to 2 the tables of the tree came; whoever grows it next takes in every record that is here."""


def _overview(connection: Connection) -> None:
    """From 2 to 3 the tables of the overview came, which fill themselves, and indexes on what was there."""
    for table, name in ((records, "records_class_type"), (names, "names_person")):
        next(one for one in table.indexes if one.name == name).create(connection, checkfirst=True)


STEPS: Mapping[int, Callable[[Connection], None]] = {1: _tree, 2: _overview}
"""Version → what leads from it to the next."""
