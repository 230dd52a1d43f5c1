"""What is remembered of judging a class, and from what it was judged: equal inputs, equal judgement."""
from __future__ import annotations

from central.classes.stories import Told
from central.program import program
from central.store.inputs import Inputs
from central.store.summaries import Judgement
from evidence.canonical import sha256_hex
from evidence.standing import r3_of, standing
from evidence.story import Round

RULES = f"zaitang {program()}"
"""Whose rules judged: what another program judged is judged again."""


def inputs_hash(inputs: Inputs) -> str:
    """Of what a class is judged from, and by which rules. The order, which is among the inputs, names the policy."""
    return sha256_hex(repr((RULES, inputs)).encode())


def verdict_of(told: Told) -> str:
    """flag where any finding is one; else that of R3, but noted where other findings are violated; none without R3."""
    r3 = r3_of(told.findings)
    if any(one.flag for one in told.findings):
        return "flag"
    if r3 is None:
        return "none"
    return "noted" if r3.verdict == "clear" and _violated(told) else r3.verdict


def judgement(told: Told, now_us: int) -> Judgement:
    """What the overview remembers of a class that was judged at that moment."""
    r3 = r3_of(told.findings)
    now = standing(told.story, told.findings, told.policy, told.as_of.us, told.as_of.timed)
    state = now.round.state
    # A flag, and a review that is required, wait for two persons; what became stale waits again.
    waits = sum(one.flag or (one is r3 and r3.verdict == "review") for one in told.findings)
    return Judgement(
        class_id=told.order.class_id, leaves=told.leaves, judged_us=now_us, due_us=told.until_us,
        inputs=inputs_hash(told.inputs), verdict=verdict_of(told), undecided=0 if state == "decided" else waits,
        violated=_violated(told), missing=len(r3.recordings) if r3 else 0,
        open=len(r3.open_recordings) if r3 else 0, round=state,
        answer=now.answer or "", fell=_fell(now.round),
        objections=sum(one.open for one in told.story.objections),
        simulated=told.story.simulated, liveness=told.story.liveness_checked)


def _fell(round_: Round) -> bool:
    """Whether two persons had decided the same, and that does not hold any more."""
    first, second = round_.first, round_.second
    return (round_.state == "stale" and first is not None and second is not None
            and first.decision.answer == second.decision.answer != "correct")


def _violated(told: Told) -> int:
    return sum(one.result == "violated" for one in told.findings)
