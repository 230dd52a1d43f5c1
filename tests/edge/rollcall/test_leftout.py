"""What is left out after an alarm, and when it is tried again."""
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.rollcall.leftout import DIED, GONE, LATER_US, LeftOut
from evidence.called import LEFT_OUT
from evidence.records import ClockState, Record
from evidence.times import utc_text

NOW = "zaitang 2, lab"
ALARMS = st.lists(st.tuples(
    st.sampled_from(sorted(LEFT_OUT)), st.sampled_from((NOW, "zaitang 1, lab", None)), st.integers(0, 3 * LATER_US)))


def alarm(code: str, looked_with: str | None, at_us: int, segment: str = "s") -> Record:
    params = {"segment": segment, "file": "f"} | ({"looked_with": looked_with} if looked_with else {})
    return Record(1, "alarm", "box-1", "0" * 32, 1, "0" * 64, "b-1", 0, utc_text(at_us),
                  ClockState(True, 0, "kernel", 1), {"code": code, "params": params})


def left_out(*alarms: Record) -> LeftOut:
    told = LeftOut(NOW)
    for one in alarms:
        told.take(one)
    return told


@given(ALARMS, st.integers(0, 5 * LATER_US))
def test_with_one_program_it_is_tried_at_most_twice_a_day_apart(
    alarms: list[tuple[str, str | None, int]], now_us: int,
) -> None:
    alarms.sort(key=lambda one: one[2])
    told = left_out(*(alarm(*one) for one in alarms))
    own = [at_us for _, looked_with, at_us in alarms if looked_with == NOW]
    if told.rests("s", now_us):
        assert alarms[-1][0] not in (DIED, GONE) or own
    elif alarms:
        assert alarms[-1][0] in (DIED, GONE) and len(own) <= 1 and all(abs(now_us - at) >= LATER_US for at in own)


def test_a_clock_that_was_years_ahead_does_not_put_it_off_for_years() -> None:
    year_us = 365 * LATER_US
    told = left_out(alarm(GONE, NOW, 20 * year_us))
    assert told.rests("s", 20 * year_us - 1) and not told.rests("s", 10 * year_us)


def test_after_an_update_at_once_and_a_changed_file_never() -> None:
    assert not left_out(alarm(DIED, "zaitang 1, lab", 5)).rests("s", 6) and not left_out().rests("s", 6)
    assert left_out(alarm(DIED, NOW, 5)).rests("s", 4 + LATER_US)
    assert left_out(alarm("rollcall.segment_differs", "zaitang 1, lab", 5)).rests("s", 9 * LATER_US)
    assert "s" in left_out(alarm(GONE, None, 5)) and "s" not in left_out(alarm("picture.black", NOW, 5))
