"""Whether a new release holds: what its processes and the doctor show for some minutes, judged purely."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

OUTSIDE = frozenset(("centre", "network", "heat", "power"))
"""What the doctor looks at that no release can break: the centre's own hours, the line, the weather, the mains."""
DEATHS = 2
"""So often a process may not die once everything had time to start."""


@dataclasses.dataclass(frozen=True)
class Pace:
    """In real seconds: what ails in the first `grace_s` does not count; it holds after `prove_s`; looked at `every_s`.
    `prove_s` is more than twice the watchdog of the recorder and of the terminal. `unsure_s`: so long one that must go
    back waits for a box that does not say whether it records; more than that watchdog."""

    grace_s: float = 60.0
    prove_s: float = 240.0
    every_s: float = 10.0
    unsure_s: float = 120.0


@dataclasses.dataclass(frozen=True)
class Sample:
    """One look, `at_s` after the start: what ails, by code (`processes` or `doctor`) and words; how often each process
    has died."""

    at_s: float
    troubles: frozenset[tuple[str, str]]
    deaths: Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """`why`: a code; empty where it holds."""

    why: str = ""
    troubles: tuple[str, ...] = ()


def bad_of(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the doctor calls bad, each as one text that is the same the next time."""
    return sorted({f"{one['about']}: {one['says']} {one.get('params', {}).get('role', '')}".strip()
                   for one in checks if one.get("state") == "bad" and one.get("about") not in OUTSIDE})


def news(bad: Sequence[str], ailed: Sequence[str]) -> frozenset[tuple[str, str]]:
    """What is bad now and was not before the switch."""
    return frozenset(("processes" if one.startswith("processes:") else "doctor", one) for one in set(bad) - set(ailed))


def judge(samples: Sequence[Sample], pace: Pace) -> Verdict | None:
    """None: it cannot be told yet. What ails twice in a row counts, for one look may meet a moment."""
    told = [one for one in samples if one.at_s >= pace.grace_s]
    if not told:
        return None
    dead = {name for name, count in told[-1].deaths.items() if count - told[0].deaths.get(name, 0) >= DEATHS}
    stays = told[-1].troubles & told[-2].troubles if len(told) > 1 else frozenset()
    found = stays | {("processes", f"{name} dies again and again") for name in dead}
    if told[-1].at_s >= 2 * pace.prove_s and len(told) > 1:
        found |= told[-1].troubles  # it comes and goes, and there was time enough
    if found:
        return Verdict("processes" if any(code == "processes" for code, _ in found) else "doctor",
                       tuple(sorted(text for _, text in found)))
    return Verdict() if told[-1].at_s >= pace.prove_s and not told[-1].troubles else None
