"""Holds of the video of a class, by a court or an authority: placed and lifted on record. The boxes hear of each."""
from __future__ import annotations

from central.classes.errors import NoHold, SeveralHolds
from central.classes.orders import order_of
from central.classes.statements import MAX_REASON, plain_text
from central.errors import BadReason
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import Hold, body_of
from evidence.keeping import holds
from evidence.story import HoldFact


def place_hold(store: Store, class_id: str, reason: str, by: str = "") -> Hold:
    """From now on no video of the class is removed; the id of the hold counts up within the class. `by`: the account.
    Raises UnknownClass, BadReason."""
    with store.write() as tx:
        order_of(tx, class_id)
        said = plain_text(reason, MAX_REASON, BadReason)
        body = Hold(class_id, f"h-{len({one.hold for one in holds_of(tx, class_id)}) + 1}", "placed", said, by)
        store.append(tx, body)
    return body


def lift_hold(store: Store, class_id: str, reason: str, which: str | None, by: str = "") -> Hold:
    """A hold is over: the one that is placed, or `which`. Raises UnknownClass, BadReason, NoHold, SeveralHolds."""
    with store.write() as tx:
        order_of(tx, class_id)
        placed = [one.hold for one in holds_of(tx, class_id) if one.until_us is None and which in (None, one.hold)]
        if not placed:
            raise NoHold(class_id=class_id)
        if len(placed) > 1:
            raise SeveralHolds(class_id=class_id, holds=", ".join(placed))
        body = Hold(class_id, placed[0], "lifted", plain_text(reason, MAX_REASON, BadReason), by)
        store.append(tx, body)
    return body


def holds_of(tx: Tx, class_id: str) -> tuple[HoldFact, ...]:
    """The holds of a class, in order of time."""
    said = [(sealed.record, body_of(sealed.record)) for sealed in tx.of_type("hold", class_id)]
    return holds([(record, body) for record, body in said if isinstance(body, Hold)])
