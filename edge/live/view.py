"""Where live pictures come from: the small stream of the room camera, else what the recorder hands on."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable

from common.logs import Log
from edge.cameras.again import Opening, Waits
from edge.cameras.port import Source
from evidence.errors import BadInput

SUB_S = 5.0
"""Real seconds that a small stream may take to open: somebody waits for a picture."""
LOOK_S, AGAIN_S = 0.1, 1.0
SHORT_S = 10.0
"""Real seconds: a small stream that breaks so soon after it opened is none."""


class View:
    """`open` gives the next stream. `sub` opens the small stream, None without one; `relay`: what the recorder has."""

    def __init__(self, sub: Callable[[], Source] | None, relay: Callable[[], Source]) -> None:
        self._sub, self._relay, self._log = sub, relay, Log("live")
        self._told = ""
        self._opened_s: float | None = None

    def open(self, stop: threading.Event) -> Source | None:
        """A stream, as soon as there is one; None once `stop` is set. A small stream that does not open, or not for
        long, is not asked again."""
        if self._sub is not None:
            short = self._opened_s is not None and time.monotonic() - self._opened_s < SHORT_S
            source = None if short else self._small(self._sub, stop)
            if source is not None:
                self._opened_s = time.monotonic()
                return source
            self._sub = None
            self._log.warning("live.no_sub")
        while not stop.is_set():
            try:
                source = self._relay()
            except BadInput as error:
                if str(error) != self._told:
                    self._told = str(error)
                    self._log.failed("live.no_packets", error)
                stop.wait(AGAIN_S)
            else:
                self._told = ""
                return source
        return None

    def _small(self, sub: Callable[[], Source], stop: threading.Event) -> Source | None:
        opening = Opening(sub, Waits(0.0))
        try:
            for _ in range(round(SUB_S / LOOK_S)):
                if (source := opening.take()) is not None:
                    return source
                if opening.failure is not None or stop.wait(LOOK_S):
                    return None
        finally:
            opening.close()
        return None
