"""The story of a class: what the records, folded, say happened. Facts with their records beside them, no verdicts."""
from __future__ import annotations

import dataclasses
from typing import Literal

from evidence.bodies import CheckIn, ClassOrder, Hour, Leave, Review, RollCall, RosterEvent, Segment

Ref = tuple[str, str, int]
"""A record by device, chain and sequence number."""


@dataclasses.dataclass(frozen=True)
class Span:
    """From `start_us` to before `end_us`, UTC microseconds."""

    start_us: int
    end_us: int

    @property
    def length_us(self) -> int:
        return max(0, self.end_us - self.start_us)


@dataclasses.dataclass(frozen=True)
class Stretch(Span):
    """Video of one run without a gap above the policy's limit. `media_us` is its length in media time, never longer
    than CLOCK_BOOTTIME agrees to; `start_us`, `end_us` are wall-clock labels for it."""

    run: str
    camera: str
    device: str
    media_us: int
    segments: tuple[str, ...]
    refs: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class SegmentFact:
    """A segment record, placed on the wall clock."""

    ref: Ref
    segment: Segment
    span: Span
    certain: bool
    """False when media time and CLOCK_BOOTTIME disagree: the time is uncertain."""


@dataclasses.dataclass(frozen=True)
class CheckInFact:
    """An attempt at the terminal with the answer that the policy gives it."""

    ref: Ref
    checkin: CheckIn
    at_us: int
    answer: Literal["accepted", "unknown", "not_live", "liveness_missing"]
    person: str | None


@dataclasses.dataclass(frozen=True)
class SessionFact:
    """From a start press to its end press; `end_us` is None while it runs."""

    session: str
    device: str
    start_us: int
    end_us: int | None
    refs: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class Sighting:
    """When in which segment a trainee was shown, and how sure the match was."""

    person: str
    segment: str
    ref: Ref
    first_us: int
    last_us: int
    shown_us: int
    """UTC of the best sight."""
    score_ppm: int
    pointed: bool
    """True when a person pointed the trainee out in a frame."""


Answer = Literal["shown", "not_identifiable", "covered", "absent"]


@dataclasses.dataclass(frozen=True)
class Presence:
    """One trainee in one block (or class-hour): the roll call's answer, and whether the face checked in."""

    person: str
    answer: Answer
    checked_in: bool
    on_leave: bool
    sightings: tuple[Sighting, ...]
    left_early: bool


@dataclasses.dataclass(frozen=True)
class HourStory:
    """One class-hour of the plan: what was recorded inside it, who was shown inside it."""

    hour: Hour
    span: Span
    block: str
    stretches: tuple[Stretch, ...]
    """Clipped to the class-hour; those of all cameras, in order of time."""
    covered_us: int
    """Length of the union of the stretches."""
    longest_us: int
    """Media time of the longest single stretch."""
    gaps: tuple[Span, ...]
    """What no camera recorded."""
    presences: tuple[Presence, ...]
    headcount_max: int
    roll_called: bool
    picture_good: bool


@dataclasses.dataclass(frozen=True)
class Block:
    """Contiguous class-hours of one half-day: what R3 calls one recording. `id` like 2026-03-02-am."""

    id: str
    span: Span
    hours: tuple[str, ...]
    roster: tuple[str, ...]
    presences: tuple[Presence, ...]
    headcount_max: int
    covered_us: int
    """Recorded time inside its class-hours."""
    due_us: int
    """Sum of its class-hours."""
    roll_called: bool
    """Every segment of the block has its roll call."""
    picture_good: bool
    time_certain: bool
    make_up: bool
    review: Review | None
    refs: tuple[Ref, ...]


@dataclasses.dataclass(frozen=True)
class Story:
    """Everything that a page or a rule needs to know of one class."""

    class_id: str
    order: ClassOrder
    order_ref: Ref
    roster_events: tuple[tuple[Ref, RosterEvent], ...]
    leaves: tuple[tuple[Ref, Leave], ...]
    sessions: tuple[SessionFact, ...]
    segments: tuple[SegmentFact, ...]
    removed: tuple[tuple[Ref, str, int], ...]
    """Removed segments: record, segment hash, UTC of removal."""
    checkins: tuple[CheckInFact, ...]
    rollcalls: tuple[tuple[Ref, RollCall], ...]
    alarms: tuple[tuple[Ref, str, int], ...]
    """Record, code, UTC."""
    hours: tuple[HourStory, ...]
    blocks: tuple[Block, ...]
    simulated: bool
    """Some record was made with a simulated clock: this is not real."""
    liveness_checked: bool
    """False if any accepted check-in had no liveness check."""
    last_us: int
    """UTC of the latest record."""
    unknown_records: int
    """Records of types that this version does not know; verified, kept, not told."""
