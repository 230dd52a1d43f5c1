"""The story of a class from the receipted records of its boxes and of the centre, and what the rules find in it."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable

from central.classes.as_of import AsOf, as_of
from central.classes.orders import boxes_of, order_of
from central.clock import Clock
from central.errors import CannotJudge, PolicyGone
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import ClassOrder, JudgedChain
from evidence.errors import ZaitangError
from evidence.fold import fold
from evidence.policy import Policy, parse_policy
from evidence.receipts import Receipt, peek_receipt
from evidence.rules import Finding, findings
from evidence.seal import read_sealed
from evidence.story import Story


@dataclasses.dataclass(frozen=True)
class Told:
    """A class as of one moment. `waiting`: records of its boxes that are here but whose turn in the chain has not come,
    because an earlier one is missing; they are left out. `chains`: how far everything rests on which chains."""

    order: ClassOrder
    policy: Policy
    story: Story
    as_of: AsOf
    findings: tuple[Finding, ...]
    waiting: int
    chains: tuple[JudgedChain, ...] = ()


NO_STORY = ("look.centre", "account", "institution")
"""Records that change the story of no class: whoever looks at one must not make all of them be told anew."""


class Stories:
    """Tells classes, and remembers each for as long as no new record is here."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._kept: dict[str, tuple[int, Told]] = {}
        self._lock = threading.Lock()
        self._log = Log("classes.stories")

    def tell(self, class_id: str) -> Told:
        """The class now. Raises UnknownClass, PolicyGone; CannotJudge where judging fails as nobody foresaw: one class
        must not take the others with it."""
        try:
            return self._tell(class_id)
        except ZaitangError:
            raise
        except Exception as error:
            self._log.failed("class.unjudged", error, **{"class": class_id})
            raise CannotJudge(class_id=class_id, error=type(error).__name__) from error

    def _tell(self, class_id: str) -> Told:
        now_us = self._clock.stamp().utc_us
        with self._store.read() as tx:
            leaves = tx.newest_but(NO_STORY)
            with self._lock:
                kept = self._kept.get(class_id)
            if kept is None or kept[0] != leaves:
                kept = (leaves, tell(self._store, tx, class_id, now_us))
        told = kept[1]
        if not told.as_of.simulated:
            told = dataclasses.replace(
                told, as_of=AsOf(now_us, False), findings=findings(told.story, told.policy, now_us)
            )
        with self._lock:
            self._kept[class_id] = (leaves, told)
        return told


def tell(store: Store, tx: Tx, class_id: str, now_us: int) -> Told:
    """Fold the records and evaluate the rules. Raises UnknownClass, PolicyGone."""
    _, order = order_of(tx, class_id)
    policy = policy_of(tx, order)
    devices = set(boxes_of(tx, class_id))
    # Whole chains, as an auditor folds them: what belongs to no class may still tell about a clock.
    records = [read_sealed(envelope).record for envelope in tx.receipted({*devices, store.device})]
    moment = as_of(records, store.device, now_us)
    story = fold(records, class_id, policy, receipts=receipts_of(tx, devices), log=store.log)
    found = findings(story, policy, moment.us)
    return Told(order, policy, story, moment, found, tx.waiting(devices), chains_of(tx, {*devices, store.device}))


def chains_of(tx: Tx, devices: Iterable[str]) -> tuple[JudgedChain, ...]:
    """How far the chains of these devices are here without a hole, and receipted."""
    heads = [head for device in sorted(devices) for head in tx.heads(device) if head.up_to >= 0]
    return tuple(JudgedChain(
        head.device, head.chain, head.up_to, head.head_hash,
        max((up_to for up_to, _ in tx.receipts(head.device, head.chain)), default=None)) for head in heads)


def receipts_of(tx: Tx, devices: Iterable[str]) -> dict[tuple[str, str], list[Receipt]]:
    """The centre's own receipts for the chains of these devices."""
    heads = [head for device in sorted(devices) for head in tx.heads(device)]
    return {(head.device, head.chain): [peek_receipt(envelope) for _, envelope in tx.receipts(head.device, head.chain)]
            for head in heads}


def policy_of(tx: Tx, order: ClassOrder) -> Policy:
    """The policy that an order refers to, from the bytes that were kept with it. Raises PolicyGone."""
    toml = tx.policy(order.policy.sha256)
    if toml is None:
        raise PolicyGone(policy=order.policy.id, class_id=order.class_id)
    return parse_policy(toml, f"{order.policy.id}.toml")
