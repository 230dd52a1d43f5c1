"""How two persons decide about a flag: one table of states, which decisions count, where the last round stands.

Pure, from records alone; `evidence.standing` holds a round against the findings of now. A decision changes no finding.
evidence/README.md, "How two persons decide".
"""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from evidence.bodies import Decision, Objection, Review
from evidence.canonical import sha256_hex
from evidence.objections import after
from evidence.policy import Policy
from evidence.records import Record, record_bytes
from evidence.story import DecisionFact, ObjectionFact, Round, RoundChange, RoundState, VoidDecision

Event = Literal["first", "agreed", "sent_back", "differed", "changed"]
"""A first decision; a second one with the same answer, with the same that something must be put right, with another
one; what the round rests on is not so any more."""
TABLE: Mapping[tuple[RoundState, Event], RoundState] = {
    ("none", "first"): "first",
    ("first", "agreed"): "decided",
    ("first", "sent_back"): "returned",
    ("first", "differed"): "disagreed",
    ("first", "changed"): "stale",
    ("decided", "changed"): "stale",
    ("returned", "first"): "first",
    ("returned", "changed"): "stale",
    ("disagreed", "first"): "first",
    ("disagreed", "changed"): "stale",
    ("stale", "first"): "first",
}
"""What is not in it does not happen."""
Said = tuple[Record, Decision | Objection | Review]


@dataclasses.dataclass(frozen=True)
class Seen:
    """What stood in the chain before a decision. `reviewers`: as `plain_name` gives them; `limit`: of R3 in the policy
    with the hash `policy`, None where that does not judge recordings."""

    round: Round
    reviewers: Collection[str]
    objection_open: bool
    policy: str
    limit: int | None


@dataclasses.dataclass(frozen=True)
class Decided:
    """All decisions of a class in the order of their records, and the last round."""

    decisions: tuple[DecisionFact, ...]
    round: Round


def decided(said: Iterable[Said], policy: Policy) -> Decided:
    """The decisions among what people said of a class. `said`: decisions, objections and reviews, in any order."""
    round_, objections, reviewers = Round(), dict[str, ObjectionFact](), set[str]()
    facts: list[DecisionFact] = []
    for record, body in sorted(said, key=lambda one: one[0].key):
        if isinstance(body, Review):
            reviewers.add(plain_name(body.reviewer))
        elif isinstance(body, Objection):
            fact = after(objections.get(body.objection), record, body)
            if fact is not None:
                objections[body.objection] = fact
                round_ = changed(round_, ("objection",)) if fact.state == "upheld" else round_
        else:
            then = changed(round_, differs(round_, body.verdict, body.recordings, body.policy.sha256))
            is_open = any(one.open for one in objections.values())
            seen = Seen(then, reviewers, is_open, policy.sha256, policy.r3.limit.value if policy.r3 else None)
            event, void = judge(seen, body)
            made = DecisionFact(record.key, record.utc_us, sha256_hex(record_bytes(record)), body, void)
            facts.append(made)
            round_ = round_ if event is None else _after(then, event, made)
    return Decided(tuple(facts), round_)


def final_us(said: Iterable[Said], policy: Policy) -> int | None:
    """From when the last round is final by what people said alone, UTC microseconds; None while it cannot be: no two
    persons agree, or an objection is open. Whether it still fits the findings of now, `evidence.standing` says."""
    items = sorted(said, key=lambda one: one[0].key)
    round_, objections = decided(items, policy).round, dict[str, ObjectionFact]()
    for record, body in items:
        if isinstance(body, Objection):
            fact = after(objections.get(body.objection), record, body)
            objections |= {} if fact is None else {body.objection: fact}
    if round_.state != "decided" or round_.second is None or any(one.open for one in objections.values()):
        return None
    return round_.second.at_us + policy.notice_us


def judge(seen: Seen, body: Decision) -> tuple[Event | None, VoidDecision | None]:
    """What a decision is after all that was seen, or why it counts for nothing; one of the two is None."""
    void = _void_alone(seen, body) or (_void_first(seen) if body.stage == "first" else _void_second(seen, body))
    if void is not None:
        return None, void
    if body.stage == "first" or seen.round.first is None:
        return "first", None
    if body.answer != seen.round.first.decision.answer:
        return "differed", None
    return "sent_back" if body.answer == "correct" else "agreed", None


def _void_alone(seen: Seen, body: Decision) -> VoidDecision | None:
    """What is wrong with it, whichever came before."""
    if not (body.reason.strip() and plain_name(body.by)):
        return "unsaid"
    if body.verdict == "clear":
        return "nothing"
    short = seen.limit is not None and len(body.recordings) < seen.limit and body.policy.sha256 == seen.policy
    return "no_ground" if body.answer == "withdraw" and short else None


def _void_first(seen: Seen) -> VoidDecision | None:
    return None if (seen.round.state, "first") in TABLE else "running"


def _void_second(seen: Seen, body: Decision) -> VoidDecision | None:
    first = seen.round.first
    if seen.round.state != "first" or first is None or body.first != first.hash:
        return "no_first"
    if plain_name(body.by) == plain_name(first.decision.by):
        return "same_person"
    if {plain_name(body.by), plain_name(body.by_name)} & {*seen.reviewers} - {""}:
        return "reviewer"
    return "objection" if seen.objection_open else None


def differs(
    round_: Round, verdict: str, recordings: Sequence[str], policy: str
) -> tuple[RoundChange, ...]:
    """In what these differ from what a round was made on; nothing where there is none."""
    if round_.first is None:
        return ()
    basis = round_.first.decision
    pairs: tuple[tuple[RoundChange, bool], ...] = (
        ("verdict", basis.verdict != verdict), ("recordings", set(basis.recordings) != set(recordings)),
        ("policy", basis.policy.sha256 != policy))
    return tuple(name for name, other in pairs if other)


def changed(round_: Round, what: tuple[RoundChange, ...]) -> Round:
    """The round when so much of what it rests on is not so any more; the same where that is nothing, or no matter."""
    state = TABLE.get((round_.state, "changed")) if what else None
    return round_ if state is None else dataclasses.replace(round_, state=state, changed=what)


def plain_name(name: str) -> str:
    """A name to be compared: without regard to case and spaces."""
    return " ".join(name.split()).casefold()


def _after(round_: Round, event: Event, made: DecisionFact) -> Round:
    state = TABLE[round_.state, event]
    return Round(state, made) if event == "first" else Round(state, round_.first, made)
