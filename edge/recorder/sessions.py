"""What should be recorded follows from the records: all between a session's start and its end; and from the plan."""
from __future__ import annotations

import contextlib
import dataclasses
import secrets
from collections import deque
from typing import Protocol

from common.logs import Log
from edge.plans import ended_us, stamp_of, wall_us
from edge.recorder.by_plan import ByPlan
from edge.store import Store
from evidence.bodies import SessionCorrected, SessionEnd, SessionStart, body_of
from evidence.planned import Begin, End, Open
from evidence.records import Record, Stamp
from evidence.times import SECOND

REACH_US = 2 * SECOND
"""Real time by which the plan's start may lie back when it is noticed; what came since then is still in memory."""
TYPES = ("session.start", "session.end", "session.corrected", "order.accepted")


@dataclasses.dataclass
class Session:
    """`start_mono_us`: record from then on. `end_mono_us`: and until then; None while it runs.

    `resumed`: the recorder found it running when it started."""

    class_id: str | None
    session: str | None
    start_mono_us: int
    end_mono_us: int | None = None
    resumed: bool = False


class Demand(Protocol):
    """Says what should be recorded now."""

    @property
    def current(self) -> Session | None: ...

    def done(self) -> None:
        """The current session was recorded to its end."""


@dataclasses.dataclass
class _Open:
    """The session that runs. `began`: the clock at its start. `ids`: its own, and that of a start press which crossed
    the plan's start."""

    session: Session
    class_id: str
    began: Stamp
    pressed: bool
    ids: set[str]


class Sessions:
    """The sessions of the store's records, and those that the plan begins. `look` reads on; `follow` asks the plan.

    A session that the plan began is recorded at once; its record goes through the sealer, so a locked database does not
    keep it from being recorded."""

    def __init__(self, store: Store, plan: ByPlan | None = None) -> None:
        """`plan`: None for a box without one. Raises StoreBusy, BadStore."""
        self._store, self._plan, self._log = store, plan, Log("recorder")
        self._seen = -1
        self._sessions: deque[Session] = deque()
        self._open: _Open | None = None
        self._ended: dict[str, Stamp] = {}
        self._ours: set[str] = set()
        self._loose: dict[str, str] = {}
        self._here_mono_us = 0
        if plan is not None:
            self._here_mono_us = plan.clock.mono_us()
            plan.learn(store)
        self.look()
        # Sessions that ended while nobody was recording are over; one that still runs may be of an earlier boot.
        self._sessions.clear()
        if self._open is not None:
            running = self._open.session
            running.start_mono_us, running.resumed = 0, True
            self._sessions.append(running)
        self.follow()

    @property
    def current(self) -> Session | None:
        # In one go: the control thread asks too, while the main one takes the last one away.
        with contextlib.suppress(IndexError):
            return self._sessions[0]
        return None

    def done(self) -> None:
        self._sessions.popleft()

    def ended(self, now: Stamp) -> dict[str, int]:
        """Class → when somebody last ended it."""
        return ended_us(self._ended, now)

    def look(self) -> None:
        """Read what was recorded since. Raises StoreBusy, BadStore."""
        # Up to one moment for all types: what is appended between two queries belongs to the next look.
        up_to = self._store.head().record.seq
        found = [sealed.record for type in TYPES for sealed in self._store.records_of(type, self._seen)]
        fresh = sorted((record for record in found if record.seq <= up_to), key=lambda one: one.seq)
        if self._plan is not None and any(record.type == "order.accepted" for record in fresh):
            self._plan.learn(self._store)
        for record in fresh:
            self._take(record)
        self._seen = up_to
        self._tie_up()

    def follow(self) -> None:
        """Begin or end what the plan says is due. Asks no database, and never waits."""
        while self._plan is not None:
            open_ = self._open
            now = None if open_ is None else self._seen_by(self._plan, open_)
            step = self._plan.next(now, self.ended(self._plan.clock.stamp()))
            if isinstance(step, Begin):
                self._begin_by_plan(self._plan, step)
            elif isinstance(step, End) and open_ is not None:
                self._end_by_plan(self._plan, open_)
            else:
                return

    # --- by the plan

    def _seen_by(self, plan: ByPlan, open_: _Open) -> Open:
        """As the wall clock tells it now: it may have been set since the start. What began in an earlier boot by
        a clock that was not set counts from when this recorder found it."""
        now = plan.clock.stamp()
        start_us = wall_us(open_.began, now)
        if start_us is None:
            start_us = now.utc_us - (now.mono_us - self._here_mono_us)
        return Open(open_.class_id, start_us, open_.pressed)

    def _begin_by_plan(self, plan: ByPlan, due: Begin) -> None:
        clock, session = plan.clock, f"s-{secrets.token_hex(8)}"
        oldest_us = clock.mono_us() - REACH_US * clock.rate
        self._log.info("session.by_plan", session=session)
        self._ours.add(session)
        start_us = max(0, oldest_us, clock.mono_at(due.start_us))
        self._begin(due.class_id, session, start_us, clock.stamp(), pressed=False)
        plan.state("session.start", SessionStart(due.class_id, session, "plan"))

    def _end_by_plan(self, plan: ByPlan, open_: _Open) -> None:
        self._log.info("session.ended_by_plan", session=open_.session.session)
        open_.session.end_mono_us = plan.clock.mono_us()
        self._open = None
        for session in sorted(open_.ids):
            self._state_end(plan, open_.class_id, session)

    def _state_end(self, plan: ByPlan, class_id: str, session: str) -> None:
        self._ours.add(session)
        plan.state("session.end", SessionEnd(class_id, session, "plan"))

    def _tie_up(self) -> None:
        """End the other id of a session that was ended by one of two: see `_Open.ids`."""
        loose, self._loose = self._loose, {}
        for session, class_id in loose.items():
            if self._plan is not None:
                self._state_end(self._plan, class_id, session)

    # --- by the records

    def _take(self, record: Record) -> None:
        body = body_of(record)
        if isinstance(body, SessionStart):
            self._take_start(record, body)
        elif isinstance(body, SessionEnd):
            self._take_end(record, body)
        elif isinstance(body, SessionCorrected) and self._open is not None and body.session in self._open.ids:
            self._open.class_id = body.class_id

    def _take_start(self, record: Record, body: SessionStart) -> None:
        if body.by == "plan" and body.session in self._ours:
            return
        open_ = self._open
        # A press for the class that runs already joins it: the run must not break.
        if open_ is not None and (body.session in open_.ids or body.class_id == open_.class_id):
            open_.ids.add(body.session)
            open_.pressed = open_.pressed or body.by != "plan"
            return
        if open_ is not None:
            open_.session.end_mono_us = record.mono_us
        self._begin(body.class_id, body.session, record.mono_us, stamp_of(record), body.by != "plan")

    def _take_end(self, record: Record, body: SessionEnd) -> None:
        self._loose.pop(body.session, None)
        open_ = self._open
        if open_ is None or body.session not in open_.ids or (body.by == "plan" and body.session in self._ours):
            return
        if body.by != "plan":
            self._ended[open_.class_id] = stamp_of(record)
        open_.session.end_mono_us = record.mono_us
        self._loose |= dict.fromkeys(open_.ids - {body.session}, open_.class_id)
        self._open = None

    def _begin(self, class_id: str, session: str, mono_us: int, began: Stamp, pressed: bool) -> None:
        begun = Session(class_id, session, mono_us)
        self._sessions.append(begun)
        self._open = _Open(begun, class_id, began, pressed, {session})


class OneSession:
    """A demand without records: record everything, until `end_mono_us` if it is given."""

    def __init__(self, end_mono_us: int | None) -> None:
        self._session: Session | None = Session(None, None, 0, end_mono_us)

    @property
    def current(self) -> Session | None:
        return self._session

    def done(self) -> None:
        self._session = None
