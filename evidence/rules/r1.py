"""R1: theory is recorded in full, every class-hour from its first to its last minute; the tolerance is in sum."""
from __future__ import annotations

from evidence.policy import R1
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import due_hours, hours_finding, moment, named, waiting, worst
from evidence.story import HourStory, Story
from evidence.times import SECOND

MOST_GAPS = 20
"""So many holes of one class-hour are named; the sum says the rest."""


def judge(story: Story, rule: R1, as_of_us: int) -> Finding:
    """Violated when more is missing than the tolerance; open when video of uncertain time could fill it, or when a box
    has not reported past the class-hour. Its records: the video, or where there is none the plan that demands it."""
    hours = due_hours(story, "theory")
    if not hours:
        return Finding("R1", rule.clause, "satisfied", False, (reason("no_theory_hours"),), ())
    over = [hour for hour in hours if hour.over(as_of_us)]
    results: list[Result] = []
    reasons: list[Reason] = []
    for hour in over:
        result, code = _hour(hour, rule)
        results.append(result)
        if result != "satisfied":
            reasons += _missing(story, hour, code)
    if worst(results) == "satisfied" and over:
        reasons.append(reason("theory_covered", count=len(over)))
    records = refs(hour.films or (story.order_ref,) for hour in over)
    return hours_finding("R1", rule.clause, over, len(hours) - len(over), reasons, worst(results), records)


def _hour(hour: HourStory, rule: R1) -> tuple[Result, str]:
    """The result, and the code of its reason."""
    missing_us, allowed_us = hour.due_us - hour.covered_us, rule.tolerance_s.value * SECOND
    if missing_us <= allowed_us:
        return "satisfied", "theory_covered"
    if missing_us - hour.doubtful_us <= allowed_us:
        return "open", "hour_uncertain"
    return ("open", "hour_awaited") if hour.awaited else ("violated", "hour_not_covered")


def _missing(story: Story, hour: HourStory, code: str) -> list[Reason]:
    missing_s = -(-(hour.due_us - hour.covered_us) // SECOND)
    told = [reason(code, **named(story, hour), missing_s=missing_s, **waiting(hour))]
    longest = sorted(hour.gaps, key=lambda gap: (-gap.length_us, gap.start_us))[:MOST_GAPS]
    for gap in sorted(longest, key=lambda gap: gap.start_us):
        if gap.length_us >= SECOND:
            times = {"from_time": moment(story, gap.start_us), "to_time": moment(story, gap.end_us)}
            told.append(reason("gap", **named(story, hour), **times, seconds=gap.length_us // SECOND))
    return told
