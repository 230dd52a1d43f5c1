"""Which class-hour the screen speaks of, which plan is in force, which session is open."""
from __future__ import annotations

import dataclasses

import pytest

from common.policies import load_policy
from edge.terminal.schedule import checkin_open, lesson
from evidence.bodies import ClassOrder, Hour, Place, PolicyRef
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


def test_while_a_session_runs_only_its_class_is_spoken_of() -> None:
    plans = [plan(hour("h-1", 55), class_id="c-1"), plan(hour("h-1", 0), class_id="c-2")]
    assert lesson(plans, "box-1", START, "c-1").order.class_id == "c-1"  # type: ignore[union-attr]


def test_plans_of_other_boxes_are_not_ours() -> None:
    elsewhere = dataclasses.replace(plan(hour("h-1", 0)), boxes=(Place("box-2", ""),))
    assert lesson([elsewhere], "box-1", START) is None


@pytest.mark.parametrize(("minute", "is_open"), [(-61, False), (-60, True), (50, True), (99, True), (100, False)])
def test_check_in_is_open_before_and_through_a_block(minute: int, is_open: bool) -> None:
    morning = plan(hour("h-1", 0), hour("h-2", 55))
    assert checkin_open(morning, load_policy("demo"), START + minute * MINUTE) is is_open
