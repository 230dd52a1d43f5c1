"""What two persons decide about a flag: what they are shown, and the record of it. Which decisions count is decided by
`evidence.decisions`, here as for every reader."""
from __future__ import annotations

import dataclasses
from typing import Literal

from central.classes.errors import (
    BadBy,
    ClassNotOver,
    DecidedAlready,
    FindingsChanged,
    FirstRuns,
    HasReviewed,
    NoFirst,
    NoGround,
    NothingToDecide,
    ObjectionOpen,
    SaidMore,
    SamePerson,
    TheseChanged,
)
from central.classes.meanwhile import append_on
from central.classes.reviews import MAX_BY
from central.classes.statements import MAX_REASON, plain_text
from central.classes.stories import Told, tell
from central.errors import BadReason, NotDecided
from central.store.store import Store
from common.reasons import RULES
from evidence.bodies import Decision, Review
from evidence.decisions import Seen, judge, plain_name
from evidence.rules import RULES_VERSION, R3Finding
from evidence.standing import Standing, findings_hash, r3_of, standing
from evidence.story import VoidDecision
from evidence.times import utc_text

Stage = Literal["first", "second"]
Answer = Literal["withdraw", "keep", "correct"]


@dataclasses.dataclass(frozen=True)
class Case:
    """What deciders are shown. `findings`: the hash of all findings, which a decision keeps; `basis`: of all but R5,
    for that counts the looks of supervisors, and whoever looks before deciding would change it; `reviews`: who reviewed
    what of the class, and how; `over`: the class is over, and its records are here or late."""

    told: Told
    findings: str
    basis: str
    r3: R3Finding | None
    standing: Standing
    reviews: tuple[Review, ...]
    over: bool

    @property
    def said(self) -> int:
        """How many records of decisions, reviews and objections there are: more of them, more to read."""
        story = self.told.story
        return len(story.decisions) + len(story.reviewed) + sum(len(one.refs) for one in story.objections)

    @property
    def marks(self) -> str:
        """Of each finding of `basis` its rule and the beginning of its hash, to tell later which have changed."""
        return " ".join(f"{one.rule}:{findings_hash([one])[:12]}" for one in self.told.findings if one.rule != "R5")


@dataclasses.dataclass(frozen=True)
class Made:
    """The decision, and where the class stands after it."""

    body: Decision
    after: Standing


def case_of(told: Told) -> Case:
    """What there is to decide about a class."""
    story, moment_us = told.story, told.as_of.us
    return Case(
        told, findings_hash(told.findings), findings_hash(one for one in told.findings if one.rule != "R5"),
        r3_of(told.findings),
        standing(story, told.findings, told.policy, moment_us), tuple(body for _, body in story.reviewed),
        bool(story.hours) and all(unit.over(moment_us) for unit in (*story.hours, *story.blocks)))


def look_at(store: Store, class_id: str, now_us: int) -> Case:
    """The same of a class of the store. Raises UnknownClass, PolicyGone."""
    with store.read() as tx:
        return case_of(tell(store, tx, class_id, now_us))


def decide(
    store: Store, class_id: str, stage: Stage, answer: Answer, reason: str, by: str, by_name: str, shown: str,
    now_us: int, said: int | None = None, marks: str = "",
) -> Made:
    """One of two persons (`by`: the account) decides on the findings with the hash `shown`: `findings` or `basis` of
    the case. `said`, `marks`: of the case as it was shown; None and nothing: nobody asks whether people have said more
    since, or which findings are other ones. What comes while this is written is noticed, too.

    Raises UnknownClass, PolicyGone, BadReason, BadBy, or a NotDecided; nothing is kept then."""
    why, who, name = (
        plain_text(reason, MAX_REASON, BadReason), plain_text(by, MAX_BY, BadBy), plain_text(by_name, MAX_BY, BadBy))
    known = said

    def say(told: Told) -> Decision:
        nonlocal known
        case = case_of(told)
        if shown not in (case.findings, case.basis):
            raise _changed(class_id, marks, case.marks)
        known = case.said if known is None else known
        if known != case.said:
            raise SaidMore(class_id=class_id)
        return _body(case, stage, answer, why, who, name)

    _, body = append_on(store, class_id, now_us, say)
    return Made(body, look_at(store, class_id, now_us).standing)


def _changed(class_id: str, shown: str, now: str) -> FindingsChanged:
    """Which findings are other ones, where somebody knows which were shown."""
    rules = sorted({one.partition(":")[0] for one in {*shown.split()} ^ {*now.split()}} & set(RULES)) if shown else []
    return TheseChanged(class_id=class_id, rules=", ".join(rules)) if rules else FindingsChanged(class_id=class_id)


def hindrance(case: Case, stage: Stage, answer: Answer, by: str, by_name: str) -> NotDecided | None:
    """Why this person would be refused such a decision now, before a word of it is written; None where not."""
    try:
        _body(case, stage, answer, "-", by, by_name)
    except NotDecided as error:
        return error
    return None


def _body(case: Case, stage: Stage, answer: Answer, why: str, who: str, name: str) -> Decision:
    """The record. Raises a NotDecided."""
    told, r3, class_id = case.told, case.r3, case.told.story.class_id
    if r3 is None or r3.verdict == "clear":
        raise NothingToDecide(class_id=class_id)
    if not case.over:
        raise ClassNotOver(class_id=class_id)
    first = case.standing.round.first
    body = Decision(
        class_id=class_id, stage=stage, answer=answer, reason=why, by=who, by_name=name, findings=case.findings,
        verdict=r3.verdict, recordings=r3.recordings, policy=told.order.policy, rules=RULES_VERSION,
        as_of=utc_text(told.as_of.us), chains=told.chains,
        first=first.hash if stage == "second" and first is not None else None,
    )
    _, void = judge(_seen(case), body)
    if void is not None:
        raise _refusal(case, body, void)
    return body


def _seen(case: Case) -> Seen:
    policy = case.told.policy
    return Seen(
        case.standing.round, {plain_name(one.reviewer) for one in case.reviews}, bool(case.standing.open),
        policy.sha256, policy.r3.limit.value if policy.r3 else None)


def _refusal(case: Case, body: Decision, void: VoidDecision) -> NotDecided:
    """Why a decision does not count, as an error."""
    class_id, first = body.class_id, case.standing.round.first
    if void == "no_ground":
        limit = case.told.policy.r3.limit.value if case.told.policy.r3 else 0
        return NoGround(have=len(body.recordings), limit=limit)
    if void == "running" and case.standing.round.state == "first" and first is not None:
        return FirstRuns(class_id=class_id, by=first.decision.by_name)
    if void == "running" or (void == "no_first" and case.standing.round.state == "decided"):
        return DecidedAlready(class_id=class_id)
    if void == "same_person":
        return SamePerson(by=body.by_name)
    if void == "reviewer":
        return HasReviewed(class_id=class_id, by=body.by_name)
    if void == "objection":
        return ObjectionOpen(class_id=class_id, objection=case.standing.open[0].objection)
    return NoFirst(class_id=class_id) if void == "no_first" else NothingToDecide(class_id=class_id)
