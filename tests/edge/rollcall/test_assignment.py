"""One trainee is in one place at a time: who the tracks of a moment show is the best assignment that is allowed."""
from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from evidence.bodies import Candidate, Track
from evidence.rollcall import identify, name_tracks

T, MARGIN = 400_000, 50_000
PEOPLE = "abcd"


@st.composite
def tracks(draw: st.DrawFn) -> list[Track]:
    """Faces that are all in view at one moment."""
    made = []
    for _ in range(draw(st.integers(0, 7))):
        best, second = draw(st.permutations(PEOPLE))[:2]
        score = draw(st.integers(300_000, 900_000))
        other = draw(st.integers(0, score))
        first, last = draw(st.integers(0, 50)), draw(st.integers(50, 100))
        made.append(Track(first, last, first, 1, 60, Candidate(best, score), Candidate(second, other)))
    return made


@given(tracks())
def test_of_one_moment_it_is_the_optimal_one_to_one_assignment(seen: list[Track]) -> None:
    named = name_tracks(seen, T, MARGIN)
    people = [one.person for one in named if one.person]
    assert len(people) == len(set(people)), "nobody is in two places"
    scores = np.zeros((len(seen), len(PEOPLE)), int)
    for row, track in enumerate(seen):
        person = identify(track.best, track.second, T, MARGIN)
        if person is not None and track.best is not None:
            scores[row, PEOPLE.index(person)] = track.best.score_ppm
    best = int(scores[linear_sum_assignment(scores, maximize=True)].sum())
    assert sum(one.track.best.score_ppm for one in named if one.person and one.track.best) == best


@given(tracks(), st.randoms())
def test_it_does_not_depend_on_the_order_of_tracks(seen: list[Track], random: object) -> None:
    mixed = list(seen)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert sorted(map(repr, name_tracks(mixed, T, MARGIN))) == sorted(map(repr, name_tracks(seen, T, MARGIN)))


@given(tracks())
def test_who_is_not_the_best_match_is_never_named_as_somebody_else(seen: list[Track]) -> None:
    assert all(one.person in (None, one.track.best and one.track.best.person) for one in name_tracks(seen, T, MARGIN))
