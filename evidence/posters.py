"""What looks like people before a camera and never moves: posters, which are always there, or people asleep. Pure.

A roll call tells how many of these a segment shows (`still_peak`). Only all roll calls of a class say what is a poster,
and these few bytes of each are taken from its record as it stands: whoever reads the rest of those of one block alone
subtracts the same.
"""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping

from evidence.crowd import View
from evidence.records import Record
from evidence.story import PosterFact, Ref, SegmentFact
from evidence.times import HOUR

AWAKE_US = 12 * HOUR
"""Between the first and the last segment in which a thing that looks like a person never moved."""


@dataclasses.dataclass(frozen=True)
class _Still:
    start_us: int
    count: int
    ref: Ref


def always_still(
    calls: Iterable[Record], segments: Mapping[str, SegmentFact]
) -> dict[tuple[str, str], PosterFact]:
    """Device and camera → what looks like people and never moved in any of its segments, over half a day at least: so
    long nobody sleeps. Where records are of a shorter time, or do not tell, nothing; nor where it is none.

    `calls`: all roll calls of the class, of which `segment` and `still_peak` are read; of several of one segment the
    least counts. `segments`: by hash; those of uncertain time, and roll calls of another device, tell nothing."""
    found: dict[tuple[str, str], list[_Still]] = defaultdict(list)
    for record in calls:
        fact, count = segments.get(str(record.body.get("segment"))), _count(record)
        if count is not None and fact is not None and fact.certain and fact.ref[0] == record.device:
            found[record.device, fact.segment.camera].append(_Still(fact.span.start_us, count, record.key))
    return {camera: told for camera, own in found.items() if (told := _told(*camera, own)) is not None}


def with_still(view: View, always: int) -> View:
    """The view in which what never moved counts as people, but for so many as `always` stand there."""
    more, look = (view.look.still_peak or 0) - always, view.look
    if more <= 0:
        return view
    counted = dataclasses.replace(look, headcount_peak=look.most + more, faceless_peak=look.faceless + more)
    return dataclasses.replace(view, look=counted)


def _told(device: str, camera: str, own: list[_Still]) -> PosterFact | None:
    first, last = (pick(own, key=lambda one: (one.start_us, one.ref)) for pick in (min, max))
    least = min(own, key=lambda one: (one.count, one.start_us, one.ref))
    if least.count == 0 or last.start_us - first.start_us < AWAKE_US:
        return None
    return PosterFact(device, camera, least.count, tuple(sorted({first.ref, last.ref, least.ref})))


def _count(record: Record) -> int | None:
    count = record.body.get("still_peak")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
