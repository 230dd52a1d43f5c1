"""How many people at once: never fewer than there were, however they are spread over cameras, rooms and clocks."""
from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import Candidate, Track
from evidence.crowd import View, at_once, mean_ppm
from evidence.rollcall import Look, Named, smoothed_headcount
from evidence.story import Span

SECOND = 1_000_000
EVERY = 2 * SECOND
FRAMES = 8
WHOLE = Span(0, FRAMES * EVERY)


def track(first_us: int, last_us: int, frames: int = 1) -> Track:
    return Track(first_us, last_us, first_us, frames, 80, Candidate("x", 1), None)


def view(
    camera: str, named: list[tuple[str | None, int, int]], headcount: int | None = None, *, room: str = "101",
    faceless: int | None = None, span: Span = WHOLE, error_us: int = 0, mean: int | None = None, dark: int = 0,
) -> View:
    """A segment of one camera with tracks (person, first frame, last frame)."""
    tracks = tuple(Named(track(first * EVERY, last * EVERY, last - first + 1), person) for person, first, last in named)
    count = len(named) if headcount is None else headcount
    mean_of = (count if mean is None else mean) * SECOND
    look = Look(span.start_us, span.end_us, tracks, 1, 1, 32, FRAMES, dark, count, mean_of, faceless)
    return View(("box", camera), room, span, error_us, look)


ALL = (0, FRAMES - 1)


def test_two_cameras_that_show_one_half_each_are_added_up() -> None:
    left, right = view("a", [("t-1", *ALL), (None, *ALL)]), view("b", [("t-2", *ALL), (None, *ALL)])
    assert at_once([left, right], WHOLE) == 4


def test_who_is_named_is_one_person_however_many_cameras_show_them() -> None:
    left, right = view("a", [("t-1", *ALL), (None, *ALL)]), view("b", [("t-1", *ALL)])
    assert at_once([left, right], WHOLE) == 2
    assert at_once([left, view("b", [("t-1", *ALL)], room="102")], WHOLE) == 2


def test_whoever_has_a_name_at_some_time_is_among_the_names() -> None:
    """t-2 is lost from the second camera for a while: nobody becomes two because of that."""
    left, right = view("a", [("t-1", *ALL), ("t-2", *ALL)]), view("b", [("t-1", *ALL), ("t-2", 0, 2), ("t-2", 5, 7)], 2)
    assert at_once([left, right], WHOLE) == 2


def test_one_camera_after_the_other_shows_people_who_went_from_room_to_room() -> None:
    half = FRAMES // 2 * EVERY
    first = view("a", [(None, 0, 2), (None, 0, 2)], span=Span(0, half))
    second = view("b", [(None, 5, 7), (None, 5, 7)], span=Span(half, 2 * half), room="102")
    assert at_once([first, second], WHOLE) == 2
    late = [View(one.camera, one.room, one.span, 3 * EVERY, one.look) for one in (first, second)]
    assert at_once(late, WHOLE) == 4, "with clocks so uncertain they may have been there at once"


def test_only_who_surely_is_before_both_cameras_at_once_is_one_of_both() -> None:
    """By the labels t-1 is before both in the second frame; by clocks wrong by two frames somebody else is there."""
    left = view("a", [("t-1", 0, 2)], error_us=2 * EVERY)
    right = view("b", [(None, 0, 0), ("t-1", 1, 3)], 1, error_us=2 * EVERY)
    moment = Span(EVERY, 2 * EVERY)
    assert at_once([left, right], moment) == 2
    exact = [View(one.camera, one.room, one.span, 0, one.look) for one in (left, right)]
    assert at_once(exact, moment) == 1


def test_instructors_are_taken_out_at_the_moments_at_which_they_are_named() -> None:
    people = [(f"t-{number}", *ALL) for number in range(19)]
    room = view("a", [*people, ("teacher", *ALL)])
    assert (at_once([room], WHOLE), at_once([room], WHOLE, ("teacher",))) == (20, 19)
    walking = view("a", [*people, ("teacher", 0, 2), ("teacher", 5, 6)], 20)
    assert at_once([walking], WHOLE, ("teacher",)) == 19
    unknown = view("a", [*people, (None, *ALL)])
    assert at_once([unknown], WHOLE, ("teacher",)) == 20, "without a template it stays an upper bound"


def test_a_record_whose_tracks_do_not_come_to_its_headcount_is_believed_by_its_headcount() -> None:
    assert at_once([view("a", [("t-1", 0, 1)], 5), view("b", [("t-1", 0, 1)], 1)], WHOLE) >= 5
    assert at_once([view("a", [("teacher", 0, 1)], 5)], WHOLE, ("teacher",)) == 5


def test_only_the_time_that_is_asked_for_counts() -> None:
    room = view("a", [(None, 0, 3), (None, 0, 3), (None, 6, 7)], 2)
    assert at_once([room], Span(5 * EVERY, 8 * EVERY)) == 1
    assert at_once([room], Span(100 * EVERY, 101 * EVERY)) == at_once([], WHOLE) == 0


# No split of people over cameras is counted too low

CELL = st.sampled_from((0, 1, 1, 2))
"""Not in view; in view with a face; in view without."""


@st.composite
def rooms(draw: st.DrawFn) -> tuple[int, int, list[View]]:
    """(most people at once, the same without the teacher, what the cameras state)."""
    cameras, people = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    error_us = draw(st.sampled_from((0, EVERY)))
    cells = {(camera, person): draw(st.lists(CELL, min_size=FRAMES, max_size=FRAMES))
             for camera in range(cameras) for person in range(people)}
    has_name = {key: draw(st.booleans()) for key in cells}
    smooth = draw(st.booleans())
    views = [_stated(camera, people, cells, has_name, error_us and draw(st.integers(-error_us, error_us)), error_us,
                     smooth) for camera in range(cameras)]
    truth = [{person for camera in range(cameras) for person in range(people) if cells[camera, person][frame]}
             for frame in range(FRAMES)]
    return max(map(len, truth)), max(len(seen - {0}) for seen in truth), views


def _stated(
    camera: int, people: int, cells: dict[tuple[int, int], list[int]], has_name: dict[tuple[int, int], bool],
    wrong_us: int, error_us: int, smooth: bool,
) -> View:
    """What one camera states, whose clock is wrong by `wrong_us`: `smooth`, with its peaks beside it. Person 0 is the
    teacher."""
    named: list[Named] = []
    for person in range(people):
        row = cells[camera, person]
        for kind, group in itertools.groupby(range(FRAMES), key=row.__getitem__):
            frames = list(group)
            if kind == 1:
                one = track(frames[0] * EVERY + wrong_us, frames[-1] * EVERY + wrong_us, len(frames))
                named.append(Named(one, f"p-{person}" if has_name[camera, person] else None))
    counts = [sum(cells[camera, person][frame] > 0 for person in range(people)) for frame in range(FRAMES)]
    faceless = [sum(cells[camera, person][frame] == 2 for person in range(people)) for frame in range(FRAMES)]
    span = Span(WHOLE.start_us + wrong_us, WHOLE.end_us + wrong_us)
    most = [smoothed_headcount(found)[0] if smooth else max(found) for found in (counts, faceless)]
    peaks = (max(counts), max(faceless)) if smooth else (None, None)
    look = Look(span.start_us, span.end_us, tuple(named), 1, 1, 32, FRAMES, 0, most[0], 0, most[1], *peaks)
    return View(("box", str(camera)), str(camera % 2), span, error_us, look)


@settings(max_examples=300, deadline=None)
@given(rooms())
def test_never_fewer_than_there_were(made: tuple[int, int, list[View]]) -> None:
    most, without_teacher, views = made
    assert at_once(views, WHOLE) >= most
    named_everywhere = at_once(views, WHOLE, ("p-0",))
    assert named_everywhere >= without_teacher
    assert named_everywhere <= at_once(views, WHOLE) <= sum(one.look.most for one in views)


@settings(max_examples=100, deadline=None)
@given(rooms())
def test_of_one_camera_it_is_what_the_camera_counted(made: tuple[int, int, list[View]]) -> None:
    _, _, views = made
    for one in views:
        assert at_once([one], Span(one.span.start_us, one.span.end_us)) == one.look.most


@settings(max_examples=100, deadline=None)
@given(rooms(), st.integers(0, FRAMES - 1))
def test_a_part_of_the_time_has_no_more_than_the_whole(made: tuple[int, int, list[View]], frame: int) -> None:
    _, _, views = made
    assert at_once(views, Span(frame * EVERY, (frame + 1) * EVERY)) <= at_once(views, WHOLE)


# Means


def test_means_count_instructors_apart_and_of_one_room_the_camera_that_shows_most() -> None:
    front = view("a", [("t-1", *ALL), ("teacher", *ALL)], mean=3)
    back = view("b", [("t-1", *ALL)], mean=1)
    assert mean_ppm([front, back], ("teacher",), WHOLE) == (2 * SECOND, SECOND)
    assert mean_ppm([front], (), WHOLE) == (3 * SECOND, 0)
    assert mean_ppm([], (), WHOLE) is None


def test_means_of_two_rooms_are_added_up_by_their_share_of_the_time() -> None:
    one, other = view("a", [], mean=4), view("b", [], mean=2, room="102")
    assert mean_ppm([one, other], (), WHOLE) == (6 * SECOND, 0)
    half = WHOLE.end_us // 2
    first = view("a", [], mean=4, span=Span(0, half))
    second = view("b", [], mean=4, room="102", span=Span(half, WHOLE.end_us))
    assert mean_ppm([first, second], (), WHOLE) == (4 * SECOND, 0), "the class went from room to room"


def test_a_second_camera_that_ran_for_a_moment_says_nothing_of_the_mean() -> None:
    room, moment = view("a", [], mean=20), view("b", [], mean=22, span=Span(0, EVERY // 4))
    assert mean_ppm([room, moment], (), WHOLE) == mean_ppm([room], (), WHOLE) == (20 * SECOND, 0)
    half = view("b", [], mean=22, span=Span(0, WHOLE.end_us // 2))
    assert mean_ppm([room, half], (), WHOLE) == (22 * SECOND, 0), "it shows more, for half of the time"
    other = view("c", [], mean=4, room="102")
    assert mean_ppm([room, moment, other], (), WHOLE) == (24 * SECOND, 0)


def test_where_no_camera_ran_for_half_of_the_time_the_longest_one_tells_the_mean() -> None:
    third = WHOLE.end_us // 8
    views = [view(name, [], mean=mean, span=Span(begin * third, end * third))
             for name, mean, begin, end in (("a", 5, 0, 3), ("b", 9, 3, 5), ("c", 7, 5, 8))]
    assert mean_ppm(views, (), WHOLE) == (7 * SECOND, 0)


def test_dark_pictures_do_not_count_in_the_mean() -> None:
    night = view("a", [], mean=0, dark=FRAMES, span=Span(0, WHOLE.end_us // 2))
    day = view("a", [], mean=8, span=Span(WHOLE.end_us // 2, WHOLE.end_us))
    assert mean_ppm([night, day], (), WHOLE) == (8 * SECOND, 0)


@pytest.mark.parametrize("dark", [0, 4])
def test_dark_pictures_do_not_lower_the_mean_of_instructors(dark: int) -> None:
    lit = FRAMES - dark
    room = view("a", [("teacher", 0, lit - 1)], mean=1, dark=dark)
    assert mean_ppm([room], ("teacher",), WHOLE) == (0, SECOND)
