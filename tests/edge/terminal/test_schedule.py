"""Which class-hour the screen speaks of, to which block an open session belongs, what is taught today."""
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.policies import load_policy
from edge.terminal.schedule import (
    OUT_AFTER_US,
    OUT_BEFORE_US,
    checkin_open,
    direction,
    lesson,
    session_block,
    taught_today,
)
from evidence.blocks import plan_blocks
from evidence.bodies import ClassOrder, Hour, Place, PolicyRef
from evidence.story import Span
from evidence.times import MINUTE, utc_text, utc_us

START = utc_us("2026-03-02T00:40:00.000000Z")


def hour(name: str, start_min: int, kind: str = "theory") -> Hour:
    return Hour(name, kind, utc_text(START + start_min * MINUTE), utc_text(START + (start_min + 45) * MINUTE))  # type: ignore[arg-type]


def plan(*hours: Hour, class_id: str = "c-1") -> ClassOrder:
    return ClassOrder(class_id, 1, "班", PolicyRef("demo", "0" * 64), 480, (Place("box-1", ""),), (), hours)


@pytest.mark.parametrize(
    ("minute", "expected"),
    [(-10, ("h-1", "next")), (0, ("h-1", "now")), (44, ("h-1", "now")), (45, ("h-2", "next")), (60, ("h-2", "now"))],
)
def test_the_class_hour_now_or_the_next(minute: int, expected: tuple[str, str]) -> None:
    found = lesson([plan(hour("h-2", 55), hour("h-1", 0))], "box-1", START + minute * MINUTE)
    assert found is not None and (found.hour.hour, found.phase) == expected


def test_after_the_last_class_hour_there_is_none() -> None:
    assert lesson([plan(hour("h-1", 0))], "box-1", START + 45 * MINUTE) is None


def test_online_class_hours_are_not_taught_in_the_room() -> None:
    found = lesson([plan(hour("h-1", 0, "online"), hour("h-2", 55))], "box-1", START)
    assert found is not None and (found.hour.hour, found.number, found.of) == ("h-2", 1, 1)


def test_of_several_classes_the_one_that_runs_or_comes_first() -> None:
    plans = [plan(hour("h-1", 55), class_id="c-1"), plan(hour("h-1", 0), class_id="c-2")]
    assert lesson(plans, "box-1", START).order.class_id == "c-2"  # type: ignore[union-attr]
    assert lesson(plans, "box-1", START + 50 * MINUTE).order.class_id == "c-1"  # type: ignore[union-attr]


BLOCKS = plan_blocks(plan(hour("h-1", 0), hour("h-2", 55), hour("h-3", 240), hour("h-4", 295)), 30 * MINUTE)


@pytest.mark.parametrize(
    ("since", "minute", "block"),
    [
        (-30, -20, 0), (-30, 10, 0), (0, 99, 0),
        (0, 105, 0), (0, 239, 0),  # overruns: it stays with its own
        (0, 240, 1), (105, 110, 1), (105, 260, 1),  # started between two: for the one that comes
        (250, 400, 1), (390, 400, 1),  # nothing comes any more
    ],
)
def test_an_open_session_belongs_to_a_block(since: int, minute: int, block: int) -> None:
    found = session_block(BLOCKS, START + since * MINUTE, START + minute * MINUTE)
    assert found is BLOCKS[block]


def test_while_a_session_runs_only_the_class_hours_of_its_block_are_spoken_of() -> None:
    whole = plan(hour("h-1", 0), hour("h-2", 55), hour("h-3", 240), hour("h-4", 295))
    assert lesson([whole], "box-1", START + 50 * MINUTE, BLOCKS[0]).hour.hour == "h-2"  # type: ignore[union-attr]
    assert lesson([whole], "box-1", START + 101 * MINUTE, BLOCKS[0]) is None
    assert lesson([whole], "box-1", START + 101 * MINUTE).hour.hour == "h-3"  # type: ignore[union-attr]


def test_todays_classes_are_those_taught_here_on_this_day_of_their_own_clock() -> None:
    late = plan(hour("h-1", 15 * 60), class_id="c-2")  # 23:40 of the same day
    tomorrow = plan(hour("h-1", 16 * 60), class_id="c-3")  # 00:40
    online = plan(hour("h-1", 0, "online"), class_id="c-4")
    elsewhere = dataclasses.replace(plan(hour("h-1", 0), class_id="c-5"), boxes=(Place("box-2", ""),))
    found = taught_today([tomorrow, late, online, elsewhere, plan(hour("h-1", 0))], "box-1", START)
    assert [order.class_id for order in found] == ["c-1", "c-2"]


def test_plans_of_other_boxes_are_not_ours() -> None:
    elsewhere = dataclasses.replace(plan(hour("h-1", 0)), boxes=(Place("box-2", ""),))
    assert lesson([elsewhere], "box-1", START) is None


@pytest.mark.parametrize(("minute", "is_open"), [(-61, False), (-60, True), (50, True), (99, True), (100, False)])
def test_check_in_is_open_before_and_through_a_block(minute: int, is_open: bool) -> None:
    morning = plan(hour("h-1", 0), hour("h-2", 55))
    assert checkin_open(morning, load_policy("demo"), START + minute * MINUTE) is is_open


@given(st.integers(0, 300), st.integers(1, 300), st.integers(-400, 700))
def test_a_face_signs_in_until_shortly_before_the_end_and_out_until_a_while_after(
    start: int, length: int, now: int
) -> None:
    block = Span(start * MINUTE, (start + length) * MINUTE)
    way = direction(block, now * MINUTE)
    assert (way is None) == (now >= start + length + OUT_AFTER_US // MINUTE)
    if way is not None:
        assert (way == "in") == (now < start + length - OUT_BEFORE_US // MINUTE)
