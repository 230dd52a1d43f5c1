"""The plan of a centre against files that are read: what comes in, what stays and why, what may go.

A file of tests/evidence/retention/ says what lies there (`items`), the plans of each class, why classes are held, the
clocks, and what is expected of each item. Times are utc; `years`, `copies` and `end` are those of a plan."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from common.reasons import REASONS
from common.texts import words
from evidence.retention import CentreNow, Plan, Stored, Verdict, apply_policy
from evidence.times import utc_text, utc_us

FILES = sorted((Path(__file__).parent / "retention").glob("*.json"))
CHINA = 480


def us(text: str | None) -> int | None:
    return None if text is None else utc_us(f"{text}:00.000000Z")


def item_of(number: int, one: dict[str, Any]) -> Stored:
    return Stored(one["name"], 1000 + number, tuple(one["classes"]), us(one["ends"]) or 0, one.get("certain", True),
                  one.get("nameless", False), one.get("copies", 1))


def judged(told: dict[str, Any]) -> tuple[Verdict, ...]:
    plans = {name: [Plan(us(one["end"]), CHINA, one["years"], one.get("copies", 1)) for one in some]
             for name, some in told["plans"].items()}
    now = told["now"]
    return apply_policy(
        [item_of(number, one) for number, one in enumerate(told["items"])], plans, told["holds"],
        CentreNow(us(now["centre"]) or 0, now.get("certain", True), us(now["witness"])))


def said(verdict: Verdict) -> dict[str, object]:
    until = None if verdict.until_us is None else utc_text(verdict.until_us)[:16]
    return {"name": verdict.stored.sha256, "action": verdict.action, "until": until,
            "reasons": [one.code for one in verdict.reasons]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_plan_is_the_one_in_the_file(path: Path) -> None:
    told = json.loads(path.read_text())
    found = judged(told)
    assert [said(one) for one in found] == told["expected"]
    for reason in (reason for one in found for reason in one.reasons):
        assert reason.code in REASONS and all(words(reason, lang) not in ("", reason.code) for lang in ("zh", "en"))


def test_every_reason_of_a_centre_is_in_some_file() -> None:
    codes = {code for path in FILES for one in json.loads(path.read_text())["expected"] for code in one["reasons"]}
    assert codes >= {
        "keep_until", "keep_own_clock", "keep_no_witness", "keep_no_class", "keep_unplanned", "keep_policy_gone",
        "keep_no_end", "keep_time_uncertain", "keep_lacks_copy", "remove_over", "held_flag", "held_review",
        "held_undecided", "held_objection", "held_dispute", "held_hold", "held_unjudged"}
