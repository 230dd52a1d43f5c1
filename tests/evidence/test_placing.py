"""Where a segment lies, and which of what a box states of it is not believed."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.bodies import Gap, Segment
from evidence.clocks import ChainClock
from evidence.continuity import SLEW
from evidence.placing import place
from evidence.story import SegmentFact
from evidence.times import MINUTE, SECOND
from tests.evidence.course import REAL, SIMULATED, Course, at, codes

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
        (24, (), None), (23, (), "gaps"), (20, (), "gaps"), (20, (Gap(MINUTE // 2, 20 * SECOND),), None),
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


# Video that is stated late

SILENT = {"code": "camera.silent", "params": {}}
WHOLE = 49 * MINUTE


def hour_of(made: Course, **changes: object) -> Segment:
    return made.segment("r-x", 0, 0, WHOLE, START - 2 * MINUTE, "box-1", **changes)  # type: ignore[arg-type]


def test_video_that_is_stated_days_later_in_the_same_start_is_uncertain() -> None:
    made = course()
    box = made.boxes["box-1"]
    box.add("alarm", SILENT, at(f"{DAY} 12:00"))
    box.add("alarm", SILENT, at("2026-03-05 12:00"))
    assert stated(hour_of(made), at("2026-03-06 17:00"), made).doubt == "late"
    assert made.finding("R2").result == "open" and codes(made.finding("clock")) == ["doubt_late"]


@pytest.mark.parametrize("recovered", [False, True])
def test_a_database_that_was_locked_for_an_hour_costs_nobody_a_class_hour(recovered: bool) -> None:
    for minutes, doubt in ((69, None), (71, "late")):
        made = course()
        body = hour_of(made, recovered=recovered, boot_id="0f")
        assert stated(body, START - 2 * MINUTE + WHOLE + minutes * MINUTE, made).doubt == doubt


def test_how_late_is_real_time() -> None:
    for clock, doubt in ((REAL, "late"), (SIMULATED, None)):
        made = Course(policy="demo")
        made.boxes["box-1"].clock = clock
        assert stated(hour_of(made), START + 10 * 60 * MINUTE, made).doubt == doubt


@pytest.mark.parametrize("recovered", [False, True])
def test_a_box_without_power_for_days_states_what_it_filmed_when_it_starts_again(recovered: bool) -> None:
    made = course()
    box = made.boxes["box-1"]
    body = hour_of(made, recovered=recovered, boot_id="0f")
    box.add("alarm", SILENT, at(f"{DAY} 08:30"))
    box.restart(at("2026-03-09 08:00"), "1f")
    fact = stated(body, at("2026-03-09 08:01"), made)
    assert fact.certain and fact.span.start_us == START - 2 * MINUTE
    made.call_rolls()
    assert made.finding("R2").result == "satisfied"


def test_a_box_that_ran_for_long_since_then_would_have_stated_it() -> None:
    """Its power was out, it ran for half a day, its power was out again: then it names video of before."""
    for ran_us, doubt in ((20 * MINUTE, None), (12 * 60 * MINUTE, "late")):
        made = course()
        box = made.boxes["box-1"]
        body = hour_of(made, recovered=True, boot_id="0f")
        box.add("alarm", SILENT, at(f"{DAY} 08:40"))
        for day, boot_id in (("03", "1f"), ("05", "2f")):
            box.restart(at(f"2026-03-{day} 00:00"), boot_id)
            box.add("alarm", SILENT, box.boot_us + (ran_us if boot_id == "1f" else MINUTE))
        assert stated(body, at("2026-03-05 00:02"), made).doubt == doubt


def test_a_start_that_was_not_heard_of_for_long_is_not_known_to_have_gone_on() -> None:
    """Video of 49 minutes from 07:58, of a start whose last record is older."""
    for heard, doubt in ((f"{DAY} 08:18", None), (f"{DAY} 08:16", "boot"), ("2026-03-01 12:00", "boot")):
        made = course()
        box = made.boxes["box-1"]
        body = hour_of(made, recovered=True, boot_id="0f")
        box.add("alarm", SILENT, at(heard))
        box.restart(at("2026-03-03 00:00"), "1f")
        assert stated(body, at("2026-03-03 00:01"), made).doubt == doubt


def test_a_start_that_goes_on_afterwards_was_not_over() -> None:
    made = course()
    box = made.boxes["box-1"]
    body = hour_of(made, recovered=True, boot_id="0f")
    box.add("alarm", SILENT, at(f"{DAY} 08:40"))
    first_us = box.boot_us
    box.restart(at(f"{DAY} 09:00"), "1f")
    stated(body, at(f"{DAY} 09:01"), made)
    box.restart(first_us, "0f")
    box.add("alarm", SILENT, at(f"{DAY} 09:10"))
    assert [fact.doubt for fact in made.story().segments] == ["boot"]
