"""Decisions and objections on the page of a class: who decided what on which findings, stale or not; who objects."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from central.classes.stories import Told
from central.web.links import Link, link
from central.web.localtime import LocalTime
from common.decisions import DIDS, LATE, OBJECTIONS, SOURCES, decision_words, final_words, round_words
from common.texts import N_, translate
from evidence.bodies import Decision
from evidence.standing import findings_hash, r3_of, standing

AGAIN = N_("Should it become so again before somebody decides anew, what was decided holds again.")
SAME = N_("on exactly the findings of this page")
ALIKE = N_("the verdict and the recordings are those of this page; the hash of all findings is another one, in which R5"
           " counts, too, how often somebody looked")
OTHER = N_("on another verdict, other recordings or another policy than those of this page")


@dataclasses.dataclass(frozen=True)
class DecisionView:
    """A decision. `basis`: whether it was made on the findings that the page shows; `void`: it does not count."""

    sentence: str
    findings: str
    basis: str
    void: bool
    record: Link


@dataclasses.dataclass(frozen=True)
class StepView:
    """One thing that was said of an objection: when, by whom, what that did, the text."""

    at: str
    by: str
    did: str
    text: str
    record: Link


@dataclasses.dataclass(frozen=True)
class ObjectionView:
    """An objection, and all that was said of it since."""

    objection: str
    source: str
    state: str
    state_words: str
    open: bool
    late: str
    """That it came when the public notice was over; empty where not."""
    steps: tuple[StepView, ...]


@dataclasses.dataclass(frozen=True)
class DecidedView:
    """`state`: of the round, and its sentence; `final`: a sentence about how long it holds, or nothing.
    `notice`: whether the policy has a public notice."""

    state: str
    sentence: str
    final: str
    notice: bool
    decisions: tuple[DecisionView, ...]
    objections: tuple[ObjectionView, ...]

    @property
    def any(self) -> bool:
        """Whether there is anything to be told."""
        return bool(self.decisions or self.objections)


def decided_view(told: Told, local: LocalTime, names: Mapping[str, str]) -> DecidedView:
    """What people decided about the class, and who objected. `names`: pseudonym → name, of trainees who object."""
    now, lang = standing(told.story, told.findings, told.policy, told.as_of.us, told.as_of.timed), local.lang
    shown = findings_hash(told.findings) if told.story.decisions else ""
    final = ""
    if now.round.state == "decided":
        final = final_words(None if now.final_us is None else local.full(now.final_us), now.final, lang)
    elif now.round.state == "stale" and not {"objection", "reopened"} & {*now.round.changed}:
        final = translate(AGAIN, lang)
    return DecidedView(
        state=now.round.state,
        sentence=round_words(now.round, lang),
        final=final,
        notice=told.policy.notice_us > 0,
        decisions=tuple(DecisionView(
            decision_words(fact, local.full(fact.at_us), lang), fact.decision.findings,
            translate(_basis(told, fact.decision, shown), lang), fact.void is not None, link(fact.ref))
            for fact in told.story.decisions),
        objections=tuple(ObjectionView(
            one.objection, translate(SOURCES[one.source], lang), one.state, translate(OBJECTIONS[one.state], lang),
            one.open, translate(LATE, lang) if one in now.late else "", tuple(StepView(
                local.full(step.at_us), names.get(step.by, step.by), translate(DIDS[step.state], lang), step.text,
                link(step.ref)) for step in one.steps)) for one in told.story.objections),
    )


def _basis(told: Told, body: Decision, shown: str) -> str:
    """On what it was made, against what is shown."""
    r3 = r3_of(told.findings)
    if body.findings == shown:
        return SAME
    matters = (body.verdict, {*body.recordings}, body.policy.sha256)
    return ALIKE if r3 and matters == (r3.verdict, {*r3.recordings}, told.policy.sha256) else OTHER
