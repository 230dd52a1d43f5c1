"""The bare-face roll call at the terminal: asked for, put off, held, cut short; each stated once, when it is over."""
from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from edge.errors import StoreBusy
from edge.terminal.bareface import TABLE, BareFaces, Event, Phase, Wanted
from edge.terminal.errors import NobodyAsks, NotAnInstructor, TooLateToShow
from evidence.bareface import Result
from evidence.bodies import BareFace, Enrolled, body_of
from evidence.fold import fold
from evidence.times import SECOND

from .conftest import CLASS, Room, order_body


@dataclasses.dataclass
class Stage:
    room: Room
    bare: BareFaces
    buzzed: list[int]

    def at(self, minutes: float) -> None:
        """Let time pass while the class is recorded."""
        self.room.at(minutes)
        self.room.monotonic += 1
        self.room.recording_for(minutes)
        self.bare.turn()

    @property
    def phase(self) -> str | None:
        shown = self.bare.now()
        return None if shown is None else shown.phase

    def stated(self) -> list[BareFace]:
        bodies = [body_of(sealed.record) for sealed in self.room.store.records_of("bareface")]
        return [body for body in bodies if isinstance(body, BareFace)]


@pytest.fixture
def stage(room: Room) -> Stage:
    """A class with protective gear in its first class-hour; two instructors, of whom one has signed in."""
    body = order_body()
    hours = (dataclasses.replace(body.hours[0], gear=True), *body.hours[1:])
    teachers = tuple(Enrolled(person, "instructor", "0" * 64) for person in ("t-1", "t-2"))
    room.accept(dataclasses.replace(body, hours=hours, roster=(*body.roster, *teachers)))
    room.at(-1)
    room.check_in("t-1")
    session = room.presses.start(CLASS)
    buzzed: list[int] = []
    stage = Stage(room, BareFaces(room.screen, room.store, room.clock, lambda: buzzed.append(1)), buzzed)
    recording_for = room.recording_for
    room.recording_for = lambda minutes: recording_for(minutes, session)  # type: ignore[method-assign,assignment]
    room.screen.bareface = stage.bare
    return stage


def test_held_it_is_stated_with_its_span_and_whose_word_it_was(stage: Stage) -> None:
    stage.at(9)
    assert stage.phase is None
    stage.at(10)
    assert stage.phase == "asking" and stage.buzzed == [1] and stage.stated() == []
    asked_us = stage.room.clock.mono_us()
    stage.at(11)
    stage.bare.begin(None)
    begun_us = stage.room.clock.mono_us()
    assert stage.phase == "showing"
    stage.at(11.5)
    shown = stage.bare.now()
    assert shown is not None and shown.left_us == 30 * SECOND and stage.stated() == []
    stage.at(12)
    (said,) = stage.stated()
    assert said.result == "held" and said.confirmed_by == "t-1" and said.asked_mono_us == asked_us
    assert (said.from_mono_us, said.to_mono_us) == (begun_us, begun_us + 60 * SECOND)
    for minute in range(13, 27):
        stage.at(minute)
        assert stage.phase is None
    stage.at(27)
    assert stage.phase == "asking", "a second time: somebody may have been out of the room"
    stage.bare.begin("t-1")
    for minute in range(28, 59):
        stage.at(minute)
        assert stage.phase is None
    assert [one.result for one in stage.stated()] == ["held", "held"]


def test_without_an_instructor_who_has_signed_in_nobody_begins_it(stage: Stage, room: Room) -> None:
    stage.at(10)
    running = stage.bare._running
    assert running is not None
    stage.bare._running = dataclasses.replace(running, wanted=dataclasses.replace(running.wanted, teachers=()))
    said = room.state()["bareface"]
    assert said["begin"] == [] and said["text"] == "Bare-face roll call: instructor, sign in first"
    assert "请教师先签到" in room.state("zh")["bareface"]["text"]
    for nobody in (None, "t-2"):
        with pytest.raises(NotAnInstructor):
            stage.bare.begin(nobody)
    stage.at(10.5)
    assert room.state()["bareface"]["begin"] == [{"person": "t-1", "text": "It is safe: begin"}], "signed in meanwhile"
    room.check_in("t-2")
    stage.at(11)
    with pytest.raises(NotAnInstructor):
        stage.bare.begin(None)
    stage.bare.begin("t-2")
    stage.at(12)
    assert [(one.result, one.confirmed_by) for one in stage.stated()] == [("held", "t-2")]


def test_one_that_was_held_on_nobody_s_word_is_asked_for_again(stage: Stage, room: Room) -> None:
    for minute in (1, 17):
        room.at(minute)
        now_us = room.clock.mono_us()
        room.store.append("bareface", BareFace(CLASS, None, now_us, now_us, now_us, "held", None))
    stage.at(31)
    assert stage.phase is None
    stage.at(32)
    assert stage.phase == "asking"


def test_begun_too_late_it_is_refused_with_words(stage: Stage) -> None:
    stage.at(35)
    assert stage.phase == "asking"
    stage.room.at(44.5)
    with pytest.raises(TooLateToShow, match="too little of this class-hour is left"):
        stage.bare.begin("t-1")
    assert stage.phase == "asking"
    stage.at(44.6)
    assert stage.phase is None and [one.result for one in stage.stated()] == ["unanswered"]


def test_put_off_it_is_asked_again_later(stage: Stage) -> None:
    stage.at(10)
    stage.bare.put_off()
    assert stage.phase is None and [one.result for one in stage.stated()] == ["put_off"]
    assert stage.stated()[0].confirmed_by is None
    stage.at(24)
    assert stage.phase is None
    stage.at(25)
    assert stage.phase == "asking"


def test_nobody_answers(stage: Stage) -> None:
    stage.at(10)
    stage.at(14.9)
    assert stage.phase == "asking"
    stage.at(15)
    assert stage.phase is None and [one.result for one in stage.stated()] == ["unanswered"]


def test_stopped_or_cut_short_it_was_not_held(stage: Stage) -> None:
    stage.at(10)
    stage.bare.begin("t-1")
    stage.bare.put_off()
    assert [one.result for one in stage.stated()] == ["put_off"]
    stage.at(26)
    stage.bare.begin(None)
    stage.room.recorder = None
    stage.room.monotonic += 1
    stage.bare.turn()
    assert [one.result for one in stage.stated()] == ["put_off", "put_off"], "nothing was recorded of it"


def test_after_a_restart_what_is_on_record_holds(stage: Stage) -> None:
    stage.at(10)
    stage.bare.put_off()
    stage.bare = BareFaces(stage.room.screen, stage.room.store, stage.room.clock)
    stage.at(12)
    assert stage.phase is None
    stage.at(25)
    assert stage.phase == "asking"


def test_what_cannot_be_begun(stage: Stage) -> None:
    with pytest.raises(NobodyAsks):
        stage.bare.begin(None)
    with pytest.raises(NobodyAsks):
        stage.bare.put_off()
    stage.at(10)
    for stranger in ("t-2", "p-1", "nobody"):
        with pytest.raises(NotAnInstructor):
            stage.bare.begin(stranger)
    assert stage.phase == "asking"
    stage.bare.begin("t-1")
    with pytest.raises(NobodyAsks):
        stage.bare.begin("t-1")


def test_a_busy_database_loses_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.at(10)
    append = stage.room.store.append

    def busy(*_: object) -> None:
        raise StoreBusy()

    monkeypatch.setattr(stage.room.store, "append", busy)
    with pytest.raises(StoreBusy):
        stage.bare.put_off()
    assert stage.phase is None
    monkeypatch.setattr(stage.room.store, "append", append)
    stage.at(11)
    assert [one.result for one in stage.stated()] == ["put_off"] and stage.phase is None


def test_where_class_hours_are_counted_each_of_them_gets_its_two(stage: Stage, room: Room) -> None:
    body = order_body(number=2)
    hours = tuple(dataclasses.replace(hour, gear=True) for hour in body.hours)
    people = (*body.roster, Enrolled("t-1", "instructor", "0" * 64))
    room.accept(dataclasses.replace(body, hours=hours, roster=people))
    policy = room.memory.policy("demo")
    assert policy is not None and policy.r3 is not None
    strict = dataclasses.replace(policy, r3=dataclasses.replace(policy.r3, occasion="class_hour"))
    room.memory._policies[body.policy.sha256] = strict
    asked: list[int] = []
    for minute in range(101):
        stage.at(minute)
        if stage.phase == "asking":
            asked.append(minute)
            stage.bare.begin("t-1")
    assert [one.result for one in stage.stated()] == ["held"] * 4
    assert [minute < 45 for minute in asked] == [True, True, False, False] and min(asked[2:]) >= 65
    records = [sealed.record for sealed in room.store.records()]
    hours_told = fold([*(one.record for one in room.store.orders()), *records], CLASS, strict).hours
    assert [len([one for one in hour.bareface if one.held]) for hour in hours_told] == [2, 2]


@pytest.mark.parametrize("gear", [True, False])
def test_only_where_gear_is_worn_and_the_class_is_recorded(stage: Stage, room: Room, gear: bool) -> None:
    stage.at(11)
    assert isinstance(room.screen.bareface_wanted(), Wanted)
    if gear:
        room.at(60)
        room.monotonic += 1
        room.recording_for(5)
        wanted = room.screen.bareface_wanted()
        assert wanted is not None and not stage.bare._due(wanted), "theory: nobody wears gear"
    else:
        room.recorder = None
        room.monotonic += 1
        assert room.screen.bareface_wanted() is None


def test_the_page_is_told(stage: Stage, room: Room) -> None:
    assert room.state()["bareface"] is None
    stage.at(10)
    said = room.state()["bareface"]
    assert said["phase"] == "asking" and said["begin"] == [{"person": "t-1", "text": "It is safe: begin"}]
    room.check_in("t-2")
    stage.at(10.5)
    stage.bare.put_off()
    stage.at(26)
    said = room.state("zh")["bareface"]
    assert [one["person"] for one in said["begin"]] == ["t-1", "t-2"] and "请按自己的姓名" in said["text"]
    assert all("安全" not in one["text"] for one in said["begin"]), "a button bears the name alone"
    stage.bare.begin("t-2")
    said = room.state()["bareface"]
    assert said["phase"] == "showing" and said["left_s"] == 60


def test_the_table_knows_every_phase_and_ends_in_results() -> None:
    phases, results = set(get_args(Phase)), set(get_args(Result))
    assert {phase for phase, _ in TABLE} == phases and {event for _, event in TABLE} == set(get_args(Event))
    assert results <= set(TABLE.values()) <= results | phases
