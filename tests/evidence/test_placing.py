"""Where a segment lies, and which of what a box states of it is not believed."""
from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import Gap, Segment
from evidence.clocks import ChainClock
from evidence.continuity import SLEW
from evidence.placing import place
from evidence.story import SegmentFact
from evidence.times import MINUTE, SECOND
from tests.evidence.course import Course, at, codes

DAY = "2026-03-02"
START = at(f"{DAY} 08:00")


def course() -> Course:
    made = Course()
    made.hour(f"{DAY} 08:00", "08:45")
    made.order()
    return made


def stated(body: Segment, at_us: int, made: Course | None = None) -> SegmentFact:
    """What a reader makes of a segment that box-1 states at `at_us`."""
    made = made or course()
    box = made.boxes["box-1"]
    record = box.add("segment", body, at_us)
    return place(record, body, ChainClock(box.records, made.policy), made.policy)


# Pictures that last long


def test_one_packet_is_no_hour() -> None:
    made = course()
    body = made.segment("r-1", 0, 0, 49 * MINUTE, START - 2 * MINUTE, "box-1", packets=1, keyframes=1)
    body = dataclasses.replace(body, last_mono_us=body.first_mono_us)
    assert stated(body, START - MINUTE, made).doubt == "step"
    assert made.story().hours[0].longest_us == 0
    assert made.finding("R2").result == "open" and codes(made.finding("clock")) == ["doubt_step"]


def test_packets_that_last_longer_than_a_hole_may_are_holes_that_nobody_listed() -> None:
    made = course()
    for packets, gaps, doubt in (
        (30, (), None), (20, (), "gaps"), (20, (Gap(MINUTE // 2, 20 * SECOND),), None),
        (20, (Gap(-SECOND, 20 * SECOND),), "gaps"),
    ):
        body = made.segment("r-1", 0, 0, MINUTE, START, "box-1", packets=packets)
        body = dataclasses.replace(body, last_mono_us=body.first_mono_us + MINUTE - 3 * SECOND, gaps=gaps)
        assert stated(body, START + MINUTE, course()).doubt == doubt


@given(st.integers(1, 2000), st.integers(0, 3600 * SECOND), st.integers(0, 3600 * SECOND), st.integers(0, SECOND))
def test_no_video_that_is_believed_ends_much_later_than_its_record(
    packets: int, media_us: int, mono_us: int, sealing_us: int,
) -> None:
    made = course()
    body = made.segment("r-1", 0, 0, media_us, START, "box-1", packets=packets)
    body = dataclasses.replace(body, last_mono_us=body.first_mono_us + mono_us)
    at_us = START + mono_us + sealing_us
    fact = stated(body, at_us, made)
    most_us = made.policy.step_tolerance_us + made.policy.max_gap_us + mono_us // SLEW + SECOND
    assert not fact.certain or fact.span.end_us <= at_us + most_us
