"""Where nothing is recorded that counts, up to now, and why. What is still to come is no gap."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from common.texts import N_
from evidence.story import HourStory, SegmentFact, Span, Story
from evidence.stretches import union

JOIN_US = 5_000_000
REASONS = {
    "gap": N_("the camera sent no picture"),
    "step": N_("the time stamps of the camera jumped"),
    "clock": N_("the clock of the box was set"),
    "restart": N_("the box restarted"),
    "end": N_("recording was ended"),
    None: N_("the video file that follows is not recorded"),
}
NOT_BEGUN = N_("recording had not begun")
NO_VIDEO = N_("the class was started, but no video came")
MAYBE_HERE = N_("nothing is recorded under this time, but there is video whose time is uncertain and may be this one")
STILL_COMING = N_("this video has not come yet")
NOT_DUE = N_("online: no recording is due")


@dataclasses.dataclass(frozen=True)
class Gap:
    """`late`: the video may still come, so that this says nothing yet."""

    span: Span
    why: str
    late: bool


def gaps_of(story: Story, hour: HourStory, as_of_us: int) -> Iterator[Gap]:
    """What no camera recorded of a class-hour until `as_of_us`; of an online one none has to."""
    for gap in hour.gaps if is_due(hour) else ():
        span = Span(gap.start_us, min(gap.end_us, as_of_us))
        if span.end_us > span.start_us:
            why = gap_reason(story, span)
            late = why == REASONS[None] and span.end_us == as_of_us
            if why in (NOT_BEGUN, NO_VIDEO) and _unplaced(story, hour):
                why = MAYBE_HERE
            yield Gap(span, STILL_COMING if late else why, late)


def is_due(hour: HourStory) -> bool:
    """Whether a class-hour has to be recorded at all."""
    return hour.hour.kind != "online"


def uncertain_of(hour: HourStory, as_of_us: int) -> Iterator[Span]:
    """What is recorded of a class-hour until `as_of_us` by video of uncertain time only."""
    for part in hour.uncertain:
        if part.start_us < as_of_us:
            yield Span(part.start_us, min(part.end_us, as_of_us))


def _unplaced(story: Story, hour: HourStory) -> bool:
    """Whether video may belong here that says a time outside of every class-hour."""
    here = union((fact.span for fact in story.segments if not fact.certain), hour.span)
    return hour.doubtful_us > sum(part.length_us for part in here)


def gap_reason(story: Story, gap: Span) -> str:
    """From the segment of the same half-day that ends before the gap, or from the presses."""
    block = next((one for one in story.blocks if one.span.start_us <= gap.start_us < one.span.end_us), None)
    since_us = block.span.start_us if block else gap.start_us
    before = [fact for fact in story.segments if _ends_before(fact, gap) and fact.span.end_us > since_us]
    if before:
        return REASONS[max(before, key=lambda fact: fact.span.end_us).segment.cut]
    running = any(s.start_us <= gap.start_us < (s.end_us or story.last_us) for s in story.sessions)
    return NO_VIDEO if running else NOT_BEGUN


def _ends_before(fact: SegmentFact, gap: Span) -> bool:
    return fact.span.start_us < gap.start_us + JOIN_US and fact.span.end_us < gap.end_us
