"""What the page is told: the class now, how far the recording is, who is here, who was not seen, what is wrong."""
from __future__ import annotations

from typing import Any

import pytest

from edge.terminal import memory
from edge.terminal.view import Result, Sight
from evidence.bodies import Alarm
from evidence.receipts import Receipt
from evidence.times import MINUTE, utc_text


def test_without_a_plan_it_says_so_and_nothing_can_be_started(room: Any) -> None:
    state = room.state()
    assert state["lesson"] == {"phase": "none", "text": "No class is planned on this box"}
    assert state["people"]["due"] == 0 and state["recording"] == {"state": "stopped", "text": "Not recording"}
    assert room.screen.target() is None and room.screen.class_here() is None


def test_the_next_class_hour_is_named_before_it_begins(room: Any) -> None:
    room.take_order()
    lesson = room.state()["lesson"]
    assert (lesson["phase"], lesson["title"], lesson["kind"]) == ("next", "焊工一班", "practice")
    assert (lesson["start"], lesson["end"], lesson["text"]) == ("08:40", "09:25", "Class-hour 1 of 2")
    assert room.state("zh")["lesson"]["text"] == "第 1 学时（共 2）" and room.state()["clock"] == "08:30:00"


def test_the_plan_of_another_box_is_not_shown(room: Any) -> None:
    room.take_order(device="box-2")
    assert room.state()["lesson"]["phase"] == "none"


def test_practice_counts_unbroken_minutes_and_those_still_needed(room: Any) -> None:
    room.take_order()
    room.presses.start("welding-1")
    room.at(4)
    room.recording_for(3)
    told = room.state()["recording"]
    assert (told["unbroken_s"], told["still_s"], told["needed_s"], told["done"]) == (180, 720, 900, False)
    room.at(17)
    room.recording_for(16)
    assert room.state()["recording"]["done"]


def test_after_a_break_counting_begins_anew_but_what_was_long_enough_stays(room: Any) -> None:
    room.take_order()
    room.presses.start("welding-1")
    room.at(10)
    room.record(10)
    room.at(12)
    room.recording_for(1)
    assert room.state()["recording"]["still_s"] == 14 * 60
    room.at(30)
    room.record(17, run="r-2")
    room.at(32)
    room.recording_for(1)
    told = room.state()["recording"]
    assert told["done"] and told["unbroken_s"] == 60


def test_video_from_before_the_class_hour_does_not_count(room: Any) -> None:
    room.take_order()
    room.presses.start("welding-1")
    room.at(5)
    room.recording_for(14)
    assert room.state()["recording"]["unbroken_s"] == 5 * 60


def test_theory_tells_what_is_missing(room: Any) -> None:
    room.take_order()
    room.presses.start("welding-1")
    room.at(70)
    room.recording_for(12)
    told = room.state()["recording"]
    assert told["whole"] and told["missed_s"] == 3 * 60 and told["needed_s"] == 45 * 60


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (None, "absent"),
        ({"refused": "full"}, "refused"),
        ({"session": "s-1", "silent": True}, "silent"),
        ({"session": "s-1", "recording": False}, "waiting"),
        ({"session": None, "recording": False, "silent": True}, "stopped"),
    ],
)
def test_what_the_recorder_cannot_do_is_said(room: Any, said: dict[str, Any] | None, state: str) -> None:
    room.take_order()
    room.recorder = said
    assert room.state()["recording"]["state"] == state


def test_who_checked_in_and_who_did_not(room: Any) -> None:
    room.take_order()
    room.check_in("p-2")
    room.at(-5)
    room.check_in("p-2")
    room.check_in("p-1", score_ppm=100_000)
    people = room.state()["people"]
    assert people["in"] == [{"person": "p-2", "name": "李强", "time": "08:30"}]
    assert people["out"] == ["王秀英", "欧阳建国"] and (people["trainees_in"], people["due"]) == (1, 3)
    assert room.screen.target().checked_in == {"p-2"}


def test_yesterdays_check_in_is_not_todays(room: Any) -> None:
    room.take_order()
    room.at(-70)
    room.check_in("p-2")
    room.at(0)
    assert room.state()["people"]["in"] == []


def test_who_was_not_seen_yet(room: Any) -> None:
    room.take_order()
    assert room.state()["unseen"]["state"] == "none"
    room.presses.start("welding-1")
    room.at(5)
    room.record(3, called=False)
    assert room.state()["unseen"]["state"] == "waiting"
    room.at(6)
    room.record(1, ("p-1", "p-3"), run="r-2")
    told = room.state()["unseen"]
    assert (told["state"], told["names"], told["text"]) == ("some", ["李强"], "Seen so far: 2 of 3")
    room.at(7)
    room.record(1, ("p-2",), run="r-3")
    assert room.state("zh")["unseen"] == {
        "state": "all", "text": "本次录像中全员已见到", "seen": 3, "due": 3, "names": []}


def test_after_the_end_the_panel_speaks_of_the_recording_that_just_ended(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    room.at(100)
    room.record(40, ("p-1",), called=False)
    room.presses.end(session)
    room.at(110)
    assert room.state()["lesson"]["phase"] == "none"
    assert room.state()["unseen"]["state"] == "waiting"
    room.at(99)
    room.record(10, ("p-1", "p-3"), run="r-2")
    room.at(120)
    told = room.state()["unseen"]
    assert (told["state"], told["names"], told["text"]) == ("some", ["李强"], "In the last recording: 2 of 3 seen")
    room.take_order("welding-2", after_minutes=24 * 60)
    assert room.state()["lesson"]["class"] == "welding-2" and room.state()["unseen"]["names"] == ["李强"]
    room.at(24 * 60 - 5)
    room.presses.start("welding-2")
    assert room.state()["unseen"]["state"] == "waiting"


def test_what_is_not_real_is_said_in_both_languages(room: Any) -> None:
    room.take_order()
    assert [banner["code"] for banner in room.state()["banners"]] == ["simulated", "liveness", "test"]
    assert "照片不是活人" in room.state("zh")["banners"][1]["text"]


def test_alarms_in_words_newest_first_and_only_for_a_while(room: Any) -> None:
    room.take_order()
    room.store.append("alarm", Alarm("order.refused", {"why": "x"}))
    room.at(-9)
    room.store.append("alarm", Alarm("nobody.knows", {}))
    assert [alarm["text"] for alarm in room.state()["alarms"]] == [
        "Something went wrong: nobody.knows", "An order of the centre was refused"]
    room.at(5.5)
    assert [alarm["code"] for alarm in room.state()["alarms"]] == ["nobody.knows"]
    room.at(30)
    room.recorder = {**room.recorder, "alarms": [{"code": "camera.silent", "since_mono_us": 0}]}
    assert [alarm["code"] for alarm in room.state()["alarms"]] == ["camera.silent"]


def test_a_picture_that_does_not_count_is_said_as_long_as_it_lasts_and_of_this_run_only(room: Any) -> None:
    room.take_order()
    room.recording_for(3)
    room.recorder["run"], room.picture = "r-1", {"r-1": ["covered"], "r-0": ["black"]}
    assert [alarm["text"] for alarm in room.state()["alarms"]] == ["A camera is covered: its picture does not count"]
    assert "遮挡" in room.state("zh")["alarms"][0]["text"]
    room.recorder["run"] = "r-2"
    assert room.state()["alarms"] == []
    room.recorder = None
    assert room.state()["alarms"] == []


def test_records_without_a_receipt_are_counted(room: Any) -> None:
    room.take_order()
    assert room.state()["sync"]["waiting"] == 2
    head = room.store.head()
    receipt = Receipt(1, "centre", "box-1", head.record.chain, head.record.seq, head.hash, 0, utc_text(0))
    room.store.keep_receipt(b"envelope", receipt)
    assert room.state()["sync"] == {
        "state": "all", "waiting": 0, "text": "The centre has confirmed every record"}


def test_the_answer_at_the_desk(room: Any) -> None:
    room.take_order()
    room.desk.seen = Sight("look", 7, ((1, 2, 3, 4),), Result("a-9", "accepted", "p-3", room.clock.utc))
    assert room.state()["checkin"]["result"] == {
        "attempt": "a-9", "answer": "accepted", "good": True, "name": "欧阳建国", "time": "08:30", "text": "Checked in"}
    room.desk.seen = Sight("look", 8, (), Result("a-10", "unknown", None, room.clock.utc))
    told = room.state("zh")["checkin"]["result"]
    assert not told["good"] and told["name"] == "" and told["text"] == "没有认出来，请再试一次，或找老师"


def test_the_desk_is_open_near_a_block_and_while_a_session_runs(room: Any) -> None:
    room.take_order()
    room.at(-61)
    assert room.screen.target() is None
    room.presses.start("welding-1")
    target = room.screen.target()
    assert target is not None and target.session is not None and target.block == "2026-03-02-am"
    room.presses.end(target.session)
    assert room.screen.target() is None
    room.at(-59)
    assert room.screen.target().session is None


def test_records_are_folded_again_only_when_there_are_new_ones(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folds: list[int] = []
    fold = memory.fold
    monkeypatch.setattr(memory, "fold", lambda *args: folds.append(1) or fold(*args))
    room.take_order()
    for _ in range(5):
        room.state()
        room.screen.target()
        room.clock.utc += MINUTE
    assert len(folds) == 1
    room.check_in("p-1")
    room.state()
    room.state("zh")
    assert len(folds) == 2


def test_a_class_whose_plan_is_over_says_so_until_it_is_ended(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    room.at(101)
    room.recording_for(20)
    state = room.state()
    assert state["lesson"]["phase"] == "over" and state["session"]["id"] == session
    room.presses.end(session)
    assert room.state()["lesson"]["phase"] == "none"
