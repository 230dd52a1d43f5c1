"""One spelling of every instant."""
from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import BadRecord
from evidence.times import utc_text, utc_us

FIRST, LAST = utc_us("0001-01-01T00:00:00.000000Z"), utc_us("9999-12-31T23:59:59.999999Z")


@given(st.integers(FIRST, LAST))
def test_there_and_back(instant: int) -> None:
    assert utc_us(utc_text(instant)) == instant
    assert len(utc_text(instant)) == 27


@pytest.mark.parametrize("instant", [FIRST - 1, LAST + 1, 10**30, -(10**30), 10**400])
def test_times_outside_the_calendar_are_refused(instant: int) -> None:
    with pytest.raises(BadRecord):
        utc_text(instant)


@pytest.mark.parametrize("text", [
    "", "2026-03-02T00:40:00Z", "2026-03-02T00:40:00.0000000Z", "2026-03-02T00:40:00.000000+00:00",
    "2026-03-02 00:40:00.000000Z", "2026-02-29T00:00:00.000000Z", "2026-03-02T24:00:00.000000Z",
    "2026-03-02T00:00:60.000000Z", "0000-03-02T00:00:00.000000Z", "2026-03-02T00:40:00.000000Z\n",
    "２026-03-02T00:40:00.000000Z", "2026-03-02t00:40:00.000000z",
])
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(BadRecord):
        utc_us(text)


@given(st.text(max_size=30))
def test_any_text_gives_an_instant_or_our_error(text: str) -> None:
    with contextlib.suppress(BadRecord):
        assert utc_text(utc_us(text)) == text
