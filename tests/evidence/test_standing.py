"""How a decision stands to the findings of now: stale, final, made on exactly these; and the version of the rules."""
from __future__ import annotations

import dataclasses
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.canonical import canonical, sha256_hex
from evidence.fold import fold
from evidence.policy import parse_policy
from evidence.rules import RULES_VERSION, finding_json, findings
from evidence.seal import read_sealed
from evidence.standing import findings_hash, same_findings, standing
from evidence.times import HOUR, utc_us
from tests.evidence.course import Course, at
from tests.evidence.deciding import AS_OF, DAYS, decide, decision, flagged, objection, stand
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
