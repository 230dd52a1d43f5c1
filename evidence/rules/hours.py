"""What R1 and R2 share: which class-hours are judged, and their names in reasons."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from evidence.blocks import local
from evidence.rules.finding import Finding, Param, Reason, Result, reason
from evidence.story import HourStory, Occasion, PictureFact, Ref, Story
from evidence.times import SECOND


def due_hours(story: Story, kind: str) -> list[HourStory]:
    """The class-hours of that kind."""
    return [hour for hour in story.hours if hour.hour.kind == kind]


def moment(story: Story, utc_us: int) -> str:
    """A time of day on the class's own clock."""
    return f"{local(utc_us, story.order.utc_offset_min):%H:%M:%S}"


def named(story: Story, occasion: Occasion) -> dict[str, Param]:
    """A class-hour or a block by id, date and times of the class's own clock."""
    start, end = (local(at, story.order.utc_offset_min) for at in (occasion.span.start_us, occasion.span.end_us))
    return {"id": occasion.id, "date": start.date().isoformat(), "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}


def waiting(occasion: Occasion) -> dict[str, Param]:
    """The rooms whose box has not reported past it, where there are any."""
    return {"rooms": occasion.awaited} if occasion.awaited else {}


MOST_SPANS = 20
"""So many times without a picture that counts are named of one class-hour."""


def shown_badly(story: Story, hour: HourStory, facts: Iterable[PictureFact]) -> list[tuple[Reason, Ref]]:
    """When the picture of a class-hour was as `facts` of it say; the longest times, in order."""
    spans = [(max(fact.start_us, hour.span.start_us), min(fact.end_us, hour.span.end_us), fact)
             for fact in facts]
    longest = sorted(spans, key=lambda one: (one[0] - one[1], one[0], one[2].ref))[:MOST_SPANS]
    told = []
    for start_us, end_us, fact in sorted(longest, key=lambda one: (one[0], one[1], one[2].ref)):
        times = {"from_time": moment(story, start_us), "to_time": moment(story, end_us)}
        seconds = (end_us - start_us) // SECOND
        said = reason(f"picture_{fact.what}", **named(story, hour), **times, seconds=seconds, camera=fact.camera)
        told.append((said, fact.ref))
    return told


def hours_finding(
    rule: str, clause: str, hours: Sequence[HourStory], pending: int, reasons: Sequence[Reason], result: Result,
    records: tuple[Ref, ...],
) -> Finding:
    """The finding over judged `hours`; `pending` are not over yet."""
    told = [*reasons]
    if pending:
        told.append(reason("hours_pending", count=pending))
    if not hours and pending:
        result = "not_recorded"
    return Finding(rule, clause, result, False, tuple(told), records)


def worst(results: Sequence[Result]) -> Result:
    """The result of a whole from those of its parts."""
    order: tuple[Result, ...] = ("violated", "open", "warning", "satisfied", "not_recorded")
    return min(results, key=order.index, default="satisfied")
