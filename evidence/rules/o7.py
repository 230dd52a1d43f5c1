"""O7: headcounts. Three numbers, shown apart and never mixed, because they decide money: who came to the opening, the
average of inspections, the average of what the recordings show (instructors who are named counted apart).

The average of inspections is that of those at the place while the class ran (在位平均人数); what somebody counted on
the day of the opening stands beside the check-ins of that day, and what was counted from afar has an average of its own
(ours)."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from evidence.blocks import day
from evidence.policy import Rule
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import named
from evidence.story import Block, InspectionFact, Story

MILLION = 1_000_000


@dataclasses.dataclass(frozen=True)
class Mean:
    """Of `count` things, `ppm` people on average, times a million."""

    count: int
    ppm: int


@dataclasses.dataclass(frozen=True)
class Headcounts:
    """`faces`, `pins`: who came to the opening, and how; None before it is over. Means: None of nothing. `teachers`:
    instructors who are named in the recordings."""

    faces: int | None
    pins: int | None
    inspections: Mean | None
    remote: Mean | None
    recordings: Mean | None
    teachers: Mean | None

    @property
    def opening(self) -> int | None:
        """开班实到."""
        return None if self.faces is None or self.pins is None else self.faces + self.pins


def headcounts(story: Story, as_of_us: int) -> Headcounts:
    """The three numbers of a class at a moment."""
    opening = opening_of(story)
    came = opening.attendance if opening is not None and opening.over(as_of_us) else None
    faces, pins = (None if came is None else sum(one.way == way for one in came) for way in ("face", "pin"))
    counted = [one.inspection for one in story.inspections if one.void is None]
    field, remote = ([MILLION * one.headcount for one in counted if one.kind == kind] for kind in ("field", "remote"))
    means = [block.mean_ppm for block in story.blocks if block.over(as_of_us) and block.mean_ppm is not None]
    people, teachers = ([one[number] for one in means] for number in (0, 1))
    return Headcounts(faces, pins, _mean(field), _mean(remote), _mean(people), _mean(teachers))


def opening_of(story: Story) -> Block | None:
    """The first recording that is no make-up."""
    return next((block for block in story.blocks if not block.make_up), None)


def judge(story: Story, rule: Rule, as_of_us: int) -> Finding:
    """The numbers, once the opening is over: the clause asks for them and says nothing that they could break."""
    opening, counts = opening_of(story), headcounts(story, as_of_us)
    if opening is None or counts.faces is None or counts.pins is None:
        return Finding("O7", rule.clause, "not_recorded", False, (reason("not_recorded"),), ())
    came = reason("o7_opening", **named(story, opening), faces=counts.faces, pins=counts.pins, due=len(opening.roster))
    counted = [one for one in story.inspections if one.void is None]
    told = [came, *_opening(story, counted), _evidence(counts), *_inspected(counts)]
    result: Result = "open" if opening.awaited else "satisfied"
    records = refs([[ref for one in opening.attendance for ref in one.refs], *(block.calls for block in story.blocks),
                    *(one.refs for one in counted)])
    return Finding("O7", rule.clause, result, False, tuple(told), records)


def _opening(story: Story, counted: Sequence[InspectionFact]) -> list[Reason]:
    return [reason("o7_counted", date=day(one.start_us, story.order.utc_offset_min), count=one.inspection.headcount)
            for one in counted if one.inspection.kind == "opening"]


def _inspected(counts: Headcounts) -> list[Reason]:
    """The average of those at the place; that of those from afar, where there are any."""
    field, remote = counts.inspections, counts.remote
    told = [reason("o7_inspected", count=field.count, mean=_tenths(field.ppm)) if field else reason("o7_inspections")]
    return [*told, *([reason("o7_remote", count=remote.count, mean=_tenths(remote.ppm))] if remote else [])]


def _evidence(counts: Headcounts) -> Reason:
    """The mean over the recordings of how many people they show on average, in tenths; instructors apart."""
    people, teachers = counts.recordings, counts.teachers
    if people is None or teachers is None:
        return reason("o7_no_evidence")
    return reason("o7_evidence", count=people.count, mean=_tenths(people.ppm), teachers=_tenths(teachers.ppm))


def _mean(ppm: Sequence[int]) -> Mean | None:
    return Mean(len(ppm), sum(ppm) // len(ppm)) if ppm else None


def _tenths(ppm: int) -> str:
    tenths = (ppm + 50_000) // 100_000
    return f"{tenths // 10}.{tenths % 10}"
