"""Whether the report says what the course contained: no more and no less. Pure."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from common.reasons import AND, RESULTS, block_words
from common.texts import N_, translate
from provisioning.demo import day, people

RULES = {"R1": "violated", "R2": "satisfied", "R3": "violated", "R7": "satisfied"}
RULE = N_("{rule} is {got}, the course makes it {want}")
NOT_THERE = N_("not there")
NO_FLAG = N_("R3 did not raise a flag")
OTHER_FLAGS = N_("{rules} raised a flag, the course gives no reason to")
RECORDINGS = N_("R3 names the recordings {got}, those that do not show everyone are {want}")
TRAINEES = N_("R3 names {got}, who missed is {want}")
BLOCKS = N_("the recordings are {got}, the course has {want}")
CHECKED_IN = N_("{block}: checked in are {got_count} ({got}), who came are {want_count} ({want})")
SHOWN = N_("{block}: the recording shows {got_count} ({got}), who was there are {want_count} ({want})")
NOBODY = N_("nobody")


def differences(findings: Sequence[Mapping[str, Any]], blocks: Sequence[Mapping[str, Any]], lang: str) -> list[str]:
    """What a report of the built-in course says wrongly, in words; nothing if it is right.

    `findings`, `blocks`: as in report.json.
    """
    return [*_findings(findings, lang), *_blocks(blocks, lang)]


def _findings(findings: Sequence[Mapping[str, Any]], lang: str) -> Iterator[str]:
    by_rule = {finding["rule"]: finding for finding in findings}
    for rule, want in RULES.items():
        got = by_rule.get(rule, {}).get("result")
        if got != want:
            yield translate(RULE, lang, rule=rule, got=translate(RESULTS.get(str(got), NOT_THERE), lang),
                            want=translate(RESULTS[want], lang))
    r3 = by_rule.get("R3", {})
    if not r3.get("flag"):
        yield translate(NO_FLAG, lang)
    others = [str(finding["rule"]) for finding in findings if finding.get("flag") and finding["rule"] != "R3"]
    if others:
        yield translate(OTHER_FLAGS, lang, rules=_names(others, lang))
    if tuple(r3.get("recordings", ())) != day.MISSED_BLOCKS:
        yield translate(RECORDINGS, lang, got=_named(r3.get("recordings", ()), lang),
                        want=_named(day.MISSED_BLOCKS, lang))
    absent = [people.NAMES[people.ABSENTEE]]
    if list(r3.get("trainees", ())) != absent:
        yield translate(TRAINEES, lang, got=_names(r3.get("trainees", ()), lang), want=_names(absent, lang))


def _blocks(blocks: Sequence[Mapping[str, Any]], lang: str) -> Iterator[str]:
    by_id = {str(block["block"]): block for block in blocks}
    planned = [half_day.block for half_day in day.COURSE]
    if [str(block["block"]) for block in blocks] != planned:
        yield translate(BLOCKS, lang, got=_named(by_id, lang), want=_named(planned, lang))
    for half_day in day.COURSE:
        block = by_id.get(half_day.block)
        there = [name for number, name in enumerate(people.NAMES) if half_day.everyone or number != people.ABSENTEE]
        for sentence, key in ((CHECKED_IN, "checked_in"), (SHOWN, "shown")):
            if block is not None and sorted(block[key]) != sorted(there):
                yield translate(
                    sentence, lang, block=block_words(half_day.block, lang), got=_names(block[key], lang),
                    got_count=len(block[key]), want=_names(there, lang), want_count=len(there))


def _named(blocks: Iterable[str], lang: str) -> str:
    return _names([block_words(block, lang) for block in blocks], lang)


def _names(names: Iterable[str], lang: str) -> str:
    return AND[lang].join(names) or translate(NOBODY, lang)
