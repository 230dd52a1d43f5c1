"""What several rules share: which class-hours are judged, their names in reasons, shares, months, facts that nobody
stated."""
from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Sequence

from evidence.blocks import local
from evidence.rules.finding import Finding, Param, Reason, Result, reason
from evidence.story import HourStory, ImportFact, Occasion, PictureFact, Ref, Span, Story
from evidence.times import SECOND


def due_hours(story: Story, kind: str) -> list[HourStory]:
    """The class-hours of that kind."""
    return [hour for hour in story.hours if hour.hour.kind == kind]


def lessons(story: Story) -> list[HourStory]:
    """The class-hours that are no make-ups."""
    return [hour for hour in story.hours if hour.hour.make_up is None]


def times(story: Story, span: Span) -> str:
    """Date and times of the class's own clock, like 2026-03-02 08:00–08:45."""
    start, end = (local(at, story.order.utc_offset_min) for at in (span.start_us, span.end_us))
    return f"{start.date().isoformat()} {start:%H:%M}–{end:%H:%M}"


def share(part: int, whole: int, up: bool = False) -> str:
    """In percent with one decimal, rounded down (or up), so that no limit seems kept, or broken, that is not."""
    tenths = -(-1000 * part // whole) if up else 1000 * part // whole
    return f"{tenths // 10}.{tenths % 10}"


def months_later(date: datetime.date, months: int) -> datetime.date:
    """The same day so many months later; the last of a month that is shorter."""
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    if year > datetime.MAXYEAR:
        return datetime.date.max
    return datetime.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1]))


def unsaid(rule: str, clause: str, fact: ImportFact | None) -> Finding:
    """Of a rule whose fact nobody stated, or stated so that it cannot be used."""
    if fact is None:
        return Finding(rule, clause, "not_recorded", False, (reason("not_recorded"),), ())
    return Finding(rule, clause, "not_recorded", False, (reason("imported_void"),), (fact.ref,))


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
