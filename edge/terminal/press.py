"""The start and the end press: each appends one record and wakes the recorder. Pressing twice is pressing once."""
from __future__ import annotations

import secrets
import threading
from collections.abc import Callable

from edge.store import Store
from edge.terminal.errors import NoClassHere, NotRunning, OtherClassRuns
from edge.terminal.memory import Memory
from evidence.bodies import SessionEnd, SessionStart


class Presses:
    """`wake` tells the recorder to look at the records; that it does not answer must not lose a press."""

    def __init__(self, store: Store, memory: Memory, wake: Callable[[], None]) -> None:
        self._store, self._memory, self._wake = store, memory, wake
        self._lock = threading.Lock()

    def start(self, class_id: str | None) -> str:
        """Start a session of the class; the one that runs, if it does already. The session's id.

        Raises NoClassHere, OtherClassRuns, StoreBusy.
        """
        with self._lock:
            known = self._memory.look()
            if class_id is None or class_id not in known.orders:
                raise NoClassHere()
            if known.session is not None and known.session.class_id != class_id:
                raise OtherClassRuns(class_id=known.session.class_id)
            if known.session is not None:
                return known.session.session
            session = f"s-{secrets.token_hex(8)}"
            self._store.append("session.start", SessionStart(class_id, session, "page"))
        self._wake()
        return session

    def end(self, session: str) -> None:
        """End the session. Raises NotRunning (another one runs, or none), StoreBusy."""
        with self._lock:
            running = self._memory.look().session
            if running is None or running.session != session:
                raise NotRunning()
            self._store.append("session.end", SessionEnd(running.class_id, session, "page"))
        self._wake()
