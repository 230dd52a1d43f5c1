"""The plans that this box has taken: the one in force of each class."""
from __future__ import annotations

from collections.abc import Iterable

from evidence.bodies import ClassOrder, body_of
from evidence.records import Sealed


def newest_orders(orders: Iterable[Sealed]) -> dict[str, ClassOrder]:
    """The plan in force of each class: the one with the highest number."""
    newest: dict[str, ClassOrder] = {}
    for sealed in orders:
        body = body_of(sealed.record)
        if isinstance(body, ClassOrder) and (
            body.class_id not in newest or body.number >= newest[body.class_id].number
        ):
            newest[body.class_id] = body
    return newest
