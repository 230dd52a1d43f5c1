"""O2: teachers. Known people who sign in as trainees do: how many the plan has, and how many came to each block.

It only warns. Workplaces per trainee are not recorded, and that is said."""
from __future__ import annotations

from evidence.policy import O2
from evidence.roster import instructors
from evidence.rules.finding import Finding, Reason, reason, refs
from evidence.rules.hours import named
from evidence.story import Attendance, Story


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
    records = refs([[story.order_ref], *(one.refs for block in held for one in block.teachers)])
    if told:
        return Finding("O2", rule.clause, "warning", False, tuple(told), records)
    if not held:
        return Finding("O2", rule.clause, "not_recorded", False, (reason("not_recorded"),), ())
    good = reason("o2_kept", count=len(held), teachers=known, ratio=ratio)
    return Finding("O2", rule.clause, "satisfied", False, (good, reason("o2_workplaces")), records)


def _came(people: tuple[Attendance, ...]) -> int:
    return sum(one.came for one in people)
