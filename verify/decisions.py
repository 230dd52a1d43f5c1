"""Decisions of an export: were they made on the findings that the records of then give? And where they stand now."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from common.decisions import LATE, OBJECTIONS, SOURCES, decision_words, round_words, step_words
from common.reasons import moment_words
from common.texts import N_, translate
from evidence.bodies import Decision, JudgedChain
from evidence.errors import ZaitangError
from evidence.policy import Policy
from evidence.records import Record
from evidence.rules import RULES_VERSION
from evidence.standing import Standing, same_findings, standing
from evidence.story import DecisionFact, ObjectionFact
from evidence.times import utc_text, utc_us
from verify.findings import Judged, judge
from verify.material import Chain, ClassCase, Material

Answer = Literal["same", "other", "rules", "policy", "records", "receipts"]
"""Of the findings made anew: the same, other ones; or why nobody can tell."""
SAID: dict[Answer, str] = {
    "same": N_("Made anew from the records of then, the findings are the ones that were decided on."),
    "other": N_("THE FINDINGS THAT WERE DECIDED ON ARE NOT THOSE THAT THE RECORDS OF THEN GIVE."),
    "rules": N_("Cannot tell whether the findings were these: another version of the rules made them."),
    "policy": N_("Cannot tell whether the findings were these: they were made under another policy."),
    "records": N_("Cannot tell whether the findings were these: not all records on which they rest are here."),
    "receipts": N_("Cannot tell whether the findings were these: nobody says which receipts there were."),
}
TITLE = N_("Decisions and objections")
FINAL = N_("Final since {at}.")
FINAL_FROM = N_("Final from {at} on, if nobody objects.")
NOT_FINAL = N_("Not final: an objection is open.")
OBJECTED = N_("Objection {objection} of {source}, {at}: {text} – {state}")


@dataclasses.dataclass(frozen=True)
class Recomputed:
    """A decision, and what its findings are when they are made anew."""

    fact: DecisionFact
    answer: Answer


@dataclasses.dataclass(frozen=True)
class OfClass:
    """What people decided and objected to of one class."""

    class_id: str
    decisions: tuple[Recomputed, ...]
    objections: tuple[ObjectionFact, ...]
    standing: Standing
    utc_offset_min: int


def of_class(material: Material, judged: Judged, policy: Policy, case: ClassCase) -> OfClass | None:
    """The decisions and objections of a class, each decision recomputed; None where there are none."""
    story = judged.story
    if not story.decisions and not story.objections:
        return None
    # The latest record may be of a box whose clock is ahead: only the centre's word of the time ends a public notice.
    now = standing(story, judged.said, policy, story.last_us if case.as_of_us is None else case.as_of_us, case.timed)
    made = tuple(Recomputed(fact, recompute(material, fact.decision, policy)) for fact in story.decisions)
    return OfClass(judged.class_id, made, story.objections, now, story.order.utc_offset_min)


def recompute(material: Material, body: Decision, policy: Policy) -> Answer:
    """Make the findings of a decision anew, from what it says that they rest on."""
    if body.rules != RULES_VERSION:
        return "rules"
    if body.policy.sha256 != policy.sha256:
        return "policy"
    if not material.receipts_whole:
        return "receipts"
    here = {(chain.device, chain.chain): chain for chain in material.chains}
    if not all(_reaches(here.get((one.device, one.chain)), one) for one in body.chains):
        return "records"
    if any(here[one.device, one.chain].sealed[one.up_to].hash != one.head_hash for one in body.chains):
        return "other"
    receipts = {(one.device, one.chain): [
        receipt for receipt in material.receipts.get((one.device, one.chain), ())
        if one.receipted is not None and receipt.up_to <= one.receipted] for one in body.chains}
    try:
        then = judge(_records(here[one.device, one.chain].sealed[: one.up_to + 1] for one in body.chains),
                     body.class_id, policy, utc_us(body.as_of), receipts, True, material.log)
    except ZaitangError:
        return "other"
    return "same" if same_findings(body, then.said) else "other"


def _reaches(chain: Chain | None, wanted: JudgedChain) -> bool:
    return chain is not None and len(chain.sealed) > wanted.up_to


def _records(parts: Iterator[Sequence[Any]]) -> list[Record]:
    return [sealed.record for part in parts for sealed in part]


def as_json(one: OfClass) -> dict[str, Any]:
    """For `--json`. Words and times as they were recorded."""
    return {
        "class": one.class_id,
        "state": one.standing.round.state,
        "changed": list(one.standing.round.changed),
        "answer": one.standing.answer,
        "final": one.standing.final,
        "decisions": [{
            "stage": made.fact.decision.stage, "answer": made.fact.decision.answer, "by": made.fact.decision.by,
            "by_name": made.fact.decision.by_name, "reason": made.fact.decision.reason,
            "at": utc_text(made.fact.at_us), "findings": made.fact.decision.findings,
            "rules": made.fact.decision.rules, "void": made.fact.void, "opened_by": list(made.fact.opened_by),
            "recomputed": made.answer,
        } for made in one.decisions],
        "objections": [{
            "objection": each.objection, "from": each.source, "person": each.person, "text": each.text,
            "by": each.by, "at": utc_text(each.raised_us), "state": each.state, "answer": each.answer,
            "handled_by": each.handled_by, "late": each in one.standing.late, "steps": [{
                "state": step.state, "at": utc_text(step.at_us), "by": step.by, "text": step.text,
            } for step in each.steps],
        } for each in one.objections],
    }


def sentences(one: OfClass, lang: str) -> Iterator[str]:
    """What is printed below the findings of a class."""
    yield translate(TITLE, lang)
    for made in one.decisions:
        yield "  " + decision_words(made.fact, moment_words(made.fact.at_us, one.utc_offset_min, lang), lang)
        yield "      " + translate(SAID[made.answer], lang)
    for each in one.objections:
        yield "  " + translate(
            OBJECTED, lang, objection=each.objection, source=translate(SOURCES[each.source], lang), text=each.text,
            at=moment_words(each.raised_us, one.utc_offset_min, lang), state=translate(OBJECTIONS[each.state], lang))
        if each in one.standing.late:
            yield "      " + translate(LATE, lang)
        for step in each.steps[1:]:
            yield "      " + step_words(step, moment_words(step.at_us, one.utc_offset_min, lang), lang)
    yield "  " + round_words(one.standing.round, lang)
    if one.standing.round.state == "decided":
        yield "  " + _final(one, lang)


def _final(one: OfClass, lang: str) -> str:
    final_us = one.standing.final_us
    if final_us is None:
        return translate(NOT_FINAL, lang)
    return translate(FINAL if one.standing.final else FINAL_FROM, lang,
                     at=moment_words(final_us, one.utc_offset_min, lang))
