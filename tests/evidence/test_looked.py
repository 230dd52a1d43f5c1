"""Minutes that a roll call could not look at, or in which it counted less: what they take from the rest of a block."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from evidence.bodies import Candidate, RollCall, Segment, Track
from evidence.times import MINUTE
from tests.evidence.course import THRESHOLD, TRAINEES, Course, at, codes, picture_of, roll_call_of

DAY = "2026-03-02"
BUT_4 = TRAINEES[:3]


def state(made: Course) -> str:
    found = made.r3()
    return "missing" if found.recordings else "open" if found.open_recordings else "complete"


def minutes(change: Callable[[int, Segment, RollCall], tuple[str, object]], signed: Sequence[str] = TRAINEES) -> Course:
    """A half-day in minutes; `change`: the record that stands for the roll call of each, from its number."""
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
    assert block.roll_called and [(one.why, one.segment) for one in block.left_out] == [(why, block.unlooked[0])]
    assert block.unlooked_us == MINUTE and block.left_out[0].ref in block.refs
    assert state(made) == "open" and {"not_identified", f"left_out_{why}"} <= set(codes(made.r3()))
    assert not {"rollcall_short", "occasion_rollcall_pending"} & set(codes(made.r3()))
    told = next(one for one in made.r3().reasons if one.code == f"left_out_{why}")
    assert {"count": 1, "at_time": ("08:38:00",)}.items() <= dict(told.params).items()
    assert state(minutes(leave_out, BUT_4)) == "missing", "who did not sign in is missing all the same"


def alarm(code: str, sha: str) -> object:
    return {"code": code, "class": "c-1", "params": {"segment": sha, "file": "f", "looked_with": "x"}}


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


def test_a_roll_call_that_came_after_all_counts() -> None:
    made = minutes(dark)
    segment = next(one for one in made.story().segments)
    made.boxes["box-1"].add("alarm", alarm("rollcall.segment_gone", segment.segment.sha256), at(f"{DAY} 12:00"))
    assert made.story().blocks[0].left_out == () and state(made) == "missing"


def test_whoever_resembles_an_instructor_is_no_trainee_of_the_mean_whether_or_not_the_name_holds() -> None:
    def barely(number: int, segment: Segment, call: RollCall) -> tuple[str, object]:
        teacher = Track(segment.first_pts_us, segment.end_pts_us, segment.first_pts_us, call.samples, 80,
                        Candidate("teacher", THRESHOLD), moved_ppm=200_000)
        return "rollcall", dataclasses.replace(
            call, tracks=(*call.tracks, teacher), headcount_max=4, headcount_mean_ppm=4_000_000, rise_ppm=40_000)

    block = minutes(barely).story().blocks[0]
    assert block.mean_ppm == (3_000_000, 1_000_000) and block.headcount_due == 4
