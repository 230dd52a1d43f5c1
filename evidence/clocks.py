"""What the records of one chain say of the clock of their device: which wall time a CLOCK_BOOTTIME was, and whether
anybody moved the wall clock.

Each record holds a pair of (wall clock, CLOCK_BOOTTIME) of one start of the device. Within a start both go on alike;
from one record to the next, over all starts, the wall clock never goes back. Where it does otherwise although it called
itself set, somebody moved it, and what this start says from there on is uncertain.
"""
from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence

from evidence.continuity import SLEW
from evidence.policy import Policy
from evidence.records import Record
from evidence.story import Doubt


class ChainClock:
    """The clock of the device that made a chain."""

    def __init__(self, chain: Sequence[Record], policy: Policy) -> None:
        """`chain`: the records at hand of one chain, in order."""
        self._policy = policy
        self._moved = _moved(chain, policy.step_tolerance_us)
        starts: dict[str, list[Record]] = defaultdict(list)
        for record in chain:
            starts[record.boot_id].append(record)
        self._set = {boot: _by_mono(one for one in told if _is_set(one)) for boot, told in starts.items()}
        self._all = {boot: _by_mono(told) for boot, told in starts.items()}
        self._last_seq = {boot: told[-1].seq for boot, told in starts.items()}

    def doubt(self, record: Record) -> Doubt | None:
        """Why the wall clock of a record cannot be believed."""
        if record.clock.source == "simulated":
            return None if self._policy.accept_simulated else "simulated"
        if not record.clock.synced:
            return "clock"
        return "moved" if record.seq >= self._moved.get(record.boot_id, record.seq + 1) else None

    def anchor(self, boot_id: str, mono_us: int) -> Record | None:
        """The record of that start of the device that is nearest in time; one with a clock that was set, if any is."""
        records = self._set.get(boot_id) or self._all.get(boot_id)
        if not records:
            return None
        index = bisect.bisect_left(records, mono_us, key=_mono)
        return min(records[max(0, index - 1) : index + 1], key=lambda one: (abs(one.mono_us - mono_us), one.seq))

    def heard_us(self, boot_id: str) -> int:
        """CLOCK_BOOTTIME of the latest record of that start of the device; 0 when there is none."""
        return max((one.mono_us for one in self._all.get(boot_id, ())), default=0)

    def running_us(self, boot_id: str, mono_us: int, record: Record) -> int | None:
        """How long the device is known to have run between a moment of a start of it and a record. None when that start
        is not over before the record."""
        if boot_id == record.boot_id:
            return record.mono_us - mono_us
        last_seq = self._last_seq.get(boot_id, record.seq)
        if last_seq >= record.seq:
            return None
        between = [boot for boot, seq in self._last_seq.items() if last_seq < seq < record.seq]
        until_us = sum(self.heard_us(boot) for boot in between if boot != record.boot_id) + record.mono_us
        return max(0, self.heard_us(boot_id) - mono_us) + until_us


def _moved(chain: Sequence[Record], tolerance_us: int) -> dict[str, int]:
    """Start of the device → the first record of it that shows a moved clock."""
    found: dict[str, int] = {}
    before: Record | None = None
    for record in chain:
        if not _is_set(record) or record.clock.source == "simulated":
            continue
        if before is not None and _jumps(before, record, tolerance_us):
            found.setdefault(record.boot_id, record.seq)
        before = record
    return found


def _jumps(before: Record, after: Record, tolerance_us: int) -> bool:
    allowed_us = tolerance_us + before.clock.max_error_us + after.clock.max_error_us
    utc_us = after.utc_us - before.utc_us
    if before.boot_id != after.boot_id:
        return utc_us < -allowed_us
    mono_us = after.mono_us - before.mono_us
    return abs(utc_us - mono_us) > allowed_us + abs(mono_us) // SLEW


def _is_set(record: Record) -> bool:
    return record.clock.synced


def _by_mono(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda one: (one.mono_us, one.seq))


def _mono(record: Record) -> int:
    return record.mono_us
