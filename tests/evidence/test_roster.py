"""A roster event and the plan that follows it are one change, which holds when the event says."""
from __future__ import annotations

from evidence.story import Story
from tests.evidence.course import TRAINEES, Course


def story(events: bool, *rosters: tuple[str, ...]) -> Story:
    """A plan, events for t-5 (from the third on) and about t-4 (until the fourth), then plans with these rosters."""
    made = Course()
    made.half_day("2026-03-02")
    made.half_day("2026-03-05")
    made.order()
    if events:
        made.roster_event("late_entry", "t-5", "2026-03-03 08:00", "2026-03-01 20:00")
        made.roster_event("withdrawal", "t-4", "2026-03-04 08:00", "2026-03-01 20:00")
    for number, roster in enumerate(rosters):
        made.order(f"2026-03-01 2{number + 1}:00", roster)
    return made.story()


def test_what_an_event_said_a_plan_does_not_say_again() -> None:
    first = TRAINEES[:4]
    changed = tuple(person for person in (*first, "t-5") if person != "t-4")
    told = story(True, changed)
    assert [(one.kind, one.joins, one.leaves) for one in told.roster_changes] == [
        ("late_entry", "t-5", None), ("withdrawal", None, "t-4")]
    early, late = told.blocks
    assert "t-4" in early.roster and "t-5" not in early.roster
    assert "t-4" not in late.roster and "t-5" in late.roster


def test_without_an_event_the_plan_is_the_change() -> None:
    assert [one.kind for one in story(False, (*TRAINEES[:3], "t-5")).roster_changes] == ["order", "order"]


def test_an_event_says_it_once() -> None:
    first = TRAINEES[:4]
    told = story(True, (*first, "t-5"), first, (*first, "t-5"))
    assert [(one.kind, one.joins, one.leaves) for one in told.roster_changes] == [
        ("order", None, "t-5"), ("order", "t-5", None), ("late_entry", "t-5", None), ("withdrawal", None, "t-4")]


def test_an_event_after_the_plan_explains_nothing() -> None:
    made = Course()
    made.half_day("2026-03-02")
    made.order()
    made.order("2026-03-01 19:00", TRAINEES[:3])
    made.roster_event("withdrawal", "t-4", "2026-03-04 08:00", "2026-03-01 20:00")
    assert [one.kind for one in made.story().roster_changes] == ["order", "withdrawal"]
