"""Watches the class-hour that runs and states an alarm while somebody can act; what is due is decided elsewhere."""
from __future__ import annotations

import threading
from collections.abc import Callable

from common.logs import Log
from edge.store import Store
from edge.terminal.screen import Screen
from evidence.bodies import Alarm
from evidence.enforce import Warned
from evidence.errors import ZaitangError
from evidence.times import utc_text

EVERY_S = 1.0
RECENT = 8


class Watch:
    """A thread; `told` is called with the code of each alarm that was stated, for what can be heard or seen."""

    def __init__(self, screen: Screen, store: Store, told: Callable[[str], None]) -> None:
        self._screen, self._store, self._told = screen, store, told
        self._log = Log("terminal.watch")
        self._stuck = False
        self._said: list[tuple[Warned, int]] = []
        """What was stated last, with its time."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(5.0)

    def turn(self) -> None:
        """One look. Raises StoreBusy, BadStore: then the next turn states it."""
        self._mind_recorder()
        due = self._screen.due_warning(self._said)
        if due is None:
            return
        class_id, warned = due
        params = {"hour": warned.hour, "until": utc_text(warned.until_us)}
        stated = self._store.append("alarm", Alarm(warned.code, params, class_id))
        self._said = [*self._said, (warned, stated.record.utc_us)][-RECENT:]
        self._log.warning(warned.code, hour=warned.hour)
        self._told(warned.code)

    def _mind_recorder(self) -> None:
        """A recorder that hangs cannot say so itself: it is told once, until it goes on."""
        stuck = self._screen.stuck()
        if stuck and not self._stuck:
            self._store.append("alarm", Alarm("recorder.stuck", {}, self._screen.open_class()))
            self._log.warning("recorder.stuck")
            self._told("recorder.stuck")
        # One that does not answer has not gone on either.
        self._stuck = self._stuck if stuck is None else stuck

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.turn()
            except ZaitangError as error:
                self._log.failed("watch.refused", error)
            except Exception as error:  # whatever it is, the next class-hour must be watched
                self._log.failed("watch.failed", error)
