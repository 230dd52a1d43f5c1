"""What is kept of the beginning of a chain by whoever asks only about what came after it. Pure.

A class concerns the records from its beginning on; whether their clocks are believed, what came before says too
(clocks.py). Of that a few records say all: the last ones; those around the start of the device that goes on over the
cut; the pair that showed its first jump; the greatest time that a set clock showed, and the least after it; the last
ones beyond doubt of the newest starts; the checkpoint that proves most; the genesis record. They are records of the
chain as it is, so they prove nothing that the chain does not.

With them a `ChainClock` doubts a later record where it does with all before it, and puts it between the same moments.
Not so here, where it may doubt more, or knows less of when a doubtful record was made:

- a clock was set back: the latest record before such a time is looked for among few;
- the last record before the cut came to the centre too late, or the clock of one of the two was wrong by then: what a
  receipt or a checkpoint says against a kept record, it does not say against all that are not;
- within one start CLOCK_BOOTTIME goes back, or a clock that is set runs away by steps that are all smaller than
  `tolerance_us`: the records between the kept ones are missing.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from evidence.bodies import CheckpointSeen, body_as
from evidence.clocks import jumps
from evidence.errors import BadRecord
from evidence.records import Record
from evidence.times import SECOND, utc_us

TOLERANCE_US = 5 * SECOND
"""Ours, and that of every policy: which jump of a wall clock is one."""
STARTS = 4
"""Of so many newest starts of the device the last record beyond doubt is kept."""


@dataclasses.dataclass(eq=False)
class _Kept:
    """A record with a set clock, and what says whether it is believed. `jump`: the records that showed the first jump
    of its start up to it; `high`: one before it with a later time; `low`: the one after it with the earliest time, if
    that is an earlier one."""

    record: Record
    jump: tuple[Record, ...]
    high: Record | None
    low: Record | None = None

    def all(self) -> Iterator[Record]:
        yield from (self.record, *self.jump)
        yield from (one for one in (self.high, self.low) if one is not None)


class Prefix:
    """The records of one chain so far, in order; how much it holds does not depend on how many there are.
    `tolerance_us`: what a policy allows (`step_tolerance_us`)."""

    def __init__(self, tolerance_us: int = TOLERANCE_US) -> None:
        self._tolerance_us = tolerance_us
        self._first: Record | None = None
        self._begun: _Kept | None = None
        """The first one, if its clock was set."""
        self._last: Record | None = None
        self._seen: tuple[int, Record] | None = None
        """The latest time that a checkpoint says, and the record."""
        self._set: _Kept | None = None
        """The last one with a set clock."""
        self._edge: _Kept | None = None
        """The last one with a set clock before this start of the device."""
        self._jump: tuple[_Kept, _Kept] | None = None
        """The pair that showed the first jump of this start."""
        self._greatest: _Kept | None = None
        self._sure: list[_Kept] = []
        """Beyond doubt when they came: the last one of each of the newest starts."""

    def add(self, record: Record) -> None:
        """Take in the next record."""
        if record.type == "checkpoint.seen":
            self._checkpoint(record)
        record = record if record.type == "genesis" else dataclasses.replace(record, body={})
        self._first = self._first or record
        if self._last is not None and self._last.boot_id != record.boot_id:
            self._edge, self._jump = self._set, None
        self._last = record
        if record.clock.synced:
            self._add_set(record)

    def kept(self) -> tuple[Record, ...]:
        """What is to stand for the records so far, in order; without their bodies, but for the genesis record and the
        checkpoint."""
        found = [one for kept in self._all() for one in kept.all()]
        found += [one for one in (self._first, self._last) if one is not None]
        by_seq = {one.seq: one for one in found}
        if self._seen is not None:
            by_seq[self._seen[1].seq] = self._seen[1]
        return tuple(by_seq[seq] for seq in sorted(by_seq))

    def _checkpoint(self, record: Record) -> None:
        try:
            body = body_as(record, CheckpointSeen)
        except BadRecord:
            return
        if body is not None and (self._seen is None or utc_us(body.time) >= self._seen[0]):
            self._seen = utc_us(body.time), record

    def _add_set(self, record: Record) -> None:
        greatest, before = self._greatest, self._set
        high = greatest.record if greatest is not None and greatest.record.utc_us > record.utc_us else None
        if high is not None:
            self._lower(record)
        told = _Kept(record, (), high)
        if self._jump is None and before is not None and _jumps(before.record, record, self._tolerance_us):
            self._jump = before, told
        if self._jump is not None:
            told.jump = (*self._jump[0].jump[-2:], self._jump[0].record, self._jump[1].record)
        if record is self._first:
            self._begun = told
        self._set, self._greatest = told, greatest if high is not None else told
        if self._jump is None and (high is None or high.utc_us - record.utc_us <= self._allowed_us(record)):
            others = [one for one in self._sure if one.record.boot_id != record.boot_id]
            self._sure = [*others[1 - STARTS:], told]

    def _lower(self, record: Record) -> None:
        """A clock that shows an earlier time than one before it."""
        for one in self._all():
            if record.utc_us < (one.low or one.record).utc_us:
                one.low = record
        self._sure = [one for one in self._sure if one.record.utc_us - record.utc_us <= self._allowed_us(one.record)]

    def _all(self) -> list[_Kept]:
        found = (self._begun, self._greatest, self._edge, *(self._jump or ()), *self._sure, self._set)
        return [one for one in found if one is not None]

    def _allowed_us(self, record: Record) -> int:
        return self._tolerance_us + 2 * record.clock.max_error_us


def _jumps(before: Record, record: Record, tolerance_us: int) -> bool:
    simulated = "simulated" in (before.clock.source, record.clock.source)
    return not simulated and jumps(before, record, tolerance_us)
