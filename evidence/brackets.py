"""Brackets: between which moments of a centre's clock a record was made, whatever the clock of its device says.

Not before: the checkpoint of the centre's tree that the chain named last (`checkpoint.seen`); nobody knows its hash
earlier. Not after: the first receipt that covers the record; nobody gives one for what is not there. A checkpoint is
what a box says: it counts only if the centre signed it. What the centre itself contradicts bounds less
(centre_times.py).
"""
from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from evidence.bodies import CheckpointSeen, body_of
from evidence.centre_times import NOTHING, Contradicted
from evidence.checkpoint import was_signed
from evidence.errors import BadRecord
from evidence.notes import NoteKey
from evidence.receipts import Receipt
from evidence.records import Record
from evidence.times import utc_us

Chains = Mapping[tuple[str, str], Sequence[Receipt]]
"""(device, chain) → its receipts, seals checked, in any order."""
Contradiction = Literal["early", "ahead", "offline"]


@dataclasses.dataclass(frozen=True)
class Bracket:
    """UTC microseconds of the centre; None: nothing says so. `came_us`: when the record came there, or later. `either`:
    of a receipt that something contradicts its time, and the one after which it was given if that is right."""

    not_before_us: int | None = None
    not_after_us: int | None = None
    came_us: int | None = None
    either: tuple[int, int] | None = None

    def contradicts(self, told_us: int, skew_us: int, offline_us: int) -> Contradiction | None:
        """What is wrong with a wall clock that says `told_us`: it is earlier than possible, later than possible, or it
        came to the centre so long after it that nobody can say when it was made. `skew_us`: how far two clocks
        that are set may differ; `offline_us`: how late a record may come."""
        if self.not_before_us is not None and told_us < self.not_before_us - skew_us:
            return "early"
        if self.not_after_us is not None and told_us > self.not_after_us + skew_us:
            return "ahead"
        # Later than the receipt if that is right, and too long before the receipt if what contradicts it is.
        if self.either is not None and self.either[0] + skew_us < told_us < self.either[1] - offline_us:
            return "ahead"
        return "offline" if self.came_us is not None and self.came_us - told_us > offline_us else None


class Brackets:
    """The brackets of one chain."""

    def __init__(
        self, chain: Iterable[Record], receipts: Iterable[Receipt], log: NoteKey | None = None,
        wrong: Contradicted = NOTHING,
    ) -> None:
        """`chain`: the records at hand, in order; `receipts`: all that were given for it; `log`: the key of the tree;
        `wrong`: what of the centre's times contradicts itself."""
        self._seen = _rising(
            (record.seq, us) for record, size, us in seen(chain, log) if (size, us) not in wrong.checkpoints_late)
        given = list(receipts)
        self._came = _falling(given)
        self._late = {one.up_to for one in given if one in wrong.late}
        self._given = _falling([one for one in given if one not in wrong.early])
        self._either = sorted((one.up_to, utc_us(one.time), wrong.early[one]) for one in given if one in wrong.early)

    def of(self, seq: int) -> Bracket:
        """The bracket of a record."""
        before = bisect.bisect_right(self._seen, seq, key=_first)
        after = bisect.bisect_left(self._given, seq, key=_first)
        came = bisect.bisect_left(self._came, seq, key=_first)
        either = bisect.bisect_left(self._either, seq, key=_first)
        # Where the first one may say too late a time, a later one would make the record late that was not.
        tells = came < len(self._came) and self._came[came][0] not in self._late
        return Bracket(
            self._seen[before - 1][1] if before else None,
            self._given[after][1] if after < len(self._given) else None,
            self._came[came][1] if tells else None,
            self._either[either][1:] if either < len(self._either) else None,
        )


def seen(chain: Iterable[Record], log: NoteKey | None) -> Iterator[tuple[Record, int, int]]:
    """Every record of a checkpoint that the holder of `log` signed, with the size of the tree and its time, UTC
    microseconds; none without a key."""
    for record in chain if log is not None else ():
        if record.type == "checkpoint.seen":
            try:
                body = body_of(record)
            except BadRecord:
                continue
            if isinstance(body, CheckpointSeen) and log is not None and was_signed(body, log):
                yield record, body.size, utc_us(body.time)


def _rising(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What the latest checkpoint so far proves, at each record that names one."""
    rising: list[tuple[int, int]] = []
    for seq, us in found:
        rising.append((seq, max(us, rising[-1][1]) if rising else us))
    return rising


def _falling(given: Iterable[Receipt]) -> list[tuple[int, int]]:
    """For each receipt the earliest of all that cover its record."""
    least: dict[int, int] = {}
    earliest: int | None = None
    for up_to, us in sorted(((one.up_to, utc_us(one.time)) for one in given), reverse=True):
        earliest = us if earliest is None else min(earliest, us)
        least[up_to] = earliest
    return sorted(least.items())


def _first(item: tuple[int, ...]) -> int:
    return item[0]
