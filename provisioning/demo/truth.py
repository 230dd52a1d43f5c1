"""Whether the report says what the course contained: no more and no less. Pure."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.demo import day, people


def differences(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a report of the built-in course says wrongly, in words; nothing if it is right."""
    by_rule = {finding["rule"]: finding for finding in findings}
    wrong = []
    for rule, want in (("R1", "violated"), ("R2", "satisfied"), ("R3", "violated"), ("R7", "satisfied")):
        got = by_rule.get(rule, {}).get("result", "missing")
        if got != want:
            wrong.append(f"{rule} is {got}, the course makes it {want}")
    r3 = by_rule.get("R3", {})
    if not r3.get("flag"):
        wrong.append("R3 did not raise a flag")
    if tuple(r3.get("recordings", ())) != day.MISSED_BLOCKS:
        wrong.append(f"R3 names the recordings {r3.get('recordings')}, the course has {day.MISSED_BLOCKS}")
    if r3.get("trainees") != [people.NAMES[people.ABSENTEE]]:
        wrong.append(f"R3 names {r3.get('trainees')}, who missed is {people.NAMES[people.ABSENTEE]}")
    if [finding["rule"] for finding in findings if finding.get("flag")] != ["R3"]:
        wrong.append("another rule than R3 raised a flag")
    return wrong
