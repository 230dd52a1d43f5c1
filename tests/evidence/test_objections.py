"""Objections: which of their records count, in which order, and what became of each."""
from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import Objection
from evidence.objections import ENDS, NEXT, objection_facts
from tests.evidence.course import REAL, Chain, at
from tests.evidence.deciding import flagged, objection

STATES = ("raised", "answered", "withdrawn", "upheld", "rejected")


def test_an_objection_stands_in_the_story_with_its_answer() -> None:
    made = flagged()
    first = objection(made, "o-1")
    said = objection(made, "o-1", "answered", answer="we look at the video again")
    (told,) = made.story().objections
    assert (told.objection, told.source, told.person, told.text, told.by) == (
        "o-1", "school", None, "she was there", "school-1")
    assert (told.state, told.answer, told.handled_by, told.open) == (
        "answered", "we look at the video again", "li", True)
    assert [(step.state, step.by, step.text, step.ref) for step in told.steps] == [
        ("raised", "school-1", "she was there", first.key),
        ("answered", "li", "we look at the video again", said.key)]
    assert told.refs == (first.key, said.key) and told.raised_us == first.utc_us and told.changed_us == said.utc_us
    objection(made, "o-1", "rejected")
    assert [(one.state, one.open) for one in made.story().objections] == [("rejected", False)]
    assert made.story().objections_void == ()


@pytest.mark.parametrize("changes", [
    {"source": None}, {"text": " "}, {"by": ""}, {"source": "trainee"}, {"source": "school", "person": "t-1"},
])
def test_one_that_does_not_say_who_objects_to_what_counts_for_nothing(changes: dict[str, Any]) -> None:
    made = flagged()
    bad = objection(made, "o-1", **changes)
    assert made.story().objections == () and made.story().objections_void == (bad.key,)


@pytest.mark.parametrize("changes", [{"answer": ""}, {"handled_by": " "}])
def test_an_end_without_a_word_counts_for_nothing(changes: dict[str, Any]) -> None:
    made = flagged()
    objection(made, "o-1")
    bad = objection(made, "o-1", "rejected", **changes)
    assert made.story().objections_void == (bad.key,) and made.story().objections[0].open


def test_a_box_raises_none() -> None:
    made = flagged()
    body = Objection("c-1", "o-1", "raised", "school", None, "x", "y")
    made.boxes["box-1"].add("objection", body, at("2026-03-20 09:00"))
    assert made.story().objections == made.story().objections_void == ()


@given(st.lists(st.tuples(st.sampled_from(["o-1", "o-2"]), st.sampled_from(STATES)), max_size=8))
@settings(max_examples=100)
def test_every_record_counts_or_is_told_and_what_ended_stays_ended(said: list[tuple[str, str]]) -> None:
    chain = Chain("centre", REAL, is_box=False)
    told = []
    for number, (name, state) in enumerate(said):
        new = {"source": "school", "text": "a", "by": "b"} if state == "raised" else {"answer": "c", "handled_by": "d"}
        body = Objection("c-1", name, state, **new)  # type: ignore[arg-type]
        told.append((chain.add("objection", body, at("2026-03-20 09:00") + number), body))
    facts, void = objection_facts(told)
    assert sorted([*void, *(ref for one in facts for ref in one.refs)]) == [record.key for record, _ in told]
    by_key = {record.key: body.state for record, body in told}
    for one in facts:
        states = [by_key[ref] for ref in one.refs]
        assert all(after in NEXT[before] for before, after in itertools.pairwise([None, *states]))
        assert not {*states[:-1]} & ENDS and one.open == (states[-1] not in ENDS)
