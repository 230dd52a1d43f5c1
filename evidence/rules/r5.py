"""R5: the authority supervises by live view, replay and looks at check-ins. Each of these is a record of the centre. It
speaks of the authority, so nothing here is ever against a school."""
from __future__ import annotations

from collections import Counter

from evidence.policy import Rule
from evidence.rules.finding import Finding, reason
from evidence.story import Story


def judge(story: Story, rule: Rule, as_of_us: int) -> Finding:
    """Satisfied once anybody looked; else not recorded."""
    if not story.looks:
        return Finding("R5", rule.clause, "not_recorded", False, (reason("r5_none"),), ())
    counted = Counter(look.what for look in story.looks)
    said = reason("r5_used", live=counted["live"], video=counted["video"], checkins=counted["checkins"])
    return Finding("R5", rule.clause, "satisfied", False, (said,), tuple(look.ref for look in story.looks))
