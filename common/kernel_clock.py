"""What the kernel knows of its wall clock: whether somebody disciplines it, and how wrong it may be.

Whoever does so (chrony, systemd-timesyncd, ntpd) writes both into the kernel (adjtimex(2)); so this one question is
enough whichever of them runs, and a clock that nobody disciplines says so.
"""
from __future__ import annotations

import ctypes

from evidence.records import ClockState

_UNKNOWN_ERROR_US = 16_000_000
"""What the kernel itself says while nothing has ever set its clock."""
_TIME_ERROR = 5


class _NtpTime(ctypes.Structure):
    """glibc's `struct ntptimeval`."""

    _fields_ = (
        ("sec", ctypes.c_long), ("usec", ctypes.c_long), ("maxerror", ctypes.c_long), ("esterror", ctypes.c_long),
        ("tai", ctypes.c_long), ("reserved", ctypes.c_long * 4),
    )


def kernel_clock_state() -> ClockState:
    """Whether the kernel believes that its wall clock is synchronised, and its own bound on the error."""
    reading = _NtpTime()
    try:
        state = ctypes.CDLL(None).ntp_gettime(ctypes.byref(reading))
    except (AttributeError, OSError):
        state = -1
    if state < 0:
        return ClockState(False, _UNKNOWN_ERROR_US, "kernel", 1)
    return ClockState(state != _TIME_ERROR, max(0, reading.maxerror), "kernel", 1)
