"""Of which classes no roll call is made with the pack at work: what the check-in asks of their people is asked here.

Else a pack that takes too many strangers for somebody would show people who never came. What is refused waits: it is
called as soon as enough people are enrolled, or with another pack. An alarm says so once for each class, pack and why;
anew where a roll call of the class was made in between, for then findings take it that none is refused any more.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping

from common.logs import Log
from edge.plans import newest_orders
from edge.store import Store
from edge.vision.admit import Refusal, refusal
from edge.vision.calibrate import Threshold, calibrate
from edge.vision.gallery import Gallery
from edge.vision.pack import Pack
from evidence.bodies import Alarm, ClassOrder
from evidence.called import PACK_REFUSED
from evidence.policy import Policy
from evidence.records import Record
from evidence.strangers import allowed_ppm


class Refused:
    """`policy`: the policy of a plan. Who has no plan on this box is asked nothing: no rule judges the class."""

    def __init__(self, store: Store, pack: Pack, policy: Callable[[ClassOrder], Policy]) -> None:
        self._store, self._pack, self._policy = store, pack, policy
        self._log = Log("rollcall")
        self._orders: Mapping[str, ClassOrder] = {}
        self._taken_after = -1
        self._found: dict[str, Refusal | None] = {}
        self._said: dict[tuple[str, str, str], Record] = {}
        self._called: dict[str, Record] = {}
        """Class → its last roll call."""

    def take(self, record: Record) -> None:
        """Take in an alarm; those of others are no matter."""
        body, params = record.body, record.body.get("params")
        if body.get("code") == PACK_REFUSED and isinstance(params, dict):
            self._said[str(body.get("class")), str(params.get("pack_sha256")), str(params.get("why"))] = record

    def called(self, record: Record) -> None:
        """Take in a roll call."""
        self._called[str(record.body.get("class"))] = record

    def learn(self, faces_changed: bool) -> None:
        """Take in new plans; ask anew after these, and when somebody was enrolled or erased."""
        taken = self._store.records_of("order.accepted", self._taken_after)
        if taken:
            self._taken_after = taken[-1].record.seq
        if taken or not self._orders:
            self._orders = newest_orders(self._store.orders())
        if taken or faces_changed:
            self._found.clear()

    def why(self, class_id: str) -> Refusal | None:
        """Why no roll call of this class is made now; None: it is made, or nobody is enrolled who could be named."""
        if class_id not in self._found:
            self._found[class_id] = self._ask(class_id)
        return self._found[class_id]

    def _ask(self, class_id: str) -> Refusal | None:
        order, templates = self._orders.get(class_id), self._store.templates(class_id, self._pack.name)
        if order is None or not templates:
            return None
        policy, threshold = self._policy(order), calibrate(self._pack, Gallery(self._pack, templates))
        why = refusal(threshold, policy)
        if why is not None:
            self._say(class_id, why, threshold, policy)
        return why

    def _say(self, class_id: str, why: Refusal, threshold: Threshold, policy: Policy) -> None:
        key = class_id, self._pack.sha256, why
        if (said := self._said.get(key)) is not None and not _later(self._called.get(class_id), said):
            return
        told = {"people": threshold.people, "least": self._pack.manifest.calibration.min_people} if why == "few" else {
            "strangers_ppm": threshold.fpir_ppm, "allowed_ppm": allowed_ppm(policy)}
        params = {"why": why, "pack": self._pack.name, "pack_sha256": self._pack.sha256, "policy": policy.id, **told}
        self._said[key] = self._store.append("alarm", Alarm(PACK_REFUSED, params, class_id)).record
        self._log.warning("rollcall.refused", class_id=class_id, **params)


def _later(one: Record | None, other: Record) -> bool:
    """Whether there is one that stands behind the other in the same chain."""
    return one is not None and one.chain == other.chain and one.seq > other.seq
