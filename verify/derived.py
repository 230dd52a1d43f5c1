"""What a bag derives from its class, against what is derived anew; the findings here, the rest beside."""
from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from common.reasons import RESULTS, VERDICTS
from common.texts import N_
from evidence.canonical import canonical
from evidence.errors import VerificationError
from evidence.rules import RULES_VERSION
from evidence.times import utc_text
from verify.bag import FINDINGS, Bag
from verify.errors import (
    DerivedUnreadable,
    FindingGrounds,
    FindingOther,
    Flagged,
    WithVerdict,
)
from verify.findings import Judged
from verify.folder import shown
from verify.index import check_index
from verify.lines import MOST_WRONG
from verify.material import Expected, Material
from verify.names import Names, read_names
from verify.read_json import not_as


@dataclasses.dataclass(frozen=True)
class Derived:
    """What a bag holds beside the class, checked. `same_rules`: False where other rules made its findings."""

    problems: tuple[VerificationError, ...]
    names: Names
    same_rules: bool


def check_derived(
    bag: Bag, material: Material, expected: Sequence[Expected], judged: Sequence[Judged],
) -> Derived:
    """Everything that the bag derives from its class, against what is derived anew. `judged`: empty where the evidence
    does not hold, so that there is nothing to compare."""
    if not judged:
        return Derived((), Names({}, (), ()), True)
    (one,), (case,) = judged, material.cases
    names = read_names(bag, material)
    wrong, same_rules = check_findings(bag, one, None if case.as_of_us is None else utc_text(case.as_of_us))
    return Derived((*names.problems, *wrong, *check_index(bag, material, expected, one)), names, same_rules)


def check_findings(bag: Bag, judged: Judged, as_of: str | None) -> tuple[list[VerificationError], bool]:
    """The findings of the bag against those that its records give, and whether the same rules made them: of others
    nobody can tell."""
    value = bag.derived.get(FINDINGS)
    if not isinstance(value, dict):
        return [value] if value else [], True
    given = value.get("findings")
    if type(given) is not list or not all(map(_is_finding, given)):
        return [DerivedUnreadable(file=FINDINGS, why="it holds no list of findings")], True
    problems = list(not_as(FINDINGS, value, {"v": 1, "class": judged.class_id, "as_of": as_of}))
    rules = value.get("rules")
    if type(rules) is int and 0 <= rules != RULES_VERSION:
        return problems, False
    problems += not_as(FINDINGS, value, {"rules": RULES_VERSION})
    return problems + list(itertools.islice(_compared(given, judged), MOST_WRONG)), True


def _is_finding(value: object) -> bool:
    """Whether it has the form of a finding, whoever's rules made it."""
    return (type(value) is dict and type(value.get("rule")) is str and type(value.get("result")) is str
            and type(value.get("flag", False)) is bool)


def _compared(given: Sequence[dict[str, Any]], judged: Judged) -> Iterator[VerificationError]:
    """Rule by rule; where one has several findings, in their order."""
    have, want = defaultdict(list), defaultdict(list)
    for one in given:
        have[one["rule"]].append(one)
    for finding in judged.findings:
        want[finding["rule"]].append({**finding, "class": judged.class_id})
    for rule in dict.fromkeys((*want, *have)):
        for at in range(max(len(have[rule]), len(want[rule]))):
            theirs, ours = (one[rule][at] if at < len(one[rule]) else None for one in (have, want))
            if theirs is None or ours is None or _said(theirs) != _said(ours):
                yield FindingOther(rule=shown(rule)[:100], have=_words(theirs), want=_words(ours))
            elif canonical(theirs) != canonical(ours):
                yield FindingGrounds(rule=rule, have=_words(ours))


def _said(finding: Mapping[str, Any]) -> list[Any]:
    """What a finding comes to."""
    return [finding.get("result"), finding.get("verdict"), finding.get("flag") is True]


def _words(finding: Mapping[str, Any] | None) -> object:
    if finding is None:
        return N_("nothing")
    result = str(finding.get("result"))
    said: object = RESULTS.get(result, shown(result)[:100])
    verdict = VERDICTS.get(str(finding.get("verdict")))
    said = said if verdict is None else WithVerdict(result=said, verdict=verdict)
    return Flagged(said=said) if finding.get("flag") is True else said
