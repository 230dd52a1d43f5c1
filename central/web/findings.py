"""Findings in words, each with the records behind it."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from central.classes.stories import Told
from central.web.links import Link, link
from common.clauses import clause_words
from common.reasons import READINGS, RESULTS, finding_words, rule_words
from common.texts import N_, translate
from evidence.rules import Finding, R3Finding

RECORDS_SHOWN = 6
ALL_HERE = N_("at this centre: all {here} of these files")
SOME_HERE = N_("at this centre: {here} of these files; not here, so still at the box, or lost: {away}")
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

    @property
    def short(self) -> FindingView:
        """What stands of it in the list of findings."""
        return dataclasses.replace(self, reasons=(), records=(), more=(), readings=())


def finding_view(
    told: Told, finding: Finding, names: Mapping[str, str], lang: str, has: Callable[[str], bool] | None = None
) -> FindingView:
    """A finding as the page shows it. With `has`, beside R7 stands what is in the centre's own store."""
    links = tuple(link(ref) for ref in finding.records)
    rule: Any = dict(told.policy.rules()).get(finding.rule)
    return FindingView(
        rule=finding.rule,
        title=rule_words(finding.rule, lang),
        clause=clause_words(finding.clause, told.policy.documents, lang),
        quote=rule.quote if rule else "",
        result=finding.result,
        result_words=translate(RESULTS[finding.result], lang),
        flag=finding.flag,
        reasons=(*finding_words(finding, lang, names), *_kept(told, finding, lang, has)),
        records=links[:RECORDS_SHOWN],
        more=links[RECORDS_SHOWN:],
        readings=tuple(_readings(told, finding, lang)) if isinstance(finding, R3Finding) else (),
    )


def _kept(told: Told, finding: Finding, lang: str, has: Callable[[str], bool] | None) -> list[str]:
    """How many of the files that no record says were removed are here; their bytes are checked when they are played."""
    removed = {fact.segment for fact in told.story.removed}
    files = {fact.segment.sha256 for fact in told.story.segments} - removed
    if finding.rule != "R7" or has is None or not files:
        return []
    here = sum(has(sha256) for sha256 in files)
    return [translate(SOME_HERE if here < len(files) else ALL_HERE, lang, here=here, away=len(files) - here)]


def _readings(told: Told, finding: R3Finding, lang: str) -> list[tuple[str, int, int, str, str]]:
    own = told.policy.r3.occasion if told.policy.r3 else "block"
    missing, unclear = len(finding.recordings), len(finding.open_recordings)
    rows: list[tuple[str, int, int, str]] = [(own, missing, unclear, finding.verdict)]
    rows += [(reading.name, reading.missing, reading.open, reading.verdict) for reading in finding.readings]
    return [(translate(READINGS[name], lang), missing, unclear, verdict, translate(SHORT[verdict], lang))
            for name, missing, unclear, verdict in rows]
