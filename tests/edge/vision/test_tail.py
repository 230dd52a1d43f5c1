"""The tail of impostor scores: an exponential is found again, both directions agree, a cap hides what is above."""
from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.tail import Tail, fit_tail

CAP = 1_000_000
TAILS = st.builds(Tail, st.floats(-500_000, 500_000), st.floats(0.001, 0.5), st.floats(1000, 200_000))
SCORES = st.lists(st.integers(-1_000_000, 1_000_000), min_size=2, max_size=200).map(np.array)


def exponential(count: int, scale: float) -> np.ndarray:
    """Scores that are exactly as an exponential says."""
    return -scale * np.log((np.arange(count) + 0.5) / count)


def test_an_exponential_tail_is_found_again() -> None:
    tail = fit_tail(exponential(8000, 30_000), CAP)
    assert tail.share == 400 / 8000 and tail.level == pytest.approx(30_000 * math.log(20), rel=0.01)
    assert tail.scale == pytest.approx(30_000, rel=0.01)
    assert tail.threshold(0.01, 60) == pytest.approx(-30_000 * math.log(1 - 0.99 ** (1 / 60)), rel=0.01)


@given(TAILS, st.floats(0.0001, 0.9), st.integers(1, 1000))
def test_a_threshold_holds_the_rate_that_was_asked_for(tail: Tail, rate: float, people: int) -> None:
    held = tail.false_positive(tail.threshold(rate, people), people)
    assert held <= rate * (1 + 1e-6)
    if tail.threshold(rate, people) > tail.level:
        assert held == pytest.approx(rate, rel=1e-6)


@given(TAILS, st.integers(1, 1000), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_higher_threshold_and_fewer_people_let_fewer_strangers_in(
    tail: Tail, people: int, at: float, more: float
) -> None:
    rate = tail.false_positive(at, people)
    assert 0 <= tail.false_positive(at + more, people) <= rate <= tail.false_positive(at, people + 1) <= 1
    assert tail.threshold(0.01, people) <= tail.threshold(0.01, people + 1)


@given(SCORES, st.integers(-500_000, 900_000), st.integers(1, 100_000))
def test_how_far_a_score_is_above_the_cap_does_not_matter(scores: np.ndarray, cap: int, more: int) -> None:
    higher = np.where(scores >= cap, scores + more, scores)
    assert fit_tail(higher, cap) == fit_tail(scores, cap)


@given(SCORES)
def test_any_scores_give_a_tail(scores: np.ndarray) -> None:
    tail = fit_tail(scores, CAP)
    assert 0 < tail.share < 1 and tail.scale >= 0 and tail.level <= CAP


def test_scores_that_are_all_the_same_end_there() -> None:
    tail = fit_tail(np.full(90, 300_000), CAP)
    assert tail.threshold(0.01, 10) == 300_000 and tail.false_match(300_001) == 0 and tail.false_match(300_000) > 0


def test_where_all_is_above_the_cap_no_threshold_holds() -> None:
    tail = fit_tail(np.full(90, 800_000), 500_000)
    assert tail.threshold(0.01, 10) == math.inf and tail.false_positive(500_000, 10) > 0.5
