"""What should be recorded follows from the records: all between a session.start and its session.end."""
from __future__ import annotations

import dataclasses
from collections import deque
from typing import Protocol

from edge.store import Store
from evidence.records import Record


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


class Sessions:
    """The sessions of the store's records; `look` reads on from where it was."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = -1
        self._sessions: deque[Session] = deque()
        self.look()
        # Sessions that ended while nobody was recording are over; one that still runs may be of an earlier boot.
        running = [one for one in self._sessions if one.end_mono_us is None]
        self._sessions = deque(dataclasses.replace(one, start_mono_us=0, resumed=True) for one in running)

    @property
    def current(self) -> Session | None:
        return self._sessions[0] if self._sessions else None

    def done(self) -> None:
        self._sessions.popleft()

    def look(self) -> None:
        """Read what was recorded since. Raises StoreBusy, BadStore."""
        records = [
            sealed.record for type in ("session.start", "session.end")
            for sealed in self._store.records_of(type, self._seen)
        ]
        for record in sorted(records, key=lambda one: one.seq):
            self._take(record)
            self._seen = record.seq

    def _take(self, record: Record) -> None:
        last = self._sessions[-1] if self._sessions else None
        running = last is not None and last.end_mono_us is None
        if record.type == "session.start":
            if last is not None and running:
                last.end_mono_us = record.mono_us
            self._sessions.append(Session(str(record.body["class"]), str(record.body["session"]), record.mono_us))
        elif last is not None and running and last.session == record.body.get("session"):
            last.end_mono_us = record.mono_us


class OneSession:
    """A demand without records: record everything, until `end_mono_us` if it is given."""

    def __init__(self, end_mono_us: int | None) -> None:
        self._session: Session | None = Session(None, None, 0, end_mono_us)

    @property
    def current(self) -> Session | None:
        return self._session

    def done(self) -> None:
        self._session = None
