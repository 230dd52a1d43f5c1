"""R7: video is kept for years after the class; nothing is removed before.

Records say what was recorded and what was removed. Whether the files still lie where they should is for whoever has
them to say: the console of its own store, `zaitang-verify` of the folder that it checks."""
from __future__ import annotations

import datetime

from evidence.blocks import day, local
from evidence.policy import R7
from evidence.rules.finding import Finding, Reason, reason
from evidence.story import Story
from evidence.times import MINUTE


def kept_until_us(story: Story, years: int) -> int:
    """The same day and time, so many years after the end of the last class-hour (29 February: 1 March)."""
    offset = story.order.utc_offset_min
    end_us = max((hour.span.end_us for hour in story.hours), default=story.last_us)
    end = local(end_us, offset)
    year = min(end.year + years, datetime.MAXYEAR)
    try:
        later = end.replace(year=year)
    except ValueError:
        later = end.replace(year=year, month=3, day=1)
    days_us = (later - end).days * 24 * 60 * MINUTE
    return end_us + days_us


def judge(story: Story, rule: R7) -> Finding:
    """Violated when a record says that video was removed before its time; not recorded when there is no video."""
    if not story.segments:
        return Finding("R7", rule.clause, "not_recorded", False, (reason("nothing_recorded"),), ())
    until_us = kept_until_us(story, rule.years.value)
    offset = story.order.utc_offset_min
    until = day(until_us, offset)
    early = [item for item in story.removed if item[2] < until_us]
    files = {fact.segment.sha256: fact.segment.file for fact in story.segments}
    if early:
        reasons: list[Reason] = [
            reason("removed_early", file=files[sha], date=day(at_us, offset), until=until)
            for _, sha, at_us in early
        ]
        return Finding("R7", rule.clause, "violated", False, tuple(reasons), tuple(ref for ref, _, _ in early))
    kept = reason("kept_until", count=len(story.segments), until=until)
    return Finding("R7", rule.clause, "satisfied", False, (kept,), tuple(sorted(f.ref for f in story.segments)))
