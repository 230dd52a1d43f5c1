"""Files that a person waits for: what the orders in force ask of a box, and the order for what none asks for yet."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from central.orders.boxes import expires, head_of, named, next_number
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import body_of
from evidence.box_orders import BoxOrder, OrderAnswered, WantedUpload
from evidence.times import MINUTE

DAYS = 1
"""An order for somebody who waits holds so long."""
PATIENCE_US = 10 * MINUTE
"""After an order was accepted, a file that does not move is waited for so long until it may be asked for again."""
REFUSED_US = MINUTE
"""After an order that brings nothing a file is not asked for again so soon, however often somebody presses."""
GONE = "gone"


@dataclasses.dataclass(frozen=True)
class Asked:
    """The newest order in force that asks for a file. `at_us`: when it was made; `accepted`: the box has taken it;
    `why`: why it will not bring the file: a refusal of the box, or GONE; else empty; `came`: the file was here, as it
    was recorded, after it was ordered."""

    at_us: int
    accepted: bool
    why: str = ""
    came: bool = False

    @property
    def over(self) -> bool:
        """Whether it brings nothing any more."""
        return self.why != "" or self.came

    def under_way(self, now_us: int, moved_us: int | None = None) -> bool:
        """Whether the file may still come by it. `moved_us`: when its last byte came."""
        patient_us = max(self.at_us, moved_us or 0) + PATIENCE_US
        return not self.over and (not self.accepted or now_us < patient_us)

    def rests(self, now_us: int) -> bool:
        """Whether no other order is made for it now: it may come, or the box just said that it does not."""
        return self.under_way(now_us) or (self.why != "" and self.at_us <= now_us < self.at_us + REFUSED_US)


def asked_of(tx: Tx, device: str, now_us: int) -> dict[str, Asked]:
    """By hash, all that orders in force ask of a box."""
    found: dict[str, Asked] = {}
    for sealed, _ in tx.orders_since(device, now_us):
        body = body_of(sealed.record)
        if not isinstance(body, BoxOrder) or body.upload is None:
            continue
        answered = tx.answer_to(device, sealed.hash)
        answer = None if answered is None else body_of(answered.record)
        for one in body.upload.files:
            found[one.sha256] = _asked(sealed.record.utc_us, one.sha256, answer)
    came = tx.came(list(found))
    return {sha256: dataclasses.replace(one, came=one.at_us < came.get(sha256, -1) <= now_us)
            for sha256, one in found.items()}


def _asked(at_us: int, sha256: str, answer: object) -> Asked:
    if not isinstance(answer, OrderAnswered):
        return Asked(at_us, False)
    if answer.result != "accepted":
        return Asked(at_us, False, answer.why)
    return Asked(at_us, True, GONE if sha256 in answer.missing else "")


def order_awaited(store: Store, device: str, hashes: Sequence[str], now_us: int) -> BoxOrder | None:
    """Order files of a box for somebody who waits, in this order, but those that are under way or were just refused;
    None where all are. Raises NoSuchBox, FilesNotOfBox."""
    with store.write() as tx:
        asked = asked_of(tx, device, now_us)
        lacking = [one for one in hashes if one not in asked or not asked[one].rests(now_us)]
        if not lacking:
            return None
        head = head_of(tx, device)
        body = BoxOrder(device, next_number(tx, device), expires(DAYS, now_us), "upload",
                        WantedUpload(head.chain, tuple(named(tx, head, lacking))))
        store.append(tx, body)
        return body
