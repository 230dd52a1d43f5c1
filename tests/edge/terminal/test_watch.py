"""Alarms about the class-hour that runs: stated once, in time, by the thread itself, and after a busy database."""
from __future__ import annotations

from typing import Any

import pytest

from edge.errors import StoreBusy
from edge.terminal import memory, watch
from edge.terminal.memory import Memory
from edge.terminal.screen import Screen
from edge.terminal.watch import Watch
from evidence.bodies import SessionStart


def alarms(room: Any) -> list[dict[str, Any]]:
    return [dict(sealed.record.body) for sealed in room.store.records_of("alarm")]


@pytest.fixture
def heard(room: Any) -> list[str]:
    room.take_order()
    return []


@pytest.fixture
def watching(room: Any, heard: list[str]) -> Watch:
    return Watch(room.screen, room.store, heard.append)


def look(room: Any, watching: Watch, *minutes: float) -> None:
    for minute in minutes:
        room.at(minute)
        room.monotonic += 1
        watching.turn()


def test_an_alarm_is_a_record_and_is_heard_once(room: Any, watching: Watch, heard: list[str]) -> None:
    look(room, watching, -5, 0, 20, 24, 25, 26, 29)
    assert alarms(room) == [{
        "class": "welding-1", "code": "hour.at_risk",
        "params": {"hour": "h-1", "until": "2026-03-02T01:09:30.000000Z"}}]
    assert "A class-hour is in danger" in room.state()["alarms"][0]["text"]
    look(room, watching, 31, 32, 44)
    assert [one["code"] for one in alarms(room)] == heard == ["hour.at_risk", "hour.lost"]
    look(room, watching, 50)
    assert len(heard) == 2, "a break between class-hours is none"


def test_a_restarted_terminal_does_not_say_it_again(room: Any, watching: Watch, heard: list[str]) -> None:
    look(room, watching, 25)
    screen = Screen(room.config, room.clock, Memory(room.store), lambda: room.recorder, lambda: room.monotonic, True)
    look(room, Watch(screen, room.store, heard.append), 26)
    assert heard == ["hour.at_risk"]


def test_a_recording_class_hour_is_left_alone(room: Any, watching: Watch, heard: list[str]) -> None:
    for minute in range(1, 45):
        room.at(minute)
        room.recording_for(minute)
        look(room, watching, minute)
    assert heard == []


def test_a_recorder_that_hangs_is_told_once_until_it_goes_on(room: Any, watching: Watch, heard: list[str]) -> None:
    room.presses.start("welding-1")
    room.at(5)
    room.recording_for(5)
    room.recorder["step_age_ms"] = 9000
    look(room, watching, 5)
    assert heard == []
    room.recorder["step_age_ms"] = 11_000
    look(room, watching, 5.1, 5.2)
    told, room.recorder = room.recorder, None
    look(room, watching, 5.3)
    room.recorder = told
    look(room, watching, 5.4)
    assert heard == ["recorder.stuck"]
    assert alarms(room) == [{"code": "recorder.stuck", "params": {}, "class": "welding-1"}]
    room.recording_for(5)
    look(room, watching, 5.45)
    room.recorder["step_age_ms"] = 11_000
    look(room, watching, 5.5)
    assert heard == ["recorder.stuck"] * 2


def test_a_class_hour_whose_recorder_hangs_is_at_risk_and_never_lost(
    room: Any, watching: Watch, heard: list[str],
) -> None:
    """Nobody knows what it will still write: a disk that answers again may take all that the camera sent."""
    room.presses.start("welding-1")
    room.at(5)
    room.recording_for(5)
    look(room, watching, 5)
    room.recorder["step_age_ms"] = 1_000_000
    look(room, watching, 25, 44)
    assert heard == ["recorder.stuck", "hour.at_risk"]


def test_theory_without_a_picture_is_told_while_it_can_be_saved(
    room: Any, watching: Watch, heard: list[str],
) -> None:
    room.store.append("session.start", SessionStart("welding-1", "s-1", "plan"))
    room.at(60)
    room.recording_for(5)
    room.screen.pulse()
    room.recorder = {"recording": False, "session": "s-1", "silent": True, "refused": None, "alarms": []}
    look(room, watching, 60.1)
    assert heard == []
    look(room, watching, 60.3, 60.5, 61, 61.1)
    assert heard == ["hour.at_risk", "hour.lost"]


def test_a_busy_database_only_delays_it(
    room: Any, watching: Watch, heard: list[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(*args: object) -> None:
        raise StoreBusy()

    monkeypatch.setattr(watch, "EVERY_S", 0.01)
    room.at(25)
    with monkeypatch.context() as patch:
        patch.setattr(room.store, "append", busy)
        with pytest.raises(StoreBusy):
            watching.turn()
        assert heard == []
        watching.start()
    for _ in range(500):
        if heard:
            break
        watching._stop.wait(0.01)
    watching.stop()
    assert heard == ["hour.at_risk"] == [one["code"] for one in alarms(room)]


def test_what_nobody_foresaw_is_logged_and_the_next_look_is_taken(
    room: Any, watching: Watch, heard: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    failed: list[int] = []

    def fails() -> None:
        failed.append(1)
        raise StopIteration

    monkeypatch.setattr(watch, "EVERY_S", 0.01)
    room.at(25)
    with monkeypatch.context() as patch:
        patch.setattr(room.screen, "due_warning", fails)
        watching.start()
        for _ in range(500):
            if len(failed) > 1:
                break
            watching._stop.wait(0.01)
    for _ in range(500):
        if heard:
            break
        watching._stop.wait(0.01)
    watching.stop()
    assert heard == ["hour.at_risk"] and "watch.failed" in {one.message for one in caplog.records}


def test_a_long_chain_is_not_folded_with_every_look(
    room: Any, heard: list[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A check-in each second: the story may be five seconds old, and no alarm is stated twice for that."""
    folds = []
    plain = memory.fold
    monkeypatch.setattr(memory, "LONG", 1)
    monkeypatch.setattr(memory, "fold", lambda *given: (folds.append(1), plain(*given))[1])
    room.memory._monotonic = lambda: room.monotonic
    watching = Watch(room.screen, room.store, heard.append)
    for second in range(30):
        room.check_in("p-1")
        look(room, watching, 25 + second / 60)
    assert heard == ["hour.at_risk"] and len(folds) <= 8
