"""R7: video is kept for years after the class; nothing is removed before.

Records say what was recorded and what was removed. Whether the files still lie where they should is for whoever has
them to say: the console of its own store, `zaitang-verify` of the folder that it checks."""
from __future__ import annotations

from evidence.blocks import day
from evidence.keeping import kept_until_us
from evidence.policy import R7
from evidence.rules.finding import Finding, Reason, reason
from evidence.story import Story


def judge(story: Story, rule: R7) -> Finding:
    """Violated when video was removed before its time; open when nobody knows whether it was; not recorded when there
    is no video."""
    if not story.segments:
        return Finding("R7", rule.clause, "not_recorded", False, (reason("nothing_recorded"),), ())
    offset = story.order.utc_offset_min
    end_us = max((hour.span.end_us for hour in story.hours), default=story.last_us)
    until_us = kept_until_us(end_us, offset, rule.years.value)
    until = day(until_us, offset)
    early = [fact for fact in story.removed if fact.most_us is not None and fact.most_us < until_us]
    unsure = [fact for fact in story.removed if fact.least_us < until_us and fact not in early]
    files = {fact.segment.sha256: fact.segment.file for fact in story.segments}
    if early or unsure:
        reasons: list[Reason] = [
            reason("removed_early", file=files[fact.segment], date=day(fact.most_us or 0, offset), until=until)
            for fact in early
        ]
        reasons += [reason("removed_unsure", file=files[fact.segment], until=until) for fact in unsure]
        refs = tuple(fact.ref for fact in (*early, *unsure))
        return Finding("R7", rule.clause, "violated" if early else "open", False, tuple(reasons), refs)
    kept = reason("kept_until", count=len(story.segments), until=until)
    return Finding("R7", rule.clause, "satisfied", False, (kept,), tuple(sorted(f.ref for f in story.segments)))
