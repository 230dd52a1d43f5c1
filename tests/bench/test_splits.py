"""Random galleries: no photo is enrolled and searched too; medians, means and wishes that came true are right."""
from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import identify
from bench.figures.splits import Case, Outcome, held, mean, middle, split

CASE = Case("three of five", 3, 2, 0.1, 0.01)
PEOPLE = {f"p-{n}": [np.array([n, photo], np.float32) if photo != 1 else None for photo in range(5)] for n in range(5)}


@given(st.integers(0, 2**32 - 1))
def test_a_split_takes_every_photo_once(seed: int) -> None:
    gallery, probes = split(CASE, PEOPLE, np.random.default_rng(seed))
    assert len(gallery) == 3 and {len(rows) for rows in gallery.values()} == {2}
    for name, photos in PEOPLE.items():
        enrolled = [tuple(row) for row in gallery.get(name, [])]
        searched = [None if row is None else tuple(row) for row in probes[name]]
        assert sorted(enrolled + [row for row in searched if row]) == sorted(tuple(p) for p in photos if p is not None)
        assert searched.count(None) == 1


def test_middle_and_mean_of_known_values() -> None:
    assert middle([0.0, 1.0, 2.0, 3.0, 4.0]) == (2.0, 0.2, 3.8)
    assert mean([3.0, 3.0]) == (3.0, 3.0, 3.0)
    average, low, high = mean([0.0, 1.0] * 50)
    assert average == 0.5 and 0.35 < low < 0.45 < 0.55 < high < 0.65


def test_a_split_holds_when_both_wishes_come_true() -> None:
    made = [Outcome(0.4, 1, fnir, fpir, 0.01) for fnir, fpir in ((0.1, 0.01), (0.11, 0.0), (0.0, 0.02))]
    assert held(CASE, made) == 1
    lines = identify.told("some", CASE, made)
    assert lines[0] == "some: three of five; 3 random splits" and "both held in 1 of 3" in lines[-1]
