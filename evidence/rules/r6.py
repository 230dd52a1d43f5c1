"""R6: the authority inspects at least once, at the place or by a random check, and records it. It is the authority's
duty: what is missing is told to it, and is nothing against the school. One from afar is a random check (ours)."""
from __future__ import annotations

from evidence.blocks import day
from evidence.policy import Rule
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import moment
from evidence.story import InspectionFact, Story


def judge(story: Story, rule: Rule, as_of_us: int) -> Finding:
    """Satisfied with one that counts; open while the class goes on; then a warning to the authority."""
    counted = [one for one in story.inspections if one.void is None]
    void = len(story.inspections) - len(counted)
    told = [said for one in counted for said in _said(story, one)]
    ends_us = max((hour.span.end_us for hour in story.hours), default=None)
    if not counted:
        over = ends_us is not None and ends_us <= as_of_us
        told.append(reason("r6_none" if over else "r6_pending"))
    if void:
        told.append(reason("inspections_void", count=void))
    result: Result = "satisfied" if counted else "warning" if told[0].code == "r6_none" else "open"
    return Finding("R6", rule.clause, result, False, tuple(told), refs(one.refs for one in story.inspections))


def _said(story: Story, one: InspectionFact) -> list[Reason]:
    body = one.inspection
    when = {"date": day(one.start_us, story.order.utc_offset_min), "from_time": moment(story, one.start_us)[:5],
            "to_time": moment(story, one.end_us)[:5]}
    told = [reason(f"r6_{body.kind}", **when, place=body.place, inspector=body.inspector, headcount=body.headcount,
                   teachers=body.teachers)]
    if body.remark:
        told.append(reason("r6_remark", date=when["date"], remark=body.remark))
    if body.signature is None:
        told.append(reason("r6_unsigned", date=when["date"]))
    return told
