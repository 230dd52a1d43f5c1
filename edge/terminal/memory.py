"""What the screen knows of the past: read from the store as it grows, folded again only when what came matters to the
class. A long class takes up to a second to fold: who only shows something, or looks into the camera, is then given a
story that is a few seconds old. Records are held of a few classes alone, from where each began (course.py); roll calls
and pictures of older blocks stay in the store (bodies.py)."""
from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator

from common.policies import load_policy
from edge.plans import newest_orders
from edge.policies import policy_of
from edge.store import Store
from edge.store.begun import Beginning, Begun
from edge.store.lean import lean
from edge.store.of_class import OF_ITS_CLASS
from edge.terminal.bodies import since
from edge.terminal.course import Course
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

RECENT_ALARMS, RECENT_SESSIONS, RECENT_BARE = 20, 500, 200
LONG, OLD_S = 2000, 5.0
"""From so many records of a class on a story may be so old (real seconds) for whom it need not be fresh."""
STEP = 1000
"""Records that take a board half a second to read."""
STORIES = 3
"""So many classes are remembered: the one that runs or comes next, and the one that was here before."""
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
    """The newest ones, in the order of their start."""
    classes: dict[str, str]
    """Session → the class for which it counts; of the newest ones."""
    alarms: tuple[AlarmFact, ...]


@dataclasses.dataclass(frozen=True)
class _Folded:
    """A story of the first `own` records of a course and the first `orders` of the centre, and when it was made.
    `whole`: the bodies of the roll calls and pictures that are told in it."""

    course: Course
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
        self._past: tuple[Begun, ...] = ()
        """Of chains that this box had before; they do not grow."""
        self._own = Begun(store.chain)
        self._courses: dict[str, Course] = {}
        """The classes that were asked for last."""
        self._orders: list[Sealed] = []
        self._alarms: tuple[AlarmFact, ...] = ()
        self._bare: list[tuple[BareFace, int]] = []
        self._sessions: tuple[Session, ...] = ()
        self._classes: dict[str, str] = {}
        self._stories: dict[str, _Folded] = {}
        self._policies: dict[str, Policy | None] = {}

    def look(self, step: Callable[[], None] = lambda: None) -> Known:
        """The newest snapshot. The first one takes a pass over all records: `step` is called now and then in it."""
        with self._lock:
            self._read(step)
            waiting = self._own.count - 1 - self._store.receipted_up_to()
            last = self._sessions[-1] if self._sessions else None
            running = last if last is not None and last.ended_us is None else None
            return Known(self._own.count, waiting, newest_orders(self._orders), running, last, self._sessions,
                         self._classes, self._alarms)

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
        course = self._course(class_id)
        with self._lock:
            own, orders, at_s = list(course.own), list(self._orders), self._monotonic()
        known = self._stories.get(class_id)
        if known is None or (known.course, known.own, known.orders) != (course, len(own), len(orders)):
            since_us = since(newest_orders(orders).get(class_id), policy, own[-1].utc_us if own else 0)
            needed = course.bodies.needed(own, since_us, policy)
            whole = {} if known is None else {ref: body for ref, body in known.whole.items() if ref in needed}
            records = [*(sealed.record for sealed in orders), *course.past, *own]
            story = fold(records, class_id, policy, course.bodies.typed(needed, whole), course.receipts(), self._log())
            known = _Folded(course, len(own), len(orders), at_s, story, whole)
            with self._lock:
                if self._courses.get(class_id) is course:
                    self._stories[class_id] = known
        return known.story

    def _course(self, class_id: str) -> Course:
        """The records of a class, as many as were read. They are read back without the lock, from where it begins."""
        while True:
            with self._lock:
                begins, known = self._begins(class_id), self._courses.get(class_id)
                count = self._own.count
            course = known or Course(self._store, class_id, begins)
            if known is None:
                self._go_on(course, count)
            with self._lock:
                if self._begins(class_id) == begins:
                    course = self._courses.pop(class_id, course)
                    self._go_on(course, self._own.count)
                    self._courses[class_id] = course
                    self._forget()
                    return course
            # A session was put right meanwhile.

    def _forget(self) -> None:
        while len(self._courses) > STORIES:
            del self._courses[next(iter(self._courses))]
        self._stories = {name: one for name, one in self._stories.items() if name in self._courses}

    def _begins(self, class_id: str) -> tuple[Beginning, ...]:
        """Where a class begins, in each chain of this box, the present one last."""
        return tuple(one.of(class_id) for one in (*self._past, self._own))

    def _read_past(self, step: Callable[[], None]) -> Iterator[Begun]:
        for chain in self._store.chains()[:-1]:
            begun = Begun(chain)
            for sealed in self._store.each_past(chain):
                begun.add(sealed.record)
                _say(sealed.record, step)
            yield begun

    def _go_on(self, course: Course, count: int) -> None:
        """Read what a course lacks of the first `count` records."""
        for sealed in self._store.each(after=course.up_to) if course.up_to < count - 1 else ():
            if sealed.record.seq >= count:
                break
            course.add(lean(sealed.record))

    def _outdated(self, known: _Folded, class_id: str, fresh: bool) -> bool:
        with self._lock:
            course = known.course
            if len(self._orders) != known.orders or self._courses.get(class_id) is not course:
                return True
            news = [record for record in course.own[known.own:]
                    if record.type not in OF_ITS_CLASS or record.body.get("class") == class_id]
            if not news:
                self._stories[class_id] = dataclasses.replace(known, own=len(course.own))
                return False
            return (fresh or len(course.own) < LONG or any(record.type in PRESSED for record in news)
                    or self._monotonic() - known.at_s >= OLD_S)

    def correctable(self, session: str, stamp: Stamp) -> bool:
        """Whether a correction of a session that was stated now would count."""
        class_id = self.look().classes.get(session)
        if class_id is None:
            return False
        course = self._course(class_id)
        with self._lock:
            chain = list(course.own)
        start = next((record for record in chain
                      if record.type == "session.start" and record.body.get("session") == session), None)
        if start is None:
            return False
        said = dataclasses.replace(
            chain[-1], type="session.corrected", seq=chain[-1].seq + 1, boot_id=stamp.boot_id,
            mono_us=stamp.mono_us, utc=utc_text(stamp.utc_us), clock=stamp.clock, body={})
        boot = next(number for number, record in enumerate(chain) if record.boot_id == start.boot_id)
        return void(start, said, chain[max(0, boot - 1):]) is None

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

    def _read(self, step: Callable[[], None] = lambda: None) -> None:
        fresh = ordered = False
        if self._own.count == 0:
            self._past = tuple(self._read_past(step))
        for sealed in self._store.each(after=self._own.count - 1):
            record = sealed.record
            for name in self._own.add(record):
                self._courses.pop(name, None)  # to be read again, with what was moved
            for course in self._courses.values():
                course.add(lean(record))
            self._note(record)
            fresh, ordered = True, ordered or record.type == "order.accepted"
            _say(record, step)
        if ordered or (fresh and not self._orders):
            self._orders = self._store.orders()

    def _note(self, record: Record) -> None:
        """What is told of a record without a story."""
        if record.type.startswith("session."):
            self._sessions = sessions_of([record], self._sessions)[-RECENT_SESSIONS:]
            known = {**self._classes, **classes_of([record])}
            self._classes = dict(list(known.items())[-RECENT_SESSIONS:])
        elif record.type == "bareface" and isinstance(body := body_of(record), BareFace):
            self._bare = [*self._bare, (body, record.utc_us)][-RECENT_BARE:]
        elif record.type == "alarm":
            self._alarms = (*self._alarms, _alarm(record))[-RECENT_ALARMS:]


def _say(record: Record, step: Callable[[], None]) -> None:
    if record.seq % STEP == STEP - 1:
        step()


def _alarm(record: Record) -> AlarmFact:
    body = body_of(record)
    assert isinstance(body, Alarm)
    return AlarmFact(body.code, dict(body.params), record.utc_us)
