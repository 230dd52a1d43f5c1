"""Presses: one record each, however often and from however many hands; early ends, the button, the right class."""
from __future__ import annotations

import threading
from typing import Any

import pytest

from edge.terminal.errors import (
    NoClassHere,
    NoReason,
    NothingToCorrect,
    NotRunning,
    NotToday,
    OtherClassRuns,
    ReasonNeeded,
    ReasonTooLong,
)
from edge.terminal.press import ASKED_S
from evidence.bodies import SessionEnd, SessionStart
from evidence.records import ClockState, Stamp


def presses(room: Any) -> list[str]:
    return [s.record.type for s in room.store.records() if s.record.type.startswith("session.")]


def bodies(room: Any, type: str) -> list[dict[str, Any]]:
    return [dict(sealed.record.body) for sealed in room.store.records_of(type)]


def test_start_then_end(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    assert room.memory.look().session.session == session and room.wakes == 1
    room.presses.end(session)
    assert room.memory.look().session is None and room.wakes == 2
    assert presses(room) == ["session.start", "session.end"]
    body = room.store.records_of("session.start")[0].record.body
    assert body["by"] == "page" and body["class"] == "welding-1" and len(session) == 18


def test_two_hands_on_the_button_press_once(room: Any) -> None:
    room.take_order()
    got: list[str] = []
    hands = [threading.Thread(target=lambda: got.append(room.presses.start("welding-1"))) for _ in range(8)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert len(set(got)) == 1 and presses(room) == ["session.start"]


def test_no_class_no_start(room: Any) -> None:
    for class_id in (None, "welding-1"):
        with pytest.raises(NoClassHere):
            room.presses.start(class_id)


def test_one_class_at_a_time(room: Any) -> None:
    room.take_order()
    room.take_order("welding-2")
    room.presses.start("welding-1")
    with pytest.raises(OtherClassRuns, match="welding-1"):
        room.presses.start("welding-2")


def test_a_late_end_press_does_not_end_the_next_session(room: Any) -> None:
    room.take_order()
    first = room.presses.start("welding-1")
    room.presses.end(first)
    second = room.presses.start("welding-1")
    with pytest.raises(NotRunning):
        room.presses.end(first)
    assert room.memory.look().session.session == second


def test_a_session_survives_a_restart(room: Any) -> None:
    from edge.terminal.memory import Memory

    room.take_order()
    session = room.presses.start("welding-1")
    assert Memory(room.store).look().session.session == session


def test_a_press_joins_the_session_that_the_plan_began_once(room: Any) -> None:
    room.take_order()
    room.store.append("session.start", SessionStart("welding-1", "s-plan", "plan"))
    assert not room.memory.look().session.pressed
    room.at(3)
    assert [room.presses.start("welding-1", "button") for _ in range(3)] == ["s-plan"] * 3
    running = room.memory.look().session
    assert running.pressed and running.since_us < room.clock.utc and room.wakes == 1
    assert [one["by"] for one in bodies(room, "session.start")] == ["plan", "button"]


def test_a_press_that_crossed_the_planned_start_is_one_session(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    room.store.append("session.start", SessionStart("welding-1", "s-plan", "plan"))
    running = room.memory.look().session
    assert (running.session, running.ids, running.pressed) == ("s-plan", (session, "s-plan"), True)
    room.presses.end("s-plan")
    room.store.append("session.end", SessionEnd("welding-1", session, "plan"))
    assert room.memory.look().session is None


@pytest.fixture
def early(room: Any) -> str:
    """Ten minutes into a practical class-hour, nine of them recorded; the session."""
    room.take_order()
    session = room.presses.start("welding-1")
    room.at(10)
    room.recording_for(9)
    return str(session)


def test_an_early_end_needs_a_reason_which_is_recorded(room: Any, early: str) -> None:
    for nothing in ("", "  \n "):
        with pytest.raises(ReasonNeeded, match="15 minutes"):
            room.presses.end(early, nothing)
    with pytest.raises(ReasonTooLong, match="200"):
        room.presses.end(early, "x" * 201)
    assert room.memory.look().session is not None
    room.presses.end(early, " 停电\n了 ")
    assert bodies(room, "session.end")[0]["reason"] == "停电 了"


@pytest.mark.parametrize("minute", [16, 50, 60, 101])
def test_an_end_in_its_time_needs_none(room: Any, early: str, minute: int) -> None:
    room.at(minute)
    if minute == 16:
        room.monotonic += 1
        room.recording_for(15)
    room.presses.end(early)
    assert bodies(room, "session.end")[0]["reason"] == ""


def test_without_an_answer_from_the_recorder_an_early_end_needs_a_reason_too(room: Any, early: str) -> None:
    room.recorder = None
    room.at(40)
    room.monotonic += 1
    with pytest.raises(ReasonNeeded):
        room.presses.end(early)
    room.presses.end(early, "no picture")


def test_a_held_button_asks_first_and_held_again_ends(room: Any, early: str) -> None:
    with pytest.raises(ReasonNeeded):
        room.presses.hold()
    assert room.presses.asked()
    room.monotonic += ASKED_S
    assert room.presses.asked()
    room.presses.hold()
    assert bodies(room, "session.end") == [
        {"class": "welding-1", "session": early, "by": "button", "reason": "held twice"}]
    assert not room.presses.asked()


def test_the_question_is_forgotten_after_a_while_or_when_the_class_goes_on(room: Any, early: str) -> None:
    for forget in (lambda: setattr(room, "monotonic", room.monotonic + ASKED_S + 1), room.presses.go_on):
        with pytest.raises(ReasonNeeded):
            room.presses.hold()
        forget()
        assert not room.presses.asked()
    with pytest.raises(ReasonNeeded):
        room.presses.hold()


def test_a_question_of_an_earlier_session_is_none_for_the_next_one(room: Any, early: str) -> None:
    with pytest.raises(ReasonNeeded):
        room.presses.hold()
    room.presses.end(early, "power cut")
    room.presses.start("welding-1")
    assert not room.presses.asked()
    with pytest.raises(ReasonNeeded):
        room.presses.hold()


def test_a_held_button_ends_at_once_in_its_time_and_says_so_when_nothing_runs(room: Any, early: str) -> None:
    room.at(60)
    room.presses.hold()
    assert bodies(room, "session.end")[0]["by"] == "button"
    with pytest.raises(NotRunning):
        room.presses.hold()


def test_the_right_class_is_a_record_and_the_session_goes_on_as_its_own(room: Any) -> None:
    room.take_order()
    room.take_order("welding-2", after_minutes=120)
    session = room.presses.start("welding-2")
    wakes = room.wakes
    room.presses.correct(session, "welding-1", "  wrong   button ")
    assert bodies(room, "session.corrected") == [
        {"class": "welding-1", "was": "welding-2", "session": session, "reason": "wrong button", "by": "page"}]
    running = room.memory.look().session
    assert (running.class_id, running.session, room.wakes) == ("welding-1", session, wakes + 1)
    room.presses.correct(session, "welding-1", "again")
    assert len(bodies(room, "session.corrected")) == 1
    room.presses.end(session)
    assert bodies(room, "session.end")[0]["class"] == "welding-1"


def test_what_just_ended_can_be_put_right_for_a_while(room: Any) -> None:
    room.take_order()
    room.take_order("welding-2", after_minutes=120)
    session = room.presses.start("welding-2")
    room.presses.end(session)
    room.at(49)
    room.presses.correct(session, "welding-1", "wrong button")
    room.at(51)
    with pytest.raises(NothingToCorrect):
        room.presses.correct(session, "welding-2", "no, it was right")


def test_a_correction_says_why_and_names_a_class_of_today(room: Any) -> None:
    room.take_order()
    room.take_order("welding-2", after_minutes=24 * 60)
    session = room.presses.start("welding-1")
    with pytest.raises(NotToday, match="welding-2"):
        room.presses.correct(session, "welding-2", "why not")
    room.take_order("welding-3", after_minutes=60)
    with pytest.raises(NoReason):
        room.presses.correct(session, "welding-3", " ")
    with pytest.raises(ReasonTooLong):
        room.presses.correct(session, "welding-3", "x" * 201)
    with pytest.raises(NothingToCorrect):
        room.presses.correct("s-other", "welding-3", "x")
    assert bodies(room, "session.corrected") == []


def test_both_ids_of_one_session_are_put_right(room: Any) -> None:
    room.take_order()
    room.take_order("welding-2", after_minutes=60)
    session = room.presses.start("welding-1")
    room.store.append("session.start", SessionStart("welding-1", "s-plan", "plan"))
    room.presses.correct("s-plan", "welding-2", "wrong button")
    assert [one["session"] for one in bodies(room, "session.corrected")] == [session, "s-plan"]


@pytest.mark.parametrize(("boot", "synced", "offered"), [("0", False, True), ("1", True, True), ("1", False, False)])
def test_what_would_not_count_after_a_restart_is_not_offered(
    room: Any, monkeypatch: pytest.MonkeyPatch, boot: str, synced: bool, offered: bool,
) -> None:
    def stamped(boot: str, synced: bool) -> None:
        state = ClockState(synced, 0, "kernel", 1)
        monkeypatch.setattr(room.clock, "stamp", lambda: Stamp(boot, room.clock.mono_us(), room.clock.utc, state))

    stamped("0", True)
    room.take_order()
    room.take_order("welding-2", after_minutes=120)
    room.presses.start("welding-1")
    session = room.memory.look().session.session
    stamped(boot, synced)
    room.at(5)
    assert (room.screen.correctable() is not None) == offered == (room.state()["correction"] is not None)
    if not offered:
        with pytest.raises(NothingToCorrect):
            room.presses.correct(session, "welding-2", "wrong button")
