"""How fast video may leave the box, so that it never takes the line or the processor from what cannot wait."""
from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """`kbit`: thousand bits a second, None for as fast as it goes; it may be set anew at any time."""

    def __init__(
        self, kbit: int | None, now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.kbit, self._now, self._sleep = kbit, now, sleep
        self._due = 0.0

    def wait(self, size: int) -> None:
        """Wait until `size` more bytes may be sent. Time that was not used is not saved up."""
        kbit, now = self.kbit, self._now()
        if kbit is None:
            return
        if self._due > now:
            self._sleep(self._due - now)
        self._due = max(self._due, now) + size * 8 / (kbit * 1000)
