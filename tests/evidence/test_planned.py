"""The plan begins what nobody started and ends what nobody ends; what a person pressed comes first."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import ClassOrder, Hour, Place, PolicyRef
from evidence.planned import (
    FORGOTTEN_US,
    GRACE_US,
    UNPLANNED_US,
    Begin,
    End,
    Ending,
    Open,
    Taught,
    next_end,
    next_step,
    taught,
)
from evidence.story import Span
from evidence.times import MINUTE, utc_text, utc_us

START = utc_us("2026-03-02T00:40:00.000000Z")


def hour(name: str, start_min: int, kind: str = "practical", length: int = 45) -> Hour:
    times = [utc_text(START + minute * MINUTE) for minute in (start_min, start_min + length)]
    return Hour(name, kind, times[0], times[1])  # type: ignore[arg-type]


def plan(*hours: Hour, class_id: str = "c-1", device: str = "box-1") -> Taught | None:
    order = ClassOrder(class_id, 1, "班", PolicyRef("demo", "0" * 64), 480, (Place(device, ""),), (), hours)
    return taught(order, "box-1", 30 * MINUTE)


MORNING = plan(hour("h-1", 0), hour("h-2", 55), hour("h-3", 400))
OTHER = plan(hour("h-1", 20), class_id="c-0")
assert MORNING is not None and OTHER is not None


def step(minute: float, now: Open | None = None, ended: dict[str, int] | None = None, *plans: Taught) -> object:
    return next_step(plans or (MORNING,), now, ended or {}, START + int(minute * MINUTE))  # type: ignore[arg-type]


def open_(class_id: str = "c-1", start_min: int = 0, pressed: bool = True) -> Open:
    return Open(class_id, START + start_min * MINUTE, pressed)


def test_only_what_is_taught_on_this_box_in_the_room() -> None:
    assert plan(hour("h-1", 0), device="box-2") is None
    assert plan(hour("h-1", 0, "online")) == Taught("c-1", (), 480)
    both = plan(hour("h-1", 0, "theory"), hour("h-2", 55))
    assert both is not None and [len(block) for block in both.blocks] == [2]


@pytest.mark.parametrize(("minute", "begins"), [(-0.1, None), (0, 0), (44.9, 0), (45, None), (54, None), (55, 55)])
def test_a_class_hour_begins_when_it_is_planned(minute: float, begins: int | None) -> None:
    found = step(minute)
    if begins is None:
        assert found is None
    else:
        assert found == Begin("c-1", START + begins * MINUTE, START + 100 * MINUTE + GRACE_US)


@pytest.mark.parametrize(("ended", "at", "begins"), [(-5, 0, True), (0, 1, False), (20, 44, False), (20, 55, True)])
def test_what_somebody_ended_begins_again_with_the_next_class_hour(ended: int, at: int, begins: bool) -> None:
    found = step(at, None, {"c-1": START + ended * MINUTE})
    assert isinstance(found, Begin) is begins
    assert isinstance(step(at, None, {"c-2": START + ended * MINUTE}), Begin)


@pytest.mark.parametrize("minute", [0, 50, 101.9])
def test_an_unpressed_session_lasts_to_the_end_of_the_block(minute: float) -> None:
    assert step(minute, open_(pressed=False)) is None
    assert step(102, open_(pressed=False)) == End()
    assert step(200, open_(pressed=False)) == End()


def test_an_unpressed_session_ends_when_its_plan_is_gone() -> None:
    assert step(10, open_("c-9", pressed=False)) == End()


@pytest.mark.parametrize("minute", [0, 10, 102, 300, 445, 504.9])
def test_a_pressed_session_is_not_ended_on_its_day_until_long_after_its_last_class_hour(minute: float) -> None:
    assert FORGOTTEN_US == 60 * MINUTE
    assert step(minute, open_()) is None


@pytest.mark.parametrize("minute", [505, 600, 1400, 10_000])
def test_a_pressed_session_that_everybody_forgot_is_ended(minute: float) -> None:
    assert step(minute, open_()) == End()
    assert step(minute, open_(start_min=430)) == End()


def test_one_that_was_pressed_when_its_class_has_no_class_hour_ends_after_four_hours() -> None:
    assert UNPLANNED_US == 240 * MINUTE
    for start, class_id in ((450, "c-1"), (1500, "c-1"), (0, "c-9")):
        assert step(start + 239, open_(class_id, start)) is None
        assert step(start + 240, open_(class_id, start)) == End()
    assert step(100, open_(start_min=-400)) is None and step(0, open_(start_min=-300)) is None, "its class-hour runs"


def test_one_that_was_forgotten_days_ago_is_not_ended_in_a_class_hour_of_its_class_nor_in_its_overrun() -> None:
    for minute in (0, 50, 300, 504):
        assert step(minute, open_(start_min=-3000)) is None
    assert step(-1, open_(start_min=-3000)) == End() and step(505, open_(start_min=-3000)) == End()


def test_of_two_classes_the_earlier_one_begins_and_goes_on() -> None:
    assert isinstance(step(30, None, None, MORNING, OTHER), Begin)  # type: ignore[arg-type]
    assert step(30, None, None, MORNING, OTHER).class_id == "c-1"  # type: ignore[arg-type, attr-defined]
    assert step(30, open_(pressed=False), None, MORNING, OTHER) is None  # type: ignore[arg-type]
    ended = {"c-1": START + 25 * MINUTE}
    assert step(30, None, ended, MORNING, OTHER).class_id == "c-0"  # type: ignore[arg-type, attr-defined]
    same = dataclasses.replace(MORNING, class_id="c-2")  # type: ignore[type-var]
    assert step(1, None, None, same, MORNING).class_id == "c-1"  # type: ignore[arg-type, attr-defined]


def test_a_forgotten_end_press_does_not_cost_the_next_class_its_video() -> None:
    later = plan(hour("h-1", 110), class_id="c-2")
    assert later is not None and MORNING is not None
    assert step(111, open_(), None, MORNING, later) == End()
    assert step(103, open_(), None, MORNING, later) is None, "an overrun is nobody else's business"
    assert step(111, open_(start_min=105), None, MORNING, later) == End(), "the plan gives the room to another class"
    assert step(111, open_(start_min=111), None, MORNING, later) is None, "pressed on purpose, in the other's time"


def test_a_class_that_was_pressed_without_a_class_hour_keeps_no_planned_one_from_beginning() -> None:
    wrong = plan(hour("h-1", 2000), class_id="c-9")
    assert wrong is not None
    assert step(0, open_("c-9", -1), None, MORNING, wrong) == End()
    assert step(30, open_("c-9", 10), None, MORNING, wrong) is None, "who presses in a class-hour is right in it"
    assert step(55, open_("c-9", 10), None, MORNING, wrong) == End()
    ended = {"c-1": START + 20 * MINUTE}
    assert step(30, open_("c-9", -1), ended, MORNING, wrong) is None, "somebody ended that class-hour"


@pytest.mark.parametrize("pressed", [False, True])
def test_the_grace_ends_when_another_class_is_due(pressed: bool) -> None:
    """Back to back: not a second of the next class is missed."""
    later = plan(hour("h-1", 100), class_id="c-2")
    assert later is not None and MORNING is not None
    assert step(99.9, open_(pressed=pressed), None, MORNING, later) is None
    assert step(100, open_(pressed=pressed), None, MORNING, later) == End()
    found = step(100, None, None, MORNING, later)
    assert isinstance(found, Begin) and found.class_id == "c-2"


@pytest.mark.parametrize("pressed", [False, True])
def test_of_overlapping_classes_the_running_one_goes_on_to_the_end_of_its_block(pressed: bool) -> None:
    later = plan(hour("h-1", 60), class_id="c-2")
    assert later is not None and MORNING is not None
    assert step(99.9, open_(pressed=pressed), None, MORNING, later) is None
    assert step(100, open_(pressed=pressed), None, MORNING, later) == End()
    assert step(100, open_(start_min=70), None, MORNING, later) == End(), "its own block is over all the same"


MINUTES = st.integers(-20, 430)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(MINUTES, st.sampled_from(["start", "end"])), max_size=8), st.booleans(),
       st.sampled_from([100, 101, 200]))
def test_whatever_people_press_a_class_hour_is_recorded_unless_they_ended_it(
    presses: list[tuple[int, str]], two: bool, next_min: int,
) -> None:
    assert MORNING is not None and OTHER is not None
    other = Span(START + next_min * MINUTE, START + (next_min + 45) * MINUTE)
    plans = [MORNING, dataclasses.replace(OTHER, blocks=((other,),))]
    now: Open | None = None
    ended: dict[str, int] = {}
    for minute in range(-20, 430):
        at_us = START + minute * MINUTE
        for when, what in presses:
            if when == minute and what == "start":
                now = Open("c-1", at_us if now is None else now.start_us, True) if now is None or (
                    now.class_id == "c-1") else now
            elif when == minute and now is not None:
                ended[now.class_id], now = at_us, None
        for _ in range(2):
            found = next_step(plans[:1 + two], now, ended, at_us)
            if isinstance(found, Begin):
                assert now is None and found.start_us <= at_us < found.end_us
                now = Open(found.class_id, at_us, False)
            elif isinstance(found, End):
                now = None
        hours = [(one.class_id, hour) for one in plans[:1 + two] for block in one.blocks for hour in block]
        for class_id, span in hours:
            if span.start_us <= at_us < span.end_us and ended.get(class_id, -1) < span.start_us:
                assert now is not None and (now.class_id == class_id or now.pressed)
                if now.start_us < at_us == span.start_us:
                    assert now.class_id == class_id, "no press of before keeps it from beginning"
        if now is not None and not now.pressed:
            assert any(span.start_us - 30 * MINUTE <= at_us < span.end_us + GRACE_US for _, span in hours)


def ends(minute: float, now: Open, *plans: Taught, within: int = 10) -> object:
    at_us = START + int(minute * MINUTE)
    return next_end(plans or (MORNING,), now, {}, at_us, within * MINUTE)  # type: ignore[arg-type]


def test_the_end_by_plan_is_known_beforehand() -> None:
    assert ends(494, open_()) is None, "it is eleven minutes away"
    assert ends(496, open_()) == ends(504.9, open_()) == Ending(START + 505 * MINUTE, None)
    assert ends(95, open_(pressed=False)) == Ending(START + 102 * MINUTE, None)
    assert ends(235, open_("c-9")) == Ending(START + UNPLANNED_US, None)
    later = plan(hour("h-1", 110), class_id="c-2")
    assert later is not None and MORNING is not None
    assert ends(101, open_(), MORNING, later) == Ending(START + 110 * MINUTE, "c-2")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 90)), min_size=0, max_size=6),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 90)), min_size=0, max_size=4),
    st.integers(0, 900), st.integers(0, 400), st.booleans(),
)
def test_the_end_that_is_told_beforehand_is_the_first_one(
    own: list[tuple[int, int]], other: list[tuple[int, int]], start: int, waited: int, pressed: bool,
) -> None:
    plans = [made for class_id, hours in (("c-1", own), ("c-0", other)) if (made := plan(
        *(hour(f"h-{n}", begin, length=length) for n, (begin, length) in enumerate(hours)), class_id=class_id))]
    now, at_us = open_(start_min=start, pressed=pressed), START + (start + waited) * MINUTE
    told = next_end(plans, now, {}, at_us, 120 * MINUTE)
    by_the_minute = next(
        (at_us + m * MINUTE for m in range(121) if next_step(plans, now, {}, at_us + m * MINUTE) == End()), None)
    assert (None if told is None else told.at_us) == by_the_minute
