"""When a bare-face roll call is asked for."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evidence.bareface import Said, due, fits
from evidence.policy import BareFaceRules, Number
from evidence.story import Span
from evidence.times import MINUTE, SECOND

RULES = BareFaceRules(*(Number(value, source="ours", why="a test") for value in (10, 15, 5, 60)))
GEAR = (Span(0, 45 * MINUTE), Span(55 * MINUTE, 100 * MINUTE))
moments = st.integers(-10 * MINUTE, 120 * MINUTE)
said = st.lists(st.builds(Said, st.sampled_from(["put_off", "unanswered"]), moments), max_size=4)


def asked(minutes: float, *heard: Said) -> bool:
    return due(RULES, GEAR, heard, int(minutes * MINUTE))


def test_it_is_asked_a_while_after_the_gear_is_first_worn() -> None:
    assert not asked(9.9) and asked(10) and asked(39)


def test_not_in_the_break_nor_when_too_little_is_left_to_answer_and_to_show() -> None:
    assert not asked(39.1) and not asked(50) and asked(55) and asked(94) and not asked(94.1)


def test_begun_it_must_end_in_the_class_hour() -> None:
    def begun(minutes: float) -> bool:
        return fits(RULES, GEAR, int(minutes * MINUTE), int(minutes * MINUTE))

    assert begun(0) and begun(44) and not begun(44.1) and not begun(50) and begun(99) and not begun(99.1)


def test_again_some_time_after_the_last_one_whatever_became_of_it() -> None:
    for result in ("put_off", "unanswered", "held"):
        before = Said(result, 12 * MINUTE)  # type: ignore[arg-type]
        assert not asked(26.9, before) and asked(27, before)


def test_without_gear_never() -> None:
    assert not due(RULES, (), (), 20 * MINUTE)


@given(said, moments, moments)
def test_where_two_were_held_nobody_is_asked_again(heard: list[Said], at_us: int, now_us: int) -> None:
    second = Said("held", at_us + 15 * MINUTE)
    assert not due(RULES, GEAR, [second, *heard, Said("held", at_us)], now_us)


@given(said, moments, st.integers(0, 15 * MINUTE - 1), moments)
def test_two_that_are_one_are_held_once(heard: list[Said], at_us: int, later_us: int, now_us: int) -> None:
    """Of one that the terminal has just stated it knows twice."""
    last = Said("held", at_us + later_us)
    assert due(RULES, GEAR, [*heard, Said("held", at_us), last], now_us) == due(RULES, GEAR, [*heard, last], now_us)


@given(said, moments)
def test_asked_only_where_it_can_be_held_in_one_class_hour(heard: list[Said], now_us: int) -> None:
    if due(RULES, GEAR, heard, now_us):
        assert any(one.start_us <= now_us and now_us + 5 * MINUTE + 60 * SECOND <= one.end_us for one in GEAR)
        assert all(now_us - one.at_us >= 15 * MINUTE for one in heard)
