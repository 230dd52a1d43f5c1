"""What a person presses, on the page or at the button: start, end, and the right class. Each appends its records.

Pressing twice is pressing once. An end before its time needs a reason, whatever page or button it comes from.
"""
from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Literal

from edge.store import Store
from edge.terminal.errors import (
    NoClassHere,
    NoReason,
    NothingToCorrect,
    NotRunning,
    NotToday,
    OtherClassRuns,
    ReasonNeeded,
    ReasonTooLong,
)
from edge.terminal.memory import Memory
from edge.terminal.screen import Screen
from evidence.bodies import SessionCorrected, SessionEnd, SessionStart

MOST_REASON = 200
"""Characters of a reason."""
ASKED_S = 60.0
"""Real seconds for which a held button's question stays open: held again within them it ends the class."""
By = Literal["button", "page"]


class Presses:
    """`wake` tells the recorder to look at the records; that it does not answer must not lose a press.

    `unsaid`: the reason that is recorded when the button is held twice and nobody answers on the page."""

    def __init__(
        self, store: Store, memory: Memory, screen: Screen, wake: Callable[[], None], monotonic: Callable[[], float],
        unsaid: str,
    ) -> None:
        self._store, self._memory, self._screen, self._wake = store, memory, screen, wake
        self._monotonic, self._unsaid = monotonic, unsaid
        self._lock = threading.Lock()
        self._question: tuple[str, float] | None = None

    def start(self, class_id: str | None, by: By = "page") -> str:
        """Start a session of the class; join the one that runs, if it does already. The session's id.

        Raises NoClassHere, OtherClassRuns, StoreBusy.
        """
        with self._lock:
            known = self._memory.look()
            running = known.session
            if class_id is None or class_id not in known.orders:
                raise NoClassHere()
            if running is not None and running.class_id != class_id:
                raise OtherClassRuns(class_id=running.class_id)
            if running is not None and running.pressed:
                return running.session
            session = running.session if running is not None else f"s-{secrets.token_hex(8)}"
            self._store.append("session.start", SessionStart(class_id, session, by))
        self._wake()
        return session

    def end(self, session: str, reason: str = "", by: By = "page") -> None:
        """End the session. Raises NotRunning (another one runs, or none), ReasonNeeded, ReasonTooLong, StoreBusy."""
        reason = _checked(reason)
        with self._lock:
            running = self._memory.look().session
            if running is None or running.session != session:
                raise NotRunning()
            needed = self._screen.early_end()
            if needed is not None and not reason:
                raise ReasonNeeded(minutes=needed)
            self._store.append("session.end", SessionEnd(running.class_id, session, by, reason))
            self._question = None
        self._wake()

    def hold(self) -> None:
        """The button was held: end the class. Before its time the page asks why, and only a second hold ends it.

        Raises NotRunning, ReasonNeeded (the question is open now), StoreBusy."""
        running = self._memory.look().session
        if running is None:
            raise NotRunning()
        try:
            self.end(running.session, self._unsaid if self.asked() else "", "button")
        except ReasonNeeded:
            self._question = (running.session, self._monotonic())
            raise

    def asked(self) -> bool:
        """Whether the held button's question is open."""
        question, running = self._question, self._memory.look().session
        return (question is not None and running is not None and question[0] == running.session
                and self._monotonic() - question[1] <= ASKED_S)

    def go_on(self) -> None:
        """The class goes on: the question is answered."""
        self._question = None

    def correct(self, session: str, class_id: str, reason: str) -> None:
        """Put right that the wrong class was started: the session counts for `class_id`. What is recorded goes on.

        Raises NothingToCorrect, NotToday, NoReason, ReasonTooLong, StoreBusy."""
        reason = _checked(reason)
        with self._lock:
            found = self._screen.correctable()
            if found is None or session not in found.ids:
                raise NothingToCorrect()
            if class_id not in {order.class_id for order in self._screen.today()}:
                raise NotToday(class_id=class_id)
            if not reason:
                raise NoReason()
            if class_id == found.class_id:
                return
            self._store.append_many([
                ("session.corrected", SessionCorrected(class_id, found.class_id, one, reason, "page"))
                for one in found.ids])
        self._wake()


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) > MOST_REASON:
        raise ReasonTooLong(most=MOST_REASON)
    return reason
