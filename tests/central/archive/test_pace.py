"""How fast, and when: pure where it can be."""
from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.archive.errors import BadRate, BadWait, BadWindow
from central.archive.pace import DAY_US, Ended, Pace, Window, rate_of, wait_of, window_of
from evidence.times import HOUR, MINUTE, utc_us

CHINA = 480
NIGHT = window_of("22:00-06:00")
MINUTES = st.integers(0, 1439)


@pytest.mark.parametrize(("utc", "opens"), [
    ("2026-03-02T13:59:00.000000Z", "2026-03-02T14:00:00.000000Z"), ("2026-03-02T14:00:00.000000Z", None),
    ("2026-03-02T21:59:59.000000Z", None), ("2026-03-02T22:00:00.000000Z", "2026-03-03T14:00:00.000000Z")])
def test_the_night_is_that_of_the_class(utc: str, opens: str | None) -> None:
    found = NIGHT.opens_us(utc_us(utc), CHINA)
    assert found == (None if opens is None else utc_us(opens))


@given(MINUTES, MINUTES, st.integers(0, 2**52), st.integers(-720, 840))
def test_it_opens_within_a_day_and_stays_open_for_its_length(first: int, last: int, now_us: int, offset: int) -> None:
    if first == last:
        return
    window = Window(first, last)
    opens = window.opens_us(now_us, offset)
    if opens is not None:
        assert now_us < opens <= now_us + DAY_US and window.opens_us(opens - 1, offset) == opens
        assert window.opens_us(opens, offset) is None
        assert window.opens_us(opens + (last - first) % 1440 * MINUTE, offset) is not None


@pytest.mark.parametrize("text", ["22-6", "24:00-06:00", "22:00-22:00", "22:00–06:00", "", "２２:00-06:00"])
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(BadWindow):
        window_of(text)


def test_numbers_of_the_command_line() -> None:
    assert (rate_of("2"), rate_of("0.5"), wait_of("0"), wait_of("1.5")) == (2_000_000, 500_000, 0, 5400)
    for text in ("0", "-1", "1e3", "nan", "inf", "", "9999999"):
        with pytest.raises(BadRate):
            rate_of(text)
    for text in ("-1", "nan", "8761", ""):
        with pytest.raises(BadWait):
            wait_of(text)


def test_all_readers_together_keep_to_the_rate() -> None:
    pace = Pace(1_000_000, None, 0, lambda: 0, lambda _: None, threading.Event())
    began = time.monotonic()
    readers = [threading.Thread(target=lambda: [pace.take(20_000) for _ in range(5)]) for _ in range(4)]
    for one in readers:
        one.start()
    for one in readers:
        one.join()
    assert 0.35 <= time.monotonic() - began < 3


def test_outside_of_the_window_it_waits_and_says_until_when() -> None:
    now, said = [utc_us("2026-03-02T13:59:59.900000Z")], list[int | None]()

    def passes() -> int:
        now[0] += 10_000
        return now[0]

    pace = Pace(None, NIGHT, CHINA, passes, said.append, threading.Event())
    pace.take(1)
    pace.take(1)
    assert said == [utc_us("2026-03-02T14:00:00.000000Z"), None]


def test_who_waits_is_told_to_end() -> None:
    stop = threading.Event()
    pace = Pace(None, NIGHT, CHINA, lambda: 12 * HOUR - CHINA * MINUTE, lambda _: stop.set(), stop)
    with pytest.raises(Ended):
        pace.take(1)
    slow = Pace(1, None, 0, lambda: 0, lambda _: None, threading.Event())
    threading.Timer(0.1, slow.stop.set).start()
    with pytest.raises(Ended):
        slow.take(60)
