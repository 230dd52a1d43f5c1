"""Whether the boxes of a class have taken its order."""
from __future__ import annotations

from central.plans.errors import NoDraft
from central.plans.overlaps import published_with
from central.plans.views import BoxState
from central.store.tables import Tx
from evidence.bodies import Alarm, OrderAccepted, body_of
from evidence.records import Sealed


def taken_by_boxes(tx: Tx, class_id: str) -> tuple[int, list[BoxState]]:
    """The number of the order in force, and of each of its boxes whether it has taken it. Raises NoDraft."""
    published, sealed = published_with(tx, class_id)
    if published.order is None or sealed is None:
        raise NoDraft(class_id=class_id)
    taken = {one.record.device: one.record.utc_us for one in tx.of_type("order.accepted", class_id)
             if isinstance(body := body_of(one.record), OrderAccepted) and body.order == sealed.hash}
    return published.order.number, [
        BoxState(place.device, place.room, place.device in taken,
                 taken.get(place.device, sealed.record.utc_us),
                 any(head.certificate is not None for head in tx.heads(place.device)),
                 None if place.device in taken else _refused(tx, place.device, sealed))
        for place in published.order.boxes]


def _refused(tx: Tx, device: str, order: Sealed) -> str | None:
    """The reason that a box gave for taking no order, as the last one it stated since."""
    since = tx.leaf_of(order.record.device, order.record.chain, order.record.seq)
    alarms = [body_of(one.record) for one in tx.of_device(device, "alarm", since)]
    codes = [one.params.get("code") for one in alarms if isinstance(one, Alarm) and one.code == "order.refused"
             and one.params.get("order") == order.hash]
    return str(codes[-1]) if codes else None
