"""ID numbers: the check character of GB 11643-1999, dates that exist, one spelling."""
from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.id_numbers import check_of, fault, tidy

TODAY = datetime.date(2026, 3, 2)
NUMBERS = st.builds(
    lambda area, born, order: (digits := f"{area:06}{born:%Y%m%d}{order:03}") + check_of(digits),
    st.integers(110000, 659999), st.dates(datetime.date(1900, 1, 1), TODAY), st.integers(0, 999))


def test_the_example_of_the_standard() -> None:
    # GB 11643-1999, appendix: 11010519491231002X and 440524188001010014 (born in 1880, before any trainee).
    assert fault("11010519491231002X", TODAY) is None
    assert check_of("44052418800101001") == "4" and fault("440524188001010014", TODAY) == "date"


@given(NUMBERS)
def test_what_is_made_by_the_rule_is_right(number: str) -> None:
    assert fault(number, TODAY) is None


@given(NUMBERS, st.integers(0, 16), st.integers(1, 9))
def test_one_mistyped_digit_is_always_found(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert fault(wrong, TODAY) is not None


@given(NUMBERS, st.integers(0, 15))
def test_two_neighbours_swapped_are_always_found(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or fault(swapped, TODAY) is not None


@pytest.mark.parametrize(("number", "why"), [
    ("", "shape"), ("110105194912310021", "check"), ("11010519491231002x", "shape"), ("11010519490231002X", "date"),
    ("１１010519491231002X", "wide"), ("011105194912310022", "shape"), ("11010520300101002X", "date"),
    ("110105491231002", "old"),
])
def test_what_is_wrong_is_told(number: str, why: str) -> None:
    assert fault(number, TODAY) == why


@given(st.text(max_size=30))
def test_anything_is_answered(text: str) -> None:
    assert fault(tidy(text), TODAY) in ("old", "shape", "date", "check", None)


def test_spaces_and_a_small_x_are_tidied() -> None:
    assert tidy(" 110105 19491231\u3000002x\n") == "11010519491231002X"
