"""R4: the face check-in is kept, block by block. It never flags: the clause demands the record and names no
consequence.

Per block, first match wins: *satisfied* when all who were due signed in or were on leave (a PIN that an instructor
confirmed explains itself); *open* while its box has not reported past it, or when somebody who lacks a sign-in has one
of uncertain time; *violated* when the video shows people and nobody even tried to check in; *open* when neither shows
anybody; else *warning*. That the terminal refused somebody is never against a class.
"""
from __future__ import annotations

from evidence.policy import Rule
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import named, waiting, worst
from evidence.story import Block, Story


def judge(story: Story, rule: Rule, as_of_us: int) -> Finding:
    """The finding over all blocks that are over."""
    over = [block for block in story.blocks if block.over(as_of_us)]
    results: list[Result] = []
    reasons: list[Reason] = []
    for block in over:
        result, said = _block(story, block)
        results.append(result)
        reasons += said
    faces, pins = (sum(one.way == way for block in over for one in block.attendance) for way in ("face", "pin"))
    if over:
        reasons.insert(0, reason("r4_signed", count=len(over), faces=faces, pins=pins))
    if len(over) < len(story.blocks):
        reasons.append(reason("occasions_pending", count=len(story.blocks) - len(over)))
    if not reasons:
        reasons.append(reason("not_recorded"))
    records = refs(block.refs if result != "satisfied" else [ref for one in block.attendance for ref in one.refs]
                   for block, result in zip(over, results, strict=True))
    return Finding("R4", rule.clause, worst(results) if over else "not_recorded", False, tuple(reasons), records)


def _block(story: Story, block: Block) -> tuple[Result, list[Reason]]:
    name = named(story, block)
    shown = {one.person for one in block.presences if one.answer == "shown"}
    away = {one.person for one in block.presences if one.on_leave}
    out = tuple(one.person for one in block.attendance if not one.came and one.person not in away)
    if not out:
        return "satisfied", []
    if block.awaited:
        return "open", [reason("r4_awaited", **name, **waiting(block), trainees=out)]
    # An accepted one of an uncertain time may be of this block; a refused one says nothing either way.
    if any(fact.accepted and fact.doubt and fact.person in out for fact in story.signs):
        return "open", [reason("r4_uncertain", **name, trainees=out)]
    if not any(one.came for one in block.attendance):
        return _nobody(story, block)
    unsigned = tuple(person for person in out if person in shown)
    missing = tuple(person for person in out if person not in shown)
    told = [reason(code, **name, trainees=people)
            for code, people in (("r4_only_shown", unsigned), ("r4_neither", missing)) if people]
    return "warning", told


def _nobody(story: Story, block: Block) -> tuple[Result, list[Reason]]:
    """Nobody signed in."""
    name, near = named(story, block), set(block.refs)
    tried = sum(fact.ref in near for fact in story.signs)
    if tried:
        return "warning", [reason("r4_nobody_accepted", **name, count=tried)]
    if block.headcount_max > 0 or any(one.answer == "shown" for one in block.presences):
        return "violated", [reason("r4_none", **name, headcount=block.headcount_max)]
    return "open", [reason("r4_nothing", **name)]
