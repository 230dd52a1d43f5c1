"""到课率: what each trainee attended of what was due, and how many were there on average."""
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import Learnt, Online
from evidence.rates import Rate, rates
from tests.evidence.course import TRAINEES, UNSET, Course, at

DAY, NEXT, LATER = "2026-03-02", "2026-03-03", "2026-03-05"
AS_OF = "2026-04-01 00:00"


def told(made: Course, as_of: str = AS_OF) -> dict[str, Rate]:
    return {one.person: one for one in rates(made.story(), at(as_of)).people}


def course(**options: object) -> Course:
    """Two half-days of two class-hours each, planned."""
    made = Course(**options)  # type: ignore[arg-type]
    made.half_day(DAY)
    made.half_day(NEXT)
    made.order()
    return made


def held(made: Course, day: str, signed: tuple[str, ...] = TRAINEES, shown: tuple[str, ...] = TRAINEES) -> None:
    for person in signed:
        made.check_in(person, f"{day} 07:50")
    made.film(f"{day} 07:58", "09:42", shown)


def test_who_signed_in_or_is_shown_attended_and_who_did_neither_missed() -> None:
    made = course()
    held(made, DAY, signed=("t-1", "t-2"), shown=("t-1", "t-3"))
    held(made, NEXT)
    found = told(made)
    assert [(found[one].attended, found[one].missed, found[one].unshown) for one in TRAINEES] == [
        (4, 0, 0), (4, 0, 2), (4, 0, 0), (2, 2, 0)]
    assert found["t-4"].ppm == found["t-4"].most_ppm == 500_000 and found["t-1"].ppm == 1_000_000


def test_leave_is_due_and_shown_apart_and_a_make_up_counts_up_to_what_was_missed() -> None:
    made = Course()
    made.half_day(DAY)
    made.half_day(NEXT)
    for start, end in (("08:00", "08:45"), ("08:55", "09:40")):
        made.hour(f"{LATER} {start}", end, "practical", ["t-3", "t-4"])
    made.order()
    made.leave("t-4", f"{NEXT} 08:00", f"{NEXT} 08:45")
    held(made, DAY)
    held(made, NEXT, TRAINEES[:3], TRAINEES[:3])
    held(made, LATER, ("t-3", "t-4"), ("t-3", "t-4"))
    found = told(made)
    assert (found["t-4"].on_leave, found["t-4"].missed, found["t-4"].made_up, found["t-4"].ppm) == (1, 1, 2, 1_000_000)
    assert (found["t-3"].made_up, found["t-3"].ppm) == (0, 1_000_000)


def test_a_roster_event_changes_what_is_due() -> None:
    made = course()
    made.roster_event("late_entry", "t-9", f"{DAY} 12:00", f"{DAY} 12:00")
    made.roster_event("withdrawal", "t-2", f"{DAY} 12:00", f"{DAY} 12:00")
    held(made, DAY)
    held(made, NEXT, ("t-1", "t-9"), ("t-1", "t-9"))
    assert {one: (rate.due, rate.attended) for one, rate in told(made).items()} == {
        "t-1": (4, 4), "t-2": (2, 2), "t-3": (4, 2), "t-4": (4, 2), "t-9": (2, 2)}


def test_what_nobody_can_tell_is_open() -> None:
    made = course()
    held(made, DAY)
    lost, late, unsure = told(made), told(made, f"{NEXT} 08:50"), course(clock=UNSET)
    assert {(one.open, one.missed, one.pending) for one in lost.values()} == {(2, 0, 0)}
    assert {(one.due, one.open, one.pending) for one in late.values()} == {(3, 1, 1)}
    held(unsure, DAY)
    assert {(one.attended, one.missed) for one in told(unsure).values()} == {(0, 0)}
    assert lost["t-1"].most_ppm == 1_000_000 and lost["t-1"].ppm == 500_000


def test_without_video_who_did_not_sign_in_missed_where_others_did() -> None:
    made = course()
    for day in (DAY, NEXT):
        for person in TRAINEES[:3]:
            made.check_in(person, f"{day} 07:50")
    assert (told(made)["t-4"].missed, told(made)["t-1"].attended) == (4, 4)


def test_a_roll_call_that_is_not_finished_calls_nobody_missing() -> None:
    made = course()
    for day in (DAY, NEXT):
        for person in TRAINEES[:3]:
            made.check_in(person, f"{day} 07:50")
        made.film(f"{day} 07:58", "09:42", roll_call=False)
    assert (told(made)["t-4"].missed, told(made)["t-4"].open) == (0, 4)


def test_a_reviewer_who_says_that_everyone_is_shown_says_that_they_were_there() -> None:
    made = course()
    held(made, DAY, TRAINEES[:3], TRAINEES[:3])
    held(made, NEXT)
    assert told(made)["t-4"].missed == 2
    made.review(f"{DAY}-am", "complete")
    assert told(made)["t-4"].attended == 4


@pytest.mark.parametrize(("credit", "expected"), [
    (None, (0, 2, 0)), ((), (0, 2, 0)), ((Learnt("t-1", 1),), (1, 0, 1)), ((Learnt("t-1", 9, 400),), (2, 0, 0)),
    ((Learnt("t-2", 1),), (0, 0, 2)),
])
def test_online_class_hours_are_what_the_platform_credits(
    credit: tuple[Learnt, ...] | None, expected: tuple[int, int, int]
) -> None:
    made = Course()
    made.hour(f"{DAY} 08:00", "08:45", "online")
    made.hour(f"{DAY} 08:55", "09:40", "online")
    made.order()
    if credit is not None:
        made.imported("O5", Online((), credit))
    one = told(made)["t-1"]
    assert (one.online, one.open, one.missed) == expected and one.attended == one.online


def test_the_average_is_of_class_hours_of_which_somebody_can_tell() -> None:
    made = Course()
    for day in (DAY, NEXT, "2026-03-04"):
        made.half_day(day)
    made.hour(f"{LATER} 08:00", "08:45", "practical", ["t-4"])
    made.order()
    held(made, DAY)
    held(made, NEXT, TRAINEES[:1], TRAINEES[:1])
    held(made, LATER, ("t-4",), ("t-4",))
    found = rates(made.story(), at(AS_OF))
    assert (found.present_ppm, found.hours) == (2_500_000, 4)
    assert rates(made.story(), at(f"{DAY} 07:00")).present_ppm is None


def test_a_class_without_anything_has_no_rate() -> None:
    made = Course()
    made.order()
    assert rates(made.story(), at(AS_OF)).people == ()


STATES = ("signed", "shown", "both", "away")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from(STATES)] * 4), min_size=1, max_size=3), st.lists(st.booleans(), max_size=2),
    st.integers(0, 4),
)
def test_the_parts_are_the_whole_whatever_people_do(
    days: list[tuple[str, ...]], made_up: list[bool], leaves: int
) -> None:
    made = Course()
    for number in range(len(days)):
        made.hour(f"2026-03-{number + 2:02} 08:00", "08:20")
    for number in range(len(made_up)):
        made.hour(f"2026-03-{number + 10:02} 08:00", "08:20", make_up=["t-1"])
    made.order()
    for number, states in enumerate(days):
        day = f"2026-03-{number + 2:02}"
        pairs = list(zip(TRAINEES, states, strict=True))
        for person, state in pairs:
            if state in ("signed", "both"):
                made.check_in(person, f"{day} 07:50")
        made.film(f"{day} 07:58", "08:22", [one for one, state in pairs if state in ("shown", "both")], segment_s=3600)
        if number < leaves:
            made.leave("t-2", f"{day} 07:00", f"{day} 10:00")
    for number, came in enumerate(made_up):
        if came:
            made.check_in("t-1", f"2026-03-{number + 10:02} 07:50")
    for place, rate in enumerate(rates(made.story(), at(AS_OF)).people):
        there = sum(states[place] != "away" for states in days)
        away = len(days) - there
        assert rate.due == rate.attended + rate.on_leave + rate.open + rate.missed == len(days)
        assert (rate.attended, rate.open) == (there, 0)
        assert rate.made_up == (min(sum(made_up), away) if rate.person == "t-1" else 0)
        assert rate.unshown == sum(states[place] == "signed" for states in days)
        assert 0 <= (rate.ppm or 0) <= (rate.most_ppm or 0) <= 1_000_000
