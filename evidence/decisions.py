"""How two persons decide about a flag: one table of states, which decisions count, where the last round stands.

Pure, from records alone; `evidence.standing` holds a round against the findings of now. A decision changes no finding.
evidence/README.md, "How two persons decide".
"""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from evidence.bodies import AccountChanged, Decision, Objection, Review
from evidence.canonical import sha256_hex
from evidence.hands import Hands
from evidence.objections import after, is_set
from evidence.policy import Policy
from evidence.records import Record, record_bytes
from evidence.story import DecisionFact, ObjectionFact, Round, RoundChange, RoundState, VoidDecision

Event = Literal["first", "agreed", "sent_back", "differed", "changed", "reopening", "stood", "reopened"]
"""A first decision; a second one with the same answer, with the same that something must be put right, with another
one; what the round rests on is not so any more. Of what is final: somebody says that it be decided anew; a second
person that it stays, or the same."""
TABLE: Mapping[tuple[RoundState, Event], RoundState] = {
    ("none", "first"): "first",
    ("first", "agreed"): "decided",
    ("first", "sent_back"): "returned",
    ("first", "differed"): "disagreed",
    ("first", "changed"): "stale",
    ("decided", "changed"): "stale",
    ("decided", "reopening"): "decided",
    ("decided", "stood"): "decided",
    ("decided", "reopened"): "stale",
    ("returned", "first"): "first",
    ("returned", "changed"): "stale",
    ("disagreed", "first"): "first",
    ("disagreed", "changed"): "stale",
    ("stale", "first"): "first",
}
"""What is not in it does not happen."""
REOPENS = frozenset({"reopen", "stand"})
"""Answers about a decision that is final."""
Said = tuple[Record, Decision | Objection | Review | AccountChanged]


@dataclasses.dataclass(frozen=True)
class Seen:
    """What stood in the chain before a decision, and when it is made. `reviewers`: as `plain_name` gives them; `final`:
    what was decided is final; `timed`: the clock of now is set; `hands`: of the accounts."""

    round: Round
    reviewers: Collection[str]
    objection_open: bool
    policy: Policy
    at_us: int
    final: bool
    timed: bool
    hands: Hands


@dataclasses.dataclass(frozen=True)
class Decided:
    """All decisions of a class in the order of their records, and the last round."""

    decisions: tuple[DecisionFact, ...]
    round: Round


def decided(said: Iterable[Said], policy: Policy) -> Decided:
    """The decisions among what people said of a class. `said`: decisions, objections, reviews, and changes of accounts,
    in any order."""
    found = _replay(said, policy)
    return Decided(tuple(found.facts), found.round)


def final_us(said: Iterable[Said], policy: Policy) -> int | None:
    """From when the last round is final by what people said alone, UTC microseconds; None while it cannot be: no two
    persons agree, or an objection that came in time is open. Whether it still fits the findings of now,
    `evidence.standing` says."""
    found = _replay(said, policy)
    return round_final_us(found.round, found.objections.values(), policy)


def round_final_us(round_: Round, objections: Iterable[ObjectionFact], policy: Policy) -> int | None:
    """The same of a round: the end of the public notice, or of the last objection that came in time."""
    timely = [one for one in objections if not is_late(one, round_, policy)]
    if round_.state != "decided" or any(one.open for one in timely):
        return None
    return max([round_.since_us + policy.notice_us, *(one.changed_us for one in timely)])


def is_late(one: ObjectionFact, round_: Round, policy: Policy) -> bool:
    """Whether an objection came when the public notice of what was decided was over. It holds nothing up then; two
    persons may reopen. Without a notice nobody is late, nor by a clock that was not set."""
    over_us = round_.since_us + policy.notice_us
    return round_.state == "decided" and policy.notice_us > 0 and one.timed and one.raised_us >= over_us


@dataclasses.dataclass
class _Replay:
    """What was said up to a record."""

    policy: Policy
    round: Round = dataclasses.field(default_factory=Round)
    objections: dict[str, ObjectionFact] = dataclasses.field(default_factory=dict)
    reviewers: set[str] = dataclasses.field(default_factory=set)
    hands: Hands = dataclasses.field(default_factory=Hands)
    facts: list[DecisionFact] = dataclasses.field(default_factory=list)
    last_us: int = 0
    """No time goes back: a clock that does cannot make a notice begin before what was said before it. One that is not
    set says nothing of when that was."""

    def objection(self, record: Record, body: Objection) -> None:
        fact = after(self.objections.get(body.objection), record, body)
        if fact is not None:
            self.objections[body.objection] = fact
            if fact.state == "upheld" and not is_late(fact, self.round, self.policy):
                self.round = changed(self.round, ("objection",))

    def decision(self, record: Record, body: Decision) -> None:
        then = changed(self.round, differs(self.round, body.verdict, body.recordings, body.policy.sha256))
        final, now_us = round_final_us(then, self.objections.values(), self.policy), max(self.last_us, record.utc_us)
        seen = Seen(
            then, self.reviewers, any(one.open for one in self.objections.values()), self.policy, record.utc_us,
            final is not None and final <= now_us, is_set(record), self.hands)
        event, void = judge(seen, body)
        behind = tuple(sorted(self.hands.behind(body.by)))
        made = DecisionFact(record.key, record.utc_us, sha256_hex(record_bytes(record)), body, void, behind)
        self.facts.append(made)
        self.round = self.round if event is None else _after(then, event, made, now_us)


def _replay(said: Iterable[Said], policy: Policy) -> _Replay:
    found = _Replay(policy)
    for record, body in sorted(said, key=lambda one: one[0].key):
        if isinstance(body, AccountChanged):
            found.hands.add(record, body)
            continue
        found.last_us = max(found.last_us, record.utc_us if is_set(record) else 0)
        if isinstance(body, Review):
            found.reviewers.add(plain_name(body.reviewer))
        elif isinstance(body, Objection):
            found.objection(record, body)
        else:
            found.decision(record, body)
    return found


def judge(seen: Seen, body: Decision) -> tuple[Event | None, VoidDecision | None]:
    """What a decision is after all that was seen, or why it counts for nothing; one of the two is None."""
    reopens = body.answer in REOPENS
    of_stage = _void_reopening if reopens else _void_first if body.stage == "first" else _void_second
    void = _void_alone(seen, body) or of_stage(seen, body)
    if void is not None:
        return None, void
    if reopens:
        return "reopening" if body.stage == "first" else "stood" if body.answer == "stand" else "reopened", None
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
    limit = seen.policy.r3.limit.value if seen.policy.r3 else None
    short = limit is not None and len(body.recordings) < limit and body.policy.sha256 == seen.policy.sha256
    if body.answer == "withdraw" and short:
        return "no_ground"
    rest_us, renewed_us = seen.policy.account_us, seen.hands.renewed_us(body.by)
    return "fresh" if rest_us and renewed_us is not None and seen.at_us < renewed_us + rest_us else None


def _void_first(seen: Seen, body: Decision) -> VoidDecision | None:
    return None if (seen.round.state, "first") in TABLE else "running"


def _void_second(seen: Seen, body: Decision) -> VoidDecision | None:
    first = seen.round.first
    if seen.round.state != "first" or first is None or body.first != first.hash:
        return "no_first"
    if seen.policy.notice_us and not seen.timed:
        return "clock"
    return _void_person(seen, first, body) or ("objection" if seen.objection_open else None)


def _void_reopening(seen: Seen, body: Decision) -> VoidDecision | None:
    """A first one says that what is final be decided anew; a second one the same, or that it stays."""
    first = seen.round.reopening
    if body.stage == "first":
        if body.answer == "stand":
            return "no_first"
        if not seen.final or (seen.policy.notice_us and not seen.timed):
            return "not_final"
        return "running" if first is not None else None
    if first is None or body.first != first.hash or seen.round.state != "decided":
        return "no_first"
    return _void_person(seen, first, body)


def _void_person(seen: Seen, first: DecisionFact, body: Decision) -> VoidDecision | None:
    """Why this person makes no second decision after that first one: one is not two."""
    if plain_name(body.by) == plain_name(first.decision.by):
        return "same_person"
    if seen.hands.one_hand(body.by, first.decision.by):
        return "one_hand"
    return "reviewer" if {plain_name(body.by), plain_name(body.by_name)} & {*seen.reviewers} - {""} else None


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
    return round_ if state is None else dataclasses.replace(round_, state=state, changed=what, reopening=None)


def plain_name(name: str) -> str:
    """A name to be compared: without regard to case and spaces."""
    return " ".join(name.split()).casefold()


def _after(round_: Round, event: Event, made: DecisionFact, now_us: int) -> Round:
    state = TABLE[round_.state, event]
    if event == "first":
        return Round(state, made)
    if event == "reopened":
        return changed(round_, ("reopened",))
    if event in ("reopening", "stood"):
        return dataclasses.replace(round_, reopening=made if event == "reopening" else None)
    return Round(state, round_.first, made, since_us=now_us)
