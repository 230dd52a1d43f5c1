"""The centre's clock: a port, the real one, and none other; what it knows about itself goes into every record."""
from __future__ import annotations

import ctypes
import time
from pathlib import Path
from typing import Protocol

from evidence.records import ClockState, Stamp

_TIME_ERROR = 5
_UNKNOWN_ERROR_US = 16_000_000


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
        return Stamp(self._boot_id, mono_us, time.time_ns() // 1000, kernel_state())


class _NtpTime(ctypes.Structure):
    """glibc's `struct ntptimeval`."""

    _fields_ = (
        ("tv_sec", ctypes.c_long), ("tv_usec", ctypes.c_long), ("maxerror", ctypes.c_long), ("esterror", ctypes.c_long),
        ("tai", ctypes.c_long), ("reserved", ctypes.c_long * 4),
    )


def kernel_state() -> ClockState:
    """Whether the kernel holds its clock for synchronised, and its bound of the error."""
    reading = _NtpTime()
    libc = ctypes.CDLL(None)
    state = libc.ntp_gettimex(ctypes.byref(reading)) if hasattr(libc, "ntp_gettimex") else -1
    synced = state not in (-1, _TIME_ERROR)
    error_us = max(0, int(reading.maxerror)) if state != -1 else _UNKNOWN_ERROR_US
    return ClockState(synced=synced, max_error_us=error_us, source="kernel", rate=1)
