"""Whether the times that a centre signed fit each other: a centre that contradicts itself convicts no box.

The receipts of one chain were given in the order of `up_to`, checkpoints in the order of their size, and a receipt for
a leaf that a tree did not hold yet came after the checkpoint of that tree. Where a time falls in that order by more
than two clocks may differ, the clock of the centre was wrong at one of the two, and nobody can tell at which: what
stands before the fall may say too late a time, what stands behind it too early a one. Neither is believed in that
direction. In the other both are: a clock that was ahead once makes nothing in time that came late ever after.

Whichever of the two was wrong, something is left to say. Of a receipt behind a fall: either its time is right, or what
stands before the fall is, and then it was given after that. And what is known to stand behind a fall says of every
chain by when the leaves before it had come.
"""
from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from evidence.receipts import Receipt, by_chain
from evidence.records import Record
from evidence.times import utc_us

T = TypeVar("T")
Told = tuple[int, int]
"""A place in an order, and UTC microseconds."""


@dataclasses.dataclass(frozen=True)
class Contradicted:
    """What a centre signed that something else of it contradicts. `late`: receipts that may say too late a time;
    `early`: too early a one, with the earliest time (UTC µs) that contradicts it, after which it was given if that is
    right; `checkpoints_late`: size of the tree and time (UTC µs). One that may be early is left out: as the least that
    it says it stays true."""

    late: frozenset[Receipt] = frozenset()
    early: Mapping[Receipt, int] = dataclasses.field(default_factory=dict)
    checkpoints_late: frozenset[Told] = frozenset()


NOTHING = Contradicted()


def clock_why(record: Record) -> str | None:
    """What a centre's alarm about its own clock says; None: it is no such alarm."""
    if record.type != "alarm" or record.body.get("code") != "centre.clock":
        return None
    params = record.body.get("params")
    return str(params.get("why")) if isinstance(params, Mapping) else ""


def vouched(record: Record) -> bool:
    """Whether a person said there that the clock of the centre is right."""
    return clock_why(record) in ("put_right", "trusted")


def ahead(chain: Sequence[Record], tolerance_us: int) -> set[int]:
    """Records of a centre's chain, in order, that say a later time than a later alarm about its clock: somebody had
    set it ahead, or has set it back. An alarm by a clock that is not set counts where a person vouches for it."""
    found: set[int] = set()
    least_us: int | None = None
    for record in reversed(chain):
        if least_us is not None and record.clock.synced and record.utc_us > least_us + tolerance_us:
            found.add(record.seq)
        if vouched(record) or (record.clock.synced and clock_why(record) is not None):
            least_us = record.utc_us if least_us is None else min(least_us, record.utc_us)
    return found


def contradictions(receipts: Iterable[Receipt], checkpoints: Iterable[Told], skew_us: int) -> Contradicted:
    """What of these contradicts something else of them. `receipts`: of one centre, for any chains, in any order;
    `checkpoints`: that it signed."""
    given, seen = list(receipts), list(set(checkpoints))
    # A tree of n records holds the leaves 0 … n - 1; both fall into one order if its place is n - ½.
    leaves = [(2 * one.leaf_index, utc_us(one.time)) for one in given]
    sizes = [(2 * size - 1, us) for size, us in seen]
    early = _told(given, _after(leaves, sizes, skew_us))
    late: set[Receipt] = set()
    for chain in by_chain(given).values():
        told = [(one.up_to, utc_us(one.time)) for one in chain]
        for one, us in _told(chain, _after(told, told, skew_us)).items():
            early[one] = min(us, early.get(one, us))
        late |= _told(chain, _before(told, told, skew_us)).keys()
    # Receipts of several chains need not be in order (one may be given late for an old leaf): only what stands behind
    # a sure fall tells of the others.
    fallen = [(2 * one.leaf_index, utc_us(one.time)) for one in early]
    fallen += _told(sizes, _after(sizes, sizes, skew_us))
    late |= _told(given, _before(leaves, fallen, skew_us)).keys()
    seen_late = _told(seen, _before(sizes, leaves + sizes, skew_us))
    return Contradicted(frozenset(late), early, frozenset(seen_late))


def _told(items: Sequence[T], found: Sequence[int | None]) -> dict[T, int]:
    """Those for which something was found, and what."""
    return {item: us for item, us in zip(items, found, strict=True) if us is not None}


def _after(told: Sequence[Told], others: Sequence[Told], skew_us: int) -> list[int | None]:
    """Of each of `told` the earliest time, later by more, that one of the others says which stands before it."""
    rising = sorted(others)
    found: list[int | None] = [None] * len(told)
    before: list[int] = []
    next_ = 0
    for index in sorted(range(len(told)), key=told.__getitem__):
        place, us = told[index]
        while next_ < len(rising) and rising[next_][0] < place:
            bisect.insort(before, rising[next_][1])
            next_ += 1
        later = bisect.bisect_right(before, us + skew_us)
        found[index] = before[later] if later < len(before) else None
    return found


def _before(told: Sequence[Told], others: Sequence[Told], skew_us: int) -> list[int | None]:
    """Of each whether one that stands behind it says a time that is earlier by more: None if not."""
    return _after([(-place, -us) for place, us in told], [(-place, -us) for place, us in others], skew_us)
