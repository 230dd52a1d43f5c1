"""The plan of a centre against files that are read: what comes in, what stays and why, what may go.

A file of tests/evidence/retention/ says what lies there (`items`), the plans of each class, why classes are held, the
clocks, and what is expected of each item. Times are utc; `years`, `copies` and `end` are those of a plan."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.policies import load_policy, policy_bytes
from common.reasons import REASONS
from common.texts import words
from evidence.bodies import ClassOrder, PolicyRef
from evidence.keeping import kept_until_us
from evidence.policy import parse_policy
from evidence.retention import CentreNow, Plan, Stored, Verdict, apply_policy, erasure_waits, plan_of, usual_plan
from evidence.times import utc_text, utc_us

FILES = sorted((Path(__file__).parent / "retention").glob("*.json"))
CHINA = 480


def us(text: str | None) -> int | None:
    return None if text is None else utc_us(f"{text}:00.000000Z")


def item_of(number: int, one: dict[str, Any]) -> Stored:
    return Stored(one["name"], 1000 + number, tuple(one["classes"]), us(one["ends"]) or 0, one.get("certain", True),
                  one.get("nameless", False), one.get("copies", 1), tuple(one.get("near", ())))


def judged(told: dict[str, Any]) -> tuple[Verdict, ...]:
    plans = {name: [Plan(us(one["end"]), CHINA, one["years"], one.get("copies", 1)) for one in some]
             for name, some in told["plans"].items()}
    now, usual = told["now"], usual_plan(CHINA, told["usual"]) if "usual" in told else None
    return apply_policy(
        [item_of(number, one) for number, one in enumerate(told["items"])], plans, told["holds"],
        CentreNow(us(now["centre"]) or 0, now.get("certain", True), us(now["witness"])), usual)


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


TIMES = st.integers(us("2025-01-01T00:00") or 0, us("2034-01-01T00:00") or 0)
NAMES = st.sampled_from(["c-1", "c-2", "c-3"])
ITEMS = st.builds(Stored, st.just("ab"), st.just(1), st.lists(NAMES, max_size=2, unique=True).map(tuple), TIMES,
                  st.booleans(), st.booleans(), st.integers(0, 2), st.lists(NAMES, max_size=1).map(tuple))
PLANS = st.dictionaries(NAMES, st.lists(
    st.builds(Plan, st.none() | TIMES, st.just(CHINA), st.sampled_from([None, 1, 3]), st.integers(1, 2)), max_size=2))
HOLDS = st.dictionaries(NAMES, st.sets(st.sampled_from(["flag", "hold", "unjudged"])))


USUAL = st.none() | st.builds(usual_plan, st.just(CHINA), st.sampled_from([None, 1, 3]))


@given(ITEMS, PLANS, HOLDS, st.builds(CentreNow, TIMES, st.booleans(), st.none() | TIMES), USUAL)
def test_what_may_go_is_free_of_every_doubt_and_what_is_free_may_go(one, plans, holds, now, usual) -> None:
    (found,) = apply_policy([one], plans, holds, now, usual)
    names, loose = {*one.classes, *one.near}, usual if one.nameless else None
    known = [plan for name in names for plan in plans.get(name, ())]
    sure = (bool(names) or loose is not None) and all(plans.get(name) for name in names) and one.certain
    sure = sure and (loose is not None or (not one.nameless and bool(one.classes)))
    ends = [plan.end_us for plan in known if plan.end_us is not None]
    sure = sure and (bool(ends) or not known)
    known += [] if loose is None else [loose]
    ends += [] if loose is None else [one.end_us]
    free = sure and bool(ends) and all(plan.years for plan in known)
    free = free and not any(holds.get(name) for name in names) and now.certain and now.witness_us is not None
    if free:
        years = max(plan.years for plan in known)
        until = kept_until_us(max(*ends, one.end_us), CHINA, years)
        free = until <= now.us and until <= now.witness_us
    assert (found.action == "remove") == free and found.reasons


def test_a_policy_says_how_many_copies_it_wants() -> None:
    order = ClassOrder("c-1", 1, "t", PolicyRef("demo", "0" * 64), CHINA, (), (), ())
    wanted = b'copies = { value = 2, source = "ours", why = "x" }\nyears = { value = 3,'
    toml = policy_bytes("demo").replace(b"years = { value = 3,", wanted)
    assert plan_of(order, parse_policy(toml, "demo.toml")).copies == 2
    assert plan_of(order, load_policy("demo")).copies == 1 == plan_of(order, None).copies


@pytest.mark.parametrize("number", range(7))
def test_an_erasure_of_a_face_waits_for_what_is_open_and_for_nothing_else(number: int) -> None:
    told = json.loads((Path(__file__).parent / "retention" / "erasures" / "waits.json").read_text())["cases"][number]
    found = erasure_waits(told["held"])
    assert [one.code for one in found] == told["waits"]
    assert all(one.code in REASONS and words(one, lang) not in ("", one.code) for one in found for lang in ("zh", "en"))
