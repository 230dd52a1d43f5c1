"""Two persons decide: the table of states, what counts for nothing and why, and that no decision changes a finding."""
from __future__ import annotations

import dataclasses
import functools
import typing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import Decision, Objection, PolicyRef, Review, body_of
from evidence.decisions import TABLE, Event, decided, final_us
from evidence.records import Record
from evidence.rules import findings
from evidence.story import RoundState
from tests.evidence.course import SHA, Course, at
from tests.evidence.deciding import AS_OF, DAYS, copied, decide, decision, flagged, objection, stand, voids

OTHER = PolicyRef("sanmenxia-2023", SHA)


def test_the_table_leads_from_every_state_to_a_first_decision_and_nowhere_else_twice() -> None:
    states, events = typing.get_args(RoundState), typing.get_args(Event)
    assert {state for pair in TABLE.items() for state in (pair[0][0], pair[1])} == set(states)
    assert {event for _, event in TABLE} == set(events)
    firsts = {state for state, event in TABLE if event == "first"}
    assert firsts == {"none", "returned", "disagreed", "stale"}, "while one is running or holds, no other begins"
    assert {state for state, event in TABLE if event == "agreed"} == {"first"}, "nothing is decided by one person"
    assert {end for (_, event), end in TABLE.items() if event == "changed"} == {"stale"}


@pytest.mark.parametrize(("answers", "state", "answer"), [
    (("withdraw", "withdraw"), "decided", "withdraw"), (("keep", "keep"), "decided", "keep"),
    (("correct", "correct"), "returned", None), (("withdraw", "keep"), "disagreed", None),
    (("keep", "withdraw"), "disagreed", None), (("correct", "keep"), "disagreed", None),
])
def test_two_persons_agree_or_nothing_is_decided(
    made: Course, answers: tuple[str, str], state: str, answer: str | None
) -> None:
    assert stand(made).round.state == "none"
    first = decide(made, "first", answers[0], "wang")
    assert stand(made).round.state == "first" and stand(made).answer is None
    decide(made, "second", answers[1], "li", first)
    told = stand(made)
    assert (told.round.state, told.answer, voids(made)) == (state, answer, [None, None])
    assert told.round.first and told.round.first.decision.by == "wang"
    assert told.round.second and told.round.second.decision.by == "li"


@pytest.mark.parametrize("answers", [("withdraw", "keep"), ("correct", "correct")])
def test_after_that_a_new_first_begins(made: Course, answers: tuple[str, str]) -> None:
    first = decide(made, "first", answers[0], "wang")
    decide(made, "second", answers[1], "li", first)
    again = decide(made, "first", "keep", "li")
    decide(made, "second", "keep", "wang", again)
    assert stand(made).round.state == "decided" and voids(made) == [None] * 4


BAD_SECOND: list[tuple[dict[str, Any], str]] = [
    ({"by": " WANG "}, "same_person"), ({"reason": " "}, "unsaid"), ({"by": " "}, "unsaid"),
    ({"first": None}, "no_first"), ({"first": SHA}, "no_first"), ({"verdict": "clear"}, "nothing"),
    ({"verdict": "review"}, "no_first"), ({"recordings": tuple(f"{day}-am" for day in DAYS[:2])}, "no_ground"),
    ({"policy": OTHER}, "no_first"), ({"stage": "first"}, "running"),
]


@pytest.mark.parametrize(("changes", "void"), BAD_SECOND)
def test_a_second_decision_that_does_not_count(made: Course, changes: dict[str, Any], void: str) -> None:
    first = decide(made, "first", "withdraw", "wang")
    body = dataclasses.replace(decision(made, "second", "withdraw", "li", first), **changes)
    made.centre.add("decision", body, at("2026-03-21 09:00"))
    assert voids(made) == [None, void] and stand(made).round.state != "decided"


def test_whoever_reviewed_a_recording_does_not_make_the_second_decision(made: Course) -> None:
    made.review(f"{DAYS[0]}-am", "missing", reviewer="Li  Ming")
    made.review("2026-03-09-am", "missing", reviewer="Zhao")
    first = decide(made, "first", "withdraw", "zhao", by_name="Zhao")
    assert voids(made) == [None], "a reviewer may make the first one"
    for by, name in (("li ming", "x"), ("u-7", "LI MING"), ("zhao2", "zhao")):
        decide(made, "second", "withdraw", by, first, by_name=name)
    decide(made, "second", "withdraw", "u-8", first, by_name="Qian")
    assert voids(made) == [None, "reviewer", "reviewer", "reviewer", None] and stand(made).answer == "withdraw"


def test_the_consequence_needs_as_many_recordings_as_the_limit() -> None:
    made = flagged(2)
    made.review(f"{DAYS[2]}-am", "open")
    assert made.r3(AS_OF).verdict == "review"
    decide(made, "first", "withdraw", "wang")
    assert voids(made) == ["no_ground"] and stand(made).round.state == "none"
    first = decide(made, "first", "keep", "wang")
    decide(made, "second", "keep", "li", first)
    assert stand(made).answer == "keep"


def test_while_an_objection_is_open_nobody_decides_for_good(made: Course) -> None:
    first = decide(made, "first", "withdraw", "wang")
    objection(made, "o-1")
    decide(made, "second", "withdraw", "li", first)
    assert voids(made) == [None, "objection"] and [one.objection for one in stand(made).open] == ["o-1"]
    objection(made, "o-1", "rejected")
    decide(made, "second", "withdraw", "li", first)
    assert stand(made).round.state == "decided" and stand(made).final_us is not None
    objection(made, "o-2")
    assert stand(made).round.state == "decided" and stand(made).final_us is None, "one that comes later holds it up"
    objection(made, "o-2", "upheld")
    assert (stand(made).round.state, stand(made).round.changed, stand(made).answer) == ("stale", ("objection",), None)


def test_an_objection_that_was_upheld_before_ends_no_later_round(made: Course) -> None:
    objection(made, "o-1")
    objection(made, "o-1", "upheld")
    first = decide(made, "first", "keep", "wang")
    decide(made, "second", "keep", "li", first)
    assert stand(made).answer == "keep"


def test_a_decision_of_a_box_or_of_another_class_is_none(made: Course) -> None:
    made.boxes["box-1"].add("decision", decision(made, "first", "keep", "wang"), at("2026-03-20 09:00"))
    decide(made, "first", "keep", "wang", class_id="c-2")
    assert made.story().decisions == ()


ANSWERS = st.sampled_from(["withdraw", "keep", "correct", "reopen", "stand"])
MOVES = st.lists(st.one_of(
    st.tuples(st.just("first"), ANSWERS, st.sampled_from("abc"), st.sampled_from(["flag", "review", "clear"])),
    st.tuples(st.just("second"), ANSWERS, st.sampled_from("abc"), st.sampled_from(["flag", "review", "clear"])),
    st.tuples(st.just("review"), st.sampled_from("abc")),
    st.tuples(st.sampled_from(["raised", "answered", "withdrawn", "upheld", "rejected"]), st.just("o-1")),
), max_size=12)


@functools.cache
def _basis() -> Decision:
    return decision(flagged(), "first", "keep", "x")


def _records(made: Course, moves: list[Any]) -> list[tuple[Record, Any]]:
    chain, said, basis = copied(made).centre, [], _basis()
    hashes: list[str] = []
    for number, (kind, *what) in enumerate(moves):
        at_us = at("2026-03-20 09:00") + number
        if kind in ("first", "second"):
            answer, by, verdict = what
            body: Any = dataclasses.replace(
                basis, stage=kind, answer=answer, by=by, verdict=verdict, first=hashes[-1] if hashes else None)
        elif kind == "review":
            body = Review("c-1", f"{DAYS[0]}-am", "missing", "r", what[0])
        else:
            new = {"source": "school", "text": "a", "by": "b"} if kind == "raised" else {"answer": "c",
                                                                                         "handled_by": "d"}
            body = Objection("c-1", what[0], kind, **new)  # type: ignore[arg-type]
        type_ = {Decision: "decision", Review: "review", Objection: "objection"}[type(body)]
        record = chain.add(type_, body, at_us)
        said.append((record, body))
        facts = decided(said, made.policy).decisions
        hashes = [one.hash for one in facts if one.void is None and one.decision.stage == "first"]
    return said


@given(MOVES)
@settings(max_examples=150, deadline=None)
def test_whatever_people_say_one_person_never_decides(base: Course, moves: list[Any]) -> None:
    said = _records(base, moves)
    told = decided(reversed(said), base.policy)
    assert told == decided(said, base.policy), "in whatever order the records come"
    assert len(told.decisions) == sum(isinstance(body, Decision) for _, body in said)
    void = {one.ref for one in told.decisions if one.void is not None}
    counted = decided([(record, body) for record, body in said if record.key not in void], base.policy)
    assert counted.round == told.round, "what counts for nothing changes nothing"
    reviewers = {body.reviewer for _, body in said if isinstance(body, Review)}
    now = told.round
    if now.state in ("decided", "returned", "disagreed"):
        first, second = now.first, now.second
        assert first and second and first.void is second.void is None
        assert first.decision.by != second.decision.by and second.decision.first == first.hash
        assert first.ref < second.ref and (first.decision.answer == second.decision.answer) == (
            now.state != "disagreed")
        before = {body.reviewer for record, body in said if isinstance(body, Review) and record.key < second.ref}
        assert second.decision.by not in before <= reviewers
        assert first.decision.verdict == second.decision.verdict != "clear"
    assert (now.state == "none") == (now.first is None)
    assert (now.state == "stale") == bool(now.changed)


@given(MOVES)
@settings(max_examples=20, deadline=None)
def test_no_decision_and_no_objection_changes_a_finding(base: Course, moves: list[Any]) -> None:
    plain = [one for one in moves if one[0] != "review"]
    own = copied(base)
    own.centre.records += [record for record, _ in _records(base, plain)]
    story = own.story()
    assert findings(story, base.policy, at(AS_OF)) == base.findings(AS_OF)
    assert len(story.decisions) == sum(one[0] in ("first", "second") for one in plain)


def test_from_when_a_round_is_final_by_what_people_said_alone(made: Course) -> None:
    """As `standing` says it, wherever the findings did not change since."""
    def final() -> int | None:
        said = [(record, body) for record in made.centre.records
                if isinstance(body := body_of(record), Decision | Objection | Review)]
        assert final_us(said, made.policy) == stand(made).final_us
        return final_us(said, made.policy)

    first = decide(made, "first", "withdraw", "li")
    assert final() is None
    second = decide(made, "second", "withdraw", "wang", first)
    assert final() == second.utc_us + made.policy.notice_us
    objection(made, "o-1")
    assert final() is None
    objection(made, "o-1", "rejected")
    assert final() == second.utc_us + made.policy.notice_us
