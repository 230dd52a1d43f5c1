"""When time alone may change a finding, or how a decision stands: a class has to be judged again at the next of these
moments, and not before."""
from __future__ import annotations

from evidence.policy import Policy
from evidence.story import Story


def next_edge_us(story: Story, policy: Policy, as_of_us: int) -> int | None:
    """The first moment after `as_of_us` (UTC microseconds) at which the findings of the same story, or the standing of
    its decisions, may be other ones; None: they stay. From the beginning of a class-hour or block, its end, and when it
    is settled; the end of the public notice of a decision. Whether the training is over (R6, R9) is the end of its last
    class-hour; what was stated before it was (inspections, surveys) is held against the time of its record, which does
    not pass. A rule that asks for any other moment has to name it here (tests/evidence/test_edges.py)."""
    edges = [us for unit in (*story.blocks, *story.hours)
             for us in (unit.span.start_us, unit.span.end_us, unit.settled_us)]
    if story.round.second is not None:
        edges.append(story.round.since_us + policy.notice_us)
    return min((us for us in edges if us > as_of_us), default=None)


def running(story: Story, as_of_us: int) -> bool:
    """Whether a class-hour runs, so that what is recorded of it grows from moment to moment."""
    return any(hour.span.start_us <= as_of_us < hour.span.end_us for hour in story.hours)
