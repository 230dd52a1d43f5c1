"""Whether the people of a class show that a pack takes few enough strangers for them, as a policy wants. Check-in and
roll call ask the same, of the threshold of the check-in (`calibrate` as it is without a wish)."""
from __future__ import annotations

from typing import Literal

from edge.vision.calibrate import Threshold
from evidence.policy import Policy
from evidence.strangers import allowed_ppm

Refusal = Literal["few", "loose"]
"""`few`: too few people are enrolled to tell; `loose`: they tell that too many strangers would pass."""


def refusal(threshold: Threshold, policy: Policy) -> Refusal | None:
    """Why a pack is refused for a class under a policy. A threshold of other people shows nothing: one that takes 1 in
    1000 of one population takes 1 in 30 of another."""
    allowed = allowed_ppm(policy)
    if allowed is None or threshold.passes(allowed):
        return None
    return "few" if threshold.source == "manifest" else "loose"
