"""Video that was filmed elsewhere: which keyframes tell one film from all others, and what a centre's word about them
proves. Pure.

A live sensor's noise gives no two keyframes the same bytes, so a few of them prove a copy in whatever order they come.
What does not change, a test picture or a black one, encodes to the same bytes anywhere and proves nothing.
"""
from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from evidence.bodies import Picture, PictureSample, VideoReused
from evidence.looped import KEY, LEAST_APART_US, TIME, repeated
from evidence.picture import Look, Seen
from evidence.policy import PictureRules
from evidence.records import Record
from evidence.story import Copied, Ref, SegmentFact
from evidence.times import SECOND, utc_us

KEPT = 4
"""So many keyframes of a record are remembered, those with the smallest hashes. A copy is cut into files elsewhere: of
one that takes half a minute from each of two files none of the eight is in it once in 400 times."""
STILL_PPM = 700
"""A picture that changes less is no live one: noise of a still room changes keyframes by 1600 and more."""
AROUND_US = 12 * SECOND
"""All samples that are so near must change as those of a live picture do: two before and two after."""


def telling(picture: Picture) -> Mapping[str, str]:
    """Keyframes that no other film has: the hash of each, and its 24 digits in the record. None of a still picture."""
    changes = [sample.change_ppm for sample in picture.samples if sample.change_ppm is not None]
    if 2 * sum(change > STILL_PPM for change in changes) <= len(changes):
        return {}
    keys = [picture.keys[at:at + KEY] for at in range(0, len(picture.keys), KEY)]
    times = Counter(key[TIME:] for key in keys)
    return {key[TIME:]: key for key in keys if times[key[TIME:]] == 1}


def kept(names: Iterable[str]) -> list[str]:
    """Those by which a record is found again."""
    return sorted(names)[:KEPT]


def copied(
    told: Iterable[tuple[Record, VideoReused]], segments: Iterable[SegmentFact],
    pictures: Mapping[str, tuple[Ref, Picture]], own: set[Ref],
) -> tuple[Copied, ...]:
    """What the centre held before it was filmed. `segments`, `pictures`: those that count; `own`: every segment and
    picture record of the class: what it shares with itself `looped.py` finds."""
    facts = {fact.segment.sha256: fact for fact in segments}
    found = []
    for record, body in told:
        fact = facts.get(body.segment)
        later, first = ((one.device, one.chain, one.seq) for one in (body.record, body.first))
        if fact is None or first in own or not _before(body, fact):
            continue
        picture = pictures.get(body.segment)
        if later != (fact.ref if body.keys is None else picture and picture[0]):
            continue
        names = None if body.keys is None else frozenset(
            body.keys[at + TIME:at + KEY] for at in range(0, len(body.keys), KEY))
        found.append(Copied(body.segment, names, body.first.device, (record.key, later)))
    return tuple(found)


def _before(body: VideoReused, fact: SegmentFact) -> bool:
    """Whether the bytes were at the centre before the segment was filmed, by a time that is certain."""
    return body.held is not None and fact.certain and utc_us(body.held) + LEAST_APART_US <= fact.span.start_us


def reused(part: Sequence[Look], copies: Iterable[Copied], rules: PictureRules) -> list[Seen]:
    """The spans of a part (segments that follow each other in one run) that were filmed elsewhere before."""
    names: dict[str, frozenset[str] | None] = {}
    for copy in copies:
        before = names.get(copy.segment, frozenset())
        names[copy.segment] = None if before is None or copy.names is None else before | copy.names
    if not any(look.segment in names for look in part):
        return []
    samples = [sample for look in part for sample in look.picture.samples]
    times = [sample.at_us for sample in samples]

    def again(look: Look, at_us: int, name: str) -> bool:
        there = names.get(look.segment, frozenset())
        return (there is None or name in there) and _lives(samples, times, at_us, rules)

    return repeated(part, again, rules, "reused")


def _lives(samples: Sequence[PictureSample], times: Sequence[int], at_us: int, rules: PictureRules) -> bool:
    """Whether the picture changes around a moment. A sample that was compared with nothing does not say."""
    near = samples[bisect.bisect_left(times, at_us - AROUND_US):bisect.bisect_right(times, at_us + AROUND_US)]
    changes = [sample.change_ppm for sample in near if sample.change_ppm is not None]
    return bool(changes) and min(changes) > rules.frozen_change_ppm.value
