"""R7: video is kept for years after the class; nothing is removed before.

The years count from the latest of the last class-hour, the assessment and the end of a dispute (ours, POLICY R7).
Records say what was recorded and what was removed. Whether the files still lie where they should is for whoever has
them to say: the console of its own store, `zaitang-verify` of the folder that it checks."""
from __future__ import annotations

from evidence.blocks import day
from evidence.keeping import counted_from_us, kept_until_us
from evidence.policy import R7
from evidence.rules.finding import Finding, Reason, reason, refs
from evidence.story import RemovalFact, Story


def judge(story: Story, rule: R7, as_of_us: int) -> Finding:
    """Violated when video was removed before its time; open when nobody knows whether it was; not recorded when there
    is no video. An assessment or a dispute that was stated after a removal does not make that one early."""
    if not story.segments:
        return Finding("R7", rule.clause, "not_recorded", False, (reason("nothing_recorded"),), ())
    early, unsure = [], []
    for fact in story.removed:
        if fact.most_us is not None and _early(fact.most_us, _until_us(story, rule, fact.least_us)):
            early.append(fact)
        elif _early(fact.least_us, _until_us(story, rule, fact.most_us)):
            unsure.append(fact)
    if early or unsure:
        reasons = [_removed(story, rule, fact, sure=True) for fact in early]
        reasons += [_removed(story, rule, fact, sure=False) for fact in unsure]
        records = refs([[fact.ref for fact in (*early, *unsure)], *(one.refs for one in story.longer)])
        return Finding("R7", rule.clause, "violated" if early else "open", False, tuple(reasons), records)
    until_us = _until_us(story, rule, None)
    kept = (reason("kept_dispute", count=len(story.segments)) if until_us is None else
            reason("kept_until", count=len(story.segments), until=day(until_us, story.order.utc_offset_min)))
    return Finding("R7", rule.clause, "satisfied", False, (kept,), tuple(sorted(f.ref for f in story.segments)))


def _early(at_us: int, until_us: int | None) -> bool:
    return until_us is None or at_us < until_us


def _until_us(story: Story, rule: R7, known_us: int | None) -> int | None:
    """Until when video must be kept by what had been stated at a moment (None: by all that was); None while a dispute
    is open."""
    end_us = max((hour.span.end_us for hour in story.hours), default=story.last_us)
    from_us = counted_from_us(end_us, story.longer, known_us)
    return None if from_us is None else kept_until_us(from_us, story.order.utc_offset_min, rule.years.value)


def _removed(story: Story, rule: R7, fact: RemovalFact, sure: bool) -> Reason:
    offset = story.order.utc_offset_min
    until_us = _until_us(story, rule, fact.least_us if sure else fact.most_us)
    file = next(one.segment.file for one in story.segments if one.segment.sha256 == fact.segment)
    when = {"date": day(fact.most_us or 0, offset)} if sure else {}
    if until_us is None:
        return reason("removed_disputed" if sure else "removed_disputed_unsure", file=file, **when)
    return reason("removed_early" if sure else "removed_unsure", file=file, **when, until=day(until_us, offset))
