"""What the records say of a class before it is divided into blocks and class-hours: which video counts for what."""
from __future__ import annotations

import bisect
import dataclasses
import functools
from collections import defaultdict
from collections.abc import Mapping, Sequence

from evidence.adrift import Adrift
from evidence.attendance import Sign
from evidence.bodies import ClassOrder, Leave, Picture, Place, Review, RollCall
from evidence.called import Called, looked_away
from evidence.crowd import View
from evidence.pictures import Times, covers, judge
from evidence.policy import Policy
from evidence.progress import Progress
from evidence.roster import instructors
from evidence.sightings import Contradiction
from evidence.story import (
    BareFaceFact,
    Copied,
    LeftOutFact,
    PackRefusedFact,
    PictureFact,
    PosterFact,
    Ref,
    RosterChange,
    SegmentFact,
    SessionFact,
    Sighting,
    Span,
)
from evidence.stretches import Chain, chains, holes, union


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the records say of a class, before it is divided into blocks and class-hours."""

    policy: Policy
    first_order: ClassOrder
    plans: tuple[tuple[int, ClassOrder], ...]
    """Every plan with the UTC of its record, in the order of their numbers."""
    changes: tuple[RosterChange, ...]
    leaves: tuple[tuple[Ref, Leave], ...]
    sessions: tuple[SessionFact, ...]
    segments: tuple[SegmentFact, ...]
    adrift: Adrift
    """Video and sign-ins whose clock cannot be believed."""
    rollcalls: Mapping[str, tuple[Called, ...]]
    """Segment hash → its roll calls, first the one that counts the heads."""
    rollcalls_void: tuple[Ref, ...]
    """Roll calls that do not count."""
    left_out: Mapping[str, LeftOutFact]
    """Segment hash → why it has no roll call, and is to have none."""
    pack_refused: Mapping[str, PackRefusedFact]
    """Device → why it makes no roll call of the class."""
    pictures: Mapping[str, tuple[Ref, Picture]]
    """Segment hash → the first picture record of it."""
    copied: tuple[Copied, ...]
    """Video that was filmed elsewhere before, or is said to have been."""
    sightings: Mapping[str, tuple[Sighting, ...]]
    """Segment hash → who was shown in it, in order of time."""
    views: Mapping[str, View]
    """Segment hash → what its roll call saw, where its time is certain."""
    contradictions: tuple[Contradiction, ...]
    """Sightings of somebody in two rooms at once, which count for nothing."""
    pointed_void: tuple[Ref, ...]
    """Records of pointing that do not count."""
    bareface: tuple[BareFaceFact, ...]
    """Bare-face roll calls for which the terminals asked, in order of time."""
    signs: tuple[Sign, ...]
    """Who signed in or out, or tried to, in order of time."""
    places: tuple[Place, ...]
    """The boxes of the plan in force."""
    progress: Mapping[str, Progress]
    """Device → how far it has reported."""
    reviews: Mapping[str, tuple[Ref, Review]]
    """Block (or class-hour) → its latest review that counts."""
    reviews_void: tuple[Ref, ...]
    """Reviews that do not count."""
    silences: Mapping[str, tuple[Span, ...]] = dataclasses.field(default_factory=dict)
    """Device → when nothing came from it, as the centre states."""
    posters: Mapping[tuple[str, str], PosterFact] = dataclasses.field(default_factory=dict)
    """Device and camera → what looks like people and never moves in any of its segments."""
    usual: Mapping[tuple[str, str], int] = dataclasses.field(default_factory=dict)
    """Device and camera → the end of the first block that it showed as long as its box did."""
    chains: tuple[Chain, ...] = ()
    bright: tuple[Chain, ...] = ()
    """The chains without what shows nothing."""
    pictured: tuple[Chain, ...] = ()
    """Of the bright ones, what has a picture record, under a policy that judges these."""
    looked: tuple[Chain, ...] = ()
    """Of these, what nobody says to have filmed earlier; where no policy judges pictures, what has a roll call."""
    fresh: tuple[Chain, ...] = ()
    """The chains without frozen, looped and reused pictures, and without what is in doubt."""
    sure: tuple[Chain, ...] = ()
    """Of the fresh ones, what has a picture record, under a policy that judges these."""
    seen: tuple[PictureFact, ...] = ()
    """What does not count, or is marked."""
    hidden: Mapping[str, tuple[PictureFact, ...]] = dataclasses.field(default_factory=dict)
    """Segment hash → what does not count of it."""
    unpictured: frozenset[str] = frozenset()
    """Segments whose picture nobody has looked at, under a policy that judges these."""

    def filmed(self, span: Span) -> list[SegmentFact]:
        """The segments that share any time with a span, in order of time."""
        first = bisect.bisect_left(self.segments, span.start_us - self._longest_us, key=_start_us)
        last = bisect.bisect_left(self.segments, span.end_us, key=_start_us)
        return [fact for fact in self.segments[first:last] if overlap(fact.span, span)]

    @functools.cached_property
    def _longest_us(self) -> int:
        return max((fact.span.length_us for fact in self.segments), default=0)

    def awaited(self, at_us: int) -> tuple[str, ...]:
        """The rooms whose box has not reported past a moment."""
        late = [one.room for one in self.places if not self.told(one.device).past(at_us, self.policy.settle_us)]
        return tuple(dict.fromkeys(late))

    def room(self, device: str) -> str:
        """The room of a box, by the plan in force."""
        return next((place.room for place in self.places if place.device == device), device)

    def told(self, device: str) -> Progress:
        """How far a device has reported."""
        return self.progress.get(device, Progress())

    def looked_away(self, fact: SegmentFact) -> bool:
        """Whether the roll call of a segment could not look at enough of its pictures, or left it out."""
        calls = self.rollcalls.get(fact.segment.sha256)
        if calls is None:
            return fact.segment.sha256 in self.left_out
        return looked_away(fact.segment, calls[0].call, self.policy.video.good_cover_pct.value)

    def chained(self) -> Facts:
        """The same with its chains of video computed.

        Where a policy judges pictures, only a picture record is a look at one. A roll call sees that all is dark; of
        faces it sees neither that they stand still nor that they were there before."""
        rules, percent = self.policy.picture, self.policy.video.black_pct.value
        judged = judge(self.segments, self.pictures, self.copied, rules) if rules else None
        looked = {fact.segment.sha256 for fact in self.segments if picture_known(self, fact)}
        broken = dict(judged.broken) if judged else {}
        wholes = {fact.segment.sha256: ((fact.segment.first_pts_us, fact.segment.end_pts_us),)
                  for fact in self.segments if fact.segment.sha256 not in looked}
        broken |= {sha: whole for sha, whole in wholes.items()
                   if sha in self.rollcalls and _dark(self.rollcalls[sha][0].call, percent)}
        unpictured = wholes if rules else {}
        unlooked = wholes if rules else {sha: whole for sha, whole in wholes.items() if sha not in self.rollcalls}
        seen = judged.facts if judged else ()
        hidden = _hidden(self, seen)
        stale = {fact.segment.sha256: _media(fact, hidden.get(fact.segment.sha256, ())) for fact in self.segments}
        doubted = judged.doubted if judged else {}
        old = _both(stale, doubted)
        every, bright, pictured, known, fresh, sure = (
            tuple(chains(self.segments, self.policy, cut))
            for cut in ({}, broken, broken | unpictured, _both(broken, doubted) | unlooked, old, old | unpictured))
        sightings = {sha: tuple(one for one in found if not proves_nothing(one, hidden.get(sha, ())))
                     for sha, found in self.sightings.items()}
        return dataclasses.replace(
            self, chains=every, bright=bright, pictured=pictured, looked=known, fresh=fresh, sure=sure, seen=seen,
            hidden=hidden, sightings=sightings, unpictured=frozenset(unpictured))


def _start_us(fact: SegmentFact) -> int:
    return fact.span.start_us


def overlap(a: Span, b: Span) -> bool:
    """Whether two spans share any time."""
    return a.start_us < b.end_us and b.start_us < a.end_us


def picture_known(facts: Facts, fact: SegmentFact) -> bool:
    """Whether its picture record says anything of the whole of it, under a policy that judges it."""
    found = facts.pictures.get(fact.segment.sha256)
    return facts.policy.picture is not None and found is not None and covers(fact.segment, found[1])


def shows_something(facts: Facts, fact: SegmentFact) -> bool:
    """Whether any of its picture counts: how many people an old one shows says nothing."""
    left = holes(union(facts.hidden.get(fact.segment.sha256, ()), fact.span), fact.span)
    return any(one.length_us > facts.policy.max_gap_us for one in left) or fact.span.length_us == 0


def plan_at(facts: Facts, at_us: int) -> ClassOrder:
    """The plan that was in force; before the first one, that."""
    in_force = [order for recorded_us, order in facts.plans if recorded_us <= at_us]
    return in_force[-1] if in_force else facts.first_order


def teachers_at(facts: Facts, at_us: int) -> tuple[str, ...]:
    """The instructors of the plan that was in force."""
    return instructors(plan_at(facts, at_us))


def _hidden(facts: Facts, seen: Sequence[PictureFact]) -> dict[str, tuple[PictureFact, ...]]:
    """Segment hash → what does not count of it."""
    runs: dict[tuple[str, str], list[SegmentFact]] = defaultdict(list)
    by_hash = {fact.segment.sha256: fact for fact in facts.segments if fact.certain}
    for fact in by_hash.values():
        runs[fact.ref[0], fact.segment.run].append(fact)
    first = {fact.ref: fact for fact in by_hash.values()}
    first |= {ref: by_hash[sha] for sha, (ref, _) in facts.pictures.items() if sha in by_hash}
    found: dict[str, list[PictureFact]] = defaultdict(list)
    for one in seen:
        for fact in runs[one.device, first[one.ref].segment.run] if one.breaks else ():
            if overlap(fact.span, one):
                found[fact.segment.sha256].append(one)
    return {sha: tuple(items) for sha, items in found.items()}


def _both(one: Mapping[str, Times], other: Mapping[str, Times]) -> dict[str, Times]:
    """The media times of two, which do not overlap, in order."""
    return {sha: tuple(sorted((*one.get(sha, ()), *other.get(sha, ())))) for sha in one.keys() | other.keys()}


def _media(fact: SegmentFact, hidden: Sequence[PictureFact]) -> tuple[tuple[int, int], ...]:
    """The media times of a segment in which its picture is stale, in order, without overlap."""
    shift_us = fact.span.start_us - fact.segment.first_pts_us
    stale = union([one for one in hidden if one.stale], fact.span)
    return tuple((one.start_us - shift_us, one.end_us - shift_us) for one in stale)


def proves_nothing(sighting: Sighting, hidden: Sequence[PictureFact]) -> bool:
    """Seen best in a picture that does not count. A person's eyes are better than a measure of darkness, but nobody can
    see that a picture is an old one."""
    return any(one.start_us <= sighting.shown_us < one.end_us and (one.stale or not sighting.pointed)
               for one in hidden)


def _dark(call: RollCall, percent: int) -> bool:
    return call.samples > 0 and call.dark * 100 >= percent * call.samples
