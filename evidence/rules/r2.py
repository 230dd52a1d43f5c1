"""R2: in every practical class-hour one stretch of video that is long enough, in media time, without a gap."""
from __future__ import annotations

from evidence.policy import R2
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import due_hours, hours_finding, named, shown_badly, waiting, worst
from evidence.story import HourStory, Story
from evidence.times import MINUTE, SECOND


def judge(story: Story, rule: R2, as_of_us: int, looks: bool) -> Finding:
    """Violated when the longest stretch is too short; open when video of uncertain time could make it long enough,
    when a box has not reported past the class-hour, when nobody has looked at the picture of so long a stretch, or when
    another class or box says to have filmed a part of it earlier.
    `looks`: the policy says when a picture does not count; without that, nobody has to look.

    A class-hour that is not over yet is judged only once it has its stretch. Its records: the video and its roll calls
    (a black picture breaks a stretch), or where there is no video the plan that demands it.
    """
    hours = due_hours(story, "practical")
    if not hours:
        return Finding("R2", rule.clause, "satisfied", False, (reason("no_practical_hours"),), ())
    need_us = rule.minutes.value * MINUTE
    judged = [hour for hour in hours if hour.over(as_of_us) or _length(hour, looks) >= need_us]
    results: list[Result] = []
    reasons: list[Reason] = []
    for hour in judged:
        result, code = _hour(hour, need_us, looks)
        results.append(result)
        if result != "satisfied":
            reasons.append(_short(story, hour, rule, code))
            bad = [fact for fact in hour.pictures if fact.breaks or fact.doubted]
            reasons += [said for said, _ in shown_badly(story, hour, bad)]
    if worst(results) == "satisfied" and judged:
        shortest = min(_length(hour, looks) for hour in judged) // MINUTE
        reasons.append(reason("stretches_long", count=len(judged), need_min=rule.minutes.value, shortest_min=shortest))
    unseen = sum(result == "satisfied" and hour.looked_us < need_us
                 for hour, result in zip(judged, results, strict=True))
    if unseen:
        reasons.append(reason("stretches_unseen", count=unseen))
    records = refs((*hour.films, *hour.calls) or (story.order_ref,) for hour in judged)
    return hours_finding("R2", rule.clause, judged, len(hours) - len(judged), reasons, worst(results), records)


def _length(hour: HourStory, looks: bool) -> int:
    return hour.looked_us if looks else hour.longest_us


def _hour(hour: HourStory, need_us: int, looks: bool) -> tuple[Result, str]:
    """The result, and the code of its reason."""
    if _length(hour, looks) >= need_us:
        return "satisfied", "stretches_long"
    if hour.longest_us >= need_us:
        return "open", "stretch_shared" if any(fact.doubted for fact in hour.pictures) else "stretch_unseen"
    if hour.longest_us + hour.doubtful_us >= need_us:
        return "open", "stretch_uncertain"
    return ("open", "stretch_awaited") if hour.awaited else ("violated", "stretch_short")


def _short(story: Story, hour: HourStory, rule: R2, code: str) -> Reason:
    minutes, seconds = divmod(hour.longest_us // SECOND, 60)
    lengths = {"longest_min": minutes, "longest_s": seconds, "need_min": rule.minutes.value}
    return reason(code, **named(story, hour), **lengths, **waiting(hour))
