"""How few strangers may pass for somebody of a class under a policy, and how many faces it takes to know. Pure."""
from __future__ import annotations

from evidence.policy import Policy

LEAST_PEOPLE = 10
"""So many people of a class, instructors among them, must have a face on the box: of fewer nobody can measure how often
a stranger is taken for one of them. Every pack wants as many (models/*.toml, `min_people`)."""


def allowed_ppm(policy: Policy) -> int | None:
    """How many of a million strangers may pass under a policy; None where nobody asks, as in a demonstration."""
    allowed = policy.checkin.false_match_ppm
    return None if policy.accept_simulated or policy.accept_test_keys or allowed is None else allowed.value
