"""What the screen knows of the past: read from the store as it grows, folded again only when it has grown."""
from __future__ import annotations

import dataclasses
import json
import threading

from common.policies import load_policy
from edge.plans import newest_orders
from edge.store import Store
from edge.terminal.schedule import Session, classes_of, sessions_of
from evidence.bodies import Alarm, ClassOrder, body_of
from evidence.errors import ZaitangError
from evidence.fold import fold
from evidence.policy import Policy
from evidence.records import Record, Sealed
from evidence.story import Story

RECENT_ALARMS = 20
WARNED = "storage.days_left"
"""The note in which the storage process keeps the warning in force."""


@dataclasses.dataclass(frozen=True)
class AlarmFact:
    """An alarm record of this box."""

    code: str
    params: dict[str, object]
    at_us: int


@dataclasses.dataclass(frozen=True)
class Known:
    """A snapshot. `records`: how many there are; `unreceipted`: how many of them the centre has not confirmed."""

    records: int
    unreceipted: int
    orders: dict[str, ClassOrder]
    session: Session | None
    """The open one."""
    last: Session | None
    """The one that was started last; it may have ended."""
    sessions: tuple[Session, ...]
    """All of them, in the order of their start."""
    classes: dict[str, str]
    """Session → the class for which it counts."""
    alarms: tuple[AlarmFact, ...]


class Memory:
    """Safe to ask from several threads. Every method may raise StoreBusy."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, threading.Lock()
        self._own: list[Record] = []
        self._orders: list[Sealed] = []
        self._alarms: tuple[AlarmFact, ...] = ()
        self._sessions: tuple[Session, ...] = ()
        self._classes: dict[str, str] = {}
        self._stories: dict[str, tuple[tuple[int, int], Story]] = {}
        self._policies: dict[str, Policy | None] = {}

    def look(self) -> Known:
        """The newest snapshot."""
        with self._lock:
            self._read()
            waiting = len(self._own) - 1 - self._store.receipted_up_to()
            last = self._sessions[-1] if self._sessions else None
            running = last if last is not None and last.ended_us is None else None
            orders = newest_orders(self._orders)
            return Known(len(self._own), waiting, orders, running, last, self._sessions, self._classes, self._alarms)

    def story(self, class_id: str, policy: Policy) -> Story:
        """The story of a class from this box's records and the centre's orders. Raises NoSuchClass."""
        with self._lock:
            version = (len(self._own), len(self._orders))
            known = self._stories.get(class_id)
            if known is None or known[0] != version:
                records = [*(sealed.record for sealed in self._orders), *self._own]
                known = self._stories[class_id] = (version, fold(records, class_id, policy))
            return known[1]

    def names(self, class_id: str) -> dict[str, str]:
        """Names by pseudonym, never kept in memory; empty where the centre sent none."""
        return self._store.names(class_id)

    def warned(self) -> AlarmFact | None:
        """What the storage process warns of now: days of room that are left. `at_us`: 0, for it holds until it ends."""
        note = self._store.note(WARNED)
        return AlarmFact("storage.days_left", {"days": json.loads(note)["days"]}, 0) if note else None

    def policy(self, policy_id: str) -> Policy | None:
        """The policy of that id on this box, or None."""
        if policy_id not in self._policies:
            try:
                self._policies[policy_id] = load_policy(policy_id)
            except ZaitangError:
                self._policies[policy_id] = None
        return self._policies[policy_id]

    def _read(self) -> None:
        fresh = [sealed.record for sealed in self._store.records(after=len(self._own) - 1)]
        if not fresh and self._own:
            return
        self._own += fresh
        if any(record.type.startswith("session.") for record in fresh):
            self._sessions, self._classes = sessions_of(self._own), classes_of(self._own)
        if any(record.type == "order.accepted" for record in fresh) or not self._orders:
            self._orders = self._store.orders()
        self._alarms = (*self._alarms, *map(_alarm, (r for r in fresh if r.type == "alarm")))[-RECENT_ALARMS:]


def _alarm(record: Record) -> AlarmFact:
    body = body_of(record)
    assert isinstance(body, Alarm)
    return AlarmFact(body.code, dict(body.params), record.utc_us)
