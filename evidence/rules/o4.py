"""O4: the share of practice in all class-hours, online ones counted in the total, make-ups not: they repeat what others
count already (ours). Class-hours are counted, not minutes: 课时 is the clause's unit. Judged from the plan at once."""
from __future__ import annotations

from evidence.policy import Share
from evidence.rules.finding import Finding, reason
from evidence.rules.hours import lessons, share
from evidence.story import Story


def judge(story: Story, rule: Share, as_of_us: int) -> Finding:
    """Violated below the share of the clause."""
    hours, limit = lessons(story), rule.percent.value
    if not hours:
        return Finding("O4", rule.clause, "not_recorded", False, (reason("no_hours"),), (story.order_ref,))
    count = sum(hour.hour.kind == "practical" for hour in hours)
    kept = count * 100 >= limit * len(hours)
    said = reason("o4_kept" if kept else "o4_short", count=count, total=len(hours), percent=share(count, len(hours)),
                  limit=limit)
    return Finding("O4", rule.clause, "satisfied" if kept else "violated", False, (said,), (story.order_ref,))
