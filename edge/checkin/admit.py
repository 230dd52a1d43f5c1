"""Whether a pack may take face check-ins of a class under a policy at all."""
from __future__ import annotations

from edge.checkin.errors import LivenessUnavailable, PackTooLoose
from edge.vision.admit import refusal
from edge.vision.calibrate import Threshold
from edge.vision.pack import Pack
from evidence.liveness import challenge_why
from evidence.policy import Policy
from evidence.strangers import allowed_ppm


def check_liveness(pack: Pack, policy: Policy) -> None:
    """Raises LivenessUnavailable: the policy requires liveness, and the pack has neither a passive check nor enough
    gestures to ask for; or everybody must be asked, and it cannot ask; or the policy has no rules to judge by."""
    if not policy.liveness_required:
        return
    rules = policy.liveness
    asks = rules is not None and challenge_why(rules, "not_checked", pack.challenge, 0) is not None
    if rules is None or (not asks and (pack.liveness == "none" or rules.challenge == "always")):
        raise LivenessUnavailable(policy=policy.id, pack=pack.name)


def check_threshold(pack: Pack, policy: Policy, class_id: str, threshold: Threshold) -> None:
    """Raises PackTooLoose: a threshold of which the people of the class do not show that it takes few enough strangers
    for one of them (edge/vision/admit.py)."""
    if refusal(threshold, policy) is None:
        return
    found = "?" if threshold.fpir_ppm is None else str(threshold.fpir_ppm)
    raise PackTooLoose(
        pack=pack.name, allowed=allowed_ppm(policy), class_id=class_id, policy=policy.id, found=found)
