"""Who is named and not due is told only while the name holds; and nobody is absent where no roll call looked."""
from __future__ import annotations

import dataclasses

import pytest

from evidence.bodies import Candidate, Track
from evidence.story import Block
from tests.evidence.course import THRESHOLD, TRAINEES, UNSET, Course, picture_of, roll_call_of

DAY = "2026-03-02"


def filmed(**people: int) -> Block:
    """A half-day in segments of ten minutes, with a stranger in all of them. `people`: in how many of these each is
    named; the records do not say how much rarer strangers are so far above the threshold."""
    made = Course()
    made.half_day(DAY)
    made.order()
    film = made.film(f"{DAY} 07:58", "09:42", roll_call=False)
    for number, segment in enumerate(film.segments):
        call = roll_call_of(segment, TRAINEES, (segment.first_pts_us, segment.end_pts_us))
        more = tuple(
            Track(segment.first_pts_us, segment.end_pts_us, segment.first_pts_us + at, 50, 80,
                  Candidate(person, THRESHOLD + 60_000), None)
            for at, (person, times) in enumerate(people.items(), 1) if 0 < number <= times)
        more += (Track(segment.first_pts_us, segment.end_pts_us, segment.first_pts_us, 50, 80,
                       Candidate(TRAINEES[0], THRESHOLD // 2), None),)
        at_us = film.start_us + segment.end_pts_us + 30_000_000
        made.boxes["box-1"].add("picture", picture_of(segment), at_us)
        made.boxes["box-1"].add("rollcall", dataclasses.replace(call, tracks=(*call.tracks, *more)), at_us)
    return made.story().blocks[0]


def test_the_instructor_is_told_with_every_sight_and_whose_name_does_not_hold_is_not() -> None:
    block = filmed(teacher=3, visitor=1)
    assert [one.person for one in block.others] == ["teacher"] * 3
    assert [one.person for one in filmed(teacher=1, visitor=2).others] == ["visitor"] * 2
    assert filmed().others == ()


@pytest.mark.parametrize("roll_call", [True, False])
def test_nobody_is_absent_before_a_roll_call_has_looked(roll_call: bool) -> None:
    made = Course()
    made.half_day(DAY)
    made.order()
    made.film(f"{DAY} 07:58", "09:42", TRAINEES[:3], roll_call=roll_call)
    assert made.story().blocks[0].looked_through is roll_call


def test_nobody_is_absent_from_what_was_filmed_by_a_clock_that_was_not_set_or_from_nothing() -> None:
    for made in (Course(clock=UNSET), Course()):
        made.half_day(DAY)
        made.order()
        if made.boxes["box-1"].clock == UNSET:
            made.film(f"{DAY} 07:58", "09:42", TRAINEES[:3])
        block = made.story().blocks[0]
        assert block.roll_called and not block.calls and not block.looked_through
        assert made.r3().open_recordings == (block.id,)
