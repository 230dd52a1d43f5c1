"""R3, sentence by sentence of the policy's reading: each test is one of them."""
from __future__ import annotations

import dataclasses

import pytest

from common.policies import load_policy
from evidence.bodies import PassiveLook, Segment, body_of
from evidence.times import MINUTE
from tests.evidence.course import TRAINEES, UNSET, Course, at, codes, picture_of

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05")
BUT_4 = TRAINEES[:3]


def course(*missing: str, days: tuple[str, ...] = DAYS, **options: object) -> Course:
    """Half-days of which those in `missing` do not show t-4, who did not check in either."""
    made = Course(**options)  # type: ignore[arg-type]
    for day in days:
        made.half_day(day)
    made.order()
    for day in days:
        made.film(f"{day} 07:58", "09:42", BUT_4 if day in missing else None)
        for person in TRAINEES:
            if day == days[0] or day not in missing or person != "t-4":
                made.check_in(person, f"{day} 07:50")
    return made


# Unit


def test_unit_is_a_block_of_contiguous_class_hours_in_one_half_day() -> None:
    made = course(days=DAYS[:1])
    made.half_day("2026-03-06", "am")
    made.half_day("2026-03-06", "pm")
    made.hour("2026-03-06 17:00", "17:45")
    made.order("2026-03-01 19:00")
    blocks = made.story().blocks
    assert [block.id for block in blocks] == ["2026-03-02-am", "2026-03-06-am", "2026-03-06-pm", "2026-03-06-pm-2"]
    assert [len(block.hours) for block in blocks] == [2, 2, 2, 1]


def test_unit_is_divided_at_local_noon_even_without_a_pause() -> None:
    made = Course()
    made.hour("2026-03-02 11:15", "12:00")
    made.hour("2026-03-02 12:00", "12:45")
    made.order()
    assert [block.id for block in made.story().blocks] == ["2026-03-02-am", "2026-03-02-pm"]


def test_unit_is_never_a_press_a_file_a_run_or_a_camera() -> None:
    one = course(DAYS[1], days=DAYS[:2])
    many = Course()
    for day in DAYS[:2]:
        many.half_day(day)
    many.order()
    for person in TRAINEES:
        many.check_in(person, f"{DAYS[0]} 07:50")
    many.film(f"{DAYS[0]} 07:58", "09:42")
    for start, end in (("07:58", "08:20"), ("08:20", "08:50"), ("08:50", "09:42")):
        for camera in ("front", "back"):
            many.film(f"{DAYS[1]} {start}", end, BUT_4, camera=camera, segment_s=60)
    for person in BUT_4:
        many.check_in(person, f"{DAYS[1]} 07:50")
    assert one.r3().recordings == many.r3().recordings == ("2026-03-03-am",)
    assert one.r3().readings == many.r3().readings


def test_unit_is_a_class_hour_under_a_strict_policy() -> None:
    made = course(DAYS[1], DAYS[2])
    assert made.policy.r3 is not None
    strict = dataclasses.replace(made.policy, r3=dataclasses.replace(made.policy.r3, occasion="class_hour"))
    assert made.r3().verdict == "clear"
    made.policy = strict
    found = made.r3()
    assert (found.verdict, found.recordings) == ("flag", ("h-3", "h-4", "h-5", "h-6"))
    assert found.readings[0].name == "block" and found.readings[0].missing == 2


def test_online_class_hours_carry_no_r3() -> None:
    made = Course()
    made.hour("2026-03-02 08:00", "08:45", "online")
    made.order()
    assert made.story().blocks == ()
    assert made.r3().result == "not_recorded"


# Basis


def test_basis_is_the_roster_when_the_block_starts() -> None:
    made = course(DAYS[1], DAYS[2], DAYS[3])
    made.roster_event("withdrawal", "t-4", "2026-03-02 18:00", "2026-03-02 18:00")
    assert made.r3().verdict == "clear"
    assert [len(block.roster) for block in made.story().blocks] == [4, 3, 3, 3]


def test_basis_changes_by_late_entry_and_substitution_at_their_effective_time() -> None:
    made = course()
    made.roster_event("late_entry", "t-5", "2026-03-03 00:00", "2026-03-01 20:00")
    made.roster_event("substitution", "t-1", "2026-03-04 00:00", "2026-03-01 20:00", "t-6")
    blocks = made.story().blocks
    assert blocks[0].roster == TRAINEES
    assert blocks[1].roster == (*TRAINEES, "t-5")
    assert blocks[2].roster == ("t-2", "t-3", "t-4", "t-5", "t-6")
    assert made.r3().recordings == ("2026-03-03-am", "2026-03-04-am", "2026-03-05-am")


def test_basis_never_changes_retroactively() -> None:
    made = course(DAYS[1], DAYS[2], DAYS[3])
    made.roster_event("withdrawal", "t-4", "2026-03-01 20:00", "2026-03-10 09:00")
    assert made.r3().verdict == "flag"
    assert "roster_backdated" in codes(made.finding("roster"))


def test_basis_does_not_change_retroactively_by_a_new_plan_either() -> None:
    made = course(DAYS[1], DAYS[2], DAYS[3])
    made.order("2026-03-10 09:00", trainees=BUT_4)
    assert made.r3().verdict == "flag"


def test_a_roster_that_shrinks_after_a_miss_is_a_finding_of_its_own() -> None:
    made = course(DAYS[1], DAYS[2])
    made.roster_event("withdrawal", "t-4", "2026-03-04 18:00", "2026-03-04 18:00")
    found = made.finding("roster")
    assert found.result == "warning" and not found.flag
    assert codes(found) == ["roster_shrank"]
    assert found.reasons[0].params["blocks"] == ("2026-03-03-am", "2026-03-04-am")


def test_a_roster_that_shrinks_without_a_miss_is_not() -> None:
    made = course()
    made.roster_event("withdrawal", "t-4", "2026-03-04 18:00", "2026-03-04 18:00")
    assert all(one.rule != "roster" for one in made.findings())


def test_basis_of_a_make_up_block_is_its_own_list() -> None:
    made = course(DAYS[1], days=DAYS[:2])
    made.hour("2026-03-06 08:00", "08:45", make_up=["t-4"])
    made.order("2026-03-04 08:00")
    made.film("2026-03-06 07:58", "08:46", ["t-4"])
    block = made.story().blocks[-1]
    assert (block.id, block.roster, block.make_up) == ("2026-03-06-am-makeup", ("t-4",), True)
    assert "2026-03-06-am-makeup" not in made.r3().recordings + made.r3().open_recordings


def test_a_make_up_does_not_cure_an_occasion() -> None:
    made = course(DAYS[1], DAYS[2], DAYS[3])
    made.hour("2026-03-09 08:00", "08:45", make_up=["t-4"])
    made.order("2026-03-06 08:00")
    made.film("2026-03-09 07:58", "08:46", ["t-4"])
    assert made.r3().verdict == "flag"


# Per trainee and block


def test_shown_is_the_union_over_the_block() -> None:
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    made.film(f"{DAYS[0]} 07:58", "08:30", ["t-1", "t-2"])
    made.film(f"{DAYS[0]} 08:30", "09:42", ["t-3", "t-4"])
    assert {one.answer for one in made.story().blocks[0].presences} == {"shown"}
    assert made.r3().recordings == ()


def test_shown_if_pointed_out_in_a_frame_by_a_person() -> None:
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    filmed = made.film(f"{DAYS[0]} 07:58", "09:42", BUT_4)
    assert made.r3().recordings == ("2026-03-02-am",)
    made.point_out("t-4", filmed, f"{DAYS[0]} 08:20")
    assert made.r3().recordings == ()
    assert made.story().blocks[0].presences[3].sightings[0].pointed


def test_a_box_cannot_point_anybody_out() -> None:
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    filmed = made.film(f"{DAYS[0]} 07:58", "09:42", BUT_4)
    made.point_out("t-4", filmed, f"{DAYS[0]} 08:20")
    pointed = made.centre.records.pop()
    made.boxes["box-1"].add(pointed.type, dict(pointed.body), pointed.utc_us)
    assert made.r3().recordings == ("2026-03-02-am",)


def test_not_identifiable_while_somebody_in_view_could_be_them_else_absent() -> None:
    made = course(DAYS[0], days=DAYS[:1])
    assert made.story().blocks[0].presences[3].answer == "absent"
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    made.film(f"{DAYS[0]} 07:58", "09:42", BUT_4, unnamed=1)
    assert made.story().blocks[0].presences[3].answer == "not_identifiable"


def test_seen_only_early_is_a_finding_of_its_own_outside_r3() -> None:
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    made.film(f"{DAYS[0]} 07:58", "09:42", BUT_4, camera="a")
    made.film(f"{DAYS[0]} 07:58", "09:42", ["t-4"], camera="b", seen=("07:58", "08:10"))
    assert made.r3().verdict == "clear" and made.r3().recordings == ()
    found = made.finding("left_early")
    assert found.result == "warning" and found.reasons[0].params["trainee"] == "t-4"


def test_a_pin_never_makes_anyone_shown() -> None:
    made = course(DAYS[1], DAYS[2], DAYS[3])
    before = made.r3()
    for day in DAYS[1:]:
        body = {"class": "c-1", "person": "t-4", "session": None}
        made.boxes["box-1"].add("checkin.pin", body, made.boxes["box-1"].boot_us + int(day[-2:]) * 86_400_000_000)
    assert made.r3() == before and before.verdict == "flag"


def test_a_check_in_makes_nobody_shown() -> None:
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    made.film(f"{DAYS[0]} 07:58", "09:42", BUT_4)
    made.check_in("t-4", f"{DAYS[0]} 07:50")
    one = made.story().blocks[0].presences[3]
    assert one.checked_in and one.answer == "absent"


# Per block: first match wins


def half_day(shows: tuple[str, ...] = BUT_4, checked_in: tuple[str, ...] = TRAINEES, **film: object) -> Course:
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    made.film(f"{DAYS[0]} 07:58", "09:42", shows, **film)  # type: ignore[arg-type]
    for person in checked_in:
        made.check_in(person, f"{DAYS[0]} 07:50")
    return made


def state(made: Course) -> str:
    found = made.r3()
    return "missing" if found.recordings else "open" if found.open_recordings else "complete"


@pytest.mark.parametrize("answer", ["complete", "missing", "open"])
def test_a_reviewers_answer_comes_first(answer: str) -> None:
    for shows in (TRAINEES, BUT_4):
        made = half_day(shows)
        made.review("2026-03-02-am", answer)
        assert state(made) == answer


def test_the_latest_review_counts() -> None:
    made = half_day()
    made.review("2026-03-02-am", "complete", "2026-03-21 09:00")
    made.review("2026-03-02-am", "missing", "2026-03-20 09:00")
    assert state(made) == "complete"


def test_a_box_cannot_review() -> None:
    made = half_day(checked_in=BUT_4)
    made.review("2026-03-02-am", "complete")
    review = made.centre.records.pop()
    made.boxes["box-1"].add(review.type, dict(review.body), review.utc_us)
    assert state(made) == "missing"


def test_complete_all_shown_even_in_little_video() -> None:
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    made.film(f"{DAYS[0]} 08:00", "08:10")
    assert state(made) == "complete"


def test_open_no_usable_video_for_most_of_the_block() -> None:
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    made.film(f"{DAYS[0]} 08:00", "08:40", BUT_4)
    assert state(made) == "open" and "no_usable_video" in codes(made.r3())


def test_open_black_video_is_not_usable() -> None:
    made = half_day((), (), dark=95)
    assert state(made) == "open" and "no_usable_video" in codes(made.r3())


def test_open_time_uncertain() -> None:
    made = half_day(checked_in=BUT_4)
    assert state(made) == "missing"
    made.boxes["box-2"] = type(made.boxes["box-1"])("box-2", UNSET, is_box=True)
    made.order("2026-03-01 19:00")
    made.film(f"{DAYS[0]} 07:58", "09:42", BUT_4, box="box-2")
    assert state(made) == "open" and "time_uncertain" in codes(made.r3())
    assert made.finding("clock").result == "open"


def test_open_until_the_roll_call_is_finished() -> None:
    made = half_day((), (), roll_call=False)
    assert state(made) == "open" and "occasion_rollcall_pending" in codes(made.r3())


def test_open_until_the_boxes_have_reported_past_the_block() -> None:
    made = half_day(checked_in=())
    made.silent = True
    assert made.r3("2026-03-02 09:45").result == "not_recorded"
    found = made.r3("2026-03-02 09:50")
    assert found.open_recordings == ("2026-03-02-am",) and "occasion_awaited" in codes(found)


def test_not_counted_until_the_block_is_over() -> None:
    made = half_day(checked_in=())
    assert made.r3("2026-03-02 09:00").recordings == ()
    assert made.r3("2026-03-02 09:00").result == "not_recorded"
    assert made.r3("2026-03-02 09:40").recordings == ("2026-03-02-am",)


def test_missing_neither_shown_nor_checked_in() -> None:
    made = half_day(checked_in=BUT_4, headcount=4, unnamed=1)
    assert state(made) == "missing"
    assert made.r3().trainees == ("t-4",)


def test_missing_not_shown_in_a_good_picture_with_a_low_headcount_all_along() -> None:
    assert state(half_day(headcount=3)) == "missing"


def test_open_checked_in_while_a_face_that_could_not_be_told_may_be_that_person_whatever_the_headcount() -> None:
    made = half_day(headcount=3, unnamed=1)
    assert state(made) == "open" and "not_identified" in codes(made.r3())


def test_open_checked_in_and_not_shown_with_a_full_headcount() -> None:
    made = half_day(headcount=4, unnamed=1)
    assert state(made) == "open" and "not_identified" in codes(made.r3())


def test_open_checked_in_and_not_shown_in_a_bad_picture() -> None:
    assert state(half_day(headcount=3, dark=40)) == "open"


def test_open_checked_in_and_not_shown_with_a_hole_in_the_video() -> None:
    made = Course()
    made.half_day(DAYS[0])
    made.order()
    made.film(f"{DAYS[0]} 07:58", "09:00", BUT_4)
    made.check_in("t-4", f"{DAYS[0]} 07:50")
    assert state(made) == "open"


def test_a_check_in_counts_from_its_window_to_the_end_of_the_block() -> None:
    for when, expected in (("06:50", "missing"), ("07:10", "open"), ("09:39", "open"), ("09:50", "missing")):
        made = half_day(checked_in=BUT_4, headcount=4, unnamed=1)
        made.check_in("t-4", f"{DAYS[0]} {when}")
        assert state(made) == expected, when


def test_a_check_in_of_the_morning_does_not_count_in_the_afternoon() -> None:
    made = Course()
    made.hour("2026-03-02 11:00", "11:45")
    made.hour("2026-03-02 12:00", "12:45")
    made.order()
    made.check_in("t-1", "2026-03-02 11:30")
    assert [block.presences[0].checked_in for block in made.story().blocks] == [True, False]


@pytest.mark.parametrize("liveness", ["fake", "no_response", "bad_input", "not_checked"])
def test_a_refused_attempt_is_no_check_in(liveness: str) -> None:
    made = half_day(checked_in=BUT_4, headcount=4, unnamed=1)
    made.check_in("t-4", f"{DAYS[0]} 07:50", liveness)
    assert state(made) == "missing"


def test_a_box_that_calls_a_fake_live_is_not_believed() -> None:
    made = half_day(checked_in=BUT_4, headcount=4, unnamed=1)
    made.check_in("t-4", f"{DAYS[0]} 07:50", "live", passive=PassiveLook(8, 0, 0, 500_000))
    assert state(made) == "missing"
    assert [fact.liveness for fact in made.story().checkins if fact.person == "t-4"] == ["fake"]


# Per class


def test_flag_when_missing_reaches_the_limit() -> None:
    found = course(*DAYS[1:]).r3()
    assert (found.verdict, found.result, found.flag) == ("flag", "violated", True)
    assert found.recordings == ("2026-03-03-am", "2026-03-04-am", "2026-03-05-am")
    assert found.trainees == ("t-4",)


def test_clear_when_missing_and_open_stay_below_the_limit() -> None:
    found = course(*DAYS[2:]).r3()
    assert (found.verdict, found.result, found.flag) == ("clear", "satisfied", False)


def test_review_otherwise_so_a_lost_video_never_acquits() -> None:
    made = course(*DAYS[2:])
    made.half_day("2026-03-06")
    made.order("2026-03-01 19:00")
    found = made.r3()
    assert (found.verdict, found.result, found.flag) == ("review", "open", False)
    assert found.open_recordings == ("2026-03-06-am",)


def test_a_bad_camera_never_convicts() -> None:
    made = Course()
    for day in DAYS:
        made.half_day(day)
    made.order()
    for day in DAYS:
        made.film(f"{day} 07:58", "09:42", (), dark=95)
    assert made.r3().verdict == "review" and not made.r3().flag


@pytest.mark.parametrize(("change", "bad"), [({"contrast_ppm": 90_000}, True), ({"detail_ppm": 500}, True),
                                             ({"bright_ppm": 400_000}, True), ({}, False)])
def test_whoever_may_be_lost_in_smoke_glare_or_a_lens_out_of_focus_is_not_convicted_by_the_headcount(
    change: dict[str, int], bad: bool,
) -> None:
    made = half_day(pictured=False)
    picture_all(made, at(f"{DAYS[0]} 08:30"), change)
    assert state(made) == ("open" if bad else "missing")
    assert ("camera_hazy" in codes(made.r3())) == bad
    away = half_day(checked_in=BUT_4, pictured=False)
    picture_all(away, at(f"{DAYS[0]} 08:30"), change)
    assert state(away) == "missing", "who did not sign in is missing all the same"


def picture_all(made: Course, until_us: int, change: dict[str, int]) -> None:
    """Picture records of all video; up to that moment its samples are other ones."""
    box = made.boxes["box-1"]
    for record in [one for one in box.records if one.type == "segment"]:
        body = body_of(record)
        assert isinstance(body, Segment)
        start_us = box.boot_us + body.first_mono_us - body.first_pts_us
        samples = tuple(dataclasses.replace(one, **change) if start_us + one.at_us < until_us else one  # type: ignore[arg-type]
                        for one in picture_of(body).samples)
        box.add("picture", dataclasses.replace(picture_of(body), samples=samples), record.utc_us + MINUTE)


def test_smoke_for_a_moment_excuses_nobody() -> None:
    made = half_day(pictured=False)
    picture_all(made, at(f"{DAYS[0]} 08:10"), {"contrast_ppm": 90_000})
    assert state(made) == "missing"


def test_a_camera_that_looks_at_the_wall_convicts_nobody_who_signed_in() -> None:
    made = half_day(shows=())
    assert {one.answer for one in made.story().blocks[0].presences} == {"absent"}
    assert state(made) == "open" and "nobody_in_view" in codes(made.r3())
    assert state(half_day(shows=(), checked_in=BUT_4)) == "missing", "nor does it excuse who did not"


def test_open_checked_in_while_who_is_missing_may_be_asleep_and_seen_from_behind() -> None:
    made = half_day(still=1)
    assert state(made) == "open" and {"not_identified", "still_heads"} <= set(codes(made.r3()))
    block = made.story().blocks[0]
    assert (block.headcount_max, block.headcount_due, block.still_heads) == (3, 4, 1)
    assert state(half_day(still=0)) == "missing" and "still_heads" not in codes(half_day(still=0).r3())
    assert state(half_day(still=1, checked_in=BUT_4)) == "missing", "nobody signs in asleep"
    assert state(half_day((), still=4)) == "open" and "nobody_in_view" in codes(half_day((), still=4).r3())


def test_two_are_missing_where_one_may_be_asleep() -> None:
    assert state(half_day(TRAINEES[:2], still=1)) == "missing"


@pytest.mark.parametrize(("later", "proved"), [(1, True), (2, True), (0, False), (None, False)])
def test_what_never_moves_on_any_day_is_a_poster(later: int | None, proved: bool) -> None:
    """The same on the next day, or more of it; gone for one segment, or never looked for."""
    made = half_day(still=1)
    made.film(f"{DAYS[1]} 08:00", "08:10", still=1 if later == 0 else later)
    made.film(f"{DAYS[1]} 08:10", "08:20", still=later)
    made.film(f"{DAYS[0]} 08:00", "09:40", BUT_4, camera="other", still=0)
    assert state(made) == ("missing" if proved else "open")


def test_within_one_half_day_nobody_knows_a_poster_from_somebody_asleep() -> None:
    made = half_day(still=1)
    made.film(f"{DAYS[0]} 14:00", "19:50", still=1)
    assert state(made) == "open"


def test_a_room_in_which_only_the_instructor_is_left_is_missing() -> None:
    made = half_day(shows=("teacher",))
    assert state(made) == "missing" and made.r3().trainees == TRAINEES


def test_a_count_of_faces_alone_convicts_nobody_who_signed_in() -> None:
    assert state(half_day(faceless=0)) == "missing"
    made = half_day(faceless=None)
    assert state(made) == "open" and "faces_only" in codes(made.r3())
    assert state(half_day(faceless=None, checked_in=BUT_4)) == "missing"


# Other readings


def test_the_tallies_under_the_other_readings_stand_beside() -> None:
    made = course(*DAYS[1:])
    tallies = {one.name: (one.missing, one.open, one.verdict) for one in made.r3().readings}
    assert tallies == {"class_hour": (6, 0, "flag"), "came": (3, 0, "flag"), "leave": (3, 0, "flag")}
    assert "depends_on_reading" not in codes(made.r3())


def test_depends_when_class_hours_are_counted() -> None:
    made = course(*DAYS[2:])
    found = made.r3()
    assert found.verdict == "clear"
    depends = next(one for one in found.reasons if one.code == "depends_on_reading")
    assert depends.params["readings"] == ("class_hour",)


def test_depends_when_only_those_who_came_to_the_opening_are_due() -> None:
    made = course(*DAYS[1:])
    opening = [r for r in made.boxes["box-1"].records if r.type == "checkin" and r.body["best"]["person"] == "t-4"]
    made.boxes["box-1"].records.remove(opening[0])
    tallies = {one.name: one.verdict for one in made.r3().readings}
    assert made.r3().verdict == "flag" and tallies["came"] == "clear"
    assert "depends_on_reading" in codes(made.r3())


def test_depends_when_approved_leave_is_left_out() -> None:
    made = course(*DAYS[1:])
    made.leave("t-4", "2026-03-03 00:00", "2026-03-04 00:00")
    assert {one.name: one.verdict for one in made.r3().readings}["leave"] == "clear"
    assert made.r3().verdict == "flag"


def test_limit_one_always_goes_to_review() -> None:
    made = course(DAYS[1], policy="zhengzhou-2022")
    found = made.r3()
    assert (found.verdict, found.result, found.flag) == ("review", "open", False)
    assert found.recordings == ("2026-03-03-am",)
    assert "limit_one_review" in codes(found)
    assert course(policy="zhengzhou-2022").r3().verdict == "clear"


def test_demo_counts_like_sanmenxia() -> None:
    demo, real = load_policy("demo").r3, load_policy("sanmenxia-2023").r3
    assert demo == real
