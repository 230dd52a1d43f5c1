"""O7: headcounts. Three numbers, shown apart and never mixed, because they decide money: who came to the opening, the
average of inspections, the average of what the recordings show (instructors who are named counted apart).

The average of inspections is that of those at the place while the class ran (在位平均人数); what somebody counted on
the day of the opening stands beside the check-ins of that day, and what was counted from afar has an average of its own
(ours)."""
from __future__ import annotations

from collections.abc import Sequence

from evidence.blocks import day
from evidence.policy import Rule
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import named
from evidence.story import Block, InspectionFact, Story


def judge(story: Story, rule: Rule, as_of_us: int) -> Finding:
    """The numbers, once the opening is over: the clause asks for them and says nothing that they could break."""
    opening = next((block for block in story.blocks if not block.make_up), None)
    if opening is None or not opening.over(as_of_us):
        return Finding("O7", rule.clause, "not_recorded", False, (reason("not_recorded"),), ())
    faces, pins = (sum(one.way == way for one in opening.attendance) for way in ("face", "pin"))
    came = reason("o7_opening", **named(story, opening), faces=faces, pins=pins, due=len(opening.roster))
    counted = [one for one in story.inspections if one.void is None]
    told = [came, *_opening(story, counted), *_evidence([block for block in story.blocks if block.over(as_of_us)]),
            *_inspected(counted)]
    result: Result = "open" if opening.awaited else "satisfied"
    records = refs([[ref for one in opening.attendance for ref in one.refs], *(block.calls for block in story.blocks),
                    *(one.refs for one in counted)])
    return Finding("O7", rule.clause, result, False, tuple(told), records)


def _opening(story: Story, counted: Sequence[InspectionFact]) -> list[Reason]:
    return [reason("o7_counted", date=day(one.start_us, story.order.utc_offset_min), count=one.inspection.headcount)
            for one in counted if one.inspection.kind == "opening"]


def _inspected(counted: Sequence[InspectionFact]) -> list[Reason]:
    """The average of those at the place; that of those from afar, where there are any."""
    field, remote = ([one.inspection.headcount for one in counted if one.inspection.kind == kind]
                     for kind in ("field", "remote"))
    told = [reason("o7_inspected", count=len(field), mean=_mean(field)) if field else reason("o7_inspections")]
    return [*told, *([reason("o7_remote", count=len(remote), mean=_mean(remote))] if remote else [])]


def _evidence(blocks: list[Block]) -> list[Reason]:
    """The mean over the recordings of how many people they show on average, in tenths; instructors apart."""
    means = [block.mean_ppm for block in blocks if block.mean_ppm is not None]
    if not means:
        return [reason("o7_no_evidence")]
    people, teachers = (_tenths(sum(values) // len(means)) for values in zip(*means, strict=True))
    return [reason("o7_evidence", count=len(means), mean=people, teachers=teachers)]


def _mean(counts: list[int]) -> str:
    return _tenths(1_000_000 * sum(counts) // len(counts))


def _tenths(ppm: int) -> str:
    tenths = (ppm + 50_000) // 100_000
    return f"{tenths // 10}.{tenths % 10}"
