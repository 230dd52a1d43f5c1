"""The rules: a story and a policy in, findings with reasons out. Pure; `as_of_us` is the time of the question.

A rule that the policy does not state has no finding. A rule of whose matter nothing is recorded answers `not_recorded`.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evidence.policy import Policy
from evidence.rules import (
    attempts,
    beside,
    o1,
    o2,
    o3,
    o4,
    o5,
    o6,
    o7,
    o8,
    o9,
    o10,
    o11,
    r1,
    r2,
    r3,
    r4,
    r5,
    r6,
    r7,
    r8,
    r9,
)
from evidence.rules.finding import Finding, R3Finding, Reading, Reason, finding_json, reason
from evidence.story import Story

RULES_VERSION = 1
"""Raised by one whenever the same records under the same policy could have other findings than before
(evidence/README.md, "Findings as JSON, and the version of the rules")."""
__all__ = [
    "RULES_VERSION", "Finding", "R3Finding", "Reading", "Reason", "finding_json", "findings", "findings_with_looks"]

JUDGES: Mapping[str, Callable[[Story, Any, int], Finding]] = {
    "R1": r1.judge, "R4": r4.judge, "R5": r5.judge, "R6": r6.judge, "R7": r7.judge, "R9": r9.judge, "O1": o1.judge,
    "O2": o2.judge, "O3": o3.judge, "O4": o4.judge, "O5": o5.judge, "O6": o6.judge, "O7": o7.judge, "O8": o8.judge,
    "O9": o9.judge, "O10": o10.judge, "O11": o11.judge,
}
"""The rules that need no more than their own table of the policy."""
OF_CHECKINS = ("R4", "O2", "O7", "O9")
"""What is judged only under a policy that judges check-ins."""


def findings(story: Story, policy: Policy, as_of_us: int) -> tuple[Finding, ...]:
    """R1 … R9, O1 … O11 as far as the policy states them, then what stands beside the rules where there is any."""
    found: list[Finding] = []
    for name, rule in policy.rules():
        if name in OF_CHECKINS and not policy.judges_checkins:
            found.append(Finding(name, rule.clause, "not_recorded", False, (reason("not_recorded"),), ()))
        elif name == "R2" and policy.r2:
            found.append(r2.judge(story, policy.r2, as_of_us, policy.picture is not None))
        elif name == "R3" and policy.r3:
            found.append(r3.judge(story, policy, policy.r3, as_of_us))
        elif name == "R8" and policy.r8:
            found.append(r8.judge(story, policy, policy.r8, as_of_us))
        else:
            found.append(JUDGES[name](story, rule, as_of_us))
    return (*found, *attempts.judge(story, policy, as_of_us), *beside.judge(story, policy, as_of_us))


def findings_with_looks(found: tuple[Finding, ...], story: Story, policy: Policy, as_of_us: int) -> tuple[Finding, ...]:
    """The findings of a story that differs from that of `found` in its looks alone: of the rules only R5 speaks of
    them. Of a class without class-hours, whose end the latest record tells, others may be other ones, too."""
    return tuple(r5.judge(story, policy.r5, as_of_us) if one.rule == "R5" and policy.r5 else one for one in found)
