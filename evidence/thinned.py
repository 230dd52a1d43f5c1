"""A chain thinned for whoever asks most of its records for their clocks alone: of an hour its ends stay. Pure.

A stretch are records without a body, one after the other, within one start of the device, whose two clocks go on alike.
Between its first and its last one nothing is left out that a `ChainClock` could show of any other record: no jump, no
earliest or latest time, no end of a start of the device, no CLOCK_BOOTTIME that went further. So each record that stays
is believed or doubted as with all of them, and contradicted by the same. What was near a record that was left out is
placed by an end of its stretch, `ASIDE_US` from where it was; where somebody set the clock back, a doubtful record may
be put between moments that are up to `LONG_US` further apart.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator

from evidence.records import Record
from evidence.times import HOUR, SECOND

LONG_US = HOUR
"""A stretch takes no longer, by CLOCK_BOOTTIME."""
WITHIN_US = SECOND
"""So far the two clocks may part within a stretch: less than any policy takes for a jump (`TOLERANCE_US`)."""
ASIDE_US = 2 * WITHIN_US


def thinned(chain: Iterable[Record]) -> Iterator[Record]:
    """The records of one chain, in order, without what lies within a stretch. One with a body always stays."""
    first: Record | None = None
    last: Record | None = None
    for record in chain:
        if first is not None and _goes_on(first, last or first, record):
            last = record
            continue
        if last is not None:
            yield last
        first, last = record, None
        yield record
    if last is not None:
        yield last


def _goes_on(first: Record, last: Record, record: Record) -> bool:
    """Whether a record lies in the stretch that began with `first` and goes to `last` so far."""
    if record.body or record.boot_id != first.boot_id or _kind(record) != _kind(first):
        return False
    mono_us, utc_us = record.mono_us - first.mono_us, record.utc_us - first.utc_us
    onward = last.mono_us <= record.mono_us and last.utc_us <= record.utc_us
    return onward and mono_us <= LONG_US and abs(utc_us - mono_us) <= WITHIN_US


def _kind(record: Record) -> tuple[bool, str, int]:
    return record.clock.synced, record.clock.source, record.clock.rate
