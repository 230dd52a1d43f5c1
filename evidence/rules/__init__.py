"""The rules: a story and a policy in, findings with reasons out. Pure; `as_of_us` is the time of the question.

A rule that the policy does not state has no finding. A rule that is on but is not judged yet answers `not_recorded`.
"""
from __future__ import annotations

from evidence.policy import Policy
from evidence.rules import attempts, beside, o2, o7, o9, r1, r2, r3, r4, r7
from evidence.rules.finding import Finding, R3Finding, Reading, Reason, finding_json, reason
from evidence.story import Story

RULES_VERSION = 1
"""Raised by one whenever the same records under the same policy could have other findings than before
(evidence/README.md, "Findings as JSON, and the version of the rules")."""
__all__ = ["RULES_VERSION", "Finding", "R3Finding", "Reading", "Reason", "finding_json", "findings"]


def findings(story: Story, policy: Policy, as_of_us: int) -> tuple[Finding, ...]:
    """R1 … R9, O1 … O11 as far as the policy states them, then what stands beside the rules where there is any."""
    found: list[Finding] = []
    for name, rule in policy.rules():
        if name == "R1" and policy.r1:
            found.append(r1.judge(story, policy.r1, as_of_us))
        elif name == "R2" and policy.r2:
            found.append(r2.judge(story, policy.r2, as_of_us, policy.picture is not None))
        elif name == "R3" and policy.r3:
            found.append(r3.judge(story, policy, policy.r3, as_of_us))
        elif name == "R7" and policy.r7:
            found.append(r7.judge(story, policy.r7))
        elif name == "R4" and policy.judges_checkins:
            found.append(r4.judge(story, rule, as_of_us))
        elif name == "O2" and policy.o2 and policy.judges_checkins:
            found.append(o2.judge(story, policy.o2, as_of_us))
        elif name == "O7" and policy.judges_checkins:
            found.append(o7.judge(story, rule, as_of_us))
        elif name == "O9" and policy.judges_checkins:
            found.append(o9.judge(story, rule, as_of_us))
        else:
            found.append(Finding(name, rule.clause, "not_recorded", False, (reason("not_recorded"),), ()))
    return (*found, *attempts.judge(story, policy, as_of_us), *beside.judge(story, policy, as_of_us))
