"""How a decision stands to the findings of now: stale as soon as what matters differs, final when nothing is open.

Pure. What matters are the verdict of R3, the recordings that it counts, and the policy.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from evidence.bodies import Decision
from evidence.canonical import canonical, sha256_hex
from evidence.decisions import changed, differs, is_late, round_final_us
from evidence.policy import Policy
from evidence.rules.finding import Finding, R3Finding, finding_json
from evidence.story import ObjectionFact, Round, Story


@dataclasses.dataclass(frozen=True)
class Standing:
    """The round of now. `open`: objections that have not come to an end, but for `late` ones, which came when the
    public notice was over; `final_us`: from when a decision is final, UTC microseconds, None while it cannot be;
    `final`: it is."""

    round: Round
    open: tuple[ObjectionFact, ...]
    final_us: int | None
    final: bool
    late: tuple[ObjectionFact, ...] = ()

    @property
    def answer(self) -> str | None:
        """What two persons decided and still holds."""
        agreed = self.round.second if self.round.state == "decided" else None
        return None if agreed is None else agreed.decision.answer


def standing(
    story: Story, found: Iterable[Finding], policy: Policy, as_of_us: int, timed: bool = True,
) -> Standing:
    """Where the decisions of a class stand, by the findings of now. `timed`: `as_of_us` is a time of a clock that was
    set; else no public notice is over by it."""
    r3 = r3_of(found)
    verdict, recordings = (r3.verdict, r3.recordings) if r3 else ("clear", ())
    round_ = changed(story.round, differs(story.round, verdict, recordings, policy.sha256))
    late = tuple(one for one in story.objections if is_late(one, round_, policy))
    pending = tuple(one for one in story.objections if one.open and one not in late)
    final_us = round_final_us(round_, story.objections, policy)
    # A class of a simulated clock that is accepted is judged as of a moment of that clock, in which no notice runs.
    runs = timed and not (story.simulated and policy.accept_simulated)
    over = final_us is not None and (not policy.notice_us or (runs and final_us <= as_of_us))
    return Standing(round_, pending, final_us, over, late)


def findings_hash(found: Iterable[Finding]) -> str:
    """The SHA-256 of the canonical JSON of all findings, in their order."""
    return sha256_hex(canonical([finding_json(one) for one in found]))


def r3_of(found: Iterable[Finding]) -> R3Finding | None:
    """What R3 says among them."""
    return next((one for one in found if isinstance(one, R3Finding)), None)


def same_findings(decision: Decision, found: Iterable[Finding]) -> bool:
    """Whether a decision was made on exactly these."""
    known = tuple(found)
    r3 = r3_of(known)
    said = (decision.verdict, decision.recordings)
    return findings_hash(known) == decision.findings and r3 is not None and said == (r3.verdict, r3.recordings)

