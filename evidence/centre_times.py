"""Whether the times that a centre signed fit each other: a centre that contradicts itself convicts no box.

The receipts of one chain were given in the order of `up_to`, checkpoints in the order of their size, and a receipt for
a leaf that a tree did not hold yet came after the checkpoint of that tree. Where a time falls in that order by more
than two clocks may differ, the clock of the centre was wrong at one of the two, and nobody can tell at which: what
stands before the fall may say too late a time, what stands behind it too early a one. Neither is believed in that
direction. In the other both are: a clock that was ahead once makes nothing in time that came late ever after.
"""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence

from evidence.receipts import Receipt, by_chain
from evidence.times import utc_us

Told = tuple[int, int]
"""A place in an order, and UTC microseconds."""


@dataclasses.dataclass(frozen=True)
class Contradicted:
    """What a centre signed that something else of it contradicts. `late`: receipts that may say too late a time;
    `early`: too early a one; `checkpoints_late`: size of the tree and time (UTC µs). One that may be early is left
    out: as the least that it says it stays true."""

    late: frozenset[Receipt] = frozenset()
    early: frozenset[Receipt] = frozenset()
    checkpoints_late: frozenset[Told] = frozenset()


NOTHING = Contradicted()


def contradictions(receipts: Iterable[Receipt], checkpoints: Iterable[Told], skew_us: int) -> Contradicted:
    """What of these contradicts something else of them. `receipts`: of one centre, for any chains, in any order;
    `checkpoints`: that it signed."""
    given, seen = list(receipts), list(set(checkpoints))
    # A tree of n records holds the leaves 0 … n - 1; both fall into one order if its place is n - ½.
    leaves = [(2 * one.leaf_index, utc_us(one.time)) for one in given]
    sizes = [(2 * size - 1, us) for size, us in seen]
    early = set(itertools.compress(given, _after(leaves, sizes, skew_us)))
    late: set[Receipt] = set()
    for chain in by_chain(given).values():
        told = [(one.up_to, utc_us(one.time)) for one in chain]
        early |= set(itertools.compress(chain, _after(told, told, skew_us)))
        late |= set(itertools.compress(chain, _before(told, told, skew_us)))
    seen_late = itertools.compress(seen, _before(sizes, leaves + sizes, skew_us))
    return Contradicted(frozenset(late), frozenset(early), frozenset(seen_late))


def _after(told: Sequence[Told], others: Sequence[Told], skew_us: int) -> list[bool]:
    """Of each of `told` whether one of the others that stands before it says a time that is later by more."""
    rising = sorted(others)
    found = [False] * len(told)
    latest: int | None = None
    next_ = 0
    for index in sorted(range(len(told)), key=told.__getitem__):
        place, us = told[index]
        while next_ < len(rising) and rising[next_][0] < place:
            latest = rising[next_][1] if latest is None else max(latest, rising[next_][1])
            next_ += 1
        found[index] = latest is not None and latest > us + skew_us
    return found


def _before(told: Sequence[Told], others: Sequence[Told], skew_us: int) -> list[bool]:
    """Of each whether one that stands behind it says a time that is earlier by more."""
    return _after([(-place, -us) for place, us in told], [(-place, -us) for place, us in others], skew_us)
