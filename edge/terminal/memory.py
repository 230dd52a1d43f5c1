"""What the screen knows of the past: read from the store as it grows, folded again only when what came matters to the
class. A long chain takes up to a second to fold: who only shows something, or looks into the camera, is then given a
story that is a few seconds old. Roll calls and pictures of older blocks stay in the store (bodies.py)."""
from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable

from common.policies import load_policy
from edge.plans import newest_orders
from edge.policies import policy_of
from edge.store import Store
from edge.store.lean import lean
from edge.terminal.bodies import Bodies, since
from edge.terminal.schedule import Session, classes_of, sessions_of
from evidence.bareface import Said
from evidence.bodies import Alarm, BareFace, Body, ClassOrder, body_of
from evidence.corrections import void
from evidence.errors import BadInput
from evidence.fold import fold
from evidence.notes import NoteKey
from evidence.policy import Policy
from evidence.records import Record, Sealed, Stamp
from evidence.story import Ref, Span, Story
from evidence.times import utc_text

RECENT_ALARMS = 20
LONG, OLD_S = 2000, 5.0
"""From so many records on a story may be so old (real seconds) for whom it need not be fresh."""
STORIES = 3
"""So many classes are remembered: the one that runs or comes next, and the one that was here before."""
OF_ITS_CLASS = frozenset({
    "checkin", "checkin.pin", "consent", "consent.withdrawn", "enrolment", "face.erased", "rollcall",
    "bareface"})
"""Records that say nothing of any class but the one that they name. (A correction can move video to another class.)"""
PRESSED = frozenset({"checkin.pin", "order.accepted", "session.start", "session.end", "session.corrected"})
"""Whoever pressed sees at once what came of it."""
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


@dataclasses.dataclass(frozen=True)
class _Folded:
    """A story of the first `own` records of this box and the first `orders` of the centre, and when it was made.
    `whole`: the bodies of the roll calls and pictures that are told in it."""

    own: int
    orders: int
    at_s: float
    story: Story
    whole: dict[Ref, Body | None]


class Memory:
    """Safe to ask from several threads. Every method may raise StoreBusy. `log`: the key of the centre's tree, once it
    is known."""

    def __init__(
        self, store: Store, monotonic: Callable[[], float] = time.monotonic,
        log: Callable[[], NoteKey | None] = lambda: None,
    ) -> None:
        self._store, self._lock, self._folding = store, threading.Lock(), threading.Lock()
        self._monotonic, self._log = monotonic, log
        self._past: list[Record] | None = None
        """Of chains that this box had before; they do not grow."""
        self._own: list[Record] = []
        self._bodies = Bodies(store)
        self._orders: list[Sealed] = []
        self._alarms: tuple[AlarmFact, ...] = ()
        self._bare: list[tuple[BareFace, int]] = []
        self._sessions: tuple[Session, ...] = ()
        self._classes: dict[str, str] = {}
        self._stories: dict[str, _Folded] = {}
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

    def story(self, class_id: str, policy: Policy, fresh: bool = True) -> Story:
        """The story of a class from this box's records and the centre's orders. Not `fresh`: one that is a little old
        is as good, and nobody is waited for. Raises NoSuchClass."""
        known = self._stories.get(class_id)
        if known is not None and not self._outdated(known, class_id, fresh):
            return known.story
        if not self._folding.acquire(blocking=fresh or known is None):
            assert known is not None
            return known.story
        try:
            return self._fold(class_id, policy)
        finally:
            self._folding.release()

    def _fold(self, class_id: str, policy: Policy) -> Story:
        """Without the lock: whoever only looks at what is new does not wait for it."""
        with self._lock:
            own, orders, at_s = list(self._own), list(self._orders), self._monotonic()
            if self._past is None:
                self._past = [lean(sealed.record) for sealed in self._store.past()]
            past = self._past
        known = self._stories.get(class_id)
        if known is None or (known.own, known.orders) != (len(own), len(orders)):
            since_us = since(newest_orders(orders).get(class_id), policy, own[-1].utc_us if own else 0)
            needed = self._bodies.needed(own, since_us, policy)
            whole = {} if known is None else {ref: body for ref, body in known.whole.items() if ref in needed}
            records = [*(sealed.record for sealed in orders), *past, *own]
            story = fold(records, class_id, policy, self._bodies.typed(needed, whole), self._store.receipts_given(),
                         self._log())
            known = _Folded(len(own), len(orders), at_s, story, whole)
            self._keep(class_id, known)
        return known.story

    def _keep(self, class_id: str, folded: _Folded) -> None:
        with self._lock:
            self._stories.pop(class_id, None)
            self._stories[class_id] = folded
            while len(self._stories) > STORIES:
                del self._stories[next(iter(self._stories))]

    def _outdated(self, known: _Folded, class_id: str, fresh: bool) -> bool:
        with self._lock:
            news = [record for record in self._own[known.own:]
                    if record.type not in OF_ITS_CLASS or record.body.get("class") == class_id]
            if len(self._orders) != known.orders:
                return True
            if not news:
                self._stories[class_id] = dataclasses.replace(known, own=len(self._own))
                return False
            return (fresh or len(self._own) < LONG or any(record.type in PRESSED for record in news)
                    or self._monotonic() - known.at_s >= OLD_S)

    def correctable(self, session: str, stamp: Stamp) -> bool:
        """Whether a correction of a session that was stated now would count."""
        with self._lock:
            self._read()
            starts = (record for record in self._own
                      if record.type == "session.start" and record.body.get("session") == session)
            start = next(starts, None)
            if start is None:
                return False
            said = dataclasses.replace(
                self._own[-1], type="session.corrected", seq=len(self._own), boot_id=stamp.boot_id,
                mono_us=stamp.mono_us, utc=utc_text(stamp.utc_us), clock=stamp.clock, body={})
            boot = next(record.seq for record in self._own if record.boot_id == start.boot_id)
            return void(start, said, self._own[max(0, boot - 1):]) is None

    def barefaces(self, class_id: str, span: Span) -> tuple[Said, ...]:
        """What became of the bare-face roll calls that this box asked for in a block. Held is none without an
        instructor's word."""
        with self._lock:
            self._read()
            return tuple(Said(body.result if body.confirmed_by or body.result != "held" else "unanswered", at_us)
                         for body, at_us in self._bare
                         if body.class_id == class_id and span.start_us <= at_us <= span.end_us)

    def names(self, class_id: str) -> dict[str, str]:
        """Names by pseudonym, never kept in memory; empty where the centre sent none."""
        return self._store.names(class_id)

    def warned(self) -> AlarmFact | None:
        """What the storage process warns of now: days of room that are left. `at_us`: 0, for it holds until it ends."""
        note = self._store.note(WARNED)
        return AlarmFact("storage.days_left", {"days": json.loads(note)["days"]}, 0) if note else None

    def policy(self, policy_id: str) -> Policy | None:
        """The policy of that id on this box, or None."""
        return self._policy(policy_id, lambda: load_policy(policy_id))

    def policy_of(self, order: ClassOrder) -> Policy | None:
        """The policy by which the class of an order is judged, or None."""
        return self._policy(order.policy.sha256, lambda: policy_of(self._store, order))

    def _policy(self, key: str, load: Callable[[], Policy]) -> Policy | None:
        if key not in self._policies:
            try:
                self._policies[key] = load()
            except BadInput:
                self._policies[key] = None
        return self._policies[key]

    def _read(self) -> None:
        fresh = [lean(sealed.record) for sealed in self._store.each(after=len(self._own) - 1)]
        if not fresh and self._own:
            return
        self._own += fresh
        if any(record.type.startswith("session.") for record in fresh):
            self._sessions, self._classes = sessions_of(self._own), classes_of(self._own)
        if any(record.type == "order.accepted" for record in fresh) or not self._orders:
            self._orders = self._store.orders()
        self._bare += [(body, r.utc_us) for r in fresh
                       if r.type == "bareface" and isinstance(body := body_of(r), BareFace)]
        self._alarms = (*self._alarms, *map(_alarm, (r for r in fresh if r.type == "alarm")))[-RECENT_ALARMS:]


def _alarm(record: Record) -> AlarmFact:
    body = body_of(record)
    assert isinstance(body, Alarm)
    return AlarmFact(body.code, dict(body.params), record.utc_us)
