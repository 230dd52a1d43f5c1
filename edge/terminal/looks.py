"""When the room was looked at live, as the box's own chain says: so that the people in it can check it afterwards."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Literal

from edge.store import Store
from evidence.bodies import LiveEnded, body_of
from evidence.box_orders import BoxOrder, OrderAnswered, WantedLive
from evidence.records import Record
from evidence.times import SECOND, utc_us

TOUCH_US = 10 * SECOND
"""What follows so soon is the same look: a new order takes the place of one whose time runs out."""
Form = Literal["video", "pictures"]


@dataclasses.dataclass(frozen=True)
class LiveLook:
    """UTC microseconds of the box's clock. `began_us`: when the first picture was sent, else when the order was taken;
    `until_us`: when it was over, or is at the latest, where nobody knows its end (not `ended`). `sent`: false where it
    is on record that nothing was. `numbers`: of the orders."""

    began_us: int
    until_us: int
    ended: bool
    sent: bool
    forms: frozenset[Form]
    numbers: tuple[int, ...]


def live_looks(
    answered: Iterable[Record], ended: Iterable[Record], orders: Mapping[str, BoxOrder],
) -> tuple[LiveLook, ...]:
    """The looks that were granted, by their beginning; those that touch are one. `orders`: by payload hash."""
    over = {body.order: (record.utc_us, body) for record in ended if isinstance(body := body_of(record), LiveEnded)}
    found = []
    for record in answered:
        body = body_of(record)
        if not isinstance(body, OrderAnswered) or body.result != "accepted":
            continue
        order = orders.get(body.order)
        if order is not None and order.watch is not None:
            found.append(_one(record, body.number, order.watch, over.get(body.order)))
    joined: list[LiveLook] = []
    for look in sorted(found, key=lambda look: look.began_us):
        if joined and _touch(joined[-1], look):
            look = _joined(joined.pop(), look)
        joined.append(look)
    return tuple(joined)


def _one(taken: Record, number: int, watch: WantedLive, over: tuple[int, LiveEnded] | None) -> LiveLook:
    forms, numbers = frozenset({watch.form}), (number,)
    latest_us = taken.utc_us + watch.seconds * SECOND * taken.clock.rate
    if over is None:
        return LiveLook(taken.utc_us, latest_us, False, True, forms, numbers)
    ended_us, end = over
    # Where the process that knew it ended, nobody knows what was sent: a look too many is told rather than one too few.
    sent = end.began is not None or end.fragments is None
    began_us = taken.utc_us if end.began is None else utc_us(end.began)
    # A process that comes later states such an end when it finds it: pictures left no longer than until then.
    known = end.fragments is not None or end.why not in ("restart", "time")
    return LiveLook(began_us, min(ended_us, max(began_us, latest_us)), known, sent, forms, numbers)


def _touch(before: LiveLook, after: LiveLook) -> bool:
    return before.sent and after.sent and after.began_us <= before.until_us + TOUCH_US


def _joined(one: LiveLook, other: LiveLook) -> LiveLook:
    last = max(one, other, key=lambda look: look.until_us)
    return LiveLook(
        one.began_us, last.until_us, last.ended, True, one.forms | other.forms, (*one.numbers, *other.numbers))


class LiveLooks:
    """Reads them anew when another order was answered, or another look is over."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: tuple[tuple[int, int], tuple[LiveLook, ...]] | None = None

    def look(self) -> tuple[LiveLook, ...]:
        """All that are on record. May raise StoreBusy."""
        store, known = self._store, self._known
        newest = store.newest("order.answered", 1), store.newest("live.ended", 1)
        if known is None or known[0] != newest:
            orders = {sealed.hash: body for sealed in store.orders()
                      if isinstance(body := body_of(sealed.record), BoxOrder)}
            known = self._known = newest, live_looks(
                self._records("order.answered"), self._records("live.ended"), orders)
        return known[1]

    def _records(self, kind: str) -> list[Record]:
        return [sealed.record for sealed in (*self._store.past(kind), *self._store.records_of(kind))]
