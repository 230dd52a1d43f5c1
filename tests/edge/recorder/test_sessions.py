"""What is demanded of the recorder: presses, the plan when nobody presses, corrections, restarts, a locked database."""
from __future__ import annotations

import dataclasses
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from common.policies import load_policy
from edge.cameras.file import open_file
from edge.config import RecorderConfig
from edge.keys import BoxKeys
from edge.recorder.by_plan import ByPlan
from edge.recorder.sessions import Sessions
from edge.store import database
from evidence.bodies import (
    ClassOrder,
    Hour,
    OrderAccepted,
    Place,
    PolicyRef,
    SessionCorrected,
    SessionEnd,
    SessionStart,
)
from evidence.planned import FORGOTTEN_US, GRACE_US, UNPLANNED_US
from evidence.records import Stamp
from evidence.times import SECOND, utc_text

from .conftest import START_US, Bench, HandClock, make_bench

PLANNED_US = START_US + 5 * SECOND


class Unset(HandClock):
    """A clock that nobody has set yet."""

    synced = False

    def stamp(self) -> Stamp:
        stamp = super().stamp()
        return dataclasses.replace(stamp, clock=dataclasses.replace(stamp.clock, synced=self.synced))


def accept(bench: Bench, *starts_s: float, class_id: str = "c-1", number: int = 1, length_s: float = 60) -> None:
    """The box takes a plan whose class-hours start so many seconds after START_US."""
    hours = tuple(
        Hour(f"h-{index}", "practical", utc_text(START_US + int(start * SECOND)),
             utc_text(START_US + int((start + length_s) * SECOND)))
        for index, start in enumerate(starts_s))
    policy = PolicyRef("demo", load_policy("demo").sha256)
    body = ClassOrder(class_id, number, "班", policy, 480, (Place("box-1", ""),), (), hours)
    # Nothing asks here who sealed an order: the sync process has, before it kept it.
    sealed = bench.store.append("order.class", body)
    bench.store.put_order(sealed)
    bench.store.append("order.accepted", OrderAccepted(class_id, sealed.hash))


def demand(bench: Bench) -> Sessions:
    return Sessions(bench.store, ByPlan("box-1", bench.clock, bench.sealer.state))


def run(bench: Bench, sessions: Sessions, seconds: float, step: float = 0.5) -> None:
    """So much time passes; what is over is recorded to its end."""
    assert isinstance(bench.clock, HandClock)
    for _ in range(round(seconds / step)):
        bench.clock.forward(step)
        sessions.follow()
        assert bench.sealer.wait_idle(60)
        sessions.look()
        while (now := sessions.current) and now.end_mono_us is not None and now.end_mono_us <= bench.clock.mono_us():
            sessions.done()


def said(bench: Bench) -> list[tuple[str, str, str]]:
    """Type, class and by whom, of the records about sessions."""
    assert bench.sealer.wait_idle(60)
    records = [one.record for one in bench.store.records() if one.record.type in ("session.start", "session.end")]
    return [(one.type.removeprefix("session."), str(one.body["class"]), str(one.body["by"])) for one in records]


def press(bench: Bench, class_id: str, session: str, end: bool = False) -> None:
    body: Any = SessionEnd(class_id, session, "page") if end else SessionStart(class_id, session, "page")
    bench.store.append("session.end" if end else "session.start", body)


def test_the_plan_begins_a_class_hour_from_its_first_moment_and_ends_it(hand: Bench) -> None:
    accept(hand, 5.2, 80)
    sessions = demand(hand)
    run(hand, sessions, 5)
    assert sessions.current is None
    run(hand, sessions, 1)
    now = sessions.current
    assert now is not None and now.class_id == "c-1"
    assert now.start_mono_us == hand.clock.mono_at(START_US + 5_200_000), "the packets since then are still in memory"
    run(hand, sessions, 130)
    assert sessions.current is now and now.end_mono_us is None, "one session through the whole block"
    run(hand, sessions, 5 + GRACE_US / SECOND)
    assert sessions.current is None and said(hand) == [("start", "c-1", "plan"), ("end", "c-1", "plan")]


def test_a_press_joins_the_session_that_the_plan_began(hand: Bench) -> None:
    accept(hand, 5)
    sessions = demand(hand)
    run(hand, sessions, 8)
    now = sessions.current
    assert now is not None and now.session is not None
    press(hand, "c-1", now.session)
    run(hand, sessions, 300, 5)
    assert sessions.current is now and now.end_mono_us is None, "the run goes on, and only a person ends it now"
    press(hand, "c-1", now.session, end=True)
    run(hand, sessions, 1)
    assert sessions.current is None
    assert said(hand) == [("start", "c-1", "plan"), ("start", "c-1", "page"), ("end", "c-1", "page")]


def test_a_press_that_crosses_the_planned_start_does_not_break_the_run(hand: Bench) -> None:
    accept(hand, 5)
    sessions = demand(hand)
    run(hand, sessions, 6)
    now = sessions.current
    press(hand, "c-1", "s-crossed")
    run(hand, sessions, 2)
    assert sessions.current is now
    press(hand, "c-1", "s-crossed", end=True)
    run(hand, sessions, 2)
    assert sessions.current is None
    assert said(hand)[2:] == [("end", "c-1", "page"), ("end", "c-1", "plan")], "both ids have their end"
    assert demand(hand).current is None and len(said(hand)) == 4


def test_after_an_end_press_the_next_class_hour_begins_by_itself(hand: Bench) -> None:
    accept(hand, 5, 80)
    sessions = demand(hand)
    run(hand, sessions, 10)
    press(hand, "c-1", str(sessions.current.session), end=True)  # type: ignore[union-attr]
    run(hand, sessions, 69)
    assert sessions.current is None
    run(hand, sessions, 1.5)
    assert sessions.current is not None
    assert [one[0] for one in said(hand)] == ["start", "end", "start"]


def test_a_session_that_was_pressed_before_is_the_one_that_is_recorded(hand: Bench) -> None:
    accept(hand, 5)
    sessions = demand(hand)
    press(hand, "c-1", "s-1")
    run(hand, sessions, 20)
    assert said(hand) == [("start", "c-1", "page")]


def test_a_clock_that_is_not_set_begins_and_ends_nothing(hand: Bench) -> None:
    clock = hand.clock = Unset()
    accept(hand, 5)
    sessions = demand(hand)
    run(hand, sessions, 20)
    assert sessions.current is None and said(hand) == []
    clock.synced = True
    run(hand, sessions, 1)
    assert sessions.current is not None, "as soon as it is known what time it is"
    clock.synced = False
    run(hand, sessions, 300, 5)
    assert sessions.current is not None and len(said(hand)) == 1


def test_a_recorder_that_is_started_in_the_middle_resumes_the_unpressed_session(hand: Bench) -> None:
    accept(hand, 5)
    first = demand(hand)
    run(hand, first, 10)
    session = first.current.session  # type: ignore[union-attr]
    again = demand(hand)
    assert again.current is not None and (again.current.session, again.current.resumed) == (session, True)
    run(hand, again, 60 + GRACE_US / SECOND, 5)
    assert again.current is None and said(hand) == [("start", "c-1", "plan"), ("end", "c-1", "plan")]


def test_one_that_is_started_after_the_block_ends_what_was_left_open(hand: Bench) -> None:
    accept(hand, 5)
    run(hand, demand(hand), 10)
    assert isinstance(hand.clock, HandClock)
    hand.clock.forward(3600)
    again = demand(hand)
    run(hand, again, 1)
    assert again.current is None and said(hand)[1:] == [("end", "c-1", "plan")]


def test_a_recorder_that_comes_late_begins_the_class_hour_then(hand: Bench) -> None:
    accept(hand, 5)
    assert isinstance(hand.clock, HandClock)
    hand.clock.forward(40)
    sessions = demand(hand)
    assert sessions.current is not None
    assert hand.clock.mono_us() - sessions.current.start_mono_us == 2 * SECOND


def test_a_new_plan_is_followed_without_a_restart(hand: Bench) -> None:
    accept(hand, 5)
    sessions = demand(hand)
    accept(hand, 30, number=2)
    run(hand, sessions, 29)
    assert sessions.current is None
    run(hand, sessions, 2)
    assert sessions.current is not None


def test_a_forgotten_class_makes_room_for_the_next_one(hand: Bench) -> None:
    accept(hand, 5)
    accept(hand, 200, class_id="c-2")
    sessions = demand(hand)
    press(hand, "c-1", "s-1")
    run(hand, sessions, 205, 1)
    assert sessions.current is not None and sessions.current.class_id == "c-2"
    assert said(hand) == [("start", "c-1", "page"), ("end", "c-1", "plan"), ("start", "c-2", "plan")]


@pytest.mark.parametrize("pressed", [False, True])
def test_back_to_back_the_next_class_begins_at_its_first_moment(hand: Bench, pressed: bool) -> None:
    accept(hand, 5)
    accept(hand, 65, class_id="c-2")
    sessions = demand(hand)
    if pressed:
        press(hand, "c-1", "s-1")
    run(hand, sessions, 66)
    now = sessions.current
    assert now is not None and (now.class_id, now.start_mono_us) == ("c-2", hand.clock.mono_at(START_US + 65 * SECOND))
    assert [one[:2] for one in said(hand)] == [("start", "c-1"), ("end", "c-1"), ("start", "c-2")]


def test_a_pressed_class_that_everybody_forgot_is_ended(hand: Bench) -> None:
    accept(hand, 5)
    sessions = demand(hand)
    press(hand, "c-1", "s-1")
    sessions.look()
    run(hand, sessions, 60 + FORGOTTEN_US / SECOND, 10)
    assert sessions.current is not None and len(said(hand)) == 1
    run(hand, sessions, 10, 5)
    assert sessions.current is None and said(hand) == [("start", "c-1", "page"), ("end", "c-1", "plan")]
    assert demand(hand).current is None, "nor does it come back with a restart"


def test_a_forgotten_class_is_ended_by_a_recorder_that_starts_again(hand: Bench) -> None:
    accept(hand, 5)
    press(hand, "c-1", "s-1")
    hand.clock.forward(FORGOTTEN_US / SECOND + 70)  # type: ignore[attr-defined]
    sessions = demand(hand)
    run(hand, sessions, 1)
    assert sessions.current is None and said(hand)[1:] == [("end", "c-1", "plan")]


def test_a_class_without_a_class_hour_is_ended_hours_after_its_press_and_only_by_a_set_clock(hand: Bench) -> None:
    clock = hand.clock = Unset()
    sessions = demand(hand)
    press(hand, "c-1", "s-1")
    run(hand, sessions, UNPLANNED_US / SECOND + 10, 60)
    assert sessions.current is not None
    clock.synced = True
    run(hand, sessions, 1)
    assert sessions.current is None and said(hand)[1:] == [("end", "c-1", "plan")]


@pytest.mark.parametrize("reboot", [False, True])
def test_a_clock_that_is_set_after_the_press_makes_no_class_forgotten(
    hand: Bench, reboot: bool,
) -> None:
    """A box without a battery begins in another year: the press was a minute ago all the same."""
    clock = Unset()
    hand.clock = hand.store._clock = clock
    clock.set_wall(-40_000_000)
    press(hand, "c-1", "s-1")
    if reboot:
        clock._boot_id = "cd"
    sessions = demand(hand)
    run(hand, sessions, 30)
    clock.set_wall(40_000_000)
    clock.synced = True
    run(hand, sessions, 60)
    assert sessions.current is not None and len(said(hand)) == 1
    run(hand, sessions, UNPLANNED_US / SECOND, 60)
    assert sessions.current is None and len(said(hand)) == 2


def test_a_correction_does_not_touch_the_run_and_its_end_counts_for_the_right_class(hand: Bench) -> None:
    accept(hand, 5)
    sessions = demand(hand)
    press(hand, "c-9", "s-1")
    run(hand, sessions, 3)
    now = sessions.current
    hand.store.append("session.corrected", SessionCorrected("c-1", "c-9", "s-1", "wrong button", "page"))
    run(hand, sessions, 10)
    assert sessions.current is now and now is not None and now.end_mono_us is None
    press(hand, "c-1", "s-1", end=True)
    run(hand, sessions, 10)
    assert sessions.current is None and len(said(hand)) == 2, "ended by a person: not begun again in this class-hour"


def test_nothing_that_is_appended_between_two_queries_is_missed(hand: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = demand(hand)
    records_of = hand.store.records_of

    def slow(type: str, after: int = -1) -> list[Any]:
        found = records_of(type, after)
        if type == "session.start" and not found:
            press(hand, "c-1", "s-1")
            press(hand, "c-1", "s-1", end=True)
            press(hand, "c-1", "s-2")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(hand.store, "records_of", slow)
        sessions.look()
    sessions.look()
    assert [one.session for one in sessions._sessions] == ["s-1", "s-2"]


def test_with_a_locked_database_the_planned_class_hour_is_recorded_all_the_same(
    hand: Bench, film: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.05)
    accept(hand, 5)
    sessions = demand(hand)
    source = open_file(f"file:{film}", hand.clock)
    recorder = hand.recorder(source, sessions, RecorderConfig(segment_s=1, reserve_mb=1))
    assert isinstance(hand.clock, HandClock)

    def play(seconds: float) -> None:
        for _ in range(round(seconds * 20)):
            hand.clock.forward(0.05)  # type: ignore[attr-defined]
            sessions.follow()
            recorder.step(0)

    with hand.store._db.transaction():
        play(9)
        assert recorder.status()["recording"] and recorder.status()["class"] == "c-1"
    play(1)
    recorder.close("restart")
    segments = hand.segments()
    assert segments[0].first_mono_us - hand.clock.mono_at(PLANNED_US) <= SECOND
    assert {one.session for one in segments} == {sessions.current.session}  # type: ignore[union-attr]
    assert said(hand) == [("start", "c-1", "plan")]
    sessions.look()
    assert len(sessions._sessions) == 1, "its own record is no second session"


def ended_before(folder: Path, keys: BoxKeys, ahead_days: int, synced: bool) -> Bench:
    """A box on which a class was begun and ended in an earlier boot, by a clock that was wrong; now it is set."""
    before = Unset()
    before._boot_id, before.synced = "cd", synced
    before.set_wall((ahead_days - 1) * 86_400)
    earlier = make_bench(folder, keys, before)
    press(earlier, "c-1", "s-y")
    press(earlier, "c-1", "s-y", end=True)
    earlier.sealer.close()
    return make_bench(folder, keys, HandClock())


@pytest.mark.parametrize(("ahead_days", "synced"), [(-300, False), (0, False), (400, False), (400, True)])
def test_an_end_by_a_wrong_clock_keeps_no_planned_class_hour(
    tmp_path: Path, keys: BoxKeys, ahead_days: int, synced: bool,
) -> None:
    """Also one that is still to come by a clock that said it was set."""
    bench = ended_before(tmp_path, keys, ahead_days, synced)
    accept(bench, 5, 80)
    sessions = demand(bench)
    run(bench, sessions, 10)
    assert sessions.current is not None
    bench.sealer.close()


def test_an_end_before_the_clock_was_set_holds_in_the_same_boot(tmp_path: Path, keys: BoxKeys) -> None:
    clock = Unset()
    bench = make_bench(tmp_path, keys, clock)
    clock.set_wall(400 * 86_400)
    accept(bench, 5)
    sessions = demand(bench)
    clock.forward(10)
    press(bench, "c-1", "s-1")
    run(bench, sessions, 2)
    press(bench, "c-1", "s-1", end=True)
    clock.set_wall(-400 * 86_400)
    clock.synced = True
    run(bench, sessions, 20)
    assert sessions.current is None, "somebody ended it, whatever the clock said then"
    bench.sealer.close()


def test_who_asks_while_the_last_session_goes_is_answered(hand: Bench) -> None:
    class Vanishing(deque[Any]):
        def __bool__(self) -> bool:
            self.clear()
            return True

    sessions = demand(hand)
    sessions._sessions = Vanishing([object()])
    assert sessions.current is not None
    sessions._sessions.clear()
    assert sessions.current is None
