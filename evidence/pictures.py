"""The picture records of a class, judged: which video does not count, where each such time lies on the wall clock."""
from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from evidence.bodies import Picture, PictureSample, Segment
from evidence.looped import Earlier, looped
from evidence.picture import Look, Seen, seen
from evidence.policy import PictureRules
from evidence.records import Record
from evidence.reused import reused
from evidence.story import Copied, PictureFact, Ref, SegmentFact
from evidence.times import SECOND

Pictures = Mapping[str, tuple[Ref, Picture]]
"""Segment hash → the first picture record of it."""
EVERY_US = 15 * SECOND
"""Samples that lie farther apart than twice this are no look at a segment, whatever interval the record says it had."""
LEAST_EVERY_US = SECOND
"""The shortest interval that a box can be set to."""


def first_of(
    told: Iterable[tuple[Record, Picture]], segments: Iterable[SegmentFact]
) -> tuple[Pictures, tuple[Ref, ...]]:
    """The first record of each segment, of the chain that made it; and those that say something else later. A box looks
    once: what it said while nobody knew what for cannot be put right by what it says afterwards."""
    owners = {fact.segment.sha256: fact.ref[:2] for fact in segments}
    found: dict[str, tuple[Ref, Picture]] = {}
    others: set[Ref] = set()
    for record, picture in sorted(told, key=lambda item: item[0].key):
        if owners.get(picture.segment) == record.key[:2] and found.setdefault(
                picture.segment, (record.key, picture))[1] != picture:
            others.add(record.key)
    return found, tuple(sorted(others))


Times = tuple[tuple[int, int], ...]


@dataclasses.dataclass(frozen=True)
class Judged:
    """`facts`: in order of time. `broken`, `doubted`: segment hash → media times, in order, that do not overlap. What
    breaks is not in doubt."""

    facts: tuple[PictureFact, ...]
    broken: Mapping[str, Times]
    doubted: Mapping[str, Times]


def judge(
    segments: Sequence[SegmentFact], pictures: Pictures, copies: Sequence[Copied], rules: PictureRules
) -> Judged:
    """`segments`: of the class, each hash once; `copies`: which of them were filmed elsewhere too. Video of
    uncertain time is left out; it counts for nothing anyway."""
    parts = _parts(segments, pictures)
    earlier = Earlier(look for part in parts for _, look in part)
    facts: list[PictureFact] = []
    broken: dict[str, Times] = {}
    doubted: dict[str, Times] = {}
    for part in parts:
        looks = [look for _, look in part]
        spans = seen(looks, rules, [*looped(looks, earlier, rules), *reused(looks, copies, rules)])
        facts += [_fact(part, span, pictures) for span in spans]
        broken |= _within(looks, [span for span in spans if span.breaks])
        doubted |= _within(looks, [span for span in spans if span.what == "shared"])
    for fact in segments:
        sha = fact.segment.sha256
        wholes = [copy for copy in copies if copy.segment == sha and copy.names is None and sha not in pictures]
        if wholes:
            proven = any(copy.proven for copy in wholes)
            facts.append(_whole(fact, proven))
            (broken if proven else doubted)[sha] = ((fact.segment.first_pts_us, fact.segment.end_pts_us),)
    in_order = sorted(facts, key=lambda fact: (fact.start_us, fact.end_us, fact.ref, fact.what))
    return Judged(tuple(in_order), broken, doubted)


def _within(looks: Iterable[Look], spans: Iterable[Seen]) -> dict[str, Times]:
    """Segment hash → what of the spans lies in it."""
    times = sorted((span.start_us, span.end_us) for span in spans)
    found = {}
    for look in looks:
        cut = tuple((max(start_us, look.first_us), min(end_us, look.end_us)) for start_us, end_us in times
                    if start_us < look.end_us and end_us > look.first_us)
        if cut:
            found[look.segment] = cut
    return found


Part = Sequence[tuple[SegmentFact, Look]]


def _parts(segments: Iterable[SegmentFact], pictures: Pictures) -> list[Part]:
    """Segments of one run that follow each other and were all looked at."""
    runs: dict[tuple[str, str], list[SegmentFact]] = defaultdict(list)
    for fact in segments:
        if fact.certain and fact.segment.sha256 in pictures:
            runs[fact.ref[0], fact.segment.run].append(fact)
    parts: list[list[tuple[SegmentFact, Look]]] = []
    for _, run in sorted(runs.items()):
        before: SegmentFact | None = None
        for fact in sorted(run, key=lambda fact: (fact.segment.index, fact.ref)):
            if before is not None and fact.segment.first_pts_us < before.segment.end_pts_us:
                continue  # the media time of a run never runs back: our recorder writes no such file
            if before is None or fact.segment.index != before.segment.index + 1:
                parts.append([])
            parts[-1].append((fact, _look(fact, pictures[fact.segment.sha256][1])))
            before = fact
    return list(parts)


def covers(segment: Segment, picture: Picture) -> bool:
    """Whether a record looked at the whole segment: its samples within it leave no time out."""
    times = [segment.first_pts_us, *(sample.at_us for sample in _inside(segment, picture)), segment.end_pts_us]
    return len(times) > 2 and all(after - at <= 2 * EVERY_US for at, after in itertools.pairwise(times))


def _inside(segment: Segment, picture: Picture) -> list[PictureSample]:
    """The samples that lie within the segment, in order, less those that are nearer to the one before than samples are
    taken; whatever else a record says proves nothing."""
    least_us = max(LEAST_EVERY_US, min(picture.every_us, EVERY_US)) // 2
    found: list[PictureSample] = []
    for sample in sorted(picture.samples, key=lambda sample: sample.at_us):
        within = segment.first_pts_us <= sample.at_us <= segment.end_pts_us
        if within and (not found or sample.at_us - found[-1].at_us >= least_us):
            found.append(sample)
    return found


def _look(fact: SegmentFact, picture: Picture) -> Look:
    segment = fact.segment
    picture = dataclasses.replace(picture, run=segment.run, samples=tuple(_inside(segment, picture)))
    wall_us = fact.span.start_us - segment.first_pts_us
    return Look(fact.ref[0], segment.sha256, segment.first_pts_us, segment.end_pts_us, wall_us, picture)


def _whole(fact: SegmentFact, proven: bool) -> PictureFact:
    """A file that was filmed elsewhere too, and whose picture nobody looked at."""
    return PictureFact(
        fact.span.start_us, fact.span.end_us, "reused" if proven else "shared", proven, fact.segment.camera,
        fact.ref[0], fact.ref)


def _fact(part: Part, span: Seen, pictures: Pictures) -> PictureFact:
    first = next(item for item in part if item[1].end_us > span.start_us)
    last = next(item for item in part if item[1].end_us >= span.end_us)
    fact = first[0]
    return PictureFact(
        start_us=first[1].wall_us + span.start_us, end_us=last[1].wall_us + span.end_us, what=span.what,
        breaks=span.breaks, camera=fact.segment.camera, device=fact.ref[0], ref=pictures[fact.segment.sha256][0])
