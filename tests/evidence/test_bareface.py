"""When a bare-face roll call is asked for."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evidence.bareface import Said, due
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
    assert not asked(9.9) and asked(10) and asked(43.9)


def test_not_in_the_break_nor_when_too_little_is_left() -> None:
    assert not asked(44.1) and not asked(50) and asked(55) and not asked(99.5)


def test_again_some_time_after_it_was_put_off_or_nobody_answered() -> None:
    for result in ("put_off", "unanswered"):
        before = Said(result, 12 * MINUTE)  # type: ignore[arg-type]
        assert not asked(26.9, before) and asked(27, before)


def test_without_gear_never() -> None:
    assert not due(RULES, (), (), 20 * MINUTE)


@given(said, moments, moments)
def test_where_one_was_held_nobody_is_asked_again(heard: list[Said], at_us: int, now_us: int) -> None:
    assert not due(RULES, GEAR, [*heard, Said("held", at_us)], now_us)


@given(said, moments)
def test_asked_only_where_it_can_be_held_in_one_class_hour(heard: list[Said], now_us: int) -> None:
    if due(RULES, GEAR, heard, now_us):
        assert any(one.start_us <= now_us and now_us + 60 * SECOND <= one.end_us for one in GEAR)
        assert all(now_us - one.at_us >= 15 * MINUTE for one in heard)
