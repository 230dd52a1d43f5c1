"""What two persons decide about a flag: what they are shown, and the record of it. Which decisions count is decided by
`evidence.decisions`, here as for every reader."""
from __future__ import annotations

import dataclasses
import functools
from typing import Literal

from central.classes.decision_errors import (
    ClassNotOver,
    DecidedAlready,
    FindingsChanged,
    FirstRuns,
    FreshAccount,
    HasReviewed,
    NoFirst,
    NoGround,
    NoReopening,
    NotFinal,
    NothingToDecide,
    NoTimeToDecide,
    ObjectionOpen,
    OneHand,
    ReopeningRuns,
    SaidMore,
    SamePerson,
    TheseChanged,
)
from central.classes.errors import BadBy
from central.classes.meanwhile import append_on
from central.classes.reviews import MAX_BY
from central.classes.statements import MAX_REASON, plain_text
from central.classes.stories import Told, tell
from central.errors import BadReason, NotDecided
from central.store.store import Store
from central.store.tables import Tx
from common.reasons import RULES
from evidence.bodies import AccountChanged, Decision, Review, body_as
from evidence.decisions import REOPENS, Seen, judge, plain_name
from evidence.hands import Hands
from evidence.rules import RULES_VERSION, R3Finding
from evidence.standing import Standing, findings_hash, r3_of, standing
from evidence.story import VoidDecision
from evidence.times import HOUR, utc_text

Stage = Literal["first", "second"]
Answer = Literal["withdraw", "keep", "correct", "reopen", "stand"]


@dataclasses.dataclass(frozen=True)
class Case:
    """What deciders are shown. `findings`: the hash of all findings, which a decision keeps; `basis`: of all but R5,
    for that counts the looks of supervisors, and whoever looks before deciding would change it; `reviews`: who reviewed
    what of the class, and how; `over`: the class is over, and its records are here or late; `hands`: who opened which
    account; `now_us`, `timed`: when somebody would decide, and whether the centre's clock is set."""

    told: Told
    r3: R3Finding | None
    standing: Standing
    reviews: tuple[Review, ...]
    over: bool
    hands: Hands
    now_us: int
    timed: bool

    @functools.cached_property
    def findings(self) -> str:
        """The hash of all findings, which a decision keeps."""
        return findings_hash(self.told.findings)

    @functools.cached_property
    def basis(self) -> str:
        """The hash of all but R5, for that counts the looks of supervisors, and whoever looks before deciding would
        change it."""
        return findings_hash(one for one in self.told.findings if one.rule != "R5")

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


def case_of(told: Told, hands: Hands | None = None, now_us: int = 0, timed: bool = True) -> Case:
    """What there is to decide about a class. The rest only where somebody is about to (`look_at`)."""
    story, moment_us = told.story, told.as_of.us
    return Case(
        told, r3_of(told.findings),
        standing(story, told.findings, told.policy, moment_us, told.as_of.timed),
        tuple(body for _, body in story.reviewed),
        bool(story.hours) and all(unit.over(moment_us) for unit in (*story.hours, *story.blocks)),
        hands or Hands(), now_us, timed)


def look_at(store: Store, class_id: str, now_us: int) -> Case:
    """The same of a class of the store. Raises UnknownClass, PolicyGone."""
    with store.read() as tx:
        return case_of(tell(store, tx, class_id, now_us), hands_of(tx, store.device), now_us, store.timed)


def hands_of(tx: Tx, centre: str) -> Hands:
    """Who made and opened which account, by the centre's own records."""
    told = [(sealed.record, body_as(sealed.record, AccountChanged)) for sealed in tx.of_type("account")
            if sealed.record.device == centre]
    return Hands((record, body) for record, body in told if body is not None)


def turn(case: Case) -> tuple[Stage, tuple[Answer, ...]]:
    """Whose word comes next, and what it may be."""
    if case.standing.round.reopening is not None:
        return "second", ("reopen", "stand")
    if case.standing.final:
        return "first", ("reopen",)
    return "second" if case.standing.round.state == "first" else "first", ("withdraw", "keep", "correct")


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
        with store.read() as tx:
            case = case_of(told, hands_of(tx, store.device), now_us, store.timed)
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
    first = case.standing.round.reopening if answer in REOPENS else case.standing.round.first
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
    return Seen(
        case.standing.round, {plain_name(one.reviewer) for one in case.reviews},
        any(one.open for one in case.told.story.objections), case.told.policy, case.now_us, case.standing.final,
        case.timed, case.hands)


def _refusal(case: Case, body: Decision, void: VoidDecision) -> NotDecided:
    """Why a decision does not count, as an error."""
    class_id, first = body.class_id, case.standing.round.first
    if body.answer in REOPENS and (other := _no_reopening(case, body, void)) is not None:
        return other
    if void == "no_ground":
        limit = case.told.policy.r3.limit.value if case.told.policy.r3 else 0
        return NoGround(have=len(body.recordings), limit=limit)
    if void == "running" and case.standing.round.state == "first" and first is not None:
        return FirstRuns(class_id=class_id, by=first.decision.by_name)
    if void == "running" or (void == "no_first" and case.standing.round.state == "decided"):
        return DecidedAlready(class_id=class_id)
    if void == "same_person":
        return SamePerson(by=body.by_name)
    if void == "one_hand":
        runs = case.standing.round.reopening or first
        return OneHand(by=body.by, first=runs.decision.by if runs else "")
    if void == "fresh":
        return FreshAccount(by=body.by, hours=case.told.policy.account_us // HOUR)
    if void == "clock":
        return NoTimeToDecide()
    if void == "reviewer":
        return HasReviewed(class_id=class_id, by=body.by_name)
    if void == "objection":
        return ObjectionOpen(class_id=class_id, objection=next(
            one.objection for one in case.told.story.objections if one.open))
    return NoFirst(class_id=class_id) if void == "no_first" else NothingToDecide(class_id=class_id)


def _no_reopening(case: Case, body: Decision, void: VoidDecision) -> NotDecided | None:
    """The same, where only a reopening is refused for it."""
    class_id, runs = body.class_id, case.standing.round.reopening
    if void == "not_final":
        return NotFinal(class_id=class_id)
    if void == "running" and runs is not None:
        return ReopeningRuns(class_id=class_id, by=runs.decision.by_name)
    return NoReopening(class_id=class_id) if void == "no_first" else None
