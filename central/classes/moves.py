"""Orders to move the face templates of a class to another box, and the messages that bring them to both boxes."""
from __future__ import annotations

import base64
from collections.abc import Collection, Sequence

from central.classes.errors import BadMove, NoSealingKey, SameBox
from central.classes.orders import OrderMessage, Told, order_of
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import RosterEvent, TemplatesOrder, body_of
from evidence.canonical import canonical
from evidence.records import Sealed
from evidence.times import utc_text

DAY_US = 86_400_000_000
MOST_DAYS = 90


def order_move(
    store: Store, class_id: str, source: str, target: str, people: Sequence[str], days: int, now_us: int,
) -> tuple[Sealed, TemplatesOrder]:
    """Order that templates of a class may move. `people`: pseudonyms; none named: everybody of the class. The order
    ends after `days`. Raises UnknownClass, SameBox, NoSealingKey (a box has not introduced itself), BadMove."""
    if source == target:
        raise SameBox(device=source)
    with store.write() as tx:
        everybody = _everybody(tx, class_id)
        strange = [person for person in people if person not in everybody]
        if strange or not 1 <= days <= MOST_DAYS:
            raise BadMove(class_id=class_id, most=MOST_DAYS, people=", ".join(strange) or "-")
        to_key = _sealing_key(tx, target)
        _sealing_key(tx, source)
        named = tuple(sorted(set(people))) or tuple(sorted(everybody))
        body = TemplatesOrder(class_id, named, source, target, to_key, utc_text(now_us + days * DAY_US))
        return store.append(tx, body), body


def move_messages(tx: Tx, certificate: str, told: Collection[Told]) -> dict[Told, OrderMessage]:
    """For source and target: all orders of a class that name the box, in one message, because a broker keeps the last
    one only. What is in `told` is left out; its third part is the topic, its last how many there are."""
    orders: dict[tuple[str, str], list[Sealed]] = {}
    for sealed in tx.of_type("order.templates"):
        body = body_of(sealed.record)
        if isinstance(body, TemplatesOrder):
            for device in (body.source, body.target):
                orders.setdefault((device, body.class_id), []).append(sealed)
    found: dict[Told, OrderMessage] = {}
    for (device, class_id), ordered in sorted(orders.items()):
        heads = [head for head in tx.heads(device) if head.certificate is not None]
        key = (device, heads[-1].chain, f"moves/{class_id}", len(ordered)) if heads else None
        if key is not None and key not in told:
            found[key] = _message(device, class_id, ordered, certificate)
    return found


def _message(device: str, class_id: str, orders: Sequence[Sealed], certificate: str) -> OrderMessage:
    envelopes = [base64.b64encode(sealed.envelope).decode("ascii") for sealed in orders]
    return OrderMessage(
        f"zaitang/v1/{device}/moves/{class_id}", canonical({"moves": envelopes, "certificate": certificate}))


def _everybody(tx: Tx, class_id: str) -> set[str]:
    """Everybody of the order in force, and whom a roster event brought. Raises UnknownClass."""
    _, order = order_of(tx, class_id)
    events = [body_of(sealed.record) for sealed in tx.of_type("roster.event", class_id)]
    later = {person for event in events if isinstance(event, RosterEvent)
             for person in (event.person, event.substitute) if person}
    return {one.person for one in order.roster} | later


def _sealing_key(tx: Tx, device: str) -> str:
    keys = [head.sealing_key for head in tx.heads(device) if head.sealing_key is not None]
    if not keys:
        raise NoSealingKey(device=device)
    return keys[-1]
