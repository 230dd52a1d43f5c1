"""Headcount: nobody counts twice, whatever boxes a detector gives, and nobody who is seen apart is left out."""
from __future__ import annotations

import dataclasses
import random

from hypothesis import given
from hypothesis import strategies as st

from evidence.headcount import Box, Headcount, Heads, distinct, faceless, headcount

boxes = st.builds(
    Box, st.integers(-50, 900), st.integers(-50, 500), st.integers(0, 400), st.integers(0, 400))
few = st.lists(boxes, max_size=7)
seats = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), unique=True, max_size=20)


def seated(column: int, row: int) -> Box:
    """A seated person; 200 px apart, no two have anything in common."""
    return Box(200 * column, 200 * row, 100, 130)


def face_of(person: Box) -> Box:
    return Box(person.x + 35, person.y + 10, 30, 40)


@given(seats, st.data())
def test_people_apart_count_once_with_and_without_a_face(where: list[tuple[int, int]], data: st.DataObject) -> None:
    people = [seated(*seat) for seat in where]
    showing = data.draw(st.lists(st.sampled_from(people), unique=True)) if people else []
    missed = data.draw(st.lists(st.sampled_from(showing), unique=True)) if showing else []
    found = [person for person in people if person not in missed]
    without = faceless([face_of(person) for person in showing], found)
    assert len(showing) + len(without) == len(people)
    assert set(without) == set(people) - set(showing)


@given(few, few)
def test_there_are_never_more_people_than_boxes_nor_fewer_than_are_left(faces: list[Box], persons: list[Box]) -> None:
    without = faceless(faces, persons)
    assert len(distinct(persons)) - len(faces) <= len(without) <= len(distinct(persons)) <= len(persons)
    assert len(set(without)) == len(without) and set(without) <= set(persons)


@given(few, few, boxes)
def test_one_more_face_is_never_two_more_people_nor_one_less(faces: list[Box], persons: list[Box], face: Box) -> None:
    before, after = len(faceless(faces, persons)), len(faceless([*faces, face], persons))
    assert after in (before, before - 1)


@given(few, few, boxes)
def test_one_more_unsure_box_is_never_two_more_people(faces: list[Box], persons: list[Box], person: Box) -> None:
    before, after = len(faceless(faces, persons)), len(faceless(faces, [*persons, person]))
    assert before <= after <= before + 1


@given(few, few, st.randoms())
def test_the_order_of_faces_makes_no_difference(faces: list[Box], persons: list[Box], shuffle: random.Random) -> None:
    mixed = list(faces)
    shuffle.shuffle(mixed)
    assert len(faceless(mixed, persons)) == len(faceless(faces, persons))


@given(few, few)
def test_boxes_given_twice_count_once(faces: list[Box], persons: list[Box]) -> None:
    assert faceless(faces, [*persons, *persons]) == faceless(faces, persons)


@given(few, few, st.integers(2, 5), st.integers(-1000, 1000))
def test_a_larger_picture_shows_as_many(faces: list[Box], persons: list[Box], times: int, shift: int) -> None:
    def larger(box: Box) -> Box:
        return Box(box.x * times + shift, box.y * times, box.width * times, box.height * times)

    assert len(faceless([*map(larger, faces)], [*map(larger, persons)])) == len(faceless(faces, persons))


def test_a_body_found_whole_in_part_and_from_the_shoulders_is_one_person() -> None:
    whole, upper, trunk = Box(100, 100, 100, 300), Box(105, 110, 90, 120), Box(100, 130, 100, 110)
    assert len(faceless([], [whole, upper, trunk])) == 1
    face = Box(135, 105, 30, 40)
    for found in ([whole, upper, trunk], [trunk, whole], [Box(95, 140, 110, 120)]):
        assert faceless([face], found) == ()


def test_one_box_round_two_people_adds_nobody() -> None:
    two, left, right = Box(100, 100, 210, 140), Box(100, 105, 100, 130), Box(205, 100, 100, 130)
    assert len(faceless([], [left, right, two])) == 2
    assert faceless([face_of(left), face_of(right)], [left, right, two]) == ()
    assert faceless([face_of(left), face_of(right)], [two]) == ()


def test_whose_back_hides_a_neighbour_does_not_take_the_neighbours_face() -> None:
    """Both faces could belong to the wide box; the narrow one can only have the one, so it gets it."""
    wide, narrow = Box(100, 100, 120, 150), Box(190, 60, 80, 150)
    face = Box(195, 105, 20, 26)
    other = Box(130, 110, 24, 30)
    assert faceless([face, other], [wide, narrow]) == ()
    assert len(faceless([face], [wide, narrow])) == 1


def test_a_face_at_the_feet_is_somebody_else_in_front() -> None:
    behind, front = Box(100, 100, 100, 300), Box(120, 330, 30, 40)
    assert faceless([front], [behind]) == (behind,)


def test_faces_and_people_add_up_in_the_same_picture_only() -> None:
    """Somebody turns round between the pictures in which people are looked for: one person all the time."""
    turning = [Heads(0, 1), Heads(1, None), Heads(1, None), Heads(1, 0), Heads(0, None), Heads(0, 1)]
    assert headcount(turning) == Headcount(1, 1_000_000, 1, 1, 1, 1, None)
    assert headcount([Heads(2, 1)] * 3) == Headcount(3, 3_000_000, 2, 1, 3, 1, None)


def test_what_one_picture_alone_shows_is_in_the_peaks_only() -> None:
    assert headcount([Heads(2, 0), Heads(2, 3), Heads(2, 0)]) == Headcount(2, 2_000_000, 2, 0, 5, 3, None)
    assert headcount([Heads(20, None), Heads(19, None)]) == Headcount(19, 19_000_000, 19, None, 20, None, None)
    assert headcount([Heads(1, 0), Heads(4, None), Heads(1, 1)]).headcount_peak == 4


def test_without_anybody_looking_for_people_faces_are_the_headcount() -> None:
    told = headcount([Heads(2, None), Heads(3, None), Heads(3, None)])
    assert told == Headcount(3, 2_666_666, 3, None, 3, None, None)
    assert headcount([]) == Headcount(0, 0, 0, None, 0, None, None)


def test_what_never_moved_is_told_apart() -> None:
    told = headcount([Heads(2, 1, 1), Heads(2, None), Heads(2, 1, 3), Heads(2, 1, 2)])
    assert told == dataclasses.replace(headcount([Heads(2, 1)] * 4), still_peak=3)
    assert headcount([Heads(2, 1, 0)]).still_peak == 0 and headcount([Heads(2, 1)]).still_peak is None


@given(st.lists(st.builds(Heads, st.integers(0, 9), st.none() | st.integers(0, 9)), max_size=30))
def test_no_picture_shows_more_than_the_peaks(pictures: list[Heads]) -> None:
    found = headcount(pictures)
    assert found.headcount_peak == max((one.faces + (one.faceless or 0) for one in pictures), default=0)
    assert found.headcount_peak >= found.headcount_max and (found.faceless_peak or 0) >= (found.faceless_max or 0)


@given(st.lists(st.builds(Heads, st.integers(0, 40), st.none() | st.integers(0, 40)), max_size=12))
def test_a_headcount_is_never_less_than_its_faces(pictures: list[Heads]) -> None:
    told = headcount(pictures)
    looked = [heads for heads in pictures if heads.faceless is not None]
    assert told.headcount_max >= told.faces_max
    assert (told.faceless_max is None) == (not looked)
    assert told.headcount_max <= max((heads.faces + (heads.faceless or 0) for heads in pictures), default=0)
