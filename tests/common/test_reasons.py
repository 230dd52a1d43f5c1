"""The sentences of a finding: people in the order of their names, where these are known."""
from __future__ import annotations

from common.reasons import finding_words
from evidence.rules.finding import Finding, reason

NAMES = {"p-1": "赵敏", "p-2": "陈立", "p-3": "李娜"}


def found(rule: str) -> Finding:
    each = [reason("o9_again", trainee=one, count=1, date="2026-03-02") for one in NAMES]
    return Finding(rule, "x", "warning", False, (
        reason("o9_unenrolled", trainees=tuple(NAMES), count=3), *each), ())


def said(rule: str, names: dict[str, str]) -> list[str]:
    return [next(one for one in (*NAMES.values(), *NAMES) if one in sentence)
            for sentence in finding_words(found(rule), "zh", names)[1:]]


def test_o9_tells_of_people_by_their_names() -> None:
    assert said("O9", NAMES) == ["陈立", "李娜", "赵敏"]
    assert "陈立、李娜、赵敏" in finding_words(found("O9"), "zh", NAMES)[0]


def test_without_names_and_in_other_rules_the_order_is_that_of_the_finding() -> None:
    assert said("O9", {}) == list(NAMES)
    assert said("R1", NAMES) == list(NAMES.values())
