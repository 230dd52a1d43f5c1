"""How a decision stands to the findings of now: stale, final, made on exactly these; and the version of the rules."""
from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import Alarm
from evidence.canonical import canonical, sha256_hex
from evidence.fold import fold
from evidence.policy import parse_policy
from evidence.rules import RULES_VERSION, finding_json, findings
from evidence.seal import read_sealed
from evidence.standing import findings_hash, same_findings, standing
from evidence.times import HOUR, utc_us
from tests.evidence.course import REAL, UNSET, Course, at
from tests.evidence.deciding import AS_OF, DAYS, copied, decide, decision, flagged, objection, stand
from tests.evidence.test_golden import load

KNOWN = {1: "3802e88ada534a45341b81f8865871dd8346717d4f3ae2feee7821c0cfb3b248"}
"""Version of the rules → hash of the findings of the class in tests/golden/export.json."""


def both(made: Course, answer: str = "withdraw") -> None:
    first = decide(made, "first", answer, "wang")
    decide(made, "second", answer, "li", first)


def test_a_decision_is_stale_as_soon_as_what_matters_differs_and_so_it_is_told() -> None:
    made = flagged()
    both(made)
    assert stand(made).round.state == "decided"
    made.review(f"{DAYS[1]}-am", "complete", "2026-03-25 09:00")
    told = stand(made)
    assert (told.round.state, told.round.changed, told.answer) == ("stale", ("verdict", "recordings"), None)
    assert told.round.first and told.round.second, "what was decided stays to be read"
    made.review(f"{DAYS[1]}-am", "missing", "2026-03-26 09:00")
    assert stand(made).round.state == "decided", "the findings are again what was decided on"


def test_under_another_policy_it_is_stale() -> None:
    made = flagged()
    both(made)
    other = dataclasses.replace(made.policy, sha256="0" * 64)
    told = standing(made.story(), made.findings(AS_OF), other, at(AS_OF))
    assert (told.round.state, told.round.changed) == ("stale", ("policy",))


def test_what_does_not_matter_makes_nothing_stale() -> None:
    made = flagged()
    both(made)
    before = findings_hash(made.findings(AS_OF))
    made.review(f"{DAYS[1]}-am", "missing", "2026-03-25 09:00")
    assert findings_hash(made.findings(AS_OF)) != before and stand(made).round.state == "decided"


def test_it_is_final_after_the_notice_and_not_before() -> None:
    made = flagged()
    both(made)
    notice_us = made.policy.notice_us
    second = made.story().decisions[-1]
    final_us = second.at_us + notice_us
    assert notice_us == 7 * 24 * HOUR and made.policy.decision and made.policy.decision.notice_days.source == "ours"
    for as_of_us, final in ((second.at_us, False), (final_us - 1, False), (final_us, True)):
        told = standing(made.story(), made.findings(AS_OF), made.policy, as_of_us)
        assert (told.final_us, told.final) == (final_us, final)
    old = dataclasses.replace(made.policy, decision=None)
    assert standing(made.story(), made.findings(AS_OF), old, second.at_us).final, "a policy of before names none"
    objection(made, "o-1")
    assert not stand(made, "2026-12-01 00:00").final


LATE = "2026-03-30 09:00"
"""More than a week after the second decision."""


@pytest.mark.parametrize("state", ["raised", "answered", "upheld", "rejected", "withdrawn"])
def test_attack_an_objection_after_the_notice_makes_nothing_final_undone(state: str) -> None:
    """Else whoever objects again and again keeps what was decided from ever being final."""
    made = flagged()
    both(made)
    before = stand(made)
    assert before.final
    objection(made, "o-1", when=LATE)
    if state != "raised":
        objection(made, "o-1", state, when="2026-03-31 09:00")
    told = stand(made)
    assert (told.round.state, told.final, told.final_us, told.answer) == (
        "decided", True, before.final_us, "withdraw")
    assert [one.objection for one in told.late] == ["o-1"] and told.open == ()


def test_an_objection_that_came_in_time_holds_it_up_to_its_end_and_no_other_after_it_does() -> None:
    made = flagged()
    both(made)
    objection(made, "o-1")
    objection(made, "o-2", when=LATE)
    told = stand(made)
    assert told.final_us is None and [one.objection for one in told.open] == ["o-1"]
    ended = objection(made, "o-1", "rejected", when="2026-03-31 09:00")
    told = stand(made)
    assert told.final_us == ended.utc_us and told.final, "final from then on, and not from before"


def test_attack_no_clock_that_is_not_set_makes_final_early_or_an_objection_late() -> None:
    made = flagged()
    first = decide(made, "first", "withdraw", "wang")
    chain = made.centre
    chain.clock = UNSET
    decide(made, "second", "withdraw", "li", first)
    assert made.story().decisions[-1].void == "clock" and stand(made).round.state == "first"
    chain.clock = dataclasses.replace(REAL, source="simulated", rate=60)
    decide(made, "second", "withdraw", "li", first)
    assert made.story().decisions[-1].void == "clock"
    chain.clock = REAL
    second = decide(made, "second", "withdraw", "li", first, when="2026-01-01 09:00")
    told = stand(made)
    assert second.utc_us < first.utc_us and told.final_us is not None
    assert told.final_us >= first.utc_us + made.policy.notice_us, "a clock that went back shortens no notice"
    chain.clock = UNSET
    objection(made, "o-1", when="2027-03-30 09:00")
    told = stand(made)
    assert told.late == () and told.final_us is None, "a clock that ran ahead takes nobody's word away"


def test_a_clock_that_ran_ahead_while_it_was_not_set_keeps_nothing_from_being_final() -> None:
    """Else what somebody says in a minute of 2036, before a time server is reached, holds every decision till then."""
    made = flagged()
    first = decide(made, "first", "withdraw", "wang")
    made.centre.clock = UNSET
    made.review(f"{DAYS[1]}-am", "missing", "2036-03-20 09:00")
    made.centre.clock = REAL
    second = decide(made, "second", "withdraw", "li", first, when="2026-03-21 09:00")
    told = stand(made)
    assert (told.final_us, told.final) == (second.utc_us + made.policy.notice_us, True)


def test_attack_neither_a_simulated_clock_nor_one_of_now_that_is_not_set_ends_a_notice() -> None:
    made = flagged()
    both(made)
    story, found, later = made.story(), made.findings(AS_OF), at("2027-01-01 00:00")
    assert standing(story, found, made.policy, later).final
    assert not standing(story, found, made.policy, later, timed=False).final
    simulated, accepting = dataclasses.replace(story, simulated=True), dataclasses.replace(
        made.policy, accept_simulated=True)
    assert not standing(simulated, found, accepting, later).final
    without = dataclasses.replace(made.policy, decision=None)
    assert standing(simulated, found, without, at(AS_OF), timed=False).final, "where there is no notice none is awaited"


def test_attack_no_record_of_a_simulated_clock_keeps_anything_from_being_final_where_none_is_accepted() -> None:
    made = flagged()
    both(made)
    box = made.boxes["box-1"]
    box.clock = dataclasses.replace(REAL, source="simulated", rate=60)
    box.add("alarm", Alarm("camera.silent", {"camera": "room"}, "c-1"), at("2026-03-27 09:00"))
    box.clock = REAL
    assert made.story().simulated and stand(made).final


def test_what_is_final_is_reopened_by_two_persons_and_by_nobody_alone() -> None:
    made = flagged()
    both(made)
    objection(made, "o-1", when=LATE)
    early = copied(made)
    first = decide(made, "first", "reopen", "zhao")
    told = stand(made)
    assert told.final and told.answer == "withdraw" and told.round.reopening
    assert told.round.reopening.hash == made.story().decisions[-1].hash
    decide(made, "second", "reopen", "zhao", first)
    decide(made, "first", "reopen", "chen")
    decide(made, "second", "reopen", "chen")
    assert [one.void for one in made.story().decisions[3:]] == ["same_person", "running", "no_first"]
    other = copied(made)
    decide(other, "second", "stand", "chen", first)
    told = stand(other)
    assert told.final and told.answer == "withdraw" and told.round.reopening is None
    decide(other, "first", "reopen", "zhao")
    assert stand(other).round.reopening, "somebody may say so again"
    decide(made, "second", "reopen", "chen", first)
    told = stand(made)
    assert (told.round.state, told.round.changed, told.answer, told.final) == ("stale", ("reopened",), None, False)
    assert [one.objection for one in told.open] == ["o-1"] and told.late == ()
    anew = decide(made, "first", "keep", "zhao")
    decide(made, "second", "keep", "chen", anew)
    assert made.story().decisions[-1].void == "objection", "the objection is answered first now"
    objection(made, "o-1", "upheld")
    decide(made, "second", "keep", "chen", decide(made, "first", "keep", "zhao"))
    assert stand(made).answer == "keep"
    decide(early, "first", "stand", "zhao")
    assert early.story().decisions[-1].void == "no_first", "nobody has said that it be reopened"


def test_nothing_is_reopened_before_it_is_final() -> None:
    made = flagged()
    decide(made, "first", "reopen", "zhao")
    both(made)
    decide(made, "first", "reopen", "zhao")
    assert [one.void for one in made.story().decisions] == ["not_final", None, None, "not_final"]


@given(st.sampled_from(["verdict", "recordings", "findings", None]))
@settings(max_examples=8, deadline=None)
def test_a_decision_was_made_on_exactly_these_findings_or_not(what: str | None) -> None:
    made = flagged(1)
    lies: dict[str, Any] = {"verdict": "flag", "recordings": ("x",), "findings": "0" * 64}
    body = decision(made, "first", "keep", "wang", **({what: lies[what]} if what else {}))
    assert same_findings(body, made.findings(AS_OF)) == (what is None)


def test_the_hash_is_of_the_canonical_json_of_what_is_printed() -> None:
    found = flagged().findings(AS_OF)
    printed = json.loads(json.dumps([finding_json(one) for one in found]))
    assert findings_hash(found) == sha256_hex(canonical(printed))


def test_the_findings_of_a_known_class_are_those_of_this_version_of_the_rules() -> None:
    """Where this fails the rules have changed: raise RULES_VERSION, and add the new hash beside the old one."""
    files = load("export")["files"]
    policy = parse_policy(files["policy.toml"].encode(), "policy.toml")
    records = [read_sealed(line.encode()).record for name, text in files.items() if name.startswith("chains/")
               for line in text.splitlines()]
    story = fold(records, "welder-1", policy)
    as_of = utc_us(str(read_sealed(files["manifest.json"].encode()).record.body["as_of"]))
    assert KNOWN[RULES_VERSION] == findings_hash(findings(story, policy, as_of))
