"""Whose room a box is in, and what runs there."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from central.live.rooms import NEAR_US, PAUSE_US, Room, holders
from evidence.times import HOUR, MINUTE


def room(class_id: str, *hours: tuple[int, int], institution: str | None = None) -> Room:
    spans = tuple((start * MINUTE, end * MINUTE) for start, end in hours)
    return Room("box-1", "101", class_id, class_id, 480, institution, spans[0][0], spans[-1][1], spans)


def test_a_block_runs_through_its_pauses_and_not_from_morning_to_afternoon() -> None:
    one = room("a", (0, 45), (55, 100), (330, 375))
    runs = [at for at in range(-10, 400) if one.runs(at * MINUTE)]
    assert runs == [*range(0, 100), *range(330, 375)]
    assert one.begun_us(99 * MINUTE) == one.begun_us(50 * MINUTE) == 0
    assert one.begun_us(340 * MINUTE) == 330 * MINUTE
    assert room("a", (0, 45)).begun_us(45 * MINUTE) is None


def ids(rooms: list[Room], at: int) -> list[str]:
    return [one.class_id for one in holders(rooms, at * MINUTE)]


def test_a_box_is_in_the_room_of_the_class_that_runs() -> None:
    before, morning, afternoon, later = (
        room("old", (-9000, -8000)), room("am", (0, 45), (1440, 1500)), room("pm", (300, 345), (1700, 1800)),
        room("next", (5000, 5045)))
    all_ = [later, before, afternoon, morning]
    assert ids(all_, 10) == ["am"] and ids(all_, 310) == ["pm"]
    assert ids(all_, 400) == ["pm", "am"], "between class-hours it may be either's"
    assert ids(all_, -100) == ["am"], "the next one, where it begins within a day"
    assert ids(all_, -5000) == ["old"] and ids(all_, 2000) == ["pm"]
    assert ids(all_, 4000) == ["next"] and ids(all_, 6000) == ["next"]
    assert ids([], 0) == []


spans = st.tuples(st.integers(-5000, 5000), st.integers(1, 300), st.integers(0, 3))


@given(st.lists(spans, max_size=6), st.integers(-6000, 6000))
def test_the_last_owner_does_not_look_into_the_next_ones_class(made: list[tuple[int, int, int]], at: int) -> None:
    rooms = [room(f"c{n}", *((start + n2 * 60, start + n2 * 60 + min(length, 50)) for n2 in range(more + 1)))
             for n, (start, length, more) in enumerate(made)]
    now_us, found = at * MINUTE, holders(rooms, at * MINUTE)
    running = [one for one in rooms if one.runs(now_us)]
    if running:
        assert set(found) == set(running)
    assert bool(found) == any(one.first_us <= now_us + NEAR_US for one in rooms)
    assert all(one.first_us <= now_us + NEAR_US for one in found)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 120)), min_size=1, max_size=8), st.integers(-60, 1100))
def test_whether_a_block_runs_agrees_with_the_plain_words(made: list[tuple[int, int]], at: int) -> None:
    hours = sorted((start * MINUTE, (start + length) * MINUTE) for start, length in made)
    one = Room("b", "r", "c", "t", 480, None, hours[0][0], max(end for _, end in hours), tuple(hours))
    now_us = at * MINUTE
    inside = any(start <= now_us < end for start, end in hours)
    last = max((end for start, end in hours if start <= now_us), default=None)
    later = min((start for start, _ in hours if start > now_us), default=None)
    pause = last is not None and later is not None and last <= now_us and later - last <= PAUSE_US
    assert one.runs(now_us) == (inside or pause)
    assert HOUR > PAUSE_US


def test_a_room_is_near_from_half_an_hour_before_a_class_hour_to_half_an_hour_after() -> None:
    one = room("a", (60, 100), (110, 150), (400, 445))
    near = [at for at in range(0, 600) if one.is_near(at * MINUTE)]
    assert near == [*range(30, 180), *range(370, 475)]


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 120)), min_size=1, max_size=8), st.integers(-60, 1100))
def test_what_runs_is_near(made: list[tuple[int, int]], at: int) -> None:
    one = room("a", *((start, start + length) for start, length in sorted(made)))
    assert one.is_near(at * MINUTE) or not one.runs(at * MINUTE)
