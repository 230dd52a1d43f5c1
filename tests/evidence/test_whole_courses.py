"""Whole courses on records: where everybody who is there is recognised, flags are the truth, whatever was missed."""
from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence.course import Course

PEOPLE = ("t-1", "t-2", "t-3", "t-4")
JOINS, LEAVES = "t-9", "t-2"
LIMIT = 3


@dataclasses.dataclass(frozen=True)
class Day:
    """One block. `cameras`: whom each shows, by box and camera. `signed`: who signed in, there or not. `lost`: there is
    no video of it."""

    there: frozenset[str]
    signed: frozenset[str]
    cameras: dict[tuple[str, str], frozenset[str]]
    gear: bool
    teacher: bool
    lost: bool


@dataclasses.dataclass(frozen=True)
class Schedule:
    """`joins`, `leaves`: from which day on somebody is on the roster, or no longer."""

    days: tuple[Day, ...]
    joins: int
    leaves: int

    def due(self, number: int) -> tuple[str, ...]:
        people = [one for one in PEOPLE if one != LEAVES or number < self.leaves]
        return (*people, JOINS) if number >= self.joins else tuple(people)

    def helmets(self, number: int) -> int:
        """How many are counted in a helmet: none who is not due, for nobody can tell them from the others."""
        return len(self.days[number].there & set(self.due(number)))

    def missed(self, number: int) -> tuple[str, ...]:
        return tuple(one for one in self.due(number) if one not in self.days[number].there)


PLACES = (
    (("box-1", "room"),), (("box-1", "left"), ("box-1", "right")), (("box-1", "room"), ("box-2", "room")),
)
"""One camera; two of one room; two rooms."""


BARE = (("07:58", "08:22", True),)
IN_GEAR = (("07:58", "08:05", False), ("08:05", "08:08", True), ("08:08", "08:16", False), ("08:16", "08:19", True),
           ("08:19", "08:22", False))
"""What is filmed when, and whether faces are bare."""


@st.composite
def day(draw: st.DrawFn, places: tuple[tuple[str, str], ...], lossy: bool) -> Day:
    """Helmets before one camera only: two would count each of them twice."""
    everybody = (*PEOPLE, JOINS)
    there = draw(st.sets(st.sampled_from(everybody), min_size=2).map(frozenset) | st.just(frozenset(everybody)))
    rooms = len({box for box, _ in places})
    gear = len(places) == 1 and draw(st.booleans())
    cameras: dict[tuple[str, str], set[str]] = {place: set() for place in places}
    for person in sorted(there):
        seen_by = draw(st.sets(st.sampled_from(places), min_size=1, max_size=1 if rooms > 1 else len(places)))
        for place in seen_by:
            cameras[place].add(person)
    signed = there | draw(st.sets(st.sampled_from(everybody)))
    return Day(there, frozenset(signed), {place: frozenset(people) for place, people in cameras.items()}, gear,
               draw(st.booleans()), lossy and draw(st.integers(0, 3)) == 0)


@st.composite
def schedules(draw: st.DrawFn, lossy: bool = False) -> Schedule:
    places = draw(st.sampled_from(PLACES))
    days = tuple(draw(st.lists(day(places, lossy), min_size=3, max_size=5)))
    number = st.integers(0, len(days))
    return Schedule(days, draw(number), draw(number))


def date(number: int) -> str:
    return f"2026-03-{number + 2:02}"


def played(made: Schedule) -> Course:
    """The course as its boxes and its centre state it. A camera that stands in the room films, whomever it shows."""
    course = Course(PEOPLE, ("box-1", "box-2"), rooms={"box-2": "workshop"})
    for number, one in enumerate(made.days):
        course.hour(f"{date(number)} 08:00", "08:20", gear=one.gear)
    course.order()
    course.roster_event("late_entry", JOINS, f"{date(made.joins)} 00:00", "2026-03-01 20:00")
    course.roster_event("withdrawal", LEAVES, f"{date(made.leaves)} 00:00", "2026-03-01 20:00")
    for number, one in enumerate(made.days):
        for person in sorted(one.signed):
            course.check_in(person, f"{date(number)} 07:50")
        for (box, camera), people in one.cameras.items() if not one.lost else ():
            teacher = ("teacher",) if one.teacher and camera != "right" and box == "box-1" else ()
            for start, end, bare in IN_GEAR if one.gear else BARE:
                helmets = 0 if bare else made.helmets(number)
                course.film(f"{date(number)} {start}", end, (*(sorted(people) if bare else ()), *teacher), box=box,
                            camera=camera, segment_s=3600, faceless=helmets)
        if one.gear:
            course.bare_face(f"{date(number)} 08:06", "08:07")
            course.bare_face(f"{date(number)} 08:17", "08:18")
    return course


def expected(missing: int, unclear: int) -> str:
    if missing >= LIMIT:
        return "flag"
    return "clear" if missing + unclear < LIMIT else "review"


@settings(max_examples=40, deadline=None)
@given(schedules())
def test_flags_are_the_truth_for_any_schedule_of_misses(made: Schedule) -> None:
    found = played(made).r3()
    wrong = [number for number in range(len(made.days)) if made.missed(number)]
    assert found.recordings == tuple(f"{date(number)}-am" for number in wrong)
    assert found.open_recordings == ()
    assert set(found.trainees) == {person for number in wrong for person in made.missed(number)}
    assert found.verdict == expected(len(wrong), 0) and found.flag == (len(wrong) >= LIMIT)


@settings(max_examples=25, deadline=None)
@given(schedules(lossy=True))
def test_lost_video_neither_convicts_nor_acquits(made: Schedule) -> None:
    found = played(made).r3()
    lost = {f"{date(number)}-am" for number, one in enumerate(made.days) if one.lost}
    wrong = {f"{date(number)}-am" for number, one in enumerate(made.days) if not one.lost and made.missed(number)}
    assert set(found.recordings) == wrong and set(found.open_recordings) == lost
    assert found.verdict == expected(len(wrong), len(lost))


@settings(max_examples=25, deadline=None)
@given(schedules())
def test_every_answer_is_the_truth(made: Schedule) -> None:
    for number, block in enumerate(played(made).story().blocks):
        answers = {one.person: one.answer for one in block.presences}
        assert answers == {person: "shown" if person in made.days[number].there else "absent"
                           for person in made.due(number)}
        there = made.days[number].there & set(made.due(number))
        assert block.headcount_due >= len(there)
