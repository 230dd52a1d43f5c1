"""What a row is, how its two sides are measured against each other, and what comes of it. No output here."""
from __future__ import annotations

import dataclasses
import gc
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

Side = Callable[[], object]


def cpu_s() -> float:
    """CPU seconds so far of this process, all its threads, and of the child processes that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


CLOCKS = {"wall": time.perf_counter, "cpu": cpu_s}


class Busy:
    """A side whose CPU seconds are counted, too: what a machine that is busy with other things leaves as it is."""

    def __init__(self, side: Side) -> None:
        self._side, self.seconds = side, list[float]()

    def __call__(self) -> None:
        before = cpu_s()
        self._side()
        self.seconds.append(cpu_s() - before)

    def against(self, peer: Busy, amount: float, unit: str) -> str:
        """Both in words, at their medians. `amount`: of `unit` in one repetition."""
        mine, bare = (1e6 * statistics.median(one.seconds) / amount for one in (self, peer))
        return f"CPU: {mine:.0f} µs a {unit}, the peer {bare:.0f} µs: {bare / mine:.2f} x"


class Skipped(Exception):
    """A row cannot run here; its text says what is missing."""


@dataclasses.dataclass(frozen=True)
class Contest:
    """Two ways of doing the same `amount` of work. `remarks` is called when both have been measured."""

    ours: Side
    peer: Side
    amount: float
    remarks: Callable[[], Sequence[str]] = tuple


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table. `prepare` makes the inputs in an empty folder; it raises Skipped where they are missing.

    `unit`: what `amount` counts. `clock`: "wall" for elapsed seconds, "cpu" for those that all threads of this process
    and its children were busy. `warm_up`: run both sides once before they count; without it the first repetition pays
    for first times.
    """

    name: str
    ours: str
    peer: str
    unit: str
    prepare: Callable[[Path], Contest]
    repetitions: int = 5
    clock: Literal["wall", "cpu"] = "wall"
    warm_up: bool = True


@dataclasses.dataclass(frozen=True)
class Figures:
    """A table of its own, with no peer. `measure` works in an empty folder and gives the lines to print and
    what the document holds; it raises Skipped where inputs are missing."""

    name: str
    title: str
    measure: Callable[[Path], tuple[list[str], dict[str, Any]]]


@dataclasses.dataclass(frozen=True)
class Result:
    """Seconds of both sides by repetition: `ours_s[i]` and `peer_s[i]` were measured one after the other."""

    row: Row
    amount: float
    ours_s: tuple[float, ...]
    peer_s: tuple[float, ...]
    remarks: tuple[str, ...] = ()

    @property
    def ratio(self) -> float:
        """How many times as fast as the peer: the median over the repetitions."""
        return statistics.median(self.ratios)

    @property
    def ratios(self) -> tuple[float, ...]:
        """The ratio of each repetition. Neighbours share what the machine was like at that moment."""
        return tuple(peer / ours for ours, peer in zip(self.ours_s, self.peer_s, strict=True))

    @property
    def ours_rate(self) -> float:
        """Units per second, at the median."""
        return self.amount / statistics.median(self.ours_s)

    @property
    def peer_rate(self) -> float:
        """Units per second of the peer, at the median."""
        return self.amount / statistics.median(self.peer_s)


def measure(row: Row, folder: Path) -> Result:
    """Prepare a row and run its sides by turns: A B, B A, A B … Raises Skipped."""
    contest = row.prepare(folder)
    now = CLOCKS[row.clock]
    spent: dict[str, list[float]] = {"ours": [], "peer": []}
    sides = {"ours": contest.ours, "peer": contest.peer}
    for side in sides.values() if row.warm_up else ():
        side()
    for repetition in range(row.repetitions):
        for name in ("ours", "peer") if repetition % 2 == 0 else ("peer", "ours"):
            spent[name].append(_seconds(sides[name], now))
    return Result(row, contest.amount, tuple(spent["ours"]), tuple(spent["peer"]), tuple(contest.remarks()))


def _seconds(side: Side, now: Callable[[], float]) -> float:
    gc.collect()
    start = now()
    side()
    return max(now() - start, 1e-9)
