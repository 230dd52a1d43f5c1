"""Who signed in and out: what counts, from when, for which block; a first sight that is not believable helps nobody."""
from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.attendance import SEEN_US, attended, first_sight
from evidence.bodies import CheckIn, PinCheckIn
from evidence.fold import fold
from evidence.story import Attendance, CheckInFact, PinFact, Presence, Span
from evidence.times import MINUTE
from tests.evidence.course import MARGIN, SHA, SIMULATED, THRESHOLD, TRAINEES, UNSET, Chain, Course, at

DAY = "2026-03-02"
BUT_4 = TRAINEES[:3]


def half_day(shows: tuple[str, ...] = TRAINEES, **film: object) -> Course:
    """One filmed half-day of two class-hours, 08:00–08:45 and 08:55–09:40; nobody has signed in."""
    made = Course()
    made.half_day(DAY)
    made.order()
    made.film(f"{DAY} 07:58", "09:42", shows, **film)  # type: ignore[arg-type]
    return made


def of(made: Course, person: str = "t-4", occasion: int = -1) -> Attendance:
    """Somebody's attendance of the block, or of a class-hour by its number."""
    story = made.story()
    unit = story.blocks[0] if occasion < 0 else story.hours[occasion]
    return next(one for one in (*unit.attendance, *unit.teachers) if one.person == person)


def presence(made: Course, person: str = "t-4") -> Presence:
    return next(one for one in made.story().blocks[0].presences if one.person == person)


# Against the obvious way: a person at every moment

SPAN, WINDOW, AFTER = Span(100, 200), Span(60, 200), 40
BODY = CheckIn("c-1", None, "a-1", "lab", SHA, "cpu", THRESHOLD, MARGIN, 5, 5, 120, 0, "live")
PIN = PinCheckIn("c-1", None, "a-1", "p", "in", "cannot", "teacher", 0, 0)


def sign(at_us: int, way: str, direction: str, seq: int) -> CheckInFact | PinFact:
    ref = ("box-1", "0", seq)
    if way == "pin":
        body = dataclasses.replace(PIN, direction=direction)  # type: ignore[arg-type]
        return PinFact(ref, body, at_us, None, False, None)
    face = dataclasses.replace(BODY, direction=direction)  # type: ignore[arg-type]
    return CheckInFact(ref, face, at_us, "accepted", "p", None, "live")


SIGNS = st.lists(st.tuples(st.integers(40, 260), st.sampled_from(["face", "pin"]), st.sampled_from(["in", "out"])),
                 max_size=8, unique_by=lambda one: one[0])


def by_the_obvious_way(signs: list[tuple[int, str, str]]) -> tuple[bool, int | None, int | None]:
    """Whether they came, since when they were there, when they left; by going through every moment."""
    inside, since, came, out = False, None, False, None
    for moment in range(WINDOW.start_us, SPAN.end_us + 1):
        for when, _, direction in signs:
            if when == moment:
                came |= moment > SPAN.start_us
                if direction == "in" and not inside and (moment <= SPAN.start_us or since is None):
                    since = moment
                if direction == "out" and moment <= SPAN.start_us:
                    since = None
                inside = direction == "in"
                out = moment if direction == "out" else None
        came |= inside and moment >= SPAN.start_us
    later = [one for one in signs if one[0] > SPAN.end_us]
    if later and later[0][2] == "out" and later[0][0] <= SPAN.end_us + AFTER:
        out = later[0][0]
    return came, since if came else None, out if came else None


@settings(max_examples=400, deadline=None)
@given(SIGNS, st.integers(0, 120))
def test_attendance_is_what_going_through_every_moment_says(signs: list[tuple[int, str, str]], late: int) -> None:
    signs = sorted(signs)
    facts = [sign(*one, seq) for seq, one in enumerate(signs)]
    found = attended("p", facts, WINDOW, SPAN, AFTER, None)
    assert (found.came, found.in_us, found.out_us) == by_the_obvious_way(signs)
    assert (found.way == "none") == (not found.came)
    assert attended("q", facts, WINDOW, SPAN, AFTER, 0) == Attendance("q", False, "none", None, None, False, ())
    if late == 0:
        in_time = found.in_us is not None and found.in_us <= SPAN.start_us
        assert attended("p", facts, WINDOW, SPAN, AFTER, 0).late == (found.came and not in_time)


@settings(max_examples=200, deadline=None)
@given(SIGNS)
def test_what_does_not_count_changes_nothing(signs: list[tuple[int, str, str]]) -> None:
    facts = [sign(*one, seq) for seq, one in enumerate(sorted(signs))]
    void = [dataclasses.replace(one, void="unconfirmed") if isinstance(one, PinFact)
            else dataclasses.replace(one, forbidden=True) for one in facts]
    assert not attended("p", void, WINDOW, SPAN, AFTER, 0).came
    doubted = [dataclasses.replace(one, doubt="clock") for one in facts]
    assert not attended("p", doubted, WINDOW, SPAN, AFTER, 0).came


# The first sight


@settings(max_examples=200, deadline=None)
@given(st.integers(-60 * MINUTE, 200 * MINUTE), st.booleans())
def test_a_first_sight_is_never_before_the_opening_nor_long_before_its_record(back_us: int, simulated: bool) -> None:
    chain = Chain("box-1", SIMULATED if simulated else UNSET, is_box=True)
    record = chain.add("alarm", {"code": "x", "params": {}}, at(f"{DAY} 07:30"))
    opened = Span(at(f"{DAY} 07:00"), at(f"{DAY} 09:40"))
    limit_us = SEEN_US * record.clock.rate
    seen_us, unlikely = first_sight(record, record.mono_us - back_us, [opened])
    assert opened.start_us <= seen_us <= record.utc_us
    assert unlikely == (not 0 <= back_us <= min(limit_us, 30 * MINUTE))
    assert seen_us == (record.utc_us if unlikely else record.utc_us - back_us)
    assert first_sight(record, record.mono_us - back_us, [])[1] == (not 0 <= back_us <= limit_us)


@pytest.mark.parametrize(("seen", "when", "late"), [
    ("07:59", "08:15", False),  # in the queue
    ("08:10", "08:12", False),
    ("08:11", "08:12", True),
    ("07:50", "08:30", True),   # nobody stands in a queue for so long
    ("08:20", "08:15", True),   # after its own record
])
def test_late_is_judged_by_a_first_sight_that_can_be_believed(seen: str, when: str, late: bool) -> None:
    made = half_day()
    made.check_in("t-4", f"{DAY} {when}", seen=f"{DAY} {seen}")
    assert of(made).late == late


def test_a_backdated_first_sight_makes_no_check_in_of_another_time() -> None:
    made = half_day(BUT_4, headcount=4, unnamed=1)
    made.check_in("t-4", f"{DAY} 10:30", seen=f"{DAY} 09:00")
    assert not presence(made).checked_in
    assert [one.code for one in made.finding("checkins").reasons] == ["checkins_unlikely"]


def test_a_sign_out_alone_is_not_in_time() -> None:
    made = half_day()
    made.check_in("t-4", f"{DAY} 09:39", direction="out")
    for number in (-1, 1):
        assert (of(made, occasion=number).came, of(made, occasion=number).late) == (True, True)
    assert (of(made, occasion=0).came, of(made, occasion=0).late) == (False, False)


def test_late_and_gone_are_told_for_each_class_hour() -> None:
    made = half_day()
    made.check_in("t-4", f"{DAY} 08:20")
    made.check_in("t-4", f"{DAY} 08:47", direction="out")
    block, first, second = (of(made, occasion=number) for number in (-1, 0, 1))
    assert (block.came, block.late, block.out_us) == (True, True, at(f"{DAY} 08:47"))
    assert (first.came, first.late, first.out_us) == (True, True, at(f"{DAY} 08:47"))
    assert (second.came, second.way) == (False, "none")
    left = made.finding("left_early")
    assert [one.code for one in left.reasons] == ["signed_out_early"] and left.result == "warning"


def test_a_sign_out_belongs_to_the_half_day_that_it_ends() -> None:
    made = Course()
    made.half_day(DAY)
    made.hour(f"{DAY} 10:20", "11:05")
    made.order()
    made.check_in("t-1", f"{DAY} 07:50")
    made.check_in("t-1", f"{DAY} 09:42", direction="out")
    first, second = (block.attendance[0] for block in made.story().blocks)
    assert first.out_us == at(f"{DAY} 09:42") and first.came
    assert not second.came and second.out_us is None


def test_who_signed_in_and_left_before_it_began_did_not_check_in() -> None:
    made = half_day(BUT_4, headcount=4, unnamed=1)
    made.check_in("t-4", f"{DAY} 07:30")
    assert presence(made).checked_in
    made.check_in("t-4", f"{DAY} 07:40", direction="out")
    assert not presence(made).checked_in and made.r3().recordings == (f"{DAY}-am",)


def test_a_sign_out_alone_shows_that_somebody_was_there() -> None:
    made = half_day()
    made.check_in("t-4", f"{DAY} 09:39", direction="out")
    found = of(made)
    assert (found.came, found.in_us, found.out_us) == (True, None, at(f"{DAY} 09:39"))


def test_instructors_stand_apart_from_trainees() -> None:
    made = half_day()
    made.check_in("teacher", f"{DAY} 07:45")
    block = made.story().blocks[0]
    assert [one.person for one in block.teachers] == ["teacher"] and block.teachers[0].came
    assert "teacher" not in {one.person for one in (*block.attendance, *block.presences)}


# PIN


def test_a_confirmed_pin_is_a_check_in_that_shows_nobody() -> None:
    made = half_day(BUT_4, headcount=4, unnamed=1)
    assert made.r3().recordings == (f"{DAY}-am",)
    made.pin("t-4", f"{DAY} 07:50")
    assert (presence(made).checked_in, presence(made).answer, of(made).way) == (True, "not_identifiable", "pin")
    assert (made.r3().recordings, made.r3().open_recordings) == ((), (f"{DAY}-am",))


def test_a_pin_acquits_nobody_where_the_picture_shows_too_few() -> None:
    made = half_day(BUT_4)
    made.pin("t-4", f"{DAY} 07:50")
    assert made.r3().recordings == (f"{DAY}-am",)


@pytest.mark.parametrize("confirmed_by", [None, "t-4", "t-1", "nobody"])
def test_a_pin_that_no_instructor_confirmed_is_no_check_in(confirmed_by: str | None) -> None:
    made = half_day(BUT_4, headcount=4, unnamed=1)
    before = made.r3()
    made.pin("t-4", f"{DAY} 07:50", confirmed_by)
    assert not presence(made).checked_in and made.r3().recordings == before.recordings
    void = {None: "unconfirmed", "t-4": "self"}.get(confirmed_by, "stranger")
    assert f"pin_{void}" in [one.code for one in made.finding("checkins").reasons]


def test_under_a_policy_from_before_pins_were_judged_they_are_none() -> None:
    made = half_day(BUT_4, headcount=4, unnamed=1)
    made.pin("t-4", f"{DAY} 07:50")
    old = dataclasses.replace(made.policy.checkin, late_min=None, pin_share_pct=None, false_match_ppm=None)
    made.policy = dataclasses.replace(made.policy, checkin=old)
    assert not presence(made).checked_in
    results = {one.rule: one.result for one in made.findings()}
    assert {results[name] for name in ("R4", "O2", "O7", "O9")} == {"not_recorded"} and "checkins" not in results


# Consent


def test_a_face_whose_use_was_withdrawn_checks_nobody_in() -> None:
    made = half_day()
    made.consent("t-4", "2026-03-01 19:00")
    made.check_in("t-4", f"{DAY} 07:30")
    assert presence(made).checked_in
    made = half_day()
    made.consent("t-4", "2026-03-01 19:00")
    made.withdraw("t-4", f"{DAY} 07:20")
    made.check_in("t-4", f"{DAY} 07:30")
    assert not presence(made).checked_in and made.story().faceless == ("t-4",)
    assert "checkins_forbidden" in [one.code for one in made.finding("checkins").reasons]
    made.consent("t-4", f"{DAY} 07:35")
    made.check_in("t-4", f"{DAY} 07:40")
    assert presence(made).checked_in and made.story().faceless == ()


def test_a_refusal_forbids_the_face_also_on_another_box() -> None:
    made = Course(boxes=("box-1", "box-2"))
    made.half_day(DAY)
    made.order()
    made.consent("t-4", "2026-03-01 19:00", given=False)
    made.check_in("t-4", f"{DAY} 07:50", box="box-2")
    assert not presence(made).checked_in


# As everything else in the story


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_same_attendance_for_any_order_of_records(shuffle: random.Random) -> None:
    records = ROOMS.records
    shuffle.shuffle(records)
    assert fold(records, "c-1", ROOMS.policy) == STORY


def _rooms() -> Course:
    made = Course(boxes=("box-1", "box-2"))
    made.half_day(DAY)
    made.order()
    made.film(f"{DAY} 07:58", "09:42", segment_s=3600)
    for number, person in enumerate((*TRAINEES, "teacher")):
        box = f"box-{number % 2 + 1}"
        made.enrol(person, "2026-03-01 19:00", box=box)
        made.check_in(person, f"{DAY} 07:50", box=box)
        made.check_in(person, f"{DAY} 09:30", direction="out", box="box-1")
    made.withdraw("t-1", f"{DAY} 07:45", box="box-2")
    made.pin("t-1", f"{DAY} 07:51")
    return made


ROOMS = _rooms()
STORY = ROOMS.story()
