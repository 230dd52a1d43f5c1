"""The demo's judge must notice every way in which a report can be wrong, and say it in words."""
from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from provisioning.demo import day, people, truth

FINDINGS: list[dict[str, Any]] = [
    {"rule": "R1", "result": "violated", "flag": False},
    {"rule": "R2", "result": "satisfied", "flag": False},
    {"rule": "R3", "result": "violated", "flag": True,
     "recordings": ["2026-03-02-pm", "2026-03-03-am", "2026-03-03-pm"], "trainees": ["学员庚"]},
    {"rule": "R7", "result": "satisfied", "flag": False},
]
SIX = ["学员甲", "学员乙", "学员丙", "学员丁", "学员戊", "学员己"]
BLOCKS: list[dict[str, Any]] = [
    {"block": block, "checked_in": list(there), "shown": list(there)} for block, there in (
        ("2026-03-02-am", [*SIX, "学员庚"]), ("2026-03-02-pm", SIX), ("2026-03-03-am", SIX), ("2026-03-03-pm", SIX))
]


def differences(findings: list[dict[str, Any]] = FINDINGS, blocks: list[dict[str, Any]] = BLOCKS) -> list[str]:
    """In English."""
    return truth.differences(findings, blocks, "en")


def changed(number: int, key: str, change: Callable[[list[str]], object]) -> list[dict[str, Any]]:
    """The right blocks but for one list of one block."""
    blocks = copy.deepcopy(BLOCKS)
    change(blocks[number][key])
    return blocks


def test_the_right_report_has_no_difference() -> None:
    assert differences() == [] and truth.differences(FINDINGS, BLOCKS, "zh") == []
    assert differences(blocks=[{**one, "shown": one["shown"][::-1]} for one in BLOCKS]) == []


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
    findings = copy.deepcopy(FINDINGS)
    next(finding for finding in findings if finding["rule"] == rule)[key] = value
    assert len(differences(findings)) == 1


@pytest.mark.parametrize("rule", ["R1", "R2", "R3", "R7"])
def test_a_missing_rule_is_a_difference(rule: str) -> None:
    assert differences([finding for finding in FINDINGS if finding["rule"] != rule])


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(("key", "says"), [("checked_in", "checked in are"), ("shown", "the recording shows")])
def test_who_came_and_who_was_shown_must_agree_in_every_block(number: int, key: str, says: str) -> None:
    for change in (lambda names: names.pop(0), lambda names: names.append("学员辛"), list.clear):
        (said,) = differences(blocks=changed(number, key, change))
        assert says in said


def test_a_count_alone_is_not_enough() -> None:
    """Six people, but the wrong six."""
    def swap(names: list[str]) -> None:
        names[0] = "学员庚"

    for key in ("checked_in", "shown"):
        assert differences(blocks=changed(2, key, swap))


def test_a_block_too_few_or_too_many_is_a_difference() -> None:
    assert differences(blocks=BLOCKS[:3]) and differences(blocks=[])
    assert differences(blocks=[*BLOCKS, {"block": "2026-03-04-am", "checked_in": [], "shown": []}])


def test_what_differs_is_said_in_both_languages() -> None:
    blocks = changed(1, "shown", lambda names: names.append("学员庚"))
    (english,) = truth.differences(FINDINGS, blocks, "en")
    assert english.startswith("Mar 2, 2026, afternoon: the recording shows 7 (学员甲, ") and "学员庚" in english
    (chinese,) = truth.differences(FINDINGS, blocks, "zh")
    assert chinese.startswith("2026年3月2日下午：录像中出现 7 人（学员甲、")
