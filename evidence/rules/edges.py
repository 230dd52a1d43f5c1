"""When time alone may change a finding: a class has to be judged again at the next of these moments, and not before."""
from __future__ import annotations

from evidence.story import Story


def next_edge_us(story: Story, as_of_us: int) -> int | None:
    """The first moment after `as_of_us` (UTC microseconds) at which the findings of the same story may be other ones;
    None: they stay. From the beginning of a class-hour or block, its end, and when it is settled; a rule that asks for
    any other moment has to name it here (tests/evidence/test_edges.py)."""
    edges = [us for unit in (*story.blocks, *story.hours)
             for us in (unit.span.start_us, unit.span.end_us, unit.settled_us)]
    return min((us for us in edges if us > as_of_us), default=None)


def running(story: Story, as_of_us: int) -> bool:
    """Whether a class-hour runs, so that what is recorded of it grows from moment to moment."""
    return any(hour.span.start_us <= as_of_us < hour.span.end_us for hour in story.hours)
