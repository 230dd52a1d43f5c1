"""O3: how long a class-hour is, of any kind. Judged from the plan at once; what was recorded of it is R1's and R2's."""
from __future__ import annotations

from evidence.policy import O3
from evidence.rules.finding import Finding, reason
from evidence.rules.hours import MOST_SPANS, times
from evidence.story import Story
from evidence.times import MINUTE


def judge(story: Story, rule: O3, as_of_us: int) -> Finding:
    """Violated where one is shorter than the clause allows; the shortest are named."""
    limit, hours = rule.minutes.value, story.hours
    if not hours:
        return Finding("O3", rule.clause, "not_recorded", False, (reason("no_hours"),), (story.order_ref,))
    short = sorted((hour for hour in hours if hour.span.length_us < limit * MINUTE),
                   key=lambda hour: (hour.span.length_us, hour.span.start_us, hour.id))
    if not short:
        said = reason("o3_kept", count=len(hours), limit=limit)
        return Finding("O3", rule.clause, "satisfied", False, (said,), (story.order_ref,))
    named = tuple(times(story, hour.span) for hour in short[:MOST_SPANS])
    said = reason("o3_short", count=len(short), limit=limit, shortest_min=short[0].span.length_us // MINUTE, when=named)
    return Finding("O3", rule.clause, "violated", False, (said,), (story.order_ref,))
