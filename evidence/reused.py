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
from evidence.picture import Look, Seen, What
from evidence.policy import PictureRules
from evidence.records import Record
from evidence.story import Copied, Ref, SegmentFact
from evidence.times import MINUTE, SECOND, utc_us

KEPT = 4
"""So many keyframes of a record are remembered, those with the smallest hashes. A copy is cut into files elsewhere: of
one that takes half a minute from each of two files none of the eight is in it once in 400 times."""
STILL_PPM = 700
"""A picture that changes less is no live one: noise of a still room changes keyframes by 1600 and more."""
AHEAD_US = 10 * MINUTE
"""A receipt proves something only if it is so much older than the film: no clock that is set is as wrong."""
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
    """What was filmed elsewhere before, or is said to have been. `segments`, `pictures`: those that count; `own`: every
    segment and picture record of the class: what it shares with itself `looped.py` finds."""
    known = _Known(segments, pictures)
    found: list[Copied] = []
    for record, body in told:
        later, first = ((one.device, one.chain, one.seq) for one in (body.record, body.first))
        if later in own and first in own:
            continue
        fact, after_us = known.fact(later), body.later_us or 0
        if fact is not None and fact.certain and (_held_before(body, fact) or after_us >= LEAST_APART_US):
            proven = _held_before(body, fact)
            found.append(Copied(
                fact.segment.sha256, _names(body), body.first.device, proven, (record.key, later)))
        elif first in own and after_us <= -LEAST_APART_US:
            found += [Copied(sha, _names(body), body.record.device, False, (record.key, first))
                      for sha in known.sharing(first, body)]
    return tuple(found)


class _Known:
    """The segments of a class by the records that name them or their pictures."""

    def __init__(self, segments: Iterable[SegmentFact], pictures: Mapping[str, tuple[Ref, Picture]]) -> None:
        self._pictures = pictures
        self._facts = {fact.segment.sha256: fact for fact in segments}
        self._by_ref = {fact.ref: fact for fact in self._facts.values()}
        self._by_ref |= {ref: self._facts[sha] for sha, (ref, _) in pictures.items() if sha in self._facts}

    def fact(self, ref: Ref) -> SegmentFact | None:
        return self._by_ref.get(ref)

    def sharing(self, ref: Ref, body: VideoReused) -> list[str]:
        """The hashes of the certain segments of that record's run that hold what the centre speaks of."""
        first, names = self._by_ref.get(ref), _names(body)
        if first is None:
            return []
        if names is None:
            return [first.segment.sha256] if first.certain else []
        run = (first.ref[:2], first.segment.run)
        return [sha for sha, (_, picture) in self._pictures.items()
                if (fact := self._facts.get(sha)) is not None and fact.certain
                and (fact.ref[:2], fact.segment.run) == run and names & telling(picture).keys()]


def _names(body: VideoReused) -> frozenset[str] | None:
    if body.keys is None:
        return None
    return frozenset(body.keys[at + TIME:at + KEY] for at in range(0, len(body.keys), KEY))


def _held_before(body: VideoReused, fact: SegmentFact) -> bool:
    """Whether the bytes were at the centre before the segment was filmed."""
    return body.held is not None and utc_us(body.held) + AHEAD_US <= fact.span.start_us


def reused(part: Sequence[Look], copies: Iterable[Copied], rules: PictureRules) -> list[Seen]:
    """The spans of a part (segments that follow each other in one run) that were filmed elsewhere before ("reused"),
    then those of which that is not proved ("shared")."""
    ours = {look.segment for look in part}
    copies = [copy for copy in copies if copy.segment in ours]
    samples = [sample for look in part for sample in look.picture.samples]
    times = [sample.at_us for sample in samples]

    def spans(chosen: Iterable[Copied], what: What) -> list[Seen]:
        names = _by_segment(chosen)

        def again(look: Look, at_us: int, name: str) -> bool:
            there = names.get(look.segment, frozenset())
            return (there is None or name in there) and _lives(samples, times, at_us, rules)

        return repeated(part, again, rules, what) if names else []

    return [*spans((copy for copy in copies if copy.proven), "reused"), *spans(copies, "shared")]


def _by_segment(copies: Iterable[Copied]) -> dict[str, frozenset[str] | None]:
    names: dict[str, frozenset[str] | None] = {}
    for copy in copies:
        before = names.get(copy.segment, frozenset())
        names[copy.segment] = None if before is None or copy.names is None else before | copy.names
    return names


def _lives(samples: Sequence[PictureSample], times: Sequence[int], at_us: int, rules: PictureRules) -> bool:
    """Whether the picture changes around a moment. A sample that was compared with nothing does not say."""
    near = samples[bisect.bisect_left(times, at_us - AROUND_US):bisect.bisect_right(times, at_us + AROUND_US)]
    changes = [sample.change_ppm for sample in near if sample.change_ppm is not None]
    return bool(changes) and min(changes) > rules.frozen_change_ppm.value
