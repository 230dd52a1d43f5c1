"""Begins the terminal anew when the centre has set another language, voice or address of its console, at a moment when
nobody needs it."""
from __future__ import annotations

import threading

from common.logs import Log
from edge.box_orders import in_force
from edge.config import BoxConfig
from edge.terminal.screen import Screen
from edge.wiring import Box
from evidence.errors import ZaitangError

EVERY_S = 5.0


class Settled:
    """A thread that sets `stop`, so that the supervisor starts this process again. `box.config`: what it runs by."""

    def __init__(self, box: Box, written: BoxConfig, screen: Screen, stop: threading.Event) -> None:
        self._box, self._written, self._screen, self._stop = box, written, screen, stop
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settled", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join(5.0)

    def turn(self) -> bool:
        """Whether it is time: other settings hold, no class is open, the check-in is closed. May raise StoreBusy."""
        now, ours = in_force(self._box.store).over(self._written), self._box.config
        if (now.lang, now.terminal, console_of(now)) == (ours.lang, ours.terminal, console_of(ours)):
            return False
        return self._screen.open_class() is None and self._screen.target(fresh=False) is None

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            try:
                due = self.turn()
            except ZaitangError as error:
                Log("terminal").failed("settings.unread", error)
                continue
            if due:
                Log("terminal").info("settings.changed")
                self._stop.set()
                return


def console_of(config: BoxConfig) -> str | None:
    """The address of the centre that trainees' telephones open, without a slash at its end."""
    console = None if config.sync is None else config.sync.console
    return None if console is None else console.rstrip("/")
