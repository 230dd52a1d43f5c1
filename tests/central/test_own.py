"""What a trainee sees of a class: all of their own, and nobody else's pseudonym, name or words."""
from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.classes.as_of import AsOf
from central.classes.errors import UnknownPerson
from central.classes.objections import raise_objection
from central.classes.own import OwnRecord, own_record
from central.classes.stories import Told, tell
from central.web.matrix import answer_of
from central.wiring import Centre
from evidence.rules import R3Finding, findings
from evidence.story import Block
from tests.central.course import AWAY
from tests.central.test_reviews import CLASS, NOW
from tests.evidence.course import Course, at
from tests.evidence.deciding import AS_OF, objection

PEOPLE = ("t-ann", "t-bob", "t-cyd", "t-dee", "t-eve")
TEACHER, DAY = "teacher", "2026-03-02"


def told_of(made: Course, as_of: str = AS_OF) -> Told:
    story = made.story()
    return Told(story.order, made.policy, story, AsOf(at(as_of), False), findings(story, made.policy, at(as_of)), 0)


def course() -> Course:
    made = Course(PEOPLE[:4])
    made.half_day(DAY)
    made.hour("2026-03-05 08:00", "08:45", make_up=("t-bob",))
    made.order()
    return made


def text_of(own: OwnRecord) -> str:
    return json.dumps(dataclasses.asdict(own), ensure_ascii=False)


WHO = st.sampled_from(PEOPLE[:4])
EVENT = st.one_of(
    st.tuples(st.just("check_in"), WHO, st.sampled_from(["live", "fake", "not_checked"])),
    st.tuples(st.just("pin"), WHO, st.sampled_from([TEACHER, "t-ann", None])),
    st.tuples(st.just("leave"), WHO), st.tuples(st.just("withdraw"), WHO), st.tuples(st.just("substitution"), WHO),
    st.tuples(st.just("point"), WHO), st.tuples(st.just("objection"), WHO), st.tuples(st.just("school")),
    st.tuples(st.just("review")),
)


def played(events: list[Any], shows: list[str]) -> Course:
    made = course()
    filmed = made.film(f"{DAY} 07:58", "09:42", shows)
    for number, (kind, *what) in enumerate(events):
        when = f"{DAY} 07:{10 + number:02}"
        if kind == "check_in":
            made.check_in(what[0], when, liveness=what[1])
        elif kind == "pin":
            made.pin(what[0], when, confirmed_by=what[1])
        elif kind == "leave":
            made.leave(what[0], f"{DAY} 07:00", f"{DAY} 12:00")
        elif kind == "withdraw":
            made.withdraw(what[0], when)
        elif kind == "substitution":
            made.roster_event("substitution", what[0], "2026-03-04 08:00", "2026-03-03 08:00", "t-eve")
        elif kind == "point":
            made.point_out(what[0], filmed, f"{DAY} 08:20", by=f"seen by {what[0]}")
        elif kind == "review":
            made.review(f"{DAY}-am", "missing", reason="t-ann and t-bob were away")
        else:
            who = {"source": "trainee", "person": what[0]} if what else {}
            objection(made, f"o-{number}", text=f"said by {what[0] if what else 'school'}", **who)
    return made


@given(st.lists(EVENT, max_size=8), st.lists(WHO, max_size=4, unique=True), WHO)
@settings(max_examples=40, deadline=None)
def test_nobody_else_is_in_what_a_trainee_sees(events: list[Any], shows: list[str], person: str) -> None:
    own = own_record(told_of(played(events, shows)), person)
    said = text_of(own)
    assert [one for one in {*PEOPLE, TEACHER} - {person} if one in said] == []
    assert own.person == person and [one.block for one in own.blocks][:1] == [f"{DAY}-am"]
    own_words = [f"said by {person}" for kind, *what in events if (kind, *what) == ("objection", person)]
    assert [one.text for one in own.objections] == own_words


def test_a_trainee_sees_what_was_made_of_their_own_check_ins_and_of_the_roll_call() -> None:
    made = course()
    filmed = made.film(f"{DAY} 07:58", "09:42", ["t-ann"])
    made.check_in("t-ann", f"{DAY} 07:50")
    made.check_in("t-bob", f"{DAY} 08:30", liveness="fake")
    made.pin("t-bob", f"{DAY} 08:31")
    made.leave("t-cyd", f"{DAY} 07:00", f"{DAY} 12:00")
    made.point_out("t-cyd", filmed, f"{DAY} 08:20")
    ann, bob, cyd = (own_record(told_of(made), one) for one in PEOPLE[:3])
    (block,) = ann.blocks
    assert (block.came, block.way, block.late, block.answer, block.in_us) == (
        True, "face", False, "shown", at(f"{DAY} 07:50"))
    assert [(one.way, one.direction, one.answer, one.counts) for one in ann.signs] == [
        ("face", "in", "accepted", True)]
    first, second = bob.blocks
    assert (first.came, first.way, first.late, first.answer) == (True, "pin", True, "absent") and second.make_up
    assert {(one.way, one.counts) for one in bob.signs} == {("face", False), ("pin", True)}
    assert cyd.blocks[0].on_leave and cyd.blocks[0].pointed_out and cyd.blocks[0].answer == "shown"
    assert cyd.leaves == ((at(f"{DAY} 07:00"), at(f"{DAY} 12:00")),) and cyd.face_used
    early = own_record(told_of(made, f"{DAY} 08:00"), "t-bob")
    assert [one.answer for one in early.blocks] == ["pending", "pending"], "nobody is absent from what is not over"


def test_of_what_was_not_all_looked_at_nobody_is_called_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    made = course()
    made.film(f"{DAY} 07:58", "09:42", ["t-ann"], roll_call=False)
    monkeypatch.setattr(Block, "tells_absent", property(lambda self: False))
    assert own_record(told_of(made), "t-bob").blocks[0].answer == "not_all"


@pytest.mark.parametrize(("end", "signed", "answer"), [
    ("09:42", True, "absent"), ("08:10", True, "not_all"), ("09:10", True, "not_all"), ("09:10", False, "absent")])
def test_a_trainee_reads_the_same_answer_as_the_supervisor(end: str, signed: bool, answer: str) -> None:
    """Where not all was recorded, that is said, and no time is called uncertain that is not; where it costs the class,
    that is not kept from whom it names."""
    made = course()
    for person in PEOPLE[:4]:
        if signed or person != "t-bob":
            made.check_in(person, f"{DAY} 07:50")
    made.film(f"{DAY} 07:58", end, [one for one in PEOPLE[:4] if one != "t-bob"])
    told = told_of(made)
    (presence,) = [one for one in told.story.blocks[0].presences if one.person == "t-bob"]
    r3 = next(one for one in told.findings if isinstance(one, R3Finding))
    assert own_record(told, "t-bob").blocks[0].answer == answer == answer_of(told, told.story.blocks[0], presence, r3)


def test_who_joined_later_sees_from_when_and_not_whose_place_it_was() -> None:
    made = course()
    made.roster_event("substitution", "t-dee", "2026-03-02 07:00", "2026-03-01 20:00", "t-eve")
    made.film(f"{DAY} 07:58", "09:42", ["t-eve"])
    eve, dee = (own_record(told_of(made), one) for one in ("t-eve", "t-dee"))
    assert [(one.kind, one.joined, one.from_us) for one in eve.changes] == [
        ("substitution", True, at("2026-03-02 07:00"))]
    assert [one.joined for one in dee.changes] == [False] and dee.blocks == ()
    assert "t-dee" not in text_of(eve) and "t-eve" not in text_of(dee)


@pytest.mark.parametrize("person", ["t-eve", TEACHER, "", "x" * 999])
def test_whoever_was_never_a_trainee_of_the_class_sees_nothing(person: str) -> None:
    with pytest.raises(UnknownPerson):
        own_record(told_of(course()), person)


def test_of_a_class_of_the_store(played: Centre) -> None:
    with played.store.read() as tx:
        named = {one.name: person for person, one in played.names.open_all(CLASS, tx.sealed_names(CLASS)).items()}
    raise_objection(played.store, CLASS, "trainee", named[AWAY], "我在场", "school-1")
    with played.store.read() as tx:
        told = tell(played.store, tx, CLASS, NOW)
    own = own_record(told, named[AWAY])
    assert [one.answer for one in own.blocks] == ["shown", "absent", "absent", "absent"]
    assert [(one.objection, one.text, one.state) for one in own.objections] == [("o-1", "我在场", "raised")]
    said = text_of(own)
    assert [one for name, person in named.items() if name != AWAY for one in (name, person) if one in said] == []
