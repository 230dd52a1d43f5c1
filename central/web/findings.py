"""Findings in words, each with the records behind it."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from central.classes.stories import Told
from central.web.links import Link, link
from common.reasons import READINGS, RESULTS, rule_words
from common.texts import N_, translate, words
from evidence.rules import Finding, R3Finding

RECORDS_SHOWN = 6
SHORT = {"flag": N_("Flag"), "review": N_("Review required"), "clear": N_("clear")}


@dataclasses.dataclass(frozen=True)
class FindingView:
    """A finding in words."""

    rule: str
    title: str
    clause: str
    quote: str
    result: str
    result_words: str
    flag: bool
    reasons: tuple[str, ...]
    records: tuple[Link, ...]
    more: tuple[Link, ...]
    readings: tuple[tuple[str, int, int, str, str], ...]
    """Under which reading: name, missing, open, verdict, its words. The first one is the policy's own."""


def finding_view(told: Told, finding: Finding, names: Mapping[str, str], lang: str) -> FindingView:
    """A finding as the page shows it."""
    links = tuple(link(ref) for ref in finding.records)
    rule: Any = dict(told.policy.rules()).get(finding.rule)
    return FindingView(
        rule=finding.rule,
        title=rule_words(finding.rule, lang),
        clause=finding.clause,
        quote=rule.quote if rule else "",
        result=finding.result,
        result_words=translate(RESULTS[finding.result], lang),
        flag=finding.flag,
        reasons=tuple(words(reason, lang, names) for reason in finding.reasons),
        records=links[:RECORDS_SHOWN],
        more=links[RECORDS_SHOWN:],
        readings=tuple(_readings(told, finding, lang)) if isinstance(finding, R3Finding) else (),
    )


def _readings(told: Told, finding: R3Finding, lang: str) -> list[tuple[str, int, int, str, str]]:
    own = told.policy.r3.occasion if told.policy.r3 else "block"
    missing, unclear = len(finding.recordings), len(finding.open_recordings)
    rows: list[tuple[str, int, int, str]] = [(own, missing, unclear, finding.verdict)]
    rows += [(reading.name, reading.missing, reading.open, reading.verdict) for reading in finding.readings]
    return [(translate(READINGS[name], lang), missing, unclear, verdict, translate(SHORT[verdict], lang))
            for name, missing, unclear, verdict in rows]
