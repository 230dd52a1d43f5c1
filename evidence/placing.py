"""Where a segment lies on the wall clock, and whether its time can be believed.

Media time is placed by CLOCK_BOOTTIME of its first packet and a record's own pair of (wall clock, CLOCK_BOOTTIME) of
the same start of the device. Wall time is only a label; how long video is, media time and CLOCK_BOOTTIME say together.
"""
from __future__ import annotations

from evidence.bodies import Segment
from evidence.clocks import ChainClock
from evidence.continuity import SLEW
from evidence.policy import Policy
from evidence.records import Record
from evidence.story import Doubt, SegmentFact, Span
from evidence.times import MINUTE

BLIND_US = 30 * MINUTE
"""A start of the device is taken to have gone on for so long, in real time, after its last record: a recorder that is
cut off loses the record of one segment, of a few minutes at most; longer only while its store is locked (ours)."""
LATE_US = 60 * MINUTE
"""How much longer than `settle_min` a device may run, in real time, until it states what it filmed (ours): a locked
store, a volume that vanished, recovery that failed at first. Time without power does not count."""


def place(record: Record, segment: Segment, clock: ChainClock, policy: Policy) -> SegmentFact:
    """The segment on the wall clock. `clock`: that of the record's chain."""
    anchor = _anchor(record, segment, clock)
    told = anchor or record
    start_us = told.utc_us - told.mono_us + segment.first_mono_us
    span = Span(start_us, start_us + max(0, segment.end_pts_us - segment.first_pts_us))
    error_us = policy.step_tolerance_us * record.clock.rate + told.clock.max_error_us
    doubt = _doubt(record, segment, anchor, clock, policy)
    return SegmentFact(record.key, segment, span, record.clock.rate, doubt, error_us)


def agree(media_us: int, mono_us: int, tolerance_us: int) -> bool:
    """Whether two lengths by media time and by CLOCK_BOOTTIME are the same, but for lateness and drift."""
    return abs(media_us - mono_us) <= tolerance_us + max(0, mono_us) // SLEW


def boot_of(record: Record, segment: Segment) -> str:
    """The start of the device in which the segment was filmed; empty when nothing says which."""
    return segment.boot_id or ("" if segment.recovered else record.boot_id)


def _anchor(record: Record, segment: Segment, clock: ChainClock) -> Record | None:
    """A record of the start of the device in which the segment was filmed, or None: the device started again before it
    was sealed, and nothing says when."""
    boot_id = boot_of(record, segment)
    if boot_id == record.boot_id:
        return record if segment.last_mono_us <= record.mono_us else None
    if segment.last_mono_us > clock.heard_us(boot_id) + BLIND_US * record.clock.rate:
        return None
    return clock.anchor(boot_id, segment.first_mono_us)


def _doubt(
    record: Record, segment: Segment, anchor: Record | None, clock: ChainClock, policy: Policy
) -> Doubt | None:
    if clock.doubt(record) == "revoked":
        return "revoked"
    running_us = clock.running_us(boot_of(record, segment), segment.last_mono_us, record)
    if anchor is None or running_us is None:
        return "boot"
    late = running_us > (policy.settle_us + LATE_US) * record.clock.rate
    return clock.doubt(anchor) or ("late" if late else _segment_doubt(record, segment, policy))


def _segment_doubt(record: Record, segment: Segment, policy: Policy) -> Doubt | None:
    media_us = segment.end_pts_us - segment.first_pts_us
    # The clock sees no end of the last picture. What lasts longer than a hole may is a hole, whatever a camera says: so
    # no video ends later than that, and the tolerance, after its record was made.
    one_packet_us = min(media_us // max(1, segment.packets), policy.max_gap_us)
    mono_us = segment.last_mono_us - segment.first_mono_us + one_packet_us
    if media_us < 0 or not agree(media_us, mono_us, policy.step_tolerance_us * record.clock.rate):
        return "step"
    listed_us = sum(gap.len_us for gap in segment.gaps if gap.at_us >= segment.first_pts_us)
    unlisted = media_us - listed_us > segment.packets * (policy.max_gap_us + segment.gap_floor_us)
    return "gaps" if unlisted or segment.gap_floor_us > policy.max_gap_us else None
