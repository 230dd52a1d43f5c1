"""Files are compared with their hashes while their reader still writes the reason: of half a day they take seconds."""
from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from central.errors import CannotRead
from central.objects import Objects
from common.logs import Log

MOST = 8
"""So many recordings wait; of more, their reader waits instead."""
_LOG = Log("replay")


class Ahead:
    """One thread for all, started with the first recording. Nothing depends on it: what it has looked at is only
    remembered by `Objects`, as far as the files stay the same."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._waiting: queue.Queue[Sequence[str]] = queue.Queue(MOST)
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)
        self._lock = threading.Lock()

    def check(self, hashes: Sequence[str]) -> None:
        """Look at these files soon, in this order."""
        with self._lock:
            if not self._thread.is_alive():
                self._thread.start()
        try:
            self._waiting.put_nowait(hashes)
        except queue.Full:
            _LOG.info("ahead.full")

    def _run(self) -> None:
        while True:
            for sha256 in self._waiting.get():
                try:
                    self._objects.intact(sha256)
                except CannotRead as error:
                    _LOG.failed("ahead.unreadable", error)
                    break
