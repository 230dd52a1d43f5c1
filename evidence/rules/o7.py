"""O7: headcounts. Three numbers, shown apart and never mixed, because they decide money: who came to the opening, the
average of inspections, the average of what the recordings show."""
from __future__ import annotations

from collections import defaultdict

from evidence.bodies import RollCall
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
    told = [came, *_evidence(story, [block for block in story.blocks if block.over(as_of_us)])]
    told.append(reason("o7_inspections"))
    result: Result = "open" if opening.awaited else "satisfied"
    records = refs([[ref for one in opening.attendance for ref in one.refs], *(block.calls for block in story.blocks)])
    return Finding("O7", rule.clause, result, False, tuple(told), records)


def _evidence(story: Story, blocks: list[Block]) -> list[Reason]:
    """The mean over the recordings of how many people their fullest camera shows on average, in tenths."""
    means = [mean for block in blocks if (mean := _mean_ppm(story, block)) is not None]
    if not means:
        return [reason("o7_no_evidence")]
    tenths = (sum(means) // len(means) + 50_000) // 100_000
    return [reason("o7_evidence", count=len(means), mean=f"{tenths // 10}.{tenths % 10}")]


def _mean_ppm(story: Story, block: Block) -> int | None:
    """Of the camera that shows most: cameras of one room show the same people, so they are never added up."""
    films, here = set(block.films), set(block.calls)
    cameras = {fact.segment.sha256: (fact.ref[0], fact.segment.camera) for fact in story.segments if fact.ref in films}
    calls: dict[tuple[str, str], list[RollCall]] = defaultdict(list)
    for ref, call in story.rollcalls:
        if ref in here and call.samples:
            calls[cameras[call.segment]].append(call)
    return max((sum(call.headcount_mean_ppm * call.samples for call in of) // sum(call.samples for call in of)
                for of in calls.values()), default=None)
