"""The one way in for time: wall clock, CLOCK_BOOTTIME, boot id, state of synchronisation.

All spans are microseconds. `mono_us` never jumps back within a boot; `utc_us` is only a label.
"""
from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from common.kernel_clock import kernel_clock_state
from evidence.records import ClockState, Stamp

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """`rate`: microseconds of this clock per real one."""

    rate: int

    def stamp(self) -> Stamp:
        """One reading of everything, for a record."""

    def mono_us(self) -> int:
        """Microseconds of CLOCK_BOOTTIME as this clock tells it."""

    def utc_us(self) -> int:
        """Microseconds since the epoch, as this clock tells it."""

    def mono_at(self, utc_us: int) -> int:
        """What `mono_us` reads when the wall clock reads `utc_us`, if nobody sets it in between."""

    def seconds_until(self, mono_us: int) -> float:
        """Real seconds until `mono_us` is reached; 0 when it is past."""


def boottime_us() -> int:
    """CLOCK_BOOTTIME in microseconds: goes on while the machine sleeps, starts anew with each boot."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def machine_boot_id() -> str:
    """The kernel's random id of this boot."""
    return _BOOT_ID.read_text().strip()


class SystemClock:
    """The real clock of this machine."""

    rate = 1

    def __init__(self) -> None:
        self._boot_id = machine_boot_id()

    def stamp(self) -> Stamp:
        return Stamp(self._boot_id, self.mono_us(), self.utc_us(), kernel_clock_state())

    def mono_us(self) -> int:
        return boottime_us()

    def utc_us(self) -> int:
        return time.time_ns() // 1000

    def mono_at(self, utc_us: int) -> int:
        return self.mono_us() + utc_us - self.utc_us()

    def seconds_until(self, mono_us: int) -> float:
        return max(0.0, (mono_us - self.mono_us()) / 1e6)


@dataclasses.dataclass(frozen=True)
class Skip:
    """A stretch of time (a night) that a simulated clock leaves out: at `at_us` it reads `to_us`. UTC microseconds."""

    at_us: int
    to_us: int


class SimulatedClock:
    """A clock that is a pure function of CLOCK_BOOTTIME, so it reads the same in every process of the machine.

    It reads `start_utc_us` until `anchor_boot_us`, and then runs `rate` times as fast as real time. A skip moves
    wall clock and monotonic clock together: no step between them, only time in which nothing happened.
    """

    def __init__(
        self, start_utc_us: int, rate: int, anchor_boot_us: int, boot_id: str, skips: Sequence[Skip] = (),
    ) -> None:
        self.rate = rate
        self._start, self._anchor, self._boot_id = start_utc_us, anchor_boot_us, boot_id
        self._skips = tuple(sorted(skips, key=lambda skip: skip.at_us))
        self._state = ClockState(True, 0, "simulated", rate)

    def stamp(self) -> Stamp:
        utc = self.utc_us()
        return Stamp(self._boot_id, self._anchor + utc - self._start, utc, self._state)

    def mono_us(self) -> int:
        return self.mono_at(self.utc_us())

    def utc_us(self) -> int:
        utc = self._start + max(0, boottime_us() - self._anchor) * self.rate
        for skip in self._skips:
            if utc >= skip.at_us:
                utc += skip.to_us - skip.at_us
        return utc

    def mono_at(self, utc_us: int) -> int:
        return self._anchor + utc_us - self._start

    def seconds_until(self, mono_us: int) -> float:
        if mono_us <= self.mono_us():
            return 0.0
        return max(0.0, (self._boot_us_at(self._start + mono_us - self._anchor) - boottime_us()) / 1e6)

    def _boot_us_at(self, utc_us: int) -> float:
        for skip in reversed(self._skips):
            if utc_us >= skip.to_us:
                utc_us -= skip.to_us - skip.at_us
            elif utc_us > skip.at_us:
                utc_us = skip.at_us
        return self._anchor + (utc_us - self._start) / self.rate


class AutojumpClock:
    """A simulated clock that stands still, and jumps to whatever its one user waits for: as fast as it can."""

    rate = 100_000
    """No rate at all; the largest that a record can tell."""

    def __init__(self, start_utc_us: int, start_mono_us: int, boot_id: str) -> None:
        self._utc_less_mono, self._mono, self._boot_id = start_utc_us - start_mono_us, start_mono_us, boot_id

    def stamp(self) -> Stamp:
        mono = self._mono
        return Stamp(self._boot_id, mono, mono + self._utc_less_mono, ClockState(True, 0, "simulated", self.rate))

    def mono_us(self) -> int:
        return self._mono

    def utc_us(self) -> int:
        return self._mono + self._utc_less_mono

    def mono_at(self, utc_us: int) -> int:
        return utc_us - self._utc_less_mono

    def seconds_until(self, mono_us: int) -> float:
        self._mono = max(self._mono, mono_us)
        return 0.0


def simulated_boot_id(machine_boot: str, start_utc_us: int, rate: int, anchor_boot_us: int) -> str:
    """The boot id of a simulated clock: another setting is another boot, so its times are never compared."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{machine_boot}/{start_utc_us}/{rate}/{anchor_boot_us}"))
