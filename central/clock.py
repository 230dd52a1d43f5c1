"""The centre's clock: a port, the real one, and none other; what it knows about itself goes into every record."""
from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

from common.kernel_clock import kernel_clock_state
from evidence.records import Stamp


class Clock(Protocol):
    """Gives one consistent reading of wall clock, CLOCK_BOOTTIME and the state of both."""

    def stamp(self) -> Stamp: ...


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        self._boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()

    def stamp(self) -> Stamp:
        """A reading now."""
        mono_us = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
        return Stamp(self._boot_id, mono_us, time.time_ns() // 1000, kernel_clock_state())
