"""How a database of an older version becomes one of the next: one step for each version, all in one transaction.

Tables that are new are made before the steps run. The old schemas are kept as test data (tests/central/data).
"""
from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection


def _tree(_connection: Connection) -> None:
    """From 1 to 2 the tables of the tree came; whoever grows it next takes in every record that is here."""


def _accounts(_connection: Connection) -> None:
    """From 2 to 3 the tables of accounts came, all empty; who is to sign in first is made by a command."""


def _trainees(_connection: Connection) -> None:
    """From 3 to 4 the tables of own records and surveys came, all empty."""


STEPS: Mapping[int, Callable[[Connection], None]] = {1: _tree, 2: _accounts, 3: _trainees}
"""Version → what leads from it to the next."""
