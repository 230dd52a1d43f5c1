"""R1: theory is recorded in full, every class-hour from its first to its last minute; the tolerance is in sum."""
from __future__ import annotations

from evidence.policy import R1
from evidence.rules.finding import Finding, Reason, Result, reason
from evidence.rules.hours import due_hours, hours_finding, moment, named, worst
from evidence.story import HourStory, Story
from evidence.times import SECOND

MOST_GAPS = 20
"""So many holes of one class-hour are named; the sum says the rest."""


def judge(story: Story, rule: R1, as_of_us: int) -> Finding:
    """Violated when more is missing than the tolerance; open when video of uncertain time could fill it."""
    hours = due_hours(story, "theory")
    if not hours:
        return Finding("R1", rule.clause, "satisfied", False, (reason("no_theory_hours"),), ())
    over = [hour for hour in hours if hour.span.end_us <= as_of_us]
    results: list[Result] = []
    reasons: list[Reason] = []
    for hour in over:
        result = _hour(hour, rule)
        results.append(result)
        if result != "satisfied":
            reasons += _missing(story, hour, result)
    if worst(results) == "satisfied" and over:
        reasons.append(reason("theory_covered", count=len(over)))
    return hours_finding("R1", rule.clause, over, len(hours) - len(over), reasons, worst(results))


def _hour(hour: HourStory, rule: R1) -> Result:
    missing_us = hour.due_us - hour.covered_us
    if missing_us <= rule.tolerance_s.value * SECOND:
        return "satisfied"
    return "open" if missing_us - hour.doubtful_us <= rule.tolerance_s.value * SECOND else "violated"


def _missing(story: Story, hour: HourStory, result: Result) -> list[Reason]:
    missing_s = -(-(hour.due_us - hour.covered_us) // SECOND)
    code = "hour_not_covered" if result == "violated" else "hour_uncertain"
    told = [reason(code, **named(story, hour), missing_s=missing_s)]
    longest = sorted(hour.gaps, key=lambda gap: (-gap.length_us, gap.start_us))[:MOST_GAPS]
    for gap in sorted(longest, key=lambda gap: gap.start_us):
        if gap.length_us >= SECOND:
            times = {"from_time": moment(story, gap.start_us), "to_time": moment(story, gap.end_us)}
            told.append(reason("gap", **named(story, hour), **times, seconds=gap.length_us // SECOND))
    return told
