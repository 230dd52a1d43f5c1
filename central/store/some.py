"""How many values one question to a database takes."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

MOST = 500
"""So many values in one question, or rows of one answer."""
V = TypeVar("V")


def some(values: Sequence[V]) -> Iterator[Sequence[V]]:
    """The values, as many at a time as fit into one question."""
    return (values[at : at + MOST] for at in range(0, len(values), MOST))
