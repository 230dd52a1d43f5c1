"""What memory each process has over the day: its own and its share of what it shares (PSS), sampled by its id."""
from __future__ import annotations

import dataclasses
import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

QUARTERS = 4
BAND = 6
"""Looks after the start of a life that count as one age."""
Look: TypeAlias = tuple[int, float]
"""The age of a life, in bands, and its MB."""


@dataclasses.dataclass(frozen=True)
class Growth:
    """Of the longest life of one process: the median of each quarter of it, in MB, and the most that it had. In the
    first one a process still fills what it keeps; what grows grows after that. `early_late_mb`: of all its `lives`, in
    the first and in the last quarter of the day, at the same ages, so that a life that is young is compared with
    another one that was; None where no age is in both."""

    name: str
    quarters_mb: tuple[float, ...]
    most_mb: float
    samples: int
    lives: int
    early_late_mb: tuple[float, float] | None

    @property
    def grown_mb(self) -> float:
        """The more of: from the second quarter of a life to the last; from early to late lives."""
        early, late = self.early_late_mb or (0.0, 0.0)
        return max(self.quarters_mb[-1] - self.quarters_mb[1], late - early)


class Memory:
    """Samples by name and process id: one that was started again begins anew."""

    def __init__(self) -> None:
        self._lives: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._day: dict[str, list[Look]] = defaultdict(list)

    def look(self, name: str, pid: int) -> None:
        if pid and (found := pss_mb(pid)):
            life = self._lives[name][pid]
            self._day[name].append((len(life) // BAND, found))
            life.append(found)

    def growth(self) -> list[Growth]:
        """Of each name that lived long enough once."""
        found = []
        for name, lives in sorted(self._lives.items()):
            longest = max(lives.values(), key=len)
            if len(longest) >= 2 * QUARTERS:
                found.append(Growth(name, _quarters(longest), max(longest), len(longest), len(lives),
                                    early_late(self._day[name])))
        return found


def _quarters(samples: list[float]) -> tuple[float, ...]:
    part = len(samples) // QUARTERS
    return tuple(statistics.median(samples[number * part:(number + 1) * part]) for number in range(QUARTERS))


def early_late(day: Sequence[Look]) -> tuple[float, float] | None:
    """The mean, over the ages that are in both the first and the last quarter of these looks, of the median at each."""
    part = len(day) // QUARTERS
    early, late = _by_age(day[:part]), _by_age(day[len(day) - part:])
    both = early.keys() & late.keys()
    if not both:
        return None
    return statistics.mean(early[age] for age in both), statistics.mean(late[age] for age in both)


def _by_age(looks: Sequence[Look]) -> dict[int, float]:
    ages: dict[int, list[float]] = defaultdict(list)
    for age, found in looks:
        ages[age].append(found)
    return {age: statistics.median(found) for age, found in ages.items()}


def pss_mb(pid: int) -> float:
    """0: it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
