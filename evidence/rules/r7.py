"""R7: video is kept for years after the class; nothing is removed before.

The years count from the latest of the last class-hour, the assessment and the end of a dispute (ours, POLICY R7). While
a hold of a court or an authority is placed nothing may be removed, whatever its time.
Records say what was recorded and what was removed. Whether the files still lie where they should is for whoever has
them to say: the console of its own store, `zaitang-verify` of the folder that it checks."""
from __future__ import annotations

from evidence.blocks import day
from evidence.damaged import Damage, damages
from evidence.keeping import counted_from_us, kept_until_us
from evidence.policy import R7
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.story import HoldFact, Ref, RemovalFact, Story


def judge(story: Story, rule: R7, as_of_us: int) -> Finding:
    """Violated when video was removed before its time; open when nobody knows whether it was; not recorded when there
    is no video; a warning when a box found a file spoilt. An assessment or a dispute that was stated after a removal
    does not make that one early."""
    if not story.segments:
        return Finding("R7", rule.clause, "not_recorded", False, (reason("nothing_recorded"),), ())
    early, unsure = [], []
    for fact in story.removed:
        if _surely_early(story, rule, fact) or _held(story, fact):
            early.append(fact)
        elif _early(fact.least_us, _until_us(story, rule, fact.most_us)) or _maybe_held(story, fact):
            unsure.append(fact)
    if early or unsure:
        reasons = [_removed(story, rule, fact, sure=True) for fact in early]
        reasons += [_removed(story, rule, fact, sure=False) for fact in unsure]
        reasons += _counted(story, rule)
        records = refs([[fact.ref for fact in (*early, *unsure)], *_said(story)])
        return Finding("R7", rule.clause, "violated" if early else "open", False, tuple(reasons), records)
    until_us = _until_us(story, rule, None)
    kept = (reason("kept_dispute", count=len(story.segments)) if until_us is None else
            reason("kept_until", count=len(story.segments), until=day(until_us, story.order.utc_offset_min)))
    damaged = _damaged(story)
    spoilt = [ref for one in damaged for ref in (one.box, one.centre) if ref is not None]
    records = refs([[fact.ref for fact in story.segments], *_said(story), spoilt])
    result: Result = "warning" if any(one.box is not None for one in damaged) else "satisfied"
    told = (*(_spoilt(story, one) for one in damaged), kept, *_counted(story, rule))
    return Finding("R7", rule.clause, result, False, told, records)


def _damaged(story: Story) -> list[Damage]:
    """Files that were not removed, and that somebody found spoilt."""
    gone = {fact.segment for fact in story.removed}
    owners = {fact.segment.sha256: fact.ref[0] for fact in story.segments if fact.segment.sha256 not in gone}
    return damages(story.alarms, owners, set(owners.values()) | {one.device for one in story.order.boxes})


def _spoilt(story: Story, one: Damage) -> Reason:
    """Where a file is spoilt. What a box states of its copy is a warning: no record says whether the centre has it."""
    file = next(fact.segment.file for fact in story.segments if fact.segment.sha256 == one.segment)
    if one.box is not None and one.centre is not None:
        return reason("damaged_both", file=file, seq=one.box[2])
    if one.box is not None:
        return reason("damaged_box", file=file, device=one.box[0], seq=one.box[2])
    return reason("damaged_centre", file=file, seq=one.centre[2] if one.centre else 0)


def _said(story: Story) -> list[tuple[Ref, ...]]:
    """The records of the centre that keep the video longer."""
    return [*(one.refs for one in story.longer), *(one.refs for one in story.holds)]


def _held(story: Story, fact: RemovalFact) -> HoldFact | None:
    """The hold during which it was removed, for sure."""
    return next((one for one in story.holds if fact.most_us is not None
                 and one.when(fact.least_us) and one.when(fact.most_us)), None)


def _maybe_held(story: Story, fact: RemovalFact) -> HoldFact | None:
    """The hold during which it may have been removed."""
    return next((one for one in story.holds if (fact.most_us is None or one.from_us <= fact.most_us)
                 and (one.until_us is None or fact.least_us < one.until_us)), None)


def _surely_early(story: Story, rule: R7, fact: RemovalFact) -> bool:
    return fact.most_us is not None and _early(fact.most_us, _until_us(story, rule, fact.least_us))


def _early(at_us: int, until_us: int | None) -> bool:
    return until_us is None or at_us < until_us


def _until_us(story: Story, rule: R7, known_us: int | None) -> int | None:
    """Until when video must be kept by what had been stated at a moment (None: by all that was); None while a dispute
    is open."""
    from_us = counted_from_us(_end_us(story), story.longer, known_us)
    return None if from_us is None else kept_until_us(from_us, story.order.utc_offset_min, rule.years.value)


def _end_us(story: Story) -> int:
    return max((hour.span.end_us for hour in story.hours), default=story.last_us)


def _counted(story: Story, rule: R7) -> list[Reason]:
    """What holds it whatever its time; and why the years do not count from the last class-hour: the disputes that are
    open, else what ended last. `seq`: of the record that says so; `else_until`: the day without it."""
    offset, end_us = story.order.utc_offset_min, _end_us(story)
    plain = {"date": day(end_us, offset), "else_until": day(kept_until_us(end_us, offset, rule.years.value), offset)}
    held = [reason("hold_placed", since_date=day(one.from_us, offset), why=one.reason, seq=one.refs[-1][2])
            for one in story.holds if one.until_us is None]
    running = [one for one in story.longer if one.until_us is None]
    if running:
        return [*held, *(reason("dispute_open", since_date=day(one.known_us, offset), why=one.reason,
                                seq=one.refs[-1][2], **plain) for one in running)]
    last = max(story.longer, key=lambda one: one.until_us or 0, default=None)
    if last is None or last.until_us is None or last.until_us <= end_us:
        return held
    until = day(kept_until_us(last.until_us, offset, rule.years.value), offset)
    # The day of an assessment ends with the first moment of the next one.
    said = {"since_date": day(last.until_us - (last.what == "assessment"), offset), "until": until} | plain
    return [*held, reason(f"counted_{last.what}", why=last.reason, seq=last.refs[-1][2], **said)]


def _removed(story: Story, rule: R7, fact: RemovalFact, sure: bool) -> Reason:
    offset = story.order.utc_offset_min
    until_us = _until_us(story, rule, fact.least_us if sure else fact.most_us)
    file = next(one.segment.file for one in story.segments if one.segment.sha256 == fact.segment)
    when = {"date": day(fact.most_us or 0, offset)} if sure else {}
    hold = _held(story, fact) if sure else _maybe_held(story, fact)
    if hold is not None:
        return reason("removed_held" if sure else "removed_held_unsure", file=file, why=hold.reason, **when)
    if until_us is None:
        return reason("removed_disputed" if sure else "removed_disputed_unsure", file=file, **when)
    return reason("removed_early" if sure else "removed_unsure", file=file, **when, until=day(until_us, offset))
