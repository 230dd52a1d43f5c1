"""What a rule answers: a result with reasons. Reasons are codes with parameters; their words are in the catalogue."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from evidence.story import Ref

Result = Literal["violated", "warning", "open", "satisfied", "not_recorded"]
Verdict = Literal["clear", "flag", "review"]
Param = int | str | tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Reason:
    """A code of the catalogue and what fills its sentence: numbers, ids, dates and times of the class's own clock."""

    code: str
    params: Mapping[str, Param]


@dataclasses.dataclass(frozen=True)
class Finding:
    """`rule`: R1 … O11, or what stands beside the rules: `checkins`, `left_early`, `roster`, `plan`, `unpressed`,
    `corrected`, `video`, `picture`, `screen_code`, `clock`, `keys`, `chains`, `records`.

    `flag` proposes the consequence that costs the class its subsidy; two people decide."""

    rule: str
    clause: str
    result: Result
    flag: bool
    reasons: tuple[Reason, ...]
    records: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class Reading:
    """The tally under another reading of the clause."""

    name: str
    missing: int
    open: int
    verdict: Verdict


@dataclasses.dataclass(frozen=True)
class R3Finding(Finding):
    """`recordings`: the occasions where somebody is missing; `trainees`: who. `readings`: the tallies otherwise."""

    verdict: Verdict
    recordings: tuple[str, ...]
    open_recordings: tuple[str, ...]
    trainees: tuple[str, ...]
    readings: tuple[Reading, ...]


def reason(code: str, **params: Param) -> Reason:
    return Reason(code, params)


def refs(groups: Iterable[Iterable[Ref]]) -> tuple[Ref, ...]:
    """The records of several groups, each once, in order."""
    return tuple(sorted({ref for group in groups for ref in group}))


def finding_json(finding: Finding) -> dict[str, Any]:
    """The finding as JSON-like values."""
    found: dict[str, Any] = {
        "rule": finding.rule,
        "clause": finding.clause,
        "result": finding.result,
        "flag": finding.flag,
        "reasons": [{"code": one.code, "params": _plain(one.params)} for one in finding.reasons],
        "records": [{"device": device, "chain": chain, "seq": seq} for device, chain, seq in finding.records],
    }
    if isinstance(finding, R3Finding):
        found |= {
            "verdict": finding.verdict,
            "recordings": list(finding.recordings),
            "open_recordings": list(finding.open_recordings),
            "trainees": list(finding.trainees),
            "readings": [dataclasses.asdict(reading) for reading in finding.readings],
        }
    return found


def _plain(params: Mapping[str, Param]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in params.items()}
