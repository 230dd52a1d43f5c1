"""What must be found, from the pictures in the files that came to the centre and from nothing that a box says. Pure.

The room camera's film has a picture each second, no two of which are the same bytes: which ones lie in the files tells
to the second what was recorded."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.day import plan

NARROW_S = 3
"""A class-hour so near to a limit may be found on either side of it: its edge lies within a picture or two."""


@dataclasses.dataclass(frozen=True)
class Hour:
    """A class-hour as it was recorded. `missing_s` of it are not; `longest_s` are without a break."""

    name: str
    kind: str
    missing_s: int
    longest_s: int


def part(film: Sequence[bytes], run: Sequence[bytes]) -> tuple[int, int]:
    """Where in the film a run lies, picture by picture; (0, 0): it is no part of it. A run begins with a keyframe, and
    no two of these are the same."""
    try:
        first = film.index(run[0])
    except ValueError:
        return 0, 0
    last = first + len(run)
    return (first, last) if list(film[first:last]) == list(run) else (0, 0)


def hours(runs: Iterable[Sequence[int]]) -> list[Hour]:
    """`runs`: for each unbroken run the seconds of the film whose pictures it holds, one after the other."""
    spans = [(run[0], run[-1] + 1) for run in runs if run]
    found = []
    for half_day in plan.DAY:
        for name, start, end in half_day.hours:
            inside = [(max(first, plan.second_of(start)), min(last, plan.second_of(end))) for first, last in spans]
            lengths = [round(last - first) for first, last in inside if last > first]
            found.append(Hour(name, half_day.kind, round(plan.HOUR.total_seconds()) - sum(lengths),
                              max(lengths, default=0)))
    return found


def differences(hours: Sequence[Hour], findings: Sequence[Mapping[str, Any]], tolerance_s: int, need_s: int,
                absent: str) -> list[str]:
    """What the findings say otherwise, in words. `absent`: the pseudonym of who was not there."""
    by_rule = {str(finding["rule"]): finding for finding in findings}
    return [*_rule(by_rule["R1"], hours, "theory", lambda hour: hour.missing_s - tolerance_s),
            *_rule(by_rule["R2"], hours, "practical", lambda hour: need_s - hour.longest_s),
            *_attendance(by_rule["R3"], absent), *_signed(by_rule["R4"], absent)]


def _rule(finding: Mapping[str, Any], hours: Sequence[Hour], kind: str, beyond_s: Any) -> list[str]:
    """`beyond_s`: by how much a class-hour is beyond what is allowed."""
    of_kind = [hour for hour in hours if hour.kind == kind]
    bad = {hour.name for hour in of_kind if beyond_s(hour) > 0}
    narrow = {hour.name for hour in of_kind if abs(beyond_s(hour)) <= NARROW_S}
    told = {str(reason["params"]["id"]) for reason in finding["reasons"]
            if reason["code"] in ("hour_not_covered", "stretch_short")}
    wrong = (bad ^ told) - narrow
    said = [f"{finding['rule']}: of {name} the film says {'bad' if name in bad else 'good'}, the finding otherwise"
            for name in sorted(wrong)]
    want = "violated" if told else "satisfied"
    return [*said, *([] if finding["result"] == want else [f"{finding['rule']} is {finding['result']}, not {want}"])]


def _attendance(finding: Mapping[str, Any], absent: str) -> list[str]:
    said = []
    if len(finding["recordings"]) != len(plan.MISSED) or not finding["flag"]:
        said.append(f"R3 names {len(finding['recordings'])} recordings, {len(plan.MISSED)} do not show everyone")
    if list(finding["trainees"]) != [absent]:
        said.append(f"R3 names {len(finding['trainees'])} people, one was missing")
    return said


def _signed(finding: Mapping[str, Any], absent: str) -> list[str]:
    """Who was there signed in by face in each half-day, and who was not did not."""
    faces = sum(int(one["params"]["faces"]) for one in finding["reasons"] if one["code"] == "r4_signed")
    want = sum(plan.PEOPLE - (not half_day.everyone) for half_day in plan.DAY)
    neither = [one["params"]["trainees"] for one in finding["reasons"] if one["code"] == "r4_neither"]
    said = [] if faces == want else [f"R4 counts {faces} faces that signed in, {want} people came"]
    return said if neither == [[absent]] * len(plan.MISSED) else [*said, f"R4: {neither} neither signed in nor seen"]
