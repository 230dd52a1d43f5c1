"""R8: make-up class-hours: before the assessment, recorded in full where the clause demands it, with the authority's
consent where it demands that. It shows who missed how much and made up how much of it. They count for the attendance
rate (rates.py) and cure no recording that does not show everyone (R3).

The day of the assessment is known, not its hour: a make-up on that day is in time (ours). What is recorded of theory is
R1's too, of practice R2's."""
from __future__ import annotations

from evidence.policy import R8, Policy
from evidence.rates import Rate, rates
from evidence.rules import r1
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import named, worst
from evidence.story import HourStory, Ref, Story


def judge(story: Story, policy: Policy, rule: R8, as_of_us: int) -> Finding:
    """Violated where one came after the assessment or is not recorded in full; open where no consent is on record."""
    hours = [hour for hour in story.hours if hour.hour.make_up is not None]
    if not hours:
        return Finding("R8", rule.clause, "satisfied", False, (reason("r8_none"),), (story.order_ref,))
    missed = [one for one in rates(story, as_of_us).people if one.attended < one.due]
    said = [*_consent(story, rule, hours), *_late(story, hours)]
    over = [hour for hour in hours if hour.over(as_of_us)]
    for hour in over:
        said += _recorded(story, policy, rule, hour)
    told = [reason("r8_hours", count=len(hours)), *(one for _, one in said), *(_missed(one) for one in missed)]
    told += [reason("r8_absent", **named(story, hour), trainees=away) for hour in over if (away := _away(hour))]
    if len(over) < len(hours):
        told.append(reason("hours_pending", count=len(hours) - len(over)))
    results: list[Result] = [result for result, _ in said]
    return Finding("R8", rule.clause, worst(results), False, tuple(told), refs([[story.order_ref], *_records(
        story, over)]))


def _records(story: Story, over: list[HourStory]) -> list[tuple[Ref, ...]]:
    fact = story.fact_of("R8")
    consent = [(fact.ref,)] if fact else []
    assessed = [one.refs for one in story.longer if one.what == "assessment"]
    signs = [one.refs for hour in over for one in hour.attendance]
    return [*consent, *assessed, *signs, *(hour.films for hour in over)]


def _missed(one: Rate) -> Reason:
    left = one.due - one.attended - one.made_up
    return reason("r8_missed", trainee=one.person, count=one.due - one.attended, made_up=one.made_up, left=left,
                  leave=one.on_leave, open=one.open)


def _consent(story: Story, rule: R8, hours: list[HourStory]) -> list[tuple[Result, Reason]]:
    if not rule.consent:
        return []
    fact = story.fact_of("R8")
    said = fact.imported.r8 if fact is not None and fact.whole else None
    lacking = [hour for hour in hours if said is None or hour.id not in said.hours]
    found: list[tuple[Result, Reason]] = [("open", reason("r8_no_consent", **named(story, hour))) for hour in lacking]
    if said is not None and len(lacking) < len(hours):
        found.append(("satisfied", reason("r8_consent", count=len(hours) - len(lacking), approver=said.approver)))
    return found


def _late(story: Story, hours: list[HourStory]) -> list[tuple[Result, Reason]]:
    """Those that end after the day of the assessment; of several assessments the latest counts."""
    days = [one.until_us for one in story.longer if one.what == "assessment" and one.until_us is not None]
    if not days:
        return []
    return [("violated", reason("r8_late", **named(story, hour))) for hour in hours if hour.span.end_us > max(days)]


def _recorded(story: Story, policy: Policy, rule: R8, hour: HourStory) -> list[tuple[Result, Reason]]:
    if not rule.recorded or policy.r1 is None or hour.hour.kind == "online":
        return []
    result, _ = r1.recorded(hour, policy.r1)
    if result == "satisfied":
        return [("satisfied", reason("r8_recorded", **named(story, hour)))]
    return [(result, reason("r8_unrecorded" if result == "violated" else "r8_unsure", **named(story, hour)))]


def _away(hour: HourStory) -> tuple[str, ...]:
    """Who was asked to it, and surely was not there."""
    came = {one.person for one in hour.attendance if one.came}
    return tuple(one.person for one in hour.presences
                 if one.answer == "absent" and hour.tells_absent and one.person not in came)
