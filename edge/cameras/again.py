"""A camera that is not there: a source that gives nothing, and a thread that tries until it is there."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from edge.cameras.port import Packet, Source, StreamInfo
from evidence.errors import BadInput

WAITS_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Real seconds between attempts to open a camera, each time longer."""
GOOD_LIFE_S = 30.0
"""A camera that stays at least so long is tried quickly again."""


class Absent:
    """A camera that is not there: nothing comes."""

    info: StreamInfo
    first_mono_us = 0
    duration_us: int | None = None
    lost = 0
    ended = False

    def __init__(self) -> None:
        self._never = threading.Event()

    def read(self, wait_s: float) -> Packet | None:
        self._never.wait(wait_s)
        return None

    def sub_picture(self) -> np.ndarray | None:
        return None

    def close(self) -> None:
        """There is nothing to close."""


class Opening:
    """Opens a camera in a thread of its own, so that nobody waits for it."""

    def __init__(self, open: Callable[[], Source], waits: Waits) -> None:
        self.failure: BadInput | None = None
        """Why the last attempt failed."""
        self._open, self._waits = open, waits
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._stop = threading.Event()
        threading.Thread(target=self._run, name="opening", daemon=True).start()

    def take(self) -> Source | None:
        """The open camera, once; None until it is there."""
        with self._lock:
            source, self._source = self._source, None
        return source

    def close(self) -> None:
        """Stop trying; a camera that nobody took is closed, now or when it opens."""
        self._stop.set()
        if (source := self.take()) is not None:
            source.close()

    def _run(self) -> None:
        while not self._stop.wait(self._waits.next_s()):
            try:
                source = self._open()
            except BadInput as error:
                self.failure = error
                continue
            with self._lock:
                if not self._stop.is_set():
                    self._source = source
                    return
            source.close()


class Waits:
    """How long to wait before the next attempt. At first, and when the camera was there for a while: not long."""

    def __init__(self, first_s: float) -> None:
        self._first_s: float | None = first_s
        self._failed = 0
        self._since: float | None = None

    def opened(self) -> None:
        """The camera is there."""
        self._since = time.monotonic()

    def next_s(self) -> float:
        if self._since is not None and time.monotonic() - self._since > GOOD_LIFE_S:
            self._failed = 0
        self._since = None
        if self._first_s is not None:
            first_s, self._first_s = self._first_s, None
            return first_s
        self._failed += 1
        return WAITS_S[min(self._failed, len(WAITS_S)) - 1]
