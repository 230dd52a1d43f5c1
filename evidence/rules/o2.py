"""O2: teachers. Known people who sign in as trainees do: how many the plan has, and how many came to each block.

It only warns. Workplaces per trainee are what inspections counted; where none did, that is said."""
from __future__ import annotations

from evidence.blocks import day
from evidence.policy import O2
from evidence.roster import instructors
from evidence.rules.finding import Finding, Reason, reason, refs
from evidence.rules.hours import named
from evidence.story import Attendance, InspectionFact, Story


def judge(story: Story, rule: O2, as_of_us: int) -> Finding:
    """Blocks to which nobody signed in say nothing of teachers: R4 tells of those."""
    ratio, need = rule.ratio.value, rule.teachers
    known = len(instructors(story.order))
    held = [block for block in story.blocks if block.over(as_of_us) and any(one.came for one in block.attendance)]
    told: list[Reason] = []
    if need is not None and known < need.value:
        told.append(reason("o2_few", count=known, need=need.value))
    for block in held:
        here, teachers = _came(block.attendance), _came(block.teachers)
        if not teachers:
            told.append(reason("o2_nobody", **named(story, block), count=here))
        elif here > ratio * teachers:
            told.append(reason("o2_ratio", **named(story, block), count=here, teachers=teachers, ratio=ratio))
    places = [one for one in story.inspections if one.void is None and one.inspection.workplaces is not None]
    told += [_crowded(story, one, ratio) for one in places if _places(one) * ratio < one.inspection.headcount]
    records = refs([[story.order_ref], *(one.refs for block in held for one in block.teachers),
                    *(one.refs for one in places)])
    if told:
        return Finding("O2", rule.clause, "warning", False, tuple(told), records)
    if not held:
        return Finding("O2", rule.clause, "not_recorded", False, (reason("not_recorded"),), ())
    good = reason("o2_kept", count=len(held), teachers=known, ratio=ratio)
    seen = reason("o2_places", count=len(places), ratio=ratio) if places else reason("o2_workplaces")
    return Finding("O2", rule.clause, "satisfied", False, (good, seen), records)


def _places(one: InspectionFact) -> int:
    return one.inspection.workplaces or 0


def _crowded(story: Story, one: InspectionFact, ratio: int) -> Reason:
    date = day(one.start_us, story.order.utc_offset_min)
    return reason("o2_crowded", date=date, count=one.inspection.headcount, workplaces=_places(one), ratio=ratio)


def _came(people: tuple[Attendance, ...]) -> int:
    return sum(one.came for one in people)
