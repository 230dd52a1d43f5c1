"""O1: how many trainees a class has: the most that are on the roster at the beginning of any class-hour that is no
make-up; of a plan without class-hours, its roster. Judged from the plan and its changes at once."""
from __future__ import annotations

from evidence.blocks import day
from evidence.policy import O1
from evidence.roster import trainees
from evidence.rules.finding import Finding, reason
from evidence.story import Story


def judge(story: Story, rule: O1, as_of_us: int) -> Finding:
    """Violated where there are more than the clause allows."""
    limit = rule.people.value
    hours = [hour for hour in story.hours if hour.hour.make_up is None]
    most = max(hours, key=lambda hour: len(hour.roster), default=None)
    count = len(most.roster) if most else len(trainees(story.order))
    records = (story.order_ref, *sorted({change.ref for change in story.roster_changes} - {story.order_ref}))
    if count <= limit:
        return Finding("O1", rule.clause, "satisfied", False, (reason("o1_kept", count=count, limit=limit),), records)
    when = {"date": day(most.span.start_us, story.order.utc_offset_min)} if most else {}
    said = reason("o1_over" if most else "o1_over_plan", **when, count=count, limit=limit)
    return Finding("O1", rule.clause, "violated", False, (said,), records)
