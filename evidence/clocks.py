"""What the records of one chain say of the clock of their device: which wall time a CLOCK_BOOTTIME was, and whether
anybody moved the wall clock.

Each record holds a pair of (wall clock, CLOCK_BOOTTIME) of one start of the device. Within a start both go on alike;
from one record to the next, over all starts, the wall clock never goes back. Where it does otherwise although it called
itself set, somebody moved it, and what this start says from there on is uncertain. A clock that nobody sets any more
goes on: while it agrees with CLOCK_BOOTTIME, and that is known closely enough, it is believed.
"""
from __future__ import annotations

import bisect
import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from evidence.brackets import Brackets
from evidence.centre_times import NOTHING, Contradicted, vouched
from evidence.continuity import SLEW
from evidence.notes import NoteKey
from evidence.receipts import Receipt
from evidence.records import Record
from evidence.story import Doubt


class Belief(Protocol):
    """What a policy says of clocks."""

    @property
    def accept_simulated(self) -> bool: ...

    @property
    def step_tolerance_us(self) -> int: ...

    @property
    def bracket_us(self) -> tuple[int, int] | None:
        """How far the clocks of a box and its centre may differ, and how late a record may come; None: not judged."""


class ChainClock:
    """The clock of the device that made a chain."""

    def __init__(
        self, chain: Sequence[Record], policy: Belief, receipts: Iterable[Receipt] = (), believed: int | None = None,
        log: NoteKey | None = None, wrong: Contradicted = NOTHING,
    ) -> None:
        """`chain`: the records at hand of one chain, in order; `receipts`: those that a centre gave for it. `believed`:
        only those below this number say anything (the key was revoked); None: all. `log`: the key of the centre's tree;
        `wrong`: what of the centre's times contradicts itself."""
        if believed is not None:
            chain = [record for record in chain if record.seq < believed]
        self._policy, self._chain, self._believed = policy, chain, believed
        self._brackets = Brackets(chain, receipts, log, wrong)
        self._moved = _moved(chain, policy.step_tolerance_us)
        starts: dict[str, list[Record]] = defaultdict(list)
        for record in chain:
            starts[record.boot_id].append(record)
        self._set = {boot: _by_mono(one for one in told if _is_set(one)) for boot, told in starts.items()}
        self._all = {boot: _by_mono(told) for boot, told in starts.items()}
        self._known: dict[str, list[Record]] = {}
        self._first_seq = {boot: told[0].seq for boot, told in starts.items()}
        self._last_seq = {boot: told[-1].seq for boot, told in starts.items()}

    def doubt(self, record: Record) -> Doubt | None:
        """Why the wall clock of a record cannot be believed."""
        if self._believed is not None and record.seq >= self._believed:
            return "revoked"
        if record.clock.source == "simulated":
            return None if self._policy.accept_simulated else "simulated"
        if not record.clock.synced and not self._goes_on(record):
            return "clock"
        if record.seq >= self._moved.get(record.boot_id, record.seq + 1):
            return "moved"
        if (allowed := self._policy.bracket_us) is None:
            return None
        return self._brackets.of(record.seq).contradicts(record.utc_us, *allowed)

    def _goes_on(self, record: Record) -> bool:
        """Whether a clock that is not set any more (nobody reaches a time server) still says what the nearest believed
        record of the same start and CLOCK_BOOTTIME since say, within what clocks of a site may differ."""
        allowed, told = self._policy.bracket_us, self._trusted(record.boot_id)
        if allowed is None or not told:
            return False
        about_us, error_us = self._about(_nearest(told, record.mono_us), record)
        return error_us <= allowed[0] and abs(record.utc_us - about_us) <= error_us

    def _trusted(self, boot_id: str) -> list[Record]:
        """The records of a start whose clock was set and is believed, by CLOCK_BOOTTIME."""
        known = self._known.get(boot_id)
        if known is None:
            known = [one for one in self._set.get(boot_id, ()) if self.doubt(one) is None]
            self._known[boot_id] = known
        return known

    def _about(self, near: Record, record: Record) -> tuple[int, int]:
        """When a record was by another one of its start, UTC microseconds, and how far that may be wrong."""
        mono_us = record.mono_us - near.mono_us
        return near.utc_us + mono_us, self._allowed_us(near) + abs(mono_us) // SLEW

    def anchor(self, boot_id: str, mono_us: int) -> Record | None:
        """The record of that start of the device that is nearest in time; one with a clock that was set, if any is."""
        records = self._set.get(boot_id) or self._all.get(boot_id)
        if not records:
            return None
        return _nearest(records, mono_us)

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

    def since_us(self, boot_id: str) -> int:
        """Before that, UTC microseconds, that start of the device cannot have begun: the last record beyond doubt of a
        start before it says so; 0 where none does."""
        if boot_id not in self._first_seq:
            return 0
        index = bisect.bisect_left(self._sure, self._first_seq[boot_id], key=_seq)
        return self._sure[index - 1].utc_us if index else 0

    def proven(self, record: Record) -> tuple[int, int | None]:
        """When at the earliest and at the latest (None: nobody knows) a record was made, UTC microseconds.

        Its own wall clock says so if it is believed and no later record shows an earlier time; else CLOCK_BOOTTIME
        since a record of the same start that is beyond doubt, or the records beyond doubt before and after it, and
        what a centre vouches for."""
        least_us, most_us = self._by_device(record)
        bracket = self._brackets.of(record.seq)
        if bracket.not_before_us is not None:
            least_us = max(least_us, bracket.not_before_us)
        if bracket.not_after_us is not None:
            most_us = bracket.not_after_us if most_us is None else min(most_us, bracket.not_after_us)
        return (least_us, most_us) if most_us is None or least_us <= most_us else self._by_device(record)

    def _by_device(self, record: Record) -> tuple[int, int | None]:
        """The same from the records of the chain alone."""
        if record.clock.synced and self.doubt(record) is None and record.seq not in self._contested[0]:
            return record.utc_us, record.utc_us
        index = bisect.bisect_left(self._sure, record.seq, key=_seq)
        before = self._sure[index - 1] if index else None
        if before is not None and before.boot_id == record.boot_id:
            about_us, error_us = self._about(before, record)
            return about_us - error_us, about_us + error_us
        after = self._sure[index] if index < len(self._sure) else None
        return before.utc_us if before else 0, after.utc_us if after else None

    def ordered(self, record: Record) -> tuple[int, int | None]:
        """The same, held against the order of the chain: a clock that was set ahead for a while makes nothing late.

        Where a later record shows an earlier time, one of the two clocks was wrong: the record may have been made by
        then. It was, where an operator said so of the clock, unless that start goes on by CLOCK_BOOTTIME: then nobody
        can tell."""
        least_us, most_us = self.proven(record)
        by_us, mono_us, sure_us = self._later[record.seq]
        if by_us is None or (most_us is not None and most_us - self._allowed_us(record) <= by_us):
            return least_us, most_us
        index = bisect.bisect_left(self._sure, record.seq, key=_seq)
        before = bisect.bisect_right(self._sure, by_us, hi=index, key=_utc)
        from_us = min(least_us, self._sure[before - 1].utc_us if before else 0)
        runs = index > 0 and self._sure[index - 1].boot_id == record.boot_id
        agrees = mono_us is None or record.mono_us - self._policy.step_tolerance_us <= mono_us
        by_boot = not _is_set(record) or record.seq in self._contested[0]
        return from_us, most_us if sure_us is None or (by_boot and runs and agrees) else sure_us

    @functools.cached_property
    def _later(self) -> dict[int, tuple[int | None, int | None, int | None]]:
        """Record → the earliest time that a set clock shows after it, or one for which an operator vouched; the least
        CLOCK_BOOTTIME after it of its start; the earliest for which an operator vouched."""
        found: dict[int, tuple[int | None, int | None, int | None]] = {}
        mono_us: dict[str, int] = {}
        by_us: int | None = None
        sure_us: int | None = None
        for one in reversed(self._chain):
            found[one.seq] = by_us, mono_us.get(one.boot_id), sure_us
            mono_us[one.boot_id] = min(one.mono_us, mono_us.get(one.boot_id, one.mono_us))
            if _is_set(one) or vouched(one):
                by_us = one.utc_us if by_us is None else min(by_us, one.utc_us)
            if vouched(one):
                sure_us = one.utc_us if sure_us is None else min(sure_us, one.utc_us)
        return found

    @functools.cached_property
    def _sure(self) -> list[Record]:
        """The records whose clock is believed and contradicted by no other of the chain."""
        return [one for one in self._chain if _is_set(one)
                and self.doubt(one) is None and not any(one.seq in numbers for numbers in self._contested)]

    @functools.cached_property
    def _contested(self) -> tuple[set[int], set[int]]:
        """Records with a set clock after which one shows an earlier time, and before which one shows a later time."""
        told = [(one.seq, one.utc_us, self._allowed_us(one)) for one in self._chain if _is_set(one)]
        found: tuple[set[int], set[int]] = (set(), set())
        for numbers, rows, sign in ((found[0], reversed(told), 1), (found[1], told, -1)):
            edge_us: int | None = None
            for seq, utc_us, allowed_us in rows:
                if edge_us is not None and sign * (utc_us - edge_us) > allowed_us:
                    numbers.add(seq)
                edge_us = utc_us if edge_us is None else sign * min(sign * edge_us, sign * utc_us)
        return found

    def _allowed_us(self, record: Record) -> int:
        return self._policy.step_tolerance_us + 2 * record.clock.max_error_us


def _moved(chain: Sequence[Record], tolerance_us: int) -> dict[str, int]:
    """Start of the device → the first record of it that shows a moved clock."""
    found: dict[str, int] = {}
    before: Record | None = None
    for record in chain:
        if not _is_set(record) or record.clock.source == "simulated":
            continue
        if before is not None and jumps(before, record, tolerance_us):
            found.setdefault(record.boot_id, record.seq)
        before = record
    return found


def jumps(before: Record, after: Record, tolerance_us: int) -> bool:
    """Whether the wall clock was moved between two records of a chain, both with a clock that calls itself set."""
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


def _nearest(records: Sequence[Record], mono_us: int) -> Record:
    """Of records by CLOCK_BOOTTIME the nearest one."""
    index = bisect.bisect_left(records, mono_us, key=_mono)
    return min(records[max(0, index - 1) : index + 1], key=lambda one: (abs(one.mono_us - mono_us), one.seq))


def _seq(record: Record) -> int:
    return record.seq


def _utc(record: Record) -> int:
    return record.utc_us


def _mono(record: Record) -> int:
    return record.mono_us
