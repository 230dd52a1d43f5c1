"""Withdrawals of consent, passed on: every other box to or from which the face may have moved hears of them. The centre
adds nothing: the box that heard the person has signed."""
from __future__ import annotations

import base64
from collections.abc import Collection, Sequence

from central.classes.orders import OrderMessage, Told, boxes_of
from central.store.tables import Tx
from evidence.bodies import Consent, ConsentWithdrawn, TemplatesOrder, body_of
from evidence.canonical import canonical
from evidence.records import Sealed

TYPES = ("consent", "consent.withdrawn")


def withdrawal_messages(tx: Tx, told: Collection[Told]) -> dict[Told, OrderMessage]:
    """For both boxes of every order to move templates: what other boxes of the class, and those of the order, recorded
    of refusals and withdrawals by people of the order, in one message for each class, because a broker keeps the last
    one only. What is in `told` is left out; its third part is the topic, its last how many there are."""
    moving: dict[tuple[str, str], set[str]] = {}
    may_say: dict[str, set[str]] = {}
    for sealed in tx.of_type("order.templates"):
        body = body_of(sealed.record)
        if isinstance(body, TemplatesOrder):
            may_say.setdefault(body.class_id, set(boxes_of(tx, body.class_id))).update((body.source, body.target))
            for device in (body.source, body.target):
                moving.setdefault((device, body.class_id), set()).update(body.people)
    found: dict[Told, OrderMessage] = {}
    for (device, class_id), people in sorted(moving.items()):
        heads = [head for head in tx.heads(device) if head.certificate is not None]
        said = [one for one in _withdrawn(tx, class_id, people)
                if one.record.device in may_say[class_id] - {device}]
        key = (device, heads[-1].chain, f"withdrawn/{class_id}", len(said)) if heads and said else None
        if key is not None and key not in told:
            found[key] = _message(tx, device, class_id, _last(said))
    return found


def _last(said: Sequence[Sealed]) -> list[Sealed]:
    """Of each person the last word of each box, in their order: a box that withdraws for one person without end must
    not make a message that no other box takes."""
    last = {(one.record.device, one.record.body["person"]): one.hash for one in said}
    kept = set(last.values())
    return [one for one in said if one.hash in kept]


def _withdrawn(tx: Tx, class_id: str, people: Collection[str]) -> list[Sealed]:
    """What a box passed on itself (`order`) is not passed on again."""
    records = [(sealed, body_of(sealed.record)) for kind in TYPES for sealed in tx.of_type(kind, class_id)]
    return [sealed for sealed, body in records
            if (isinstance(body, Consent) and not body.given and body.person in people)
            or (isinstance(body, ConsentWithdrawn) and body.by != "order" and body.person in people)]


def _message(tx: Tx, device: str, class_id: str, said: Sequence[Sealed]) -> OrderMessage:
    certificates = {head.chain: head.certificate for sealed in said for head in tx.heads(sealed.record.device)}
    withdrawn = [{"record": base64.b64encode(sealed.envelope).decode("ascii"),
                  "certificate": certificates.get(sealed.record.chain)} for sealed in said]
    return OrderMessage(f"zaitang/v1/{device}/withdrawn/{class_id}", canonical({"withdrawn": withdrawn}))
