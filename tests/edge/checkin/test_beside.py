"""Turns of the faces behind: everybody comes, twice running, however many come, go, move or are missed meanwhile."""
from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.checkin.beside import EVERY_US, Beside
from edge.checkin.sights import SOON_US
from edge.vision.pack import Face
from evidence.times import SECOND


def stands(x: float, y: float = 100.0, width: float = 60.0) -> Face:
    return Face(np.array([x, y, width, width], np.float32), 0.9, np.zeros((5, 2), np.float32), 1.0)


def looks(beside: Beside, faces: dict[str, Face], mono_us: int) -> str | None:
    face = beside.turn(list(faces.values()), mono_us)
    return next((name for name, one in faces.items() if one is face), None)


def test_each_comes_twice_running_from_one_side_to_the_other() -> None:
    beside, faces = Beside(), {"c": stands(300), "a": stands(100), "b": stands(200, width=90)}
    seen = [looks(beside, faces, number * EVERY_US) for number in range(8)]
    assert seen == ["a", "a", "b", "b", "c", "c", "a", "a"]


def test_nobody_is_looked_at_more_often_than_is_paid_for() -> None:
    beside, faces = Beside(), {"a": stands(100)}
    moments = (0, EVERY_US - 1, EVERY_US, EVERY_US + 1)
    assert [looks(beside, faces, at_us) for at_us in moments] == ["a", None, "a", None]
    assert beside.turn([], SECOND * 9) is None


def test_who_comes_or_goes_takes_no_second_look_from_anybody() -> None:
    beside, faces = Beside(), {name: stands(100 * number) for number, name in enumerate("abcdef", 1)}
    seen = [looks(beside, faces, number * EVERY_US) for number in range(5)]
    del faces["a"], faces["b"]  # both have had their turn
    seen += [looks(beside, faces, number * EVERY_US) for number in range(5, 7)]
    faces["0"] = stands(20)
    seen += [looks(beside, faces, number * EVERY_US) for number in range(7, 12)]
    assert "".join(str(one) for one in seen) == "aabbccddeeff"


@settings(max_examples=25)
@given(st.integers(1, 20), st.integers(0, 3), st.integers(0, 2**32))
def test_everybody_of_a_crowd_is_seen_again_soon_enough_to_count(people: int, missed: int, seed: int) -> None:
    """`missed`: so many tenths of all faces are not found in a frame."""
    draw = random.Random(seed).random
    beside, last, counted = Beside(), dict[str, int](), Counter[str]()
    for number in range(people * 24):
        faces = {f"{at}": stands(40 * at + 12 * draw(), 100 + 12 * draw()) for at in range(people)
                 if draw() * 10 >= missed}
        name, at_us = looks(beside, faces, number * EVERY_US), number * EVERY_US
        if name is not None:
            counted[name] += name in last and at_us - last[name] <= SOON_US
            last[name] = at_us
    assert min(counted[f"{at}"] for at in range(people)) >= 1


@pytest.mark.parametrize("apart", [0.0, 1e-3])
def test_two_faces_one_above_the_other_both_come(apart: float) -> None:
    beside, faces = Beside(), {"low": stands(100, 200), "high": stands(100 + apart, 20), "far": stands(300)}
    assert {looks(beside, faces, number * EVERY_US) for number in range(6)} == set(faces)
