"""The kernel's word on its clock, against the C library's other call for the same."""
from __future__ import annotations

import ctypes

import pytest

from common.kernel_clock import kernel_clock_state


class Timex(ctypes.Structure):
    """The beginning of `struct timex` (adjtimex(2)), and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_byte * 256),
    )


STA_UNSYNC = 0x0040


def test_it_is_what_adjtimex_says() -> None:
    timex = Timex(modes=0)
    if ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) < 0:
        pytest.skip("this machine lets nobody read the state of its clock")
    state = kernel_clock_state()
    assert state.synced is not bool(timex.status & STA_UNSYNC)
    assert abs(state.max_error_us - timex.maxerror) < 1_000_000


def test_a_machine_that_does_not_say_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert kernel_clock_state().synced is False
