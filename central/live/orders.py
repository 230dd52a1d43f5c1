"""Orders for live pictures: the newest of a box and form, what came of it, and another one where that is due."""
from __future__ import annotations

import dataclasses

from central.live.decide import ORDER_S, TAKEN_US, Form, Ordered, due
from central.orders.boxes import order_watch
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import body_of
from evidence.box_orders import MOST_LIVE_S, BoxOrder, OrderAnswered, WantedLive
from evidence.records import Sealed
from evidence.times import SECOND, utc_us


def newest_order(tx: Tx, device: str, form: Form, now_us: int) -> Ordered | None:
    """The newest order for live pictures of a box that may be in force."""
    since_us = now_us - MOST_LIVE_S * SECOND - TAKEN_US
    found = [one for sealed, ended in tx.orders_since(device, since_us)
             if (one := _ordered(tx, sealed, ended)) is not None and one.form == form]
    return found[-1] if found else None


def ordered_of(tx: Tx, device: str, order: str) -> Ordered | None:
    """The order for live pictures of this box with that hash."""
    found = tx.order_to(device, order)
    return None if found is None else _ordered(tx, *found)


def order_if_due(
    store: Store, device: str, form: Form, by: str, heard: bool, asked: bool, camera: str, now_us: int
) -> Ordered | None:
    """Make another order for the account `by`, where one is due (`central.live.decide.due`); the newest one then.
    Raises NoSuchBox."""
    with store.write() as tx:
        newest = newest_order(tx, device, form, now_us)
        if due(newest, heard, asked, now_us):
            wanted = WantedLive(camera, form, ORDER_S, by)
            newest = _ordered(tx, order_watch(store, tx, device, wanted, now_us + TAKEN_US), False)
        return newest


def _ordered(tx: Tx, sealed: Sealed, ended: bool) -> Ordered | None:
    body = body_of(sealed.record)
    if not isinstance(body, BoxOrder) or body.watch is None:
        return None
    answered = tx.answer_to(body.device, sealed.hash)
    made = Ordered(sealed.hash, body.number, body.device, body.watch.form, sealed.record.utc_us,
                   utc_us(body.expires), body.watch.seconds, ended=ended)
    said = None if answered is None else body_of(answered.record)
    if answered is None or not isinstance(said, OrderAnswered):
        return made
    return dataclasses.replace(made, result=said.result, why=said.why, said_us=answered.record.utc_us)
