"""Findings as JSON and in words: every one of a course with everything in it."""
from __future__ import annotations

import json

import pytest

from common.texts import words
from evidence.rules import R3Finding, finding_json
from tests.evidence.course import TRAINEES, Course

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05")


def course(policy: str) -> Course:
    """Theory with a hole, three half-days that t-4 misses, one without video, one left early, a withdrawal."""
    made = Course(policy=policy)
    made.half_day(DAYS[0], "am", "theory")
    for day in DAYS[1:]:
        made.half_day(day)
    made.half_day("2026-03-06")
    made.hour("2026-03-07 08:00", "08:45")
    made.order()
    made.film(f"{DAYS[0]} 07:58", "08:10")
    made.film(f"{DAYS[0]} 08:20", "09:42")
    for day in DAYS[1:]:
        made.film(f"{day} 07:58", "09:42", TRAINEES[:3])
    made.film("2026-03-06 07:58", "09:42", TRAINEES[:2], headcount=4, unnamed=2)
    for person in TRAINEES:
        made.check_in(person, f"{DAYS[0]} 07:50")
        made.check_in(person, "2026-03-06 07:50")
    made.roster_event("withdrawal", "t-4", "2026-03-06 18:00", "2026-03-06 18:00")
    made.boxes["box-1"].add("checkin", {"class": "c-1"}, made.boxes["box-1"].boot_us)
    return made


@pytest.mark.parametrize("policy", ["sanmenxia-2023", "zhengzhou-2022"])
def test_findings_are_json_and_have_words_in_both_languages(policy: str) -> None:
    made = course(policy)
    for finding in made.findings():
        plain = finding_json(finding)
        assert json.loads(json.dumps(plain)) == plain
        assert finding.reasons and finding.clause == plain["clause"]
        for reason in finding.reasons:
            for lang in ("zh", "en"):
                said = words(reason, lang, {"t-4": "张三"})
                assert said and "{" not in said and "t-4" not in said and reason.code not in said


def test_the_shape_of_r3() -> None:
    made = course("sanmenxia-2023")
    plain = finding_json(made.r3())
    assert isinstance(made.r3(), R3Finding)
    assert set(plain) == {
        "rule", "clause", "result", "flag", "reasons", "records", "verdict", "recordings", "open_recordings",
        "trainees", "readings",
    }
    assert (plain["rule"], plain["clause"], plain["result"], plain["flag"]) == ("R3", "三 二(三)2", "violated", True)
    assert plain["recordings"] == [f"{day}-am" for day in DAYS[1:]]
    assert plain["open_recordings"] == ["2026-03-06-am", "2026-03-07-am"]
    assert plain["trainees"] == ["t-4"]
    assert set(plain["readings"][0]) == {"name", "missing", "open", "verdict"}
    assert set(plain["records"][0]) == {"device", "chain", "seq"}


def test_every_rule_of_the_policy_is_answered_once() -> None:
    rules = [one.rule for one in course("sanmenxia-2023").findings()]
    assert rules[:20] == [*(f"R{n}" for n in range(1, 10)), *(f"O{n}" for n in range(1, 12))]
    assert rules[20:] == ["roster", "records"]


@pytest.mark.parametrize(("start", "end", "offset"), [
    ("0001-01-01T00:00:00.000000Z", "0001-01-01T00:45:00.000000Z", -840),
    ("9999-12-31T23:00:00.000000Z", "9999-12-31T23:45:00.000000Z", 840),
    ("0600-02-28T23:00:00.000000Z", "9996-02-29T23:45:00.000000Z", 0),
])
def test_a_plan_at_the_ends_of_the_calendar_has_findings_in_words(start: str, end: str, offset: int) -> None:
    made = course("sanmenxia-2023")
    order = made.centre.records[-2]
    hours = [{"hour": "h-1", "kind": "practical", "start": start, "end": end}]
    made.centre.add("order.class", {**order.body, "number": 2, "hours": hours, "utc_offset_min": offset}, order.utc_us)
    for finding in made.findings():
        assert all(words(reason, lang) for reason in finding.reasons for lang in ("zh", "en"))
