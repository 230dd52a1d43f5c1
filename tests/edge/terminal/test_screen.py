"""What the page is told: the class now, how far the recording is, who is here, who was not seen, what is wrong."""
from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from edge.picture.told import Trouble
from edge.rollcall.behind import Behind
from edge.sync.trust import Trust
from edge.terminal import memory, screen
from edge.terminal.panel import lamp
from edge.terminal.view import Result, Sight
from edge.terminal.words import NO_FACES
from evidence.bodies import Alarm, Enrolled, SessionStart
from evidence.receipts import Receipt
from evidence.times import MINUTE, utc_text

from .conftest import order_body


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
        ({"session": "s-1", "recording": False, "silent": True, "step_age_ms": 10_001}, "stuck"),
        ({"session": "s-1", "recording": False, "step_age_ms": 10_000}, "waiting"),
    ],
)
def test_what_the_recorder_cannot_do_is_said(room: Any, said: dict[str, Any] | None, state: str) -> None:
    room.take_order()
    room.recorder = said
    assert room.state()["recording"]["state"] == state


def test_a_run_whose_packets_stopped_does_not_go_on(room: Any) -> None:
    """A disk hangs, or the network below it: what the recorder says stays what it was, however long."""
    room.take_order()
    room.presses.start("welding-1")
    room.at(5)
    room.recording_for(5)
    last_us = room.clock.mono_us()
    for late_s, age_ms, wanted in (
        (6, 6000, "recording"), (6.1, 3001, "stuck"), (6.1, 100, "silent"), (2040, 2_040_000, "stuck"),
    ):
        room.at(5 + late_s / 60)
        room.recorder |= {"step_age_ms": age_ms, "last_packet_mono_us": last_us}
        told = room.state()
        assert told["recording"]["state"] == wanted, late_s
    assert told["recording"]["unbroken_s"] == 0 and told["recording"]["chance"] == "at_risk"
    assert told["recording"]["text"] == (
        "The recorder hangs: the video disk does not answer. Check the disk and its cable")
    assert "recorder.stuck" in [one["code"] for one in told["alarms"]]
    assert "录像硬盘没有响应" in room.state("zh")["recording"]["text"]


def test_a_theory_hour_whose_packets_stopped_is_not_running(room: Any) -> None:
    room.take_order()
    room.presses.start("welding-1")
    room.at(60)
    room.recording_for(5)
    assert room.state()["recording"]["chance"] == "running"
    room.at(95)
    told = room.state()["recording"]
    assert (told["state"], told["chance"], told["missed_s"]) == ("silent", "lost", 35 * 60)


def test_who_checked_in_and_who_did_not(room: Any) -> None:
    room.take_order()
    room.check_in("p-2")
    room.at(-5)
    room.check_in("p-2")
    room.check_in("p-1", score_ppm=100_000)
    people = room.state()["people"]
    assert people["in"] == [{"person": "p-2", "name": "李强", "time": "08:30", "left": "", "mark": ""}]
    assert people["out"] == ["王秀英", "欧阳建国"] and (people["trainees_in"], people["due"]) == (1, 3)
    assert room.screen.target().checked_in == {"p-2"}


def test_who_signed_in_by_pin_is_there_and_marked(room: Any) -> None:
    body = order_body()
    room.accept(dataclasses.replace(body, roster=(*body.roster, Enrolled("p-9", "instructor", "0" * 64))))
    room.pin("p-2", None)
    room.pin("p-1", "p-9")
    people = room.state()["people"]
    assert [(one["person"], one["mark"]) for one in people["in"]] == [("p-1", "(PIN)")]
    assert room.state("zh")["people"]["in"][0]["mark"] == "（密码）" and people["trainees_in"] == 1
    assert room.screen.target().checked_in == {"p-1"}


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
    assert (told["state"], told["names"], told["why"]) == ("some", ["李强"], ["never in view"])
    assert told["title"] == "Not seen yet: 1 of 3" and told["advice"]
    assert told["text"] == "Never in view: seat them where the room camera sees"
    room.at(7)
    room.record(1, ("p-2",), run="r-3")
    assert room.state("zh")["unseen"] == {
        "state": "all", "title": "本次录像尚未见到", "text": "本次录像中全员已见到", "advice": False, "seen": 3,
        "due": 3, "names": [], "why": []}


def test_from_the_middle_of_the_block_on_who_signed_in_and_was_not_seen_is_told_until_seen_or_over(room: Any) -> None:
    """The block lasts 100 minutes, so from minute 50 on."""
    def notices(lang: str = "en") -> list[str]:
        return [one["text"] for one in room.state(lang)["banners"] if one["code"] == "unseen"]

    room.take_order()
    room.at(-5)
    room.check_in("p-2")
    session = room.presses.start("welding-1")
    room.at(40)
    room.record(30, ("p-1",))
    told = room.state()["unseen"]
    assert told["names"] == ["李强", "欧阳建国"], "who signed in comes first"
    room.at(49.9)
    assert notices() == []
    room.at(50)
    assert notices() == [
        "Half of this recording is over, and of those who signed in 1 were not seen in it. Let them show their faces "
        "to the room camera"]
    assert notices("zh") == ["本次录像时间已过半，已签到的学员中仍有 1 人未被认出，请他们面向教室摄像头露脸"]
    assert "alarm" not in {sealed.record.type for sealed in room.store.records()}
    room.at(60)
    room.record(1, ("p-2",), run="r-2")
    assert notices() == [] and room.state()["unseen"]["names"] == ["欧阳建国"], "who did not sign in is no notice"
    room.check_in("p-3")
    assert len(notices()) == 1
    room.at(100)
    assert notices() == [], "it is over"
    room.at(90)
    assert len(notices()) == 1
    room.presses.end(session)
    assert notices() == []


@pytest.mark.parametrize(("minutes", "text"), [
    (None, ""), (0, ""), (2, ""), (3, " · 3 min to look at"), (90, " · 90 min to look at"),
])
def test_how_far_the_roll_call_is_behind_is_told_from_some_minutes_on(
    room: Any, minutes: int | None, text: str,
) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    room.at(5)
    room.behind = None if minutes is None else Behind(7, minutes * MINUTE + 59_000_000 * (minutes > 2))
    room.record(3, called=False)
    assert room.state()["unseen"]["text"] == f"The roll call waits for the first minutes of video{text}"
    room.at(6)
    room.record(1, ("p-1", "p-3"), run="r-2")
    assert room.state()["unseen"]["title"] == f"Not seen yet: 1 of 3{text}"
    room.at(90)
    room.presses.end(session)
    assert room.state()["unseen"]["text"].endswith(f"The roll call is not finished{text}")
    if minutes == 3:
        room.behind = Behind(0, 0, 300 * MINUTE)
        assert room.state()["unseen"]["text"].endswith(" · 300 min again, for late enrolments")


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
    assert (told["state"], told["names"], told["title"]) == ("some", ["李强"], "Not seen in the last recording")
    assert told["text"] == "焊工一班 · In the last recording, seen so far: 2 of 3. The roll call is not finished"
    room.take_order("welding-2", after_minutes=24 * 60)
    assert room.state()["lesson"]["class"] == "welding-2" and room.state()["unseen"]["names"] == ["李强"]
    room.at(24 * 60 - 5)
    room.presses.start("welding-2")
    assert room.state()["unseen"]["state"] == "waiting"


def test_after_the_end_a_finished_roll_call_is_told_as_one(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    room.at(100)
    room.record(40, ("p-1", "p-3"))
    room.presses.end(session)
    room.at(120)
    told = room.state()["unseen"]
    assert (told["title"], told["text"]) == (
        "Not seen in the last recording", "焊工一班 · In the last recording: 2 of 3 seen")


def test_the_answer_on_the_picture_and_the_list_tell_one_time_the_first_sight(room: Any) -> None:
    room.take_order()
    room.check_in("p-2")
    for attempt, answer in (("a-1", "accepted"), ("seen-9", "again")):
        room.desk.seen = Sight("look", 7, (), Result(attempt, answer, "p-2", room.clock.utc + 3 * MINUTE))
        told = room.state()
        assert told["checkin"]["result"]["time"] == told["people"]["in"][0]["time"] == "08:30", answer


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
    assert [alarm["code"] for alarm in room.state()["earlier"]] == ["order.refused"]
    room.at(30)
    room.recorder = {**room.recorder, "alarms": [{"code": "camera.silent", "since_mono_us": 0}]}
    assert [alarm["code"] for alarm in room.state()["alarms"]] == ["camera.silent"]


def test_a_picture_that_does_not_count_is_said_as_long_as_it_lasts_and_of_this_run_only(room: Any) -> None:
    room.take_order()
    room.recording_for(3)
    room.recorder["run"] = "r-1"
    room.picture = [Trouble("covered", "room", "r-1", 0), Trouble("black", "room", "r-0", 0)]
    assert [alarm["text"] for alarm in room.state()["alarms"]] == ["A camera is covered: its picture does not count"]
    assert "遮挡" in room.state("zh")["alarms"][0]["text"]
    room.recorder["run"] = "r-2"
    assert room.state()["alarms"] == []
    room.recorder = None
    assert room.state()["alarms"] == []


def test_a_picture_that_does_not_count_is_no_unbroken_minute(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    covered = Trouble("covered", "room", "r-live", MINUTE)
    for minute, ails in [(1, []), (2, [covered]), (20, [covered])]:
        room.at(minute)
        room.recording_for(minute, session=session)
        room.picture = ails
        told = room.state()["recording"]
    assert (told["chance"], told["unbroken_s"], told["done"]) == ("waiting", 0, False)
    assert room.screen.early_end() == 15, "who ends it now says why"
    room.at(25)
    room.recording_for(25, session=session)
    told = room.state()["recording"]
    assert told["chance"] == "at_risk"
    assert told["deadline"] == "The picture must show something before 09:09:30, or this class-hour does not count"
    warned = room.screen.due_warning()
    assert warned is not None and warned[1].code == "hour.at_risk"
    room.picture = []
    room.at(26)
    room.recording_for(26, session=session)
    told = room.state()["recording"]
    assert (told["chance"], told["unbroken_s"], told["need"]) == ("running", 60, "14:00 more without a break")
    room.at(42)
    room.recording_for(42, session=session)
    room.state()
    room.picture = [Trouble("covered", "room", "r-live", 41 * MINUTE)]
    room.at(44)
    room.recording_for(44, session=session)
    assert room.state()["recording"]["chance"] == "done", "what was heard well until now counts"


@pytest.mark.parametrize(("since", "whole"), [(0, False), (14.9, False), (15, True)])
def test_a_terminal_that_starts_while_the_lens_is_covered_counts_what_was_good_before(
    room: Any, since: float, whole: bool,
) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    room.at(20)
    room.recording_for(20, session=session)
    room.picture = [Trouble("black", "room", "r-live", int(since * MINUTE))]
    assert room.state()["recording"]["done"] == whole and (room.screen.early_end() is None) == whole
    assert room.state()["recording"]["unbroken_s"] == 0


def test_the_minutes_are_counted_from_when_the_picture_went_bad_not_from_when_it_was_told(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    for minute in (14, 15.2):
        room.at(minute)
        room.recording_for(minute, session=session)
        room.picture = [] if minute == 14 else [Trouble("black", "room", "r-live", int(14.8 * MINUTE))]
        room.state()
    assert room.state()["recording"]["done"] is False
    room.picture = []
    room.at(29.6)
    room.recording_for(29.6, session=session)
    assert room.state()["recording"]["unbroken_s"] == 864, "since the picture was good again"


def test_the_sub_stream_is_told_before_the_press_once_people_come(room: Any) -> None:
    room.take_order()
    room.picture = [Trouble("black", "room", None, 5)]
    room.at(-61)
    assert room.state()["alarms"] == [], "at night a room is dark"
    room.at(-59)
    assert [alarm["code"] for alarm in room.state()["alarms"]] == ["picture.black"]
    room.recorder = None
    assert [alarm["code"] for alarm in room.state()["alarms"]] == ["picture.black"]
    room.at(3)
    session = room.presses.start("welding-1")
    room.recording_for(3, session=session)
    room.picture.append(Trouble("black", "room", "r-0", 5))
    told = room.state()
    assert [alarm["code"] for alarm in told["alarms"]] == ["picture.black"]
    assert told["recording"]["unbroken_s"] == 180, "minutes follow the bytes that are recorded"


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
    assert not told["good"] and told["name"] == "" and told["text"] == "没有认出来，请再试一次，或找教师"


def test_who_never_signed_in_is_not_told_that_all_is_well(room: Any) -> None:
    room.take_order()
    room.check_in("p-1")
    room.at(98)
    for person, good, text in (
        ("p-1", True, "Signed out"), ("p-2", False, "Only signed out, not signed in: speak to the instructor"),
    ):
        room.check_in(person, direction="out")
        for answer in ("accepted", "again"):
            lost = room.screen.target().lost(person)
            assert lost is not good
            room.desk.seen = Sight("look", 7, (), Result("a-9", answer, person, room.clock.utc, "out", lost))
            told = room.state()["checkin"]["result"]
            assert told["good"] is good and told["time"] == "10:18"
            assert told["text"] == (text if answer == "accepted" or not good else "Already signed out")
    room.at(105)
    left = room.screen.target()
    assert left.session is None and [left.lost(f"p-{number}") for number in (1, 2)] == [False, True]


def test_whoever_cannot_come_by_face_is_told_what_to_do(room: Any) -> None:
    room.take_order()
    for state in (*NO_FACES, "nobody_enrolled"):
        room.desk.seen = Sight(state, 7)
        assert room.state()["checkin"]["hint"] == "Tap “Without my face”: name, PIN, and the instructor confirms"
    room.desk.seen = Sight("look", 7)
    assert room.state()["checkin"]["hint"].startswith("Queueing is not lateness")
    room.desk.seen = Sight("unrecorded", 7)
    assert room.state()["checkin"]["hint"] == ""


def test_a_box_without_a_check_in_camera_says_so(room: Any) -> None:
    room.take_order()
    room.screen.desk = None
    told = room.state()["checkin"]
    assert (told["open"], told["text"]) == (True, "This box has no check-in camera: box.toml names none")
    assert told["hint"].startswith("Tap “Without my face”")
    room.at(24 * 60)
    assert not room.state()["checkin"]["open"]


@pytest.mark.parametrize("minute", [20, 70])
def test_what_nobody_looked_at_is_said_as_such(room: Any, monkeypatch: pytest.MonkeyPatch, minute: int) -> None:
    real = screen.chance
    monkeypatch.setattr(screen, "chance", lambda *given: dataclasses.replace(real(*given), unseen=True))
    room.take_order()
    room.at(minute)
    said = "Recorded, but the picture was not looked at: it is undecided whether it counts"
    assert room.state()["recording"]["need"] == said


def test_a_start_that_is_grey_is_not_asked_for(room: Any) -> None:
    room.take_order()
    room.presses.start("welding-1")
    room.at(29.4)
    told = room.state()["recording"]
    assert told["chance"] in ("waiting", "at_risk") and told["deadline"].startswith("Start was pressed and nothing")
    room.at(29.51)
    assert "it must be now" in room.state()["recording"]["deadline"]


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


def test_towards_the_end_of_a_block_faces_sign_out(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    room.check_in("p-1")
    assert (room.screen.target().direction, room.screen.target().checked_in) == ("in", {"p-1"})
    room.at(90)
    assert (room.screen.target().direction, room.screen.target().checked_in) == ("out", frozenset())
    room.check_in("p-1", direction="out")
    room.at(99)
    room.check_in("p-2", direction="out")
    assert room.screen.target().checked_in == {"p-1", "p-2"} and room.screen.target().session == session
    people = room.state()["people"]
    assert [(one["person"], one["time"], one["left"]) for one in people["in"]] == [
        ("p-1", "08:30", "10:10"), ("p-2", "", "10:19")]
    assert people["out"] == ["欧阳建国"]
    room.at(101)
    room.presses.end(session)
    left = room.screen.target()
    assert (left.direction, left.session, left.block) == ("out", None, "2026-03-02-am")
    assert left.checked_in == {"p-1", "p-2"}
    room.at(130)
    assert room.screen.target() is None


def test_the_next_class_signs_in_while_the_last_one_might_sign_out(room: Any) -> None:
    room.take_order()
    room.take_order("welding-2", after_minutes=140)
    room.at(105)
    assert (room.screen.target().class_id, room.screen.target().direction) == ("welding-2", "in")


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


def test_an_alarm_of_another_day_is_in_the_list_only_and_has_its_date(room: Any) -> None:
    room.take_order()
    room.at(-8 * 60 - 41)
    room.store.append("alarm", Alarm("storage.failed", {}))
    room.clock.rate = 100_000
    room.at(-8 * 60 - 39)
    assert room.state()["alarms"] == []
    assert [alarm["time"] for alarm in room.state()["earlier"]] == ["03-01 23:59"]
    room.store.append("alarm", Alarm("order.refused", {}))
    assert [alarm["time"] for alarm in room.state()["alarms"]] == ["00:01"]
    room.at(-8 * 60 - 41 + 366 * 24 * 60)
    assert [alarm["time"] for alarm in room.state()["earlier"]] == ["2026-03-02 00:01", "2026-03-01 23:59"]


def test_a_camera_is_named_by_what_it_films_not_by_its_id(room: Any) -> None:
    room.take_order()
    room.store.append("alarm", Alarm("camera.silent", {"camera": "room-1"}))
    assert room.state()["alarms"][0]["text"] == "The camera sent no picture for a while (room camera)"
    assert room.state("zh")["alarms"][0]["text"] == "摄像头曾有一段时间没有画面（教室摄像头）"


# The ring and its number


def ring(room: Any) -> tuple[int, int, str]:
    """Promille of the ring, the number in it in seconds, and what the number counts."""
    told = room.state()["recording"]
    assert told["share"] == 1000 * told["shown_s"] // told["needed_s"]
    return told["share"], told["shown_s"], told["unit"]


def test_the_ring_and_its_number_say_the_same(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    room.at(0)
    assert ring(room) == (0, 0, "without a break")
    room.at(6)
    room.recording_for(6, session=session)
    assert ring(room) == (400, 360, "without a break")
    room.at(20)
    room.recording_for(20, session=session)
    assert ring(room) == (1000, 900, "without a break")
    room.recorder = {"recording": False, "session": None, "silent": False, "refused": None, "alarms": []}
    room.presses.end(session)
    room.at(22)
    assert ring(room) == (1000, 900, "without a break"), "it was long enough, and stays so"
    session = room.presses.start("welding-1")
    room.at(70)
    room.recording_for(3, session=session)
    assert ring(room) == (66, 180, "recorded"), "theory counts all that is recorded"


def test_without_a_class_hour_the_ring_says_nothing(room: Any) -> None:
    room.take_order()
    session = room.presses.start("welding-1")
    for minute in (-5, 50, 101):
        room.at(minute)
        room.recording_for(4, session=session)
        assert not {"share", "shown_s", "unit", "needed_s"} & set(room.state()["recording"])


# What still complies, and until when


def test_the_last_moment_for_a_new_start_is_big_and_plain(room: Any) -> None:
    room.take_order()
    room.at(5)
    told = room.state()["recording"]
    assert (told["chance"], told["restart_by"]) == ("waiting", "09:09:30")
    assert told["deadline"] == "Recording must begin before 09:09:30, or this class-hour does not count"
    assert told["possible"] == "At most 40:00 still possible"
    room.presses.start("welding-1")
    room.recording_for(2)
    told = room.state("zh")["recording"]
    assert told["chance"] == "running" and told["deadline"] == "录像若中断，须在 09:09:30 之前恢复"
    assert room.state()["recording"]["need"] == "13:00 more without a break"


@pytest.mark.parametrize(
    ("minute", "recorded", "chance", "deadline"),
    [
        (25, 0, "at_risk", "Recording must begin before 09:09:30, or this class-hour does not count"),
        (29.7, 0, "at_risk", "Recording must begin now, or this class-hour does not count"),
        (31, 0, "lost", "This class-hour has no room left for 15 minutes without a break"),
        (32, 4, "running", "The recording must not break now: there is no time for another 15 minutes"),
        (44, 16, "done", ""),
    ],
)
def test_every_stage_of_a_practical_class_hour_has_its_words(
    room: Any, minute: float, recorded: int, chance: str, deadline: str,
) -> None:
    room.take_order()
    room.at(minute)
    if recorded:
        room.recording_for(recorded)
    told = room.state()["recording"]
    assert (told["chance"], told["deadline"]) == (chance, deadline)


def test_theory_tells_what_is_missing_of_what_may_be(room: Any) -> None:
    room.take_order()
    room.presses.start("welding-1")
    room.at(70)
    room.recording_for(15)
    assert room.state()["recording"]["need"] == "Must be recorded in full; no break so far"
    assert room.state("zh")["recording"]["need"] == "须全程录像，目前无中断"
    room.at(70.4)
    room.recorder = {"recording": False, "session": "s-1", "silent": True, "refused": None, "alarms": []}
    told = room.state()["recording"]
    assert (told["chance"], told["need"]) == ("at_risk", "Missing: 0:24 of at most 1:00")
    assert told["deadline"] == (
        "Start was pressed and nothing is recorded: it must be before 09:51:00, or this class-hour does not count")
    room.at(72)
    assert room.state("zh")["recording"]["deadline"] == "本学时缺录过多，已无法补救"


def test_a_camera_that_comes_back_is_seen_without_a_press(room: Any) -> None:
    room.take_order()
    room.presses.start("welding-1")
    room.at(26)
    room.recorder = {"recording": False, "session": "s-1", "silent": True, "refused": None, "alarms": []}
    assert room.state()["recording"]["chance"] == "at_risk" and lamp(room.screen.pulse()) == "fast"
    room.at(28)
    room.recording_for(1)
    assert room.state()["recording"]["chance"] == "running" and lamp(room.screen.pulse()) == "steady"


def test_video_that_is_not_sealed_yet_is_not_missing(room: Any) -> None:
    """Between the end of a run and its record the class-hour must not look lost."""
    room.take_order()
    room.at(20)
    room.recording_for(16)
    room.state()
    room.recorder = {"recording": False, "session": "s-1", "silent": True, "refused": None, "alarms": []}
    room.at(40)
    assert room.state()["recording"]["chance"] == "done"


def test_what_was_recorded_for_another_class_is_not_counted_for_this_one(room: Any) -> None:
    room.take_order()
    room.take_order("welding-2")
    wrong = room.presses.start("welding-2")
    room.at(16)
    room.recording_for(16, session=wrong)
    assert room.state()["recording"]["chance"] == "done"
    room.presses.end(wrong)
    room.recorder = {"recording": False, "session": None, "silent": False, "refused": None, "alarms": []}
    room.presses.start("welding-1")
    room.at(17)
    assert room.state()["recording"]["chance"] == "waiting"
    room.presses.end(room.memory.look().session.session, "wrong class")
    room.presses.start("welding-2")
    room.presses.correct(room.memory.look().session.session, "welding-1", "wrong class")
    assert room.state()["recording"]["chance"] == "waiting", "that session alone was put right"


def test_who_began_the_class_is_said(room: Any) -> None:
    room.take_order()
    room.at(0)
    room.store.append("session.start", SessionStart("welding-1", "s-plan", "plan"))
    told = room.state()["session"]
    assert (told["pressed"], told["early"]) == (False, True)
    assert told["text"] == "Began by itself at 08:40: please press start"
    room.presses.start("welding-1")
    assert room.state("zh")["session"]["text"] == "08:40 开始上课"


def test_a_clock_that_is_not_set_is_a_banner(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "clock" not in [one["code"] for one in room.state()["banners"]]
    stamp = room.clock.stamp
    monkeypatch.setattr(room.clock, "stamp", lambda: dataclasses.replace(
        stamp(), clock=dataclasses.replace(stamp().clock, synced=False)))
    assert room.state()["banners"][0]["text"].startswith("The clock of this box is not set: until it is, neither video")
    assert "录像和签到均不作数" in room.state("zh")["banners"][0]["text"]
    room.take_order()
    room.at(26)
    assert room.screen.due_warning() is None


def test_a_class_that_overruns_keeps_its_block_and_nobody_checks_in_for_the_next_one(room: Any) -> None:
    room.take_order()
    room.take_order("welding-2", after_minutes=140)
    later = dataclasses.replace(order_body(number=2), hours=(
        *order_body().hours, dataclasses.replace(order_body(after_minutes=240).hours[0], hour="h-3")))
    room.accept(later)
    session = room.presses.start("welding-1")
    room.check_in("p-1")
    room.at(110)
    state = room.state()
    assert state["lesson"]["phase"] == "over" and state["lesson"]["class"] == "welding-1"
    assert state["lesson"]["text"] == "The planned class-hours of this half-day are over"
    assert state["recording"]["deadline"] == "Press end when the class is done"
    assert room.screen.target().direction == "out" and room.screen.target().block == "2026-03-02-am"
    assert state["checkin"]["text"] == "Please look into the camera"
    room.desk.seen = Sight("closed", 1)
    assert "half-day are over" in room.state()["checkin"]["text"]
    assert state["people"]["in"][0]["person"] == "p-1"
    room.presses.end(session)
    assert room.state()["lesson"]["class"] == "welding-2"
    assert room.state()["checkin"]["text"] == "Check-in opens before the next class-hour"


def test_when_no_class_hour_follows_the_desk_says_so(room: Any) -> None:
    room.take_order()
    room.at(120)
    room.desk.seen = Sight("closed", 1)
    assert room.state()["checkin"]["text"] == "Check-in is closed: no class-hour follows on this box"
    assert room.state("zh")["checkin"]["text"] == "签到已关闭：本终端盒没有后续学时"


def test_what_can_be_put_right_is_offered(room: Any) -> None:
    room.take_order()
    assert room.state()["correction"] is None
    session = room.presses.start("welding-1")
    assert room.state()["correction"] is None, "no other class today"
    room.take_order("welding-2", after_minutes=120)
    told = room.state()["correction"]
    assert told["session"] == session and [one["class"] for one in told["others"]] == ["welding-2"]
    room.presses.end(session)
    assert room.state()["correction"] is not None
    room.at(52)
    assert room.state()["correction"] is None


def test_what_keeps_the_box_from_its_centre_stands_on_the_page(room: Any) -> None:
    codes = ("dates", "stranger", "certificate")

    def told(trust: Trust, lang: str = "en") -> list[str]:
        room.screen._trust = lambda: trust
        return [one["text"] for one in room.state(lang)["banners"] if one["code"] in codes]

    assert told(Trust()) == []
    (dates,) = told(Trust("dates"))
    assert "The date of this box (2026-03-02) does not fit the centre's certificate" in dates
    assert "is not the centre" in told(Trust("stranger"))[0]
    assert "holds for 3 more days" in told(Trust(None, 3))[0] and "does not take" in told(Trust(None, 0))[0]
    assert "还有 3 天到期" in told(Trust(None, 3), "zh")[0] and len(told(Trust("dates", 0))) == 2


def test_the_last_recording_of_another_class_than_the_next_one_says_whose_it_is(room: Any) -> None:
    room.take_order()
    room.accept(dataclasses.replace(order_body("cooking-1", after_minutes=180), title="面点一班"))
    session = room.presses.start("welding-1")
    room.at(5)
    room.record(3, ("p-1",))
    room.at(50)
    room.presses.end(session)
    own = room.state()["unseen"]
    assert own["names"] == ["李强", "欧阳建国"] and own["text"].startswith("In the last recording"), "the page names it"
    room.at(170)
    told, zh = (room.state(lang)["unseen"] for lang in ("en", "zh"))
    assert room.state()["lesson"]["title"] == "面点一班"
    assert told["names"] == own["names"] and told["text"].startswith("焊工一班 · In the last recording")
    assert zh["text"].startswith("焊工一班 · ")
    room.presses.start("cooking-1")
    assert "焊工一班" not in room.state()["unseen"]["text"]
