"""What the centre states of a class after its plan: that it was assessed, that a dispute began or ended; and the
messages by which boxes hear of that and of holds (holds.py), because they keep the video for so long."""
from __future__ import annotations

import base64
import datetime
from collections.abc import Callable, Collection

from central.classes.errors import BadDay, DayAhead, DayBefore, HeldByObjection, NoDispute, SeveralDisputes
from central.classes.orders import OrderMessage, Told, boxes_of, order_of
from central.errors import BadReason
from central.store.store import Store
from central.store.tables import Tx
from evidence.blocks import local
from evidence.bodies import Assessment, ClassOrder, Dispute, Objection, body_of
from evidence.canonical import canonical
from evidence.errors import BadInput
from evidence.objections import objection_facts
from evidence.records import Sealed
from evidence.story import ObjectionFact
from evidence.times import MINUTE, utc_text, utc_us

MAX_REASON = 500
TYPES = ("assessment", "dispute", "hold")
_EPOCH = datetime.date(1970, 1, 1)


def state_assessment(store: Store, class_id: str, on: str, now_us: int) -> Assessment:
    """The class was assessed on that day (like 2026-04-02) of its own calendar.

    Raises UnknownClass, BadDay, DayAhead, DayBefore; nothing is kept then."""
    try:
        day = datetime.date.fromisoformat(on)
    except ValueError:
        raise BadDay(value=on[:40]) from None
    with store.write() as tx:
        _, order = order_of(tx, class_id)
        if day > local(now_us, order.utc_offset_min).date():
            raise DayAhead(date=day)
        first = min((local(utc_us(hour.start), order.utc_offset_min).date() for hour in order.hours), default=day)
        if day < first:
            raise DayBefore(date=day, class_id=class_id, first=first)
        body = Assessment(class_id, utc_text(_end_us(day, order)))
        store.append(tx, body)
    return body


def _end_us(day: datetime.date, order: ClassOrder) -> int:
    """The end of a day on the class's own clock."""
    return ((day - _EPOCH).days + 1) * 24 * 60 * MINUTE - order.utc_offset_min * MINUTE


def open_dispute(store: Store, class_id: str, reason: str) -> Dispute:
    """A dispute begins; its id counts up within the class. Raises UnknownClass, BadReason."""
    with store.write() as tx:
        order_of(tx, class_id)
        return begin_dispute(store, tx, class_id, plain_text(reason, MAX_REASON, BadReason))


def begin_dispute(store: Store, tx: Tx, class_id: str, reason: str) -> Dispute:
    """The same within a writing transaction."""
    number = len({body.dispute for body in _disputes(tx, class_id)}) + 1
    body = Dispute(class_id, f"d-{number}", "opened", reason)
    store.append(tx, body)
    return body


def end_dispute(store: Store, tx: Tx, class_id: str, dispute: str, reason: str) -> None:
    """That dispute is over, within a writing transaction; nothing where it is already."""
    last = {body.dispute: body for body in _disputes(tx, class_id)}
    if dispute in last and last[dispute].state == "opened":
        store.append(tx, Dispute(class_id, dispute, "closed", reason))


def close_dispute(store: Store, class_id: str, reason: str, which: str | None) -> Dispute:
    """A dispute ends: the one that is open, or `which`. Raises UnknownClass, BadReason, NoDispute, SeveralDisputes,
    HeldByObjection."""
    with store.write() as tx:
        order_of(tx, class_id)
        last = {body.dispute: body for body in _disputes(tx, class_id)}
        running = [name for name, body in last.items() if body.state == "opened"]
        if which is not None:
            running = [name for name in running if name == which]
        if not running:
            raise NoDispute(class_id=class_id)
        if len(running) > 1:
            raise SeveralDisputes(class_id=class_id, disputes=", ".join(running))
        for one in objections_of(tx, class_id):
            if one.open and one.dispute == running[0]:
                raise HeldByObjection(dispute=running[0], objection=one.objection)
        body = Dispute(class_id, running[0], "closed", plain_text(reason, MAX_REASON, BadReason))
        store.append(tx, body)
    return body


def statement_messages(tx: Tx, certificate: str, told: Collection[Told]) -> dict[Told, OrderMessage]:
    """For every box that any plan of a class named: all that was stated of the class, in one message, because a broker
    keeps the last one only. What is in `told` is left out; its third part is the topic, its last how many there are."""
    classes = {str(sealed.record.body.get("class")) for kind in TYPES for sealed in tx.of_type(kind)}
    found: dict[Told, OrderMessage] = {}
    for class_id in sorted(classes):
        stated = _stated(tx, class_id)
        for device in boxes_of(tx, class_id):
            heads = [head for head in tx.heads(device) if head.certificate is not None]
            key = (device, heads[-1].chain, f"stated/{class_id}", len(stated)) if heads else None
            if key is not None and key not in told:
                found[key] = _message(device, class_id, stated, certificate)
    return found


def _message(device: str, class_id: str, stated: list[Sealed], certificate: str) -> OrderMessage:
    envelopes = [base64.b64encode(sealed.envelope).decode("ascii") for sealed in stated]
    payload = {"stated": envelopes, "certificate": certificate}
    return OrderMessage(f"zaitang/v1/{device}/stated/{class_id}", canonical(payload))


def _stated(tx: Tx, class_id: str) -> list[Sealed]:
    """In the order of the centre's chain."""
    found = [sealed for kind in TYPES for sealed in tx.of_type(kind, class_id)]
    return sorted(found, key=lambda sealed: sealed.record.key)


def _disputes(tx: Tx, class_id: str) -> list[Dispute]:
    bodies = [body_of(sealed.record) for sealed in tx.of_type("dispute", class_id)]
    return [body for body in bodies if isinstance(body, Dispute)]


def objections_of(tx: Tx, class_id: str) -> tuple[ObjectionFact, ...]:
    """The objections of a class, by the centre's own records."""
    told = [(sealed.record, body_of(sealed.record)) for sealed in tx.of_type("objection", class_id)]
    return objection_facts((record, body) for record, body in told if isinstance(body, Objection))[0]


def plain_text(text: str, limit: int, error: Callable[..., BadInput]) -> str:
    """A text of one line that goes into a record. Raises `error` where it says nothing, or what cannot be seen."""
    plain = " ".join(text.split())
    if not plain or len(plain) > limit or not plain.isprintable():
        raise error(limit=limit)
    return plain
