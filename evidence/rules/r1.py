"""R1: theory is recorded in full, every class-hour from its first to its last minute; the tolerance is in sum."""
from __future__ import annotations

from evidence.policy import R1
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import due_hours, hours_finding, moment, named, shown_badly, waiting, worst
from evidence.story import HourStory, Ref, Story
from evidence.times import SECOND

MOST_GAPS = 20
"""So many holes of one class-hour are named; the sum says the rest."""


def judge(story: Story, rule: R1, as_of_us: int) -> Finding:
    """Violated when more is missing than the tolerance; open when video of uncertain time could fill it, when a box has
    not reported past the class-hour, when so much of what is recorded is frozen or was recorded earlier, or may have
    been, or when nobody has looked whether it is. Black and covered pictures count here: the light goes off for a
    projector. Its records: the video and, where it is stale, what says so; or where there is none the plan that demands
    it."""
    hours = due_hours(story, "theory")
    if not hours:
        return Finding("R1", rule.clause, "satisfied", False, (reason("no_theory_hours"),), ())
    over = [hour for hour in hours if hour.over(as_of_us)]
    results: list[Result] = []
    reasons: list[Reason] = []
    stale: list[Ref] = []
    for hour in over:
        result, code = recorded(hour, rule)
        results.append(result)
        if code == "hour_stale":
            told = shown_badly(story, hour, [fact for fact in hour.pictures if fact.stale or fact.doubted])
            stale_s = -(-(hour.covered_us - hour.fresh_us) // SECOND)
            reasons += [reason(code, **named(story, hour), seconds=stale_s), *(said for said, _ in told)]
            stale += [ref for _, ref in told]
        elif code == "hour_unseen":
            unseen_s = -(-(hour.fresh_us - hour.sure_us) // SECOND)
            reasons.append(reason(code, **named(story, hour), seconds=unseen_s))
        elif result != "satisfied":
            reasons += _missing(story, hour, code)
    if worst(results) == "satisfied" and over:
        reasons.append(reason("theory_covered", count=len(over)))
    records = refs([*(hour.films or (story.order_ref,) for hour in over), stale])
    return hours_finding("R1", rule.clause, over, len(hours) - len(over), reasons, worst(results), records)


def recorded(hour: HourStory, rule: R1) -> tuple[Result, str]:
    """Whether a class-hour is recorded in full, and the code of the reason."""
    missing_us, allowed_us = hour.due_us - hour.covered_us, rule.tolerance_s.value * SECOND
    if missing_us <= allowed_us:
        if hour.due_us - hour.fresh_us > allowed_us:
            return "open", "hour_stale"
        return ("satisfied", "theory_covered") if hour.due_us - hour.sure_us <= allowed_us else ("open", "hour_unseen")
    if missing_us - hour.doubtful_us <= allowed_us:
        return "open", "hour_uncertain"
    return ("open", "hour_awaited") if hour.awaited else ("violated", "hour_not_covered")


def _missing(story: Story, hour: HourStory, code: str) -> list[Reason]:
    missing_s = -(-(hour.due_us - hour.covered_us) // SECOND)
    told = [reason(code, **named(story, hour), missing_s=missing_s, **waiting(hour))]
    holes = [*((gap, "gap") for gap in hour.gaps), *((part, "gap_uncertain") for part in hour.uncertain)]
    longest = sorted(holes, key=lambda hole: (-hole[0].length_us, hole[0].start_us))[:MOST_GAPS]
    for gap, what in sorted(longest, key=lambda hole: hole[0].start_us):
        if gap.length_us >= SECOND:
            times = {"from_time": moment(story, gap.start_us), "to_time": moment(story, gap.end_us)}
            told.append(reason(what, **named(story, hour), **times, seconds=gap.length_us // SECOND))
    return told
