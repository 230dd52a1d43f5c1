"""Several cameras of one room, two rooms of one class, instructors in view: who is shown, how many there were."""
from __future__ import annotations

from typing import Literal

import pytest

from evidence.receipts import Receipt
from evidence.times import MINUTE, utc_text
from tests.evidence.course import TRAINEES, Course, at, codes, sha

DAY, NEXT = "2026-03-02", "2026-03-03"
BUT_4 = TRAINEES[:3]
TWO = {"box-1": "101", "box-2": "workshop"}


def course(days: tuple[str, ...] = (DAY,), boxes: tuple[str, ...] = ("box-1",)) -> Course:
    """Everybody checked in to every half-day; nothing is filmed yet."""
    made = Course(boxes=boxes, rooms=TWO)
    for day in days:
        made.half_day(day)
    made.order()
    for day in days:
        for person in TRAINEES:
            made.check_in(person, f"{day} 07:50")
    return made


def film(made: Course, *shows: tuple[str, str, tuple[str, ...]], day: str = DAY, **more: object) -> None:
    """`shows`: box, camera, whom it shows."""
    for box, camera, people in shows:
        made.film(f"{day} 07:58", "09:42", people, box=box, camera=camera, **more)  # type: ignore[arg-type]


def answers(made: Course) -> dict[str, str]:
    return {one.person: one.answer for one in made.story().blocks[0].presences}


def test_shown_is_the_union_over_cameras_and_rooms() -> None:
    made = course(boxes=("box-1", "box-2"))
    film(made, ("box-1", "front", ("t-1",)), ("box-1", "back", ("t-2",)), ("box-2", "room", ("t-3", "t-4")))
    assert set(answers(made).values()) == {"shown"} and made.r3().recordings == ()


@pytest.mark.parametrize("boxes", [("box-1", "box-1"), ("box-1", "box-2")])
def test_halves_of_the_class_before_two_cameras_are_not_taken_for_few_people(boxes: tuple[str, str]) -> None:
    """t-4 sits there, but nobody recognises them: no camera counts more than two, and all four are in view."""
    made = course(boxes=("box-1", "box-2"))
    made.film(f"{DAY} 07:58", "09:42", ("t-1", "t-2"), camera="left")
    made.film(f"{DAY} 07:58", "09:42", ("t-3",), unnamed=1, box=boxes[1], camera="right")
    block = made.story().blocks[0]
    assert (block.headcount_max, block.headcount_due) == (4, 4)
    found = made.r3()
    assert found.open_recordings == (f"{DAY}-am",) and "unseen_small" in codes(found)


def test_cameras_that_show_the_same_people_do_not_excuse_who_is_missing() -> None:
    made = course()
    film(made, ("box-1", "front", BUT_4), ("box-1", "back", BUT_4))
    assert made.story().blocks[0].headcount_max == 3
    assert made.r3().recordings == (f"{DAY}-am",) and made.r3().trainees == ("t-4",)


def test_a_class_that_goes_from_room_to_room_within_a_block_counts_once() -> None:
    made = course(boxes=("box-1", "box-2"))
    made.film(f"{DAY} 07:58", "08:50", BUT_4)
    made.film(f"{DAY} 08:51", "09:42", BUT_4, box="box-2")
    assert made.story().blocks[0].headcount_max == 3 and made.r3().recordings == (f"{DAY}-am",)


# Nobody is in two rooms at once


def two_rooms(second: tuple[str, str] = ("07:58", "09:42")) -> Course:
    """t-4 is named in both rooms."""
    made = course(boxes=("box-1", "box-2"))
    film(made, ("box-1", "room", TRAINEES))
    made.film(f"{DAY} {second[0]}", second[1], ("t-4",), box="box-2")
    return made


def test_who_is_named_in_two_rooms_at_once_is_shown_in_neither_and_a_reason_says_so() -> None:
    made = two_rooms()
    one = made.story().blocks[0].presences[3]
    assert (one.answer, one.why, one.sightings) == ("not_identifiable", ("two_rooms",), ())
    found = made.r3()
    assert found.open_recordings == (f"{DAY}-am",)
    told = next(reason for reason in found.reasons if reason.code == "in_two_rooms")
    assert told.params["trainees"] == ("t-4",)
    assert "in_two_rooms" not in codes(course().r3())


def test_what_is_named_elsewhere_at_another_time_still_counts() -> None:
    made = two_rooms(("07:58", "08:30"))
    assert answers(made)["t-4"] == "shown", "in the first room t-4 is named in files of later, too"
    assert made.story().blocks[0].in_two_rooms == ("t-4",)


def test_two_boxes_of_one_room_may_both_show_somebody() -> None:
    made = two_rooms()
    made.rooms["box-2"] = "101"
    made.order("2026-03-01 19:00")
    assert answers(made)["t-4"] == "shown" and made.story().blocks[0].in_two_rooms == ()


def test_clocks_that_may_be_wrong_by_more_prove_no_contradiction() -> None:
    made = course(boxes=("box-1", "box-2"))
    made.film(f"{DAY} 07:58", "09:42", TRAINEES, seen=("08:00", "08:30"))
    made.film(f"{DAY} 07:58", "09:42", ("t-4",), box="box-2", seen=("08:30", "09:00"))
    assert answers(made)["t-4"] == "shown" and made.story().blocks[0].in_two_rooms == ()


def test_a_persons_word_stands_against_a_roll_call_of_another_room() -> None:
    made = course(boxes=("box-1", "box-2"))
    filmed = made.film(f"{DAY} 07:58", "09:42", BUT_4)
    made.film(f"{DAY} 07:58", "09:42", ("t-4",), box="box-2", seen=("08:15", "08:25"))
    assert answers(made)["t-4"] == "shown"
    made.point_out("t-4", filmed, f"{DAY} 08:20")
    block = made.story().blocks[0]
    assert block.in_two_rooms == ("t-4",)
    assert not any(one.last_us > at(f"{DAY} 08:18") for one in block.presences[3].sightings if not one.pointed)
    assert any(one.pointed for one in block.presences[3].sightings)


def test_two_words_against_each_other_prove_nothing() -> None:
    made = course(boxes=("box-1", "box-2"))
    here = made.film(f"{DAY} 07:58", "09:42", BUT_4)
    away = made.film(f"{DAY} 07:58", "09:42", (), box="box-2")
    for filmed in (here, away):
        made.point_out("t-4", filmed, f"{DAY} 08:20")
    assert answers(made)["t-4"] == "shown", "the clocks may be wrong by seconds, so these are two moments"


# Instructors are known people


def test_a_teacher_in_view_does_not_excuse_who_is_missing() -> None:
    made = course()
    film(made, ("box-1", "room", (*BUT_4, "teacher")))
    block = made.story().blocks[0]
    assert (block.headcount_max, block.headcount_due) == (4, 3)
    assert made.r3().recordings == (f"{DAY}-am",)
    assert made.r3().reasons[1].params["headcount"] == 3


def test_a_teacher_who_comes_and_goes_does_not_either() -> None:
    made = course()
    film(made, ("box-1", "room", BUT_4))
    made.film(f"{DAY} 07:58", "09:42", ("teacher",), camera="desk", seen=("08:03", "08:17"))
    assert made.story().blocks[0].headcount_due == 3 and made.r3().recordings == (f"{DAY}-am",)


def test_a_teacher_whom_nobody_recognises_stays_in_the_headcount() -> None:
    made = course()
    film(made, ("box-1", "room", BUT_4), unnamed=1)
    assert made.story().blocks[0].headcount_due == 4 and made.r3().open_recordings == (f"{DAY}-am",)


def test_who_was_withdrawn_and_sits_there_all_the_same_excuses_nobody() -> None:
    made = course()
    made.roster_event("withdrawal", "t-3", f"{DAY} 06:00", f"{DAY} 06:00")
    film(made, ("box-1", "room", BUT_4))
    block = made.story().blocks[0]
    assert block.roster == ("t-1", "t-2", "t-4") and (block.headcount_max, block.headcount_due) == (3, 2)
    assert made.r3().recordings == (f"{DAY}-am",)


def test_instructors_are_apart_in_the_mean_of_the_evidence() -> None:
    made = course()
    film(made, ("box-1", "room", (*BUT_4, "teacher")))
    told = next(one for one in made.finding("O7").reasons if one.code == "o7_evidence")
    assert told.params == {"count": 1, "mean": "3.5", "teachers": "0.5"}, "the teacher is in every other picture"


def test_two_rooms_are_added_up_in_the_mean_of_the_evidence() -> None:
    made = course(boxes=("box-1", "box-2"))
    film(made, ("box-1", "room", ("t-1", "t-2")), ("box-2", "room", ("t-3", "t-4")))
    assert next(one for one in made.finding("O7").reasons if one.code == "o7_evidence").params["mean"] == "4.0"


# A camera that fails convicts nobody


def test_a_camera_that_filmed_before_and_fails_now_leaves_the_headcount_unproven() -> None:
    made = course((DAY, NEXT))
    film(made, ("box-1", "left", TRAINEES[:2]), ("box-1", "right", TRAINEES[2:]))
    film(made, ("box-1", "left", TRAINEES[:2]), day=NEXT)
    found = made.r3()
    assert found.open_recordings == (f"{NEXT}-am",) and found.recordings == ()
    told = next(one for one in found.reasons if one.code == "camera_lacking")
    assert told.params["cameras"] == ("right",)


def test_a_camera_that_came_later_or_never_filmed_a_whole_block_changes_nothing() -> None:
    made = course((DAY, NEXT))
    film(made, ("box-1", "left", BUT_4))
    made.film(f"{DAY} 08:00", "08:05", (), camera="right")
    film(made, ("box-1", "left", TRAINEES), ("box-1", "right", TRAINEES), day=NEXT)
    assert made.r3().recordings == (f"{DAY}-am",)


def test_a_box_whose_class_was_elsewhere_lacks_no_camera() -> None:
    made = course((DAY, NEXT), ("box-1", "box-2"))
    film(made, ("box-1", "room", BUT_4))
    film(made, ("box-2", "room", BUT_4), day=NEXT)
    assert [block.lacking for block in made.story().blocks] == [(), ()]


@pytest.mark.parametrize(("signed", "session", "filmed", "by", "told"), [
    ("box-2", ("07:58", "09:42"), None, "button", "open"), ("box-2", ("07:58", None), None, "button", "open"),
    ("box-2", ("07:58", "09:42"), ("07:58", "09:05"), "button", "open"),
    ("box-2", ("07:58", "09:42"), ("07:58", "09:30"), "button", "missing"),
    ("box-2", None, None, "button", "open"), ("box-1", None, None, "button", "missing"),
    ("box-2", ("07:58", "08:10"), None, "button", "missing"),
    ("box-2", ("07:58", "09:42"), None, "plan", "open"),
    ("box-1", ("07:58", "09:42"), None, "button", "open"), ("box-1", ("07:58", "09:42"), None, "plan", "missing")])
def test_a_room_with_a_session_and_no_video_may_hold_who_signed_in(
    signed: str, session: tuple[str, str | None] | None, filmed: tuple[str, str] | None,
    by: Literal["button", "plan"], told: str,
) -> None:
    """A camera that was dead all along, or from some time on, convicts nobody of the other half of the class, though
    all of it signed in at the terminal of the first room. Where the plan alone began, nobody says that any went there.
    Without a session and video the box was off, for else the plan begins: then only who had signed in there before.
    """
    made = Course(boxes=("box-1", "box-2"), rooms=TWO)
    made.half_day(DAY)
    made.order()
    for person, box in zip(TRAINEES, ("box-1", "box-1", "box-2", signed), strict=True):
        made.check_in(person, f"{DAY} 07:50", box=box)
    film(made, ("box-1", "room", BUT_4))
    if session is not None:
        made.session(f"{DAY} {session[0]}", session[1], "box-2", by)
    if filmed is not None:
        made.film(f"{DAY} {filmed[0]}", filmed[1], (), box="box-2")
    found = made.r3()
    assert (found.recordings if told == "missing" else found.open_recordings) == (f"{DAY}-am",)
    said = [one.params["rooms"] for one in found.reasons if one.code == "room_unfilmed"]
    assert said == ([("workshop",)] if told == "open" else [])


def off_in_the_afternoon(signed: str) -> Course:
    """The second box films all morning, and has no power in the afternoon; t-4 signs in before that at a terminal."""
    made = Course(boxes=("box-1", "box-2"), rooms=TWO)
    made.half_day(DAY)
    made.half_day(DAY, "pm")
    made.order()
    for person in TRAINEES:
        made.check_in(person, f"{DAY} 07:50")
        made.check_in(person, f"{DAY} 13:50", box=signed if person == "t-4" else "box-1")
    film(made, ("box-1", "room", BUT_4), ("box-2", "bench", ("t-4",)))
    made.session(f"{DAY} 07:58", "09:42", "box-2")
    made.film(f"{DAY} 13:58", "15:42", BUT_4)
    return made


@pytest.mark.parametrize(("signed", "told"), [("box-2", "open"), ("box-1", "missing")])
def test_a_box_that_worked_in_the_morning_may_be_off_in_the_afternoon(signed: str, told: str) -> None:
    """With power a session would have begun by the plan, whatever ran before."""
    found = off_in_the_afternoon(signed).r3()
    assert (found.recordings if told == "missing" else found.open_recordings) == (f"{DAY}-pm",)


def silence(made: Course, start: str, end: str, box: str = "box-2") -> None:
    """The centre states that nothing came from a box from one time of the day to another."""
    params = {"device": box, "chain": sha(box)[:32], "since": utc_text(at(f"{DAY} {start}"))}
    made.centre.add("alarm", {"code": "box.silent", "params": params}, at(f"{DAY} {start}") + 10 * MINUTE)
    last = made.boxes["box-2"].records[-1]
    heard = utc_text(at(f"{DAY} {end}"))
    made.receipts.append(Receipt(1, "centre", box, last.chain, last.seq, sha("head"), 0, heard))


@pytest.mark.parametrize(("start", "end", "box", "told"), [
    ("12:00", "17:00", "box-2", "open"), ("14:10", "17:00", "box-2", "open"), ("12:00", "17:00", "box-3", "missing"),
    ("12:00", "13:59", "box-2", "missing"), ("14:00", "14:15", "box-2", "missing")])
def test_a_room_whose_box_the_centre_did_not_hear_and_that_recorded_nothing_convicts_nobody_who_signed_in(
    start: str, end: str, box: str, told: str,
) -> None:
    """A pulled cable leaves it open. With a network alone missing the box would have recorded; with power, too."""
    made = off_in_the_afternoon("box-1")
    silence(made, start, end, box)
    found = made.r3()
    assert (found.recordings if told == "missing" else found.open_recordings) == (f"{DAY}-pm",)
    said = [one.params["rooms"] for one in found.reasons if one.code == "room_unfilmed"]
    assert said == ([("workshop",)] if told == "open" else [])


@pytest.mark.parametrize(("start", "end", "told"), [
    ("14:05", "17:00", "open"), ("15:30", "17:00", "missing"), ("", "", "missing")])
def test_a_box_that_goes_off_in_the_middle_and_is_not_heard_from_then_on_is_as_one_that_was_off_before(
    start: str, end: str, told: str,
) -> None:
    """The plan began its session, so that who signed in at the other terminal is not looked for there else."""
    made = off_in_the_afternoon("box-1")
    made.session(f"{DAY} 13:58", None, "box-2", "plan")
    made.film(f"{DAY} 13:58", start or "14:05", (), box="box-2", camera="bench")
    if start:
        silence(made, start, end)
    found = made.r3()
    assert (found.recordings if told == "missing" else found.open_recordings) == (f"{DAY}-pm",)


@pytest.mark.parametrize(("planned", "told"), [("2026-03-02 12:00", "missing"), ("2026-03-02 16:00", "open")])
def test_a_box_that_the_plan_no_longer_had_is_silent_without_excusing_anybody(planned: str, told: str) -> None:
    """A box that was taken away is silent for ever. What a plan of later says does not convict either."""
    made = off_in_the_afternoon("box-1")
    silence(made, "12:00", "18:00")
    gone = made.boxes.pop("box-2")
    made.order(planned)
    made.boxes["box-2"] = gone
    found = made.r3()
    assert (found.recordings if told == "missing" else found.open_recordings) == (f"{DAY}-pm",)


@pytest.mark.parametrize(("box", "rooms"), [
    (None, [("workshop",)]), ("box-2", []), ("filmed", []), ("never ended", [("workshop",)])])
def test_of_a_room_that_was_off_a_miss_says_so_for_nobody_could_be_shown_or_sign_in_there(
    box: str | None, rooms: list[tuple[str, ...]],
) -> None:
    """No record tells that from a class that did not go there: it excuses nobody by itself, and people ask."""
    made = Course(boxes=("box-1", "box-2"), rooms=TWO)
    made.half_day(DAY)
    made.order()
    film(made, ("box-1", "room", BUT_4))
    if box == "box-2":
        made.session(f"{DAY} 07:58", "09:42", "box-2")
    if box == "filmed":
        film(made, ("box-2", "room", ()))
    if box == "never ended":  # a session of days before, whose end nobody pressed, says nothing of now
        made.session("2026-02-27 14:00", None, "box-2")
    found = made.r3()
    assert found.recordings == (f"{DAY}-am",) and "room_silent" not in codes(course((DAY,)).r3())
    assert [one.params["rooms"] for one in found.reasons if one.code == "room_silent"] == rooms


def test_a_second_box_of_the_same_room_that_records_nothing_does_so_too_and_only_on_its_day() -> None:
    made = course((DAY, NEXT), boxes=("box-1", "box-2"))
    made.rooms["box-2"] = "101"
    made.order("2026-03-01 19:00")
    for day in (DAY, NEXT):
        film(made, ("box-1", "left", BUT_4), day=day)
    made.session(f"{DAY} 07:58", box="box-2")
    found = made.r3()
    assert (found.recordings, found.open_recordings) == ((f"{NEXT}-am",), (f"{DAY}-am",))


def test_who_neither_checked_in_nor_is_shown_is_missing_whatever_a_camera_did() -> None:
    made = Course()
    for day in (DAY, NEXT):
        made.half_day(day)
    made.order()
    film(made, ("box-1", "left", TRAINEES), ("box-1", "right", TRAINEES))
    film(made, ("box-1", "left", BUT_4), day=NEXT)
    assert made.r3().recordings == (f"{NEXT}-am",)
