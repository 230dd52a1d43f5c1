"""The start and the end press: one record each, however often and from however many hands."""
from __future__ import annotations

import threading
from typing import Any

import pytest

from edge.terminal.errors import NoClassHere, NotRunning, OtherClassRuns


def presses(room: Any) -> list[str]:
    return [s.record.type for s in room.store.records() if s.record.type.startswith("session.")]


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
