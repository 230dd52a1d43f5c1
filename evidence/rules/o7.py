"""O7: headcounts. Three numbers, shown apart and never mixed, because they decide money: who came to the opening, the
average of inspections, the average of what the recordings show (instructors who are named counted apart)."""
from __future__ import annotations

from evidence.policy import Rule
from evidence.rules.finding import Finding, Reason, Result, reason, refs
from evidence.rules.hours import named
from evidence.story import Block, Story


def judge(story: Story, rule: Rule, as_of_us: int) -> Finding:
    """The numbers, once the opening is over: the clause asks for them and says nothing that they could break."""
    opening = next((block for block in story.blocks if not block.make_up), None)
    if opening is None or not opening.over(as_of_us):
        return Finding("O7", rule.clause, "not_recorded", False, (reason("not_recorded"),), ())
    faces, pins = (sum(one.way == way for one in opening.attendance) for way in ("face", "pin"))
    came = reason("o7_opening", **named(story, opening), faces=faces, pins=pins, due=len(opening.roster))
    told = [came, *_evidence([block for block in story.blocks if block.over(as_of_us)])]
    told.append(reason("o7_inspections"))
    result: Result = "open" if opening.awaited else "satisfied"
    records = refs([[ref for one in opening.attendance for ref in one.refs], *(block.calls for block in story.blocks)])
    return Finding("O7", rule.clause, result, False, tuple(told), records)


def _evidence(blocks: list[Block]) -> list[Reason]:
    """The mean over the recordings of how many people they show on average, in tenths; instructors apart."""
    means = [block.mean_ppm for block in blocks if block.mean_ppm is not None]
    if not means:
        return [reason("o7_no_evidence")]
    people, teachers = (_tenths(sum(values) // len(means)) for values in zip(*means, strict=True))
    return [reason("o7_evidence", count=len(means), mean=people, teachers=teachers)]


def _tenths(ppm: int) -> str:
    tenths = (ppm + 50_000) // 100_000
    return f"{tenths // 10}.{tenths % 10}"
