"""First sights: somebody keeps the first time for some minutes, and one frame proves nothing."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.checkin.sights import AWAY_US, LONGEST_US, Sights
from evidence.times import MINUTE, SECOND


@pytest.fixture
def sights() -> Sights:
    return Sights()


def test_somebody_keeps_the_first_time_while_seen_now_and_then(sights: Sights) -> None:
    for at_us in (MINUTE, MINUTE + SECOND, 4 * MINUTE, 8 * MINUTE):
        sights.see("a", at_us)
    assert sights.first_us("a", 8 * MINUTE, 8 * MINUTE) == MINUTE
    assert sights.first_us("b", 7 * MINUTE, 8 * MINUTE) == 7 * MINUTE
    assert sights.first_us(None, 7 * MINUTE, 8 * MINUTE) == 7 * MINUTE
    sights.wipe("b", 0)
    assert sights.first_us("a", 7 * MINUTE, 8 * MINUTE) == MINUTE
    sights.wipe("a", MINUTE + 1)
    assert sights.first_us("a", 7 * MINUTE, 8 * MINUTE) == MINUTE, "seen before what was not alive"
    sights.wipe("a", MINUTE)
    assert sights.first_us("a", 7 * MINUTE, 8 * MINUTE) == 7 * MINUTE
    sights.see("a", MINUTE)
    sights.see("a", MINUTE + SECOND)
    sights.forget()
    assert sights.first_us("a", 7 * MINUTE, 8 * MINUTE) == 7 * MINUTE


def test_one_frame_is_too_easily_somebody_else(sights: Sights) -> None:
    sights.see("a", MINUTE)
    assert sights.first_us("a", 2 * MINUTE, 3 * MINUTE) == 2 * MINUTE
    sights.see("a", 2 * MINUTE)
    sights.see("a", 2 * MINUTE + SECOND)
    assert sights.first_us("a", 3 * MINUTE, 3 * MINUTE) == 2 * MINUTE


def test_who_was_away_for_long_begins_anew(sights: Sights) -> None:
    for at_us in (0, SECOND, SECOND + AWAY_US):
        sights.see("a", at_us)
    assert sights.first_us("a", SECOND + AWAY_US, SECOND + AWAY_US) == 0
    for at_us in (SECOND + 2 * AWAY_US + 1, SECOND + 2 * AWAY_US + 2):
        sights.see("a", at_us)
    assert sights.first_us("a", 3 * AWAY_US, 3 * AWAY_US) == SECOND + 2 * AWAY_US + 1


@given(st.lists(st.integers(0, 90 * MINUTE), min_size=1, max_size=50))
def test_nobody_waits_for_ever_and_never_less_than_the_visit(moments: list[int]) -> None:
    sights = Sights()
    for at_us in sorted(moments):
        sights.see("a", at_us)
        first = sights.first_us("a", at_us, at_us)
        assert moments and min(moments) <= first <= at_us and at_us - first <= LONGEST_US
