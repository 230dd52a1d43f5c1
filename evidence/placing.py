"""Where a segment lies on the wall clock, and whether its time can be believed.

Media time is placed by CLOCK_BOOTTIME of its first packet and a record's own pair of (wall clock, CLOCK_BOOTTIME) of
the same start of the device. Wall time is only a label; how long video is, media time and CLOCK_BOOTTIME say together.
"""
from __future__ import annotations

from collections.abc import Sequence

from evidence.bodies import Segment
from evidence.continuity import SLEW
from evidence.policy import Policy
from evidence.records import Record
from evidence.story import Doubt, SegmentFact, Span


def place(record: Record, segment: Segment, chain: Sequence[Record], policy: Policy) -> SegmentFact:
    """The segment on the wall clock. `chain`: the records at hand of the same chain, in order."""
    anchor = _anchor(record, segment, chain)
    start_us = (anchor or record).utc_us - (anchor or record).mono_us + segment.first_mono_us
    span = Span(start_us, start_us + max(0, segment.end_pts_us - segment.first_pts_us))
    doubt = clock_doubt(record, policy) or ("boot" if anchor is None else _segment_doubt(record, segment, policy))
    return SegmentFact(record.key, segment, span, record.clock.rate, doubt)


def clock_doubt(record: Record, policy: Policy) -> Doubt | None:
    """Why the wall clock of a record cannot be believed."""
    if record.clock.source == "simulated":
        return None if policy.accept_simulated else "simulated"
    return None if record.clock.synced else "clock"


def agree(media_us: int, mono_us: int, tolerance_us: int) -> bool:
    """Whether two lengths by media time and by CLOCK_BOOTTIME are the same, but for lateness and drift."""
    return abs(media_us - mono_us) <= tolerance_us + max(0, mono_us) // SLEW


def _anchor(record: Record, segment: Segment, chain: Sequence[Record]) -> Record | None:
    """A record of the start of the device in which the segment was filmed, or None. A segment that was recovered after
    the device started again is sealed with a CLOCK_BOOTTIME that began anew: then the last record before that start."""
    if segment.last_mono_us <= record.mono_us:
        return record
    if not segment.recovered:
        return None
    earlier = [one for one in chain if one.seq < record.seq and one.boot_id != record.boot_id]
    return earlier[-1] if earlier else None


def _segment_doubt(record: Record, segment: Segment, policy: Policy) -> Doubt | None:
    media_us = segment.end_pts_us - segment.first_pts_us
    one_packet_us = media_us // max(1, segment.packets)
    mono_us = segment.last_mono_us - segment.first_mono_us + one_packet_us
    if media_us < 0 or not agree(media_us, mono_us, policy.step_tolerance_us * record.clock.rate):
        return "step"
    return "gaps" if segment.gap_floor_us > policy.max_gap_us else None
