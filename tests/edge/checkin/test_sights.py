"""First sights: the same face keeps its first time for some minutes, in bounded memory."""
from __future__ import annotations

import numpy as np
import pytest

from edge.checkin.sights import AWAY_US, LONGEST_US, MOST, Sights
from evidence.times import MINUTE, SECOND
from tests.edge.checkin.faking import FakePack, vector


@pytest.fixture
def sights() -> Sights:
    return Sights(FakePack(None), 500_000)  # type: ignore[arg-type]


def test_a_face_keeps_its_first_time_while_it_is_seen_now_and_then(sights: Sights) -> None:
    for minute in (1, 4, 8):
        sights.see(vector(1), minute * MINUTE)
    assert sights.first_us(vector(1)[None], 8 * MINUTE) == MINUTE
    assert sights.first_us(vector(2)[None], 8 * MINUTE) == 8 * MINUTE
    assert sights.first_us(np.stack([vector(2), vector(1)]), 8 * MINUTE) == MINUTE


def test_who_was_away_for_long_begins_anew(sights: Sights) -> None:
    sights.see(vector(1), 0)
    assert sights.first_us(vector(1)[None], AWAY_US) == 0
    assert sights.first_us(vector(1)[None], AWAY_US + 1) == AWAY_US + 1
    sights.see(vector(1), AWAY_US + 1)
    assert sights.first_us(vector(1)[None], AWAY_US + SECOND) == AWAY_US + 1


def test_nobody_waits_for_ever(sights: Sights) -> None:
    for at_us in range(0, 3 * LONGEST_US, 2 * MINUTE):
        sights.see(vector(1), at_us)
        assert at_us - sights.first_us(vector(1)[None], at_us) <= LONGEST_US


def test_memory_is_bounded_and_the_oldest_goes(sights: Sights) -> None:
    many = np.eye(3 * MOST, dtype=np.float32)
    for number, one in enumerate(many):
        sights.see(one, number * SECOND)
    now = 3 * MOST * SECOND
    assert [sights.first_us(one[None], now) == now for one in many] == [True] * (2 * MOST) + [False] * MOST
    sights.forget()
    assert sights.first_us(many[-1][None], now) == now
