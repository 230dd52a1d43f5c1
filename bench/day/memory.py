"""What memory each process has over the day: its own and its share of what it shares (PSS), sampled by its id."""
from __future__ import annotations

import dataclasses
import statistics
from collections import defaultdict
from pathlib import Path

QUARTERS = 4


@dataclasses.dataclass(frozen=True)
class Growth:
    """Of the longest life of one process: the median of each quarter of it, in MB, and the most that it had. In the
    first one a process still fills what it keeps; what grows grows after that."""

    name: str
    quarters_mb: tuple[float, ...]
    most_mb: float
    samples: int

    @property
    def grown_mb(self) -> float:
        """From the second quarter to the last."""
        return self.quarters_mb[-1] - self.quarters_mb[1]


class Memory:
    """Samples by name and process id: one that was started again begins anew."""

    def __init__(self) -> None:
        self._samples: dict[tuple[str, int], list[float]] = defaultdict(list)

    def look(self, name: str, pid: int) -> None:
        if pid and (found := pss_mb(pid)):
            self._samples[name, pid].append(found)

    def growth(self) -> list[Growth]:
        """Of the longest life of each name."""
        longest: dict[str, list[float]] = {}
        for (name, _), samples in self._samples.items():
            if len(samples) > len(longest.get(name, [])):
                longest[name] = samples
        return [_growth(name, samples) for name, samples in sorted(longest.items()) if len(samples) >= 2 * QUARTERS]


def _growth(name: str, samples: list[float]) -> Growth:
    part = len(samples) // QUARTERS
    medians = tuple(statistics.median(samples[number * part:(number + 1) * part]) for number in range(QUARTERS))
    return Growth(name, medians, max(samples), len(samples))


def pss_mb(pid: int) -> float:
    """0: it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
