"""Minutes that a roll call could not look at, or in which it counted less: what they take from the rest of a block."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Literal

import pytest

from evidence.bodies import Candidate, RollCall, Segment, Track
from evidence.times import MINUTE
from tests.evidence.course import THRESHOLD, TRAINEES, UNSET, Chain, Course, at, codes, picture_of, roll_call_of

DAY = "2026-03-02"
BUT_4 = TRAINEES[:3]


def state(made: Course) -> str:
    found = made.r3()
    return "missing" if found.recordings else "open" if found.open_recordings else "complete"


Change = Callable[[int, Segment, RollCall], tuple[str, object]]


def minutes(change: Change, signed: Sequence[str] = TRAINEES) -> Course:
    """A half-day in minutes; `change`: the record that stands for the roll call of each, from its number. What is left
    out is said again a day later, when it was tried again."""
    made = Course()
    made.half_day(DAY)
    made.order()
    filmed = made.film(f"{DAY} 07:58", "09:42", BUT_4, roll_call=False, segment_s=60)
    for person in signed:
        made.check_in(person, f"{DAY} 07:50")
    for number, segment in enumerate(filmed.segments):
        at_us, inside = filmed.start_us + segment.end_pts_us + MINUTE, (segment.first_pts_us, segment.end_pts_us)
        made.boxes["box-1"].add("picture", picture_of(segment), at_us)
        made.boxes["box-1"].add(*change(number, segment, roll_call_of(segment, BUT_4, inside)), at_us)
    for one in [record for record in made.boxes["box-1"].records if record.type == "alarm"]:
        made.boxes["box-1"].add("alarm", one.body, at("2026-03-03 12:00"))
    return made


def dark(number: int, _: Segment, call: RollCall) -> tuple[str, object]:
    """One minute in the dark: nothing was looked for in it."""
    nobody = dataclasses.replace(call, tracks=(), dark=call.samples, headcount_max=0, headcount_mean_ppm=0,
                                 faceless_max=None, headcount_peak=0, faceless_peak=None)
    return "rollcall", nobody if number == 30 else call


def test_one_dark_minute_takes_nothing_from_the_headcount_of_the_others() -> None:
    made = minutes(dark)
    block = made.story().blocks[0]
    assert block.counted and state(made) == "missing" and "faces_only" not in codes(made.r3())


def test_a_minute_in_which_faces_alone_were_counted_does() -> None:
    def alone(number: int, _: Segment, call: RollCall) -> tuple[str, object]:
        return "rollcall", dataclasses.replace(call, faceless_max=None) if number == 30 else call

    assert state(minutes(alone)) == "open" and "faces_only" in codes(minutes(alone).r3())


@pytest.mark.parametrize(("code", "why"), [
    ("rollcall.segment_gone", "gone"), ("rollcall.segment_differs", "differs"), ("rollcall.died", "died"),
    ("rollcall.unreadable", "unreadable")])
def test_a_file_that_the_roll_call_left_out_is_told_and_keeps_the_block_open_for_who_signed_in_alone(
    code: str, why: str,
) -> None:
    def leave_out(number: int, segment: Segment, call: RollCall) -> tuple[str, object]:
        return ("alarm", alarm(code, segment.sha256)) if number == 40 else ("rollcall", call)

    made = minutes(leave_out)
    block = made.story().blocks[0]
    assert block.presences[3].answer == "absent" and not block.tells_absent, "t-4 may be in the one that is left out"
    assert block.roll_called and [(one.why, one.segment) for one in block.left_out] == [(why, block.unlooked[0])]
    alarms = {record.key for record in made.records if record.body.get("code") == code}
    assert block.unlooked_us == MINUTE and len(alarms) == 2
    assert set(block.left_out[0].refs) == alarms and alarms <= set(block.refs)
    assert state(made) == "open" and {"not_identified", f"left_out_{why}"} <= set(codes(made.r3()))
    assert not {"rollcall_short", "occasion_rollcall_pending"} & set(codes(made.r3()))
    told = next(one for one in made.r3().reasons if one.code == f"left_out_{why}")
    assert {"count": 1, "at_time": ("08:38:00",)}.items() <= dict(told.params).items()
    assert state(minutes(leave_out, BUT_4)) == "missing", "who did not sign in is missing all the same"


def alarm(code: str, sha: str, looked_with: object = "x") -> object:
    told = {"looked_with": looked_with} if looked_with else {}
    return {"code": code, "class": "c-1", "params": {"segment": sha, "file": "f"} | told}


@pytest.mark.parametrize(("alarms", "why"), [
    ([("rollcall.died", "x")], None),
    ([("rollcall.segment_gone", "x")], None),
    ([("rollcall.died", "x"), ("rollcall.died", "y")], None),
    ([("rollcall.died", None), ("rollcall.died", None)], None),
    ([("rollcall.died", ["x"]), ("rollcall.died", ["x"])], None),
    ([("rollcall.died", "x"), ("rollcall.died", "x")], "died"),
    ([("rollcall.died", "x"), ("rollcall.segment_gone", "x")], "gone"),
    ([("rollcall.died", "x"), ("rollcall.died", "x"), ("rollcall.died", "y")], "died"),
    ([("rollcall.died", "x"), ("rollcall.segment_differs", "y")], "differs"),
    ([("rollcall.unreadable", None)], "unreadable"),
])
def test_a_file_is_left_out_when_the_box_gives_it_up_and_before_that_its_block_waits(
    alarms: list[tuple[str, object]], why: str | None,
) -> None:
    """What ended the process, or was not there, is tried again when a day is over, and with each other program."""
    made = minutes(lambda _, __, call: ("rollcall", call), BUT_4)
    box, sha = made.boxes["box-1"], made.story().segments[40].segment.sha256
    box.records = [one for one in box.records if one.type != "rollcall" or one.body["segment"] != sha]
    for day, (code, looked_with) in enumerate(alarms, 3):
        box.add("alarm", alarm(code, sha, looked_with), at(f"2026-03-{day:02} 12:00"))
    block = made.story().blocks[0]
    assert [one.why for one in block.left_out] == ([why] if why else []) and block.roll_called == bool(why)
    assert state(made) == ("missing" if why else "open")
    assert ("occasion_rollcall_pending" in codes(made.r3())) != bool(why)
    box.add("rollcall", roll_call_of(made.story().segments[40].segment, TRAINEES, (
        made.story().segments[40].segment.first_pts_us, made.story().segments[40].segment.end_pts_us)),
        at("2026-03-12 12:00"))
    assert state(made) == "complete" and not made.story().blocks[0].left_out, "the last one shows t-4"


def test_an_alarm_of_another_box_leaves_out_nothing() -> None:
    made = Course(boxes=("box-1", "box-2"))
    made.half_day(DAY)
    made.order()
    made.film(f"{DAY} 07:58", "09:30", BUT_4)
    (segment,) = made.film(f"{DAY} 09:30", "09:42", roll_call=False, pictured=True, segment_s=3600).segments
    for box, pending in (("box-2", True), ("box-1", False)):
        made.boxes[box].add("alarm", alarm("rollcall.unreadable", segment.sha256), at("2026-03-03 12:00"))
        assert ("occasion_rollcall_pending" in codes(made.r3())) == pending, box


def test_a_file_without_a_roll_call_or_an_alarm_of_the_box_that_filmed_it_is_pending() -> None:
    for wrong in ("camera.silent", "rollcall.unreadable"):
        def pending(number: int, segment: Segment, call: RollCall, code: str = wrong) -> tuple[str, object]:
            sha = segment.sha256 if code == "camera.silent" else "0" * 64
            return ("alarm", alarm(code, sha)) if number == 40 else ("rollcall", call)

        assert "occasion_rollcall_pending" in codes(minutes(pending).r3())


def test_more_than_half_that_was_left_out_leaves_even_who_did_not_sign_in_to_people() -> None:
    def most(number: int, segment: Segment, call: RollCall) -> tuple[str, object]:
        return ("alarm", alarm("rollcall.died", segment.sha256)) if number < 70 else ("rollcall", call)

    made = minutes(most, BUT_4)
    assert state(made) == "open" and {"occasion_unlooked", "left_out_died"} <= set(codes(made.r3()))


def test_what_was_left_out_is_named_where_nobody_looked_at_its_picture_either() -> None:
    made = minutes(lambda number, segment, call: (
        ("alarm", alarm("rollcall.unreadable", segment.sha256)) if number < 70 else ("rollcall", call)))
    box, out = made.boxes["box-1"], {fact.segment.sha256 for fact in made.story().segments[:70]}
    box.records = [one for one in box.records if one.type != "picture" or one.body["segment"] not in out]
    assert state(made) == "open" and {"occasion_unpictured", "left_out_unreadable"} <= set(codes(made.r3()))


@pytest.mark.parametrize(("samples", "planned"), [(100, 100), (10, 10), (0, 0)])
def test_a_second_camera_in_the_dark_from_the_first_day_on_leaves_its_half_of_the_room_open(
    samples: int, planned: int,
) -> None:
    """However few of its pictures are looked at."""
    for shade in ("", "black", "covered"):
        made = minutes(lambda _, __, call: ("rollcall", call))
        assert state(made) == "missing"
        box = made.boxes["box-1"]
        filmed = made.film(f"{DAY} 07:58", "09:42", (), camera="back", roll_call=False)
        for segment in filmed.segments:
            call = dataclasses.replace(roll_call_of(segment, (), (0, 0)), samples=samples, planned=planned,
                                       dark=0 if shade == "covered" else samples)
            box.add("picture", picture_of(segment, shade), filmed.start_us + segment.end_pts_us)
            box.add("rollcall", call, filmed.start_us + segment.end_pts_us)
        assert state(made) == "open", (shade, samples)
        assert made.story().blocks[0].hazy == ("back",) and "camera_hazy" in codes(made.r3())


def test_where_no_picture_was_looked_at_nobody_was_counted() -> None:
    """A file may hold too little of video for one; not most of them."""
    def none(number: int, _: Segment, call: RollCall) -> tuple[str, object]:
        return "rollcall", dataclasses.replace(
            call, tracks=(), samples=0, planned=0, headcount_max=0, headcount_mean_ppm=0, faceless_max=None,
        ) if number > 10 else call

    assert state(minutes(none)) == "open" and "faces_only" in codes(minutes(none).r3())


def test_a_roll_call_that_came_after_all_counts() -> None:
    made = minutes(dark)
    segment = next(one for one in made.story().segments)
    made.boxes["box-1"].add("alarm", alarm("rollcall.unreadable", segment.segment.sha256), at(f"{DAY} 12:00"))
    assert made.story().blocks[0].left_out == () and state(made) == "missing"


def test_whoever_resembles_an_instructor_is_no_trainee_of_the_mean_whether_or_not_the_name_holds() -> None:
    def barely(number: int, segment: Segment, call: RollCall) -> tuple[str, object]:
        teacher = Track(segment.first_pts_us, segment.end_pts_us, segment.first_pts_us, call.samples, 80,
                        Candidate("teacher", THRESHOLD), moved_ppm=200_000)
        return "rollcall", dataclasses.replace(
            call, tracks=(*call.tracks, teacher), headcount_max=4, headcount_mean_ppm=4_000_000, rise_ppm=40_000)

    block = minutes(barely).story().blocks[0]
    assert block.mean_ppm == (3_000_000, 1_000_000) and block.headcount_due == 4


@pytest.mark.parametrize(("start", "end", "share", "told"), [
    ("08:00", "08:01", 100, "missing"), ("08:00", "08:01", 30, "missing"), ("07:50", "08:00", 100, "missing"),
    ("08:00", "08:40", 100, "open"), ("07:58", "09:42", 100, "open"), ("07:58", "09:42", 30, "open"),
    ("07:58", "09:42", 15, "missing")])
def test_a_second_camera_in_the_dark_counts_by_how_much_of_the_class_hours_that_is(
    start: str, end: str, share: int, told: str,
) -> None:
    """One dark minute takes nothing from what the first camera shows all along."""
    made = Course()
    made.half_day(DAY)
    made.order()
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
    made.film(f"{DAY} 07:58", "09:42", BUT_4)
    made.film(f"{DAY} {start}", end, (), camera="back", dark=share, pictured=True)
    assert state(made) == told and made.story().blocks[0].picture_good == (told == "missing")


@pytest.mark.parametrize("bad", ["dark", "glare"])
@pytest.mark.parametrize(("percent", "told"), [(15, "missing"), (30, "open")])
@pytest.mark.parametrize("box", ["box-1", "box-2"])
def test_a_class_that_is_filmed_by_one_camera_after_the_other_is_asked_for_all_of_its_video(
    box: str, percent: int, told: str, bad: str,
) -> None:
    """Each of them is bad for less of the class-hours than a good picture may be; together they are not."""
    made = Course(boxes=("box-1", "box-2"))
    made.half_day(DAY)
    made.order()
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
    for start, end, device in (("08:00", "08:50", "box-1"), ("08:50", "09:40", box)):
        made.film(f"{DAY} {start}", end, BUT_4, box=device, camera=start[1:2] + start[3:], segment_s=3600,
                  dark=percent if bad == "dark" else 0)
    for chain in made.boxes.values() if bad == "glare" else ():
        for number, record in enumerate(chain.records):
            if record.type == "picture":
                samples = [{**one, "bright_ppm": 400_000} if one["at_us"] < percent * MINUTE // 2 else one
                           for one in record.body["samples"]]
                chain.records[number] = dataclasses.replace(record, body={**record.body, "samples": samples})
    assert state(made) == told and made.story().blocks[0].picture_good == (told == "missing")


@pytest.mark.parametrize(("dark", "marked", "what", "told"), [
    (16, 0, "glare", "missing"), (0, 16, "glare", "missing"), (16, 16, "glare", "open"), (8, 8, "glare", "missing"),
    (16, 8, "black", "missing"), (16, 8, "covered", "open")])
def test_dark_at_one_moment_and_dazzled_at_another_is_one_picture_in_which_people_are_lost(
    dark: int, marked: int, what: Literal["glare", "black", "covered"], told: str,
) -> None:
    """Each for less of the class-hours than a good picture may be. What a picture record calls black is what the roll
    call found dark: it counts once."""
    made = Course()
    made.half_day(DAY)
    made.order()
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
    filmed = made.film(f"{DAY} 08:00", "09:40", BUT_4, segment_s=3600, dark=dark, pictured=False)
    for segment in filmed.segments:
        until_us = segment.first_pts_us + (segment.end_pts_us - segment.first_pts_us) * marked // 100
        picture = picture_of(segment, "" if what == "glare" else what, (segment.first_pts_us, until_us))
        if what == "glare":
            picture = dataclasses.replace(picture, samples=tuple(
                dataclasses.replace(one, bright_ppm=400_000) if one.at_us < until_us else one
                for one in picture.samples))
        made.boxes["box-1"].add("picture", picture, filmed.start_us + segment.end_pts_us + MINUTE)
    assert state(made) == told and made.story().blocks[0].picture_good == (told == "missing")
    assert ("camera_hazy" in codes(made.r3())) == (told == "open")


@pytest.mark.parametrize(("end", "told"), [("08:01", "missing"), ("09:42", "open")])
def test_a_second_camera_of_which_no_picture_was_looked_at_counts_in_the_same_way(end: str, told: str) -> None:
    made = Course()
    made.half_day(DAY)
    made.order()
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
    made.film(f"{DAY} 07:58", "09:42", BUT_4)
    box, filmed = made.boxes["box-1"], made.film(f"{DAY} 08:00", end, (), camera="back", roll_call=False)
    for segment in filmed.segments:
        at_us = filmed.start_us + segment.end_pts_us + MINUTE
        call = dataclasses.replace(roll_call_of(segment, (), (0, 0)), samples=0, dark=0, tracks=())
        box.add("picture", picture_of(segment), at_us)
        box.add("rollcall", call, at_us)
    assert state(made) == told


def test_absent_is_told_where_all_was_looked_through_and_every_time_is_certain_or_somebody_reviewed_it() -> None:
    """One check-in at a box whose clock was not set makes the time uncertain, though all video is of a certain one."""
    for unsure, reviewed, told in ((False, False, True), (True, False, False), (True, True, True)):
        made = Course(boxes=("box-1", "box-2"))
        made.half_day(DAY)
        made.order()
        made.boxes["box-2"] = Chain("box-2", UNSET, True)
        made.film(f"{DAY} 07:58", "09:42", BUT_4)
        if unsure:
            made.check_in("t-4", f"{DAY} 08:00", box="box-2")
        if reviewed:
            made.review(f"{DAY}-am", "missing")
        block = made.story().blocks[0]
        assert (block.time_certain, block.doubtful_us, block.looked_through) == (not unsure, 0, True)
        assert block.tells_absent == told
    assert not dataclasses.replace(block, review=None, time_certain=True, roll_called=False).tells_absent


@pytest.mark.parametrize(("end", "told"), [("08:05", False), ("09:20", False), ("09:38", True)])
def test_absent_is_told_of_a_recording_and_not_of_the_minutes_of_it_that_there_are(end: str, told: bool) -> None:
    """Five minutes show who was in them: of the rest nobody knows."""
    made = Course()
    made.half_day(DAY)
    made.order()
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
    made.film(f"{DAY} 08:00", end, BUT_4)
    block = made.story().blocks[0]
    assert block.presences[3].answer == "absent" and block.looked_through and block.tells_absent == told
    assert (state(made) == "missing") == told


@pytest.mark.parametrize(("signed", "told"), [(BUT_4, "missing"), (TRAINEES, "open")])
def test_a_second_camera_that_nobody_can_decode_does_not_keep_a_class_from_being_judged(
    signed: Sequence[str], told: str,
) -> None:
    """Whoever signed in may sit before it. Who did not is missing, as before a camera in the dark."""
    made = Course()
    made.half_day(DAY)
    made.order()
    for person in signed:
        made.check_in(person, f"{DAY} 07:50")
    made.film(f"{DAY} 07:58", "09:42", BUT_4)
    for segment in made.film(f"{DAY} 07:58", "09:42", (), camera="back", roll_call=False).segments:
        made.boxes["box-1"].add("alarm", alarm("rollcall.unreadable", segment.sha256), at(f"{DAY} 09:50"))
    assert state(made) == told and "left_out_unreadable" in codes(made.r3())
