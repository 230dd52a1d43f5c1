"""The part of a transaction that finds orders to one box, and its answers, without reading those of others."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, select, update

from central.store import schema as t
from evidence.bodies import LiveEnded, Sheet, body_of
from evidence.box_orders import BoxOrder, OrderAnswered
from evidence.records import Sealed
from evidence.seal import read_sealed
from evidence.times import utc_us

TYPES = ("order.box", "order.answered", "sheet", "live.ended")
MOST_NUMBER = 2**52
"""A box that says that it answered a higher number invents it: behind the highest that there is nothing is ordered."""


@dataclasses.dataclass(frozen=True)
class Waiting:
    """An order that its box has not answered. `size`: bytes of its envelope."""

    leaf: int
    number: int
    size: int


class BoxOrderTables:
    """What `Tx` knows of them."""

    _db: Connection

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def note_orders(self, sealed: Sequence[tuple[int, Sealed]]) -> None:
        """Of new records, each with its leaf, remember the orders to boxes and the answers."""
        for leaf, one in sealed:
            if one.record.type not in TYPES:
                continue
            body = body_of(one.record)
            if isinstance(body, BoxOrder):
                self._db.execute(insert(t.box_orders).values(
                    leaf=leaf, device=body.device, number=body.number, hash=one.hash, until_us=utc_us(body.expires)))
            elif isinstance(body, OrderAnswered):
                self._db.execute(insert(t.box_answers).values(
                    leaf=leaf, device=one.record.device, number=body.number, hash=body.order))
            elif isinstance(body, Sheet):
                o = t.box_orders.c
                self._db.execute(update(t.box_orders).values(sheet_leaf=leaf).where(
                    o.device == one.record.device, o.hash == body.order, o.sheet_leaf.is_(None)))
            elif isinstance(body, LiveEnded):
                o = t.box_orders.c
                self._db.execute(update(t.box_orders).values(ended_leaf=leaf).where(
                    o.device == one.record.device, o.hash == body.order, o.ended_leaf.is_(None)))

    def answer_to(self, device: str, order: str) -> Sealed | None:
        """What a box answered to an order first."""
        a, r = t.box_answers.c, t.records.c
        joined = t.box_answers.join(t.records, a.leaf == r.leaf)
        rows = select(r.envelope).select_from(joined).where(a.device == device, a.hash == order)
        envelope = self._db.execute(rows.order_by(a.leaf).limit(1)).scalar()
        return None if envelope is None else read_sealed(envelope)

    def sheets_since(self, us: int, device: str | None = None) -> list[Sealed]:
        """The first sheet for each order, of one box or of all, that ends behind that moment; by order of acceptance.
        However many a box states, there are no more than orders."""
        o, r = t.box_orders.c, t.records.c
        joined = t.box_orders.join(t.records, o.sheet_leaf == r.leaf)
        rows = select(r.envelope).select_from(joined).where(o.until_us > us).order_by(r.leaf)
        if device is not None:
            rows = rows.where(o.device == device)
        return [read_sealed(envelope) for envelope in self._db.execute(rows).scalars()]

    def sheet_for(self, device: str, order: str) -> Sealed | None:
        """The first sheet that a box states for an order."""
        o, r = t.box_orders.c, t.records.c
        joined = t.box_orders.join(t.records, o.sheet_leaf == r.leaf)
        envelope = self._db.execute(
            select(r.envelope).select_from(joined).where(o.device == device, o.hash == order)).scalar()
        return None if envelope is None else read_sealed(envelope)

    def order_to(self, device: str, order: str) -> tuple[Sealed, bool] | None:
        """The order to a box with that hash, and whether the box says that the live pictures it wants are over."""
        found = self._orders(device, t.box_orders.c.hash == order)
        return found[0] if found else None

    def orders_since(self, device: str, us: int) -> list[tuple[Sealed, bool]]:
        """The orders to a box that have not expired at that moment, answered or not, in the order in which they were
        made; with the same word."""
        return self._orders(device, t.box_orders.c.until_us > us)

    def orders_and_ends(
        self, device: str | None, since_us: int, until_us: int, most: int
    ) -> list[tuple[Sealed, Sealed | None]]:
        """The newest orders to a box, or to all, that were to be taken between these moments, each with the record by
        which its box said that the live pictures it wants are over; in the order in which they were made."""
        o, r, ended = t.box_orders.c, t.records.alias(), t.records.alias()
        joined = t.box_orders.join(r, o.leaf == r.c.leaf).outerjoin(ended, o.ended_leaf == ended.c.leaf)
        rows = select(r.c.envelope, ended.c.envelope).select_from(joined).where(
            o.until_us >= since_us, o.until_us < until_us).order_by(o.leaf.desc()).limit(most)
        if device is not None:
            rows = rows.where(o.device == device)
        found = [(read_sealed(order), None if end is None else read_sealed(end))
                 for order, end in self._db.execute(rows)]
        return found[::-1]

    def _orders(self, device: str, which: ColumnElement[bool]) -> list[tuple[Sealed, bool]]:
        o, r = t.box_orders.c, t.records.c
        joined = t.box_orders.join(t.records, o.leaf == r.leaf)
        rows = select(r.envelope, o.ended_leaf).select_from(joined).where(o.device == device, which).order_by(o.leaf)
        return [(read_sealed(envelope), ended is not None) for envelope, ended in self._db.execute(rows)]

    def orders_to(self, device: str) -> list[Sealed]:
        """All orders to a box, in the order in which they were made."""
        o, r = t.box_orders.c, t.records.c
        joined = t.box_orders.join(t.records, o.leaf == r.leaf)
        rows = select(r.envelope).select_from(joined).where(o.device == device).order_by(o.leaf)
        return [read_sealed(envelope) for envelope in self._db.execute(rows).scalars()]

    def answers_of(self, device: str) -> list[Sealed]:
        """All that a box answered, by order of acceptance."""
        a, r = t.box_answers.c, t.records.c
        joined = t.box_answers.join(t.records, a.leaf == r.leaf)
        rows = select(r.envelope).select_from(joined).where(a.device == device).order_by(a.leaf)
        return [read_sealed(envelope) for envelope in self._db.execute(rows).scalars()]

    def orders_waiting(self, device: str, now_us: int) -> list[Waiting]:
        """The orders that a box has not answered and that have not expired, in the order in which they were made."""
        o, a, r = t.box_orders.c, t.box_answers.c, t.records.c
        joined = t.box_orders.join(t.records, o.leaf == r.leaf)
        answered = exists().where(a.device == o.device, a.hash == o.hash)
        rows = select(o.leaf, o.number, func.length(r.envelope)).select_from(joined).where(
            and_(o.device == device, o.until_us > now_us, ~answered))
        return [Waiting(*row) for row in self._db.execute(rows.order_by(o.leaf))]

    def highest_number(self, device: str) -> int:
        """The highest number of an order to a box, and of those that it says it answered; 0: there is none."""
        o, a = t.box_orders.c, t.box_answers.c
        sent = select(func.max(o.number)).where(o.device == device)
        answered = select(func.max(a.number)).where(a.device == device, a.number <= MOST_NUMBER)
        return max(self._db.execute(query).scalar() or 0 for query in (sent, answered))

    def boxes_ordered(self, after: int) -> list[str]:
        """The boxes with orders of which there is something new behind that leaf: an order, an answer, a chain."""
        o, a, r = t.box_orders.c, t.box_answers.c, t.records.c
        new = (select(o.device).where(o.leaf > after), select(a.device).where(a.leaf > after),
               select(r.device).where(r.type == "genesis", r.leaf > after))
        found = {device for rows in new for device in self._db.execute(rows).scalars()}
        return sorted(device for device in found
                      if self._db.execute(select(o.leaf).where(o.device == device).limit(1)).first() is not None)
