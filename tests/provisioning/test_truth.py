"""The demo's judge must notice every way in which a report can be wrong."""
from __future__ import annotations

import copy
from typing import Any

import pytest

from provisioning.demo import day, people, truth

RIGHT: list[dict[str, Any]] = [
    {"rule": "R1", "result": "violated", "flag": False},
    {"rule": "R2", "result": "satisfied", "flag": False},
    {"rule": "R3", "result": "violated", "flag": True, "recordings": list(day.MISSED_BLOCKS),
     "trainees": [people.NAMES[people.ABSENTEE]]},
    {"rule": "R7", "result": "satisfied", "flag": False},
]


def test_the_right_report_has_no_difference() -> None:
    assert truth.differences(RIGHT) == []


@pytest.mark.parametrize(("rule", "key", "value"), [
    ("R1", "result", "satisfied"),
    ("R2", "result", "violated"),
    ("R3", "result", "satisfied"),
    ("R3", "flag", False),
    ("R3", "recordings", list(day.MISSED_BLOCKS[:2])),
    ("R3", "recordings", ["2026-03-02-am", *day.MISSED_BLOCKS]),
    ("R3", "trainees", []),
    ("R3", "trainees", [people.NAMES[0]]),
    ("R3", "trainees", list(people.NAMES)),
    ("R7", "result", "violated"),
    ("R2", "flag", True),
])
def test_every_wrong_answer_is_a_difference(rule: str, key: str, value: object) -> None:
    findings = copy.deepcopy(RIGHT)
    next(finding for finding in findings if finding["rule"] == rule)[key] = value
    assert truth.differences(findings)


@pytest.mark.parametrize("rule", ["R1", "R2", "R3", "R7"])
def test_a_missing_rule_is_a_difference(rule: str) -> None:
    assert truth.differences([finding for finding in RIGHT if finding["rule"] != rule])
