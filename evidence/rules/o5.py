"""O5: 培训机构可将不超过总课时40%的理论学习部分，依托目录清单内的互联网平台进行培训.

Our reading: of *all* class-hours of the plan (make-ups left out) at most so many may be online, and these are theory.
The other reading counts the share of the theory class-hours alone; where it comes to another answer, that is said. The
share is judged from the plan at once; whether the platform is in the catalogue is known only from what was imported."""
from __future__ import annotations

from evidence.policy import Share
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import lessons, share, worst
from evidence.story import HourStory, Ref, Story


def judge(story: Story, rule: Share, as_of_us: int) -> Finding:
    """Violated above the share of the clause, or where a platform is not in the catalogue."""
    hours, limit = lessons(story), rule.percent.value
    if not hours:
        return Finding("O5", rule.clause, "not_recorded", False, (reason("no_hours"),), (story.order_ref,))
    online = sum(hour.hour.kind == "online" for hour in hours)
    if not online:
        return Finding("O5", rule.clause, "satisfied", False, (reason("no_online_hours"),), (story.order_ref,))
    over = online * 100 > limit * len(hours)
    told = [reason("o5_over" if over else "o5_kept", count=online, total=len(hours), limit=limit,
                   percent=share(online, len(hours), up=over)), *_otherwise(hours, online, limit, over)]
    result, said, records = _platforms(story)
    results: list[Result] = ["violated" if over else "satisfied", result]
    return Finding("O5", rule.clause, worst(results), False, (*told, *said), refs([[story.order_ref], records]))


def _otherwise(hours: list[HourStory], online: int, limit: int, over: bool) -> list[Reason]:
    theory = sum(hour.hour.kind != "practical" for hour in hours)
    if (online * 100 > limit * theory) == over:
        return []
    return [reason("o5_reading", count=online, total=theory, percent=share(online, theory))]


def _platforms(story: Story) -> tuple[Result, list[Reason], list[Ref]]:
    fact = story.fact_of("O5")
    if fact is None:
        return "satisfied", [reason("o5_platform_unknown")], []
    if not fact.whole or fact.imported.o5 is None:
        return "satisfied", [reason("o5_platform_unknown"), reason("imported_void")], [fact.ref]
    unlisted = tuple(one.name for one in fact.imported.o5.platforms if not one.listed)
    if unlisted:
        said = reason("o5_unlisted", platforms=unlisted, source=fact.imported.source)
        return "violated", [said], [fact.ref]
    if not fact.imported.o5.platforms:
        return "satisfied", [reason("o5_platform_unknown")], [fact.ref]
    names = tuple(one.name for one in fact.imported.o5.platforms)
    return "satisfied", [reason("o5_listed", platforms=names, source=fact.imported.source)], [fact.ref]
