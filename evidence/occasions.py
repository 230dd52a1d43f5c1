"""Blocks and class-hours with what was recorded and who was shown in them: the facts that the rules judge."""
from __future__ import annotations

import bisect
import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from evidence.attendance import Sign, attended
from evidence.blocks import PlannedBlock, hour_span
from evidence.bodies import ClassOrder, Hour, Leave, Picture, Place, Review, RollCall
from evidence.pictures import Times, covers, judge
from evidence.policy import Policy
from evidence.progress import Progress
from evidence.rollcall import answer
from evidence.roster import instructors, roster_at
from evidence.story import (
    Attendance,
    Block,
    Copied,
    HourStory,
    PictureFact,
    Presence,
    Ref,
    RosterChange,
    SegmentFact,
    Sighting,
    Span,
)
from evidence.stretches import Chain, chains, clip, holes, union
from evidence.times import MINUTE, utc_us


@dataclasses.dataclass(frozen=True)
class Unnamed:
    """A face that was followed in a segment and that nobody in particular is."""

    segment: str
    span: Span


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the records say of a class, before it is divided into blocks and class-hours."""

    policy: Policy
    first_order: ClassOrder
    plans: tuple[tuple[int, ClassOrder], ...]
    """Every plan with the UTC of its record, in the order of their numbers."""
    changes: tuple[RosterChange, ...]
    leaves: tuple[tuple[Ref, Leave], ...]
    segments: tuple[SegmentFact, ...]
    unplaced_us: int
    """Length of all video whose time is so uncertain that it lies in no class-hour."""
    rollcalls: Mapping[str, tuple[Ref, RollCall]]
    """Segment hash → its latest roll call."""
    pictures: Mapping[str, tuple[Ref, Picture]]
    """Segment hash → the first picture record of it."""
    copied: tuple[Copied, ...]
    """Video that was filmed elsewhere before, or is said to have been."""
    sightings: Mapping[str, tuple[Sighting, ...]]
    """Segment hash → who was shown in it, in order of time."""
    unnamed: Mapping[str, tuple[Unnamed, ...]]
    """Segment hash → faces in it that nobody in particular is."""
    signs: tuple[Sign, ...]
    """Who signed in or out, or tried to, in order of time."""
    places: tuple[Place, ...]
    """The boxes of the plan in force."""
    progress: Mapping[str, Progress]
    """Device → how far it has reported."""
    reviews: Mapping[str, tuple[Ref, Review]]
    """Block (or class-hour) → its latest review."""
    chains: tuple[Chain, ...] = ()
    bright: tuple[Chain, ...] = ()
    """The chains without what shows nothing."""
    looked: tuple[Chain, ...] = ()
    """Of the bright ones, what somebody looked at and nobody says to have filmed earlier."""
    fresh: tuple[Chain, ...] = ()
    """The chains without frozen, looped and reused pictures, and without what is in doubt."""
    seen: tuple[PictureFact, ...] = ()
    """What does not count, or is marked."""
    hidden: Mapping[str, tuple[PictureFact, ...]] = dataclasses.field(default_factory=dict)
    """Segment hash → what does not count of it."""

    def awaited(self, at_us: int) -> tuple[str, ...]:
        """The rooms whose box has not reported past a moment."""
        late = [one.room for one in self.places if not self.told(one.device).past(at_us, self.policy.settle_us)]
        return tuple(dict.fromkeys(late))

    def told(self, device: str) -> Progress:
        """How far a device has reported."""
        return self.progress.get(device, Progress())

    def chained(self) -> Facts:
        """The same with its chains of video computed."""
        rules, percent = self.policy.picture, self.policy.video.black_pct.value
        judged = judge(self.segments, self.pictures, self.copied, rules) if rules else None
        looked = {fact.segment.sha256 for fact in self.segments if _looked_at(self, fact)}
        broken = dict(judged.broken) if judged else {}
        unlooked: dict[str, tuple[tuple[int, int], ...]] = {}
        for fact in self.segments:
            sha, whole = fact.segment.sha256, ((fact.segment.first_pts_us, fact.segment.end_pts_us),)
            if sha not in looked and sha in self.rollcalls and _dark(self.rollcalls[sha][1], percent):
                broken[sha] = whole
            if sha not in looked and sha not in self.rollcalls:
                unlooked[sha] = whole
        seen = judged.facts if judged else ()
        hidden = _hidden(self, seen)
        stale = {fact.segment.sha256: _media(fact, hidden.get(fact.segment.sha256, ())) for fact in self.segments}
        doubted = judged.doubted if judged else {}
        every, bright, known, fresh = (
            tuple(chains(self.segments, self.policy, cut))
            for cut in ({}, broken, _both(broken, doubted) | unlooked, _both(stale, doubted)))
        sightings = {sha: tuple(one for one in found if not _proves_nothing(one, hidden.get(sha, ())))
                     for sha, found in self.sightings.items()}
        return dataclasses.replace(
            self, chains=every, bright=bright, looked=known, fresh=fresh, seen=seen, hidden=hidden,
            sightings=sightings)


def block_story(facts: Facts, block: PlannedBlock, before_us: int) -> Block:
    """A block. `before_us`: when the block before it ended (check-ins count from then on at the earliest)."""
    roster = block.attendees if block.attendees is not None else _roster(facts, block.span.start_us)
    spans = [hour_span(hour) for hour in block.hours]
    opened = window(facts.policy, block, block.span, before_us)
    common = _occasion(facts, block.id, block, block.span, spans, roster, opened)
    return Block(**common, hours=tuple(hour.hour for hour in block.hours))


def hour_story(facts: Facts, block: PlannedBlock | None, hour: Hour, before_us: int) -> HourStory:
    """A class-hour; `block` is None for an online one. Whoever checked in for the block did so for the class-hour."""
    span = hour_span(hour)
    due = tuple(dict.fromkeys(hour.make_up)) if hour.make_up is not None else _roster(facts, span.start_us)
    opened = window(facts.policy, block, span, before_us) if block else span
    common = _occasion(facts, hour.hour, block, span, [span], due, opened)
    bright, looked = (clip(found, span, facts.policy) for found in (facts.bright, facts.looked))
    stretches = clip(facts.chains, span, facts.policy)
    return HourStory(
        **common,
        hour=hour,
        stretches=stretches,
        longest_us=max((stretch.media_us for stretch in bright), default=0),
        looked_us=max((stretch.media_us for stretch in looked), default=0),
        unpictured=_unpictured(facts, span),
        fresh_us=_length(facts.fresh, [span], facts.policy),
        gaps=holes(union(stretches, span), span),
    )


def _occasion(
    facts: Facts, occasion_id: str, block: PlannedBlock | None, span: Span, spans: Sequence[Span],
    roster: tuple[str, ...], opened: Span,
) -> dict[str, Any]:
    segments = [fact for fact in facts.segments if overlap(fact.span, span)]
    certain = [fact for fact in segments if fact.certain]
    calls = [facts.rollcalls[f.segment.sha256] for f in certain if f.segment.sha256 in facts.rollcalls]
    due_us = sum(one.length_us for one in spans)
    covered_us, usable_us = (_length(found, spans, facts.policy) for found in (facts.chains, facts.bright))
    doubtful = union((fact.span for fact in segments if not fact.certain), span)
    doubtful_us = sum(one.length_us for one in doubtful) + facts.unplaced_us
    checkins, attend = _signs(facts, opened, span)
    attendance, teachers = (
        tuple(attend(person) for person in people) for people in (roster, _teachers(facts, span.start_us)))
    review = facts.reviews.get(occasion_id)
    roll_called = len(calls) == len(certain)
    video = facts.policy.video
    seen_well = roll_called and usable_us * 100 >= video.good_cover_pct.value * due_us
    showing = [f.segment.sha256 for f in certain if _shows_something(facts, f)]
    headcount_max = max((facts.rollcalls[sha][1].headcount_max for sha in showing if sha in facts.rollcalls), default=0)
    seen = [s for f in certain for s in facts.sightings.get(f.segment.sha256, ()) if _seen_in(s, span)]
    unnamed = sum(overlap(u.span, span) for f in certain for u in facts.unnamed.get(f.segment.sha256, ()))
    awaited = facts.awaited(span.end_us)
    came = {one.person for one in attendance if one.came}
    presences = _Presences(facts, span, seen, came, headcount_max, unnamed, seen_well)
    return {
        "id": occasion_id,
        "span": span,
        "block": block.id if block else "",
        "roster": roster,
        "presences": presences.of(roster),
        "attendance": attendance,
        "teachers": teachers,
        "headcount_max": headcount_max,
        "due_us": due_us,
        "covered_us": covered_us,
        "usable_us": usable_us,
        "doubtful_us": doubtful_us,
        "roll_called": roll_called,
        "pictures": tuple(fact for fact in facts.seen if any(overlap(fact, one) for one in spans)),
        "picture_good": seen_well and _good([call for _, call in calls], video.bad_picture_pct.value),
        "time_certain": doubtful_us * 100 <= (100 - video.good_cover_pct.value) * due_us
        and not any(fact.doubt for fact in checkins),
        "make_up": block is not None and block.attendees is not None,
        "review": review[1] if review else None,
        "refs": _refs(segments, calls, checkins, review, seen),
        "films": tuple(sorted(fact.ref for fact in segments)),
        "calls": tuple(sorted(ref for ref, _ in calls)),
        "awaited": awaited,
        "settled_us": span.end_us + (facts.policy.settle_us if awaited else 0),
    }


def _seen_in(sighting: Sighting, span: Span) -> bool:
    return overlap(Span(sighting.first_us, sighting.last_us + 1), span)


@dataclasses.dataclass(frozen=True)
class _Presences:
    """Everything that the answers for one occasion rest on. `unnamed`: how many faces have no name."""

    facts: Facts
    span: Span
    seen: Sequence[Sighting]
    came: Collection[str]
    headcount_max: int
    unnamed: int
    seen_well: bool

    def of(self, roster: tuple[str, ...]) -> tuple[Presence, ...]:
        """The answer for each of the roster."""
        sightings: dict[str, list[Sighting]] = defaultdict(list)
        for sighting in self.seen:
            sightings[sighting.person].append(sighting)
        edge_us = self.span.length_us * self.facts.policy.block.left_early_pct.value // 100
        return tuple(
            Presence(
                person=person,
                answer=answer(person, sightings, self.headcount_max, len(roster), self.unnamed),
                checked_in=person in self.came,
                on_leave=any(leave.person == person and _covers(leave, self.span) for _, leave in self.facts.leaves),
                sightings=tuple(sightings.get(person, ())),
                left_early=self.seen_well and _only_at_an_edge(sightings.get(person, ()), self.span, edge_us),
            )
            for person in roster
        )


def _only_at_an_edge(sightings: Sequence[Sighting], span: Span, edge_us: int) -> bool:
    """Shown, but only in the first or only in the last part."""
    if not sightings:
        return False
    return (
        max(s.last_us for s in sightings) < span.start_us + edge_us
        or min(s.first_us for s in sightings) >= span.end_us - edge_us
    )


def overlap(a: Span, b: Span) -> bool:
    """Whether two spans share any time."""
    return a.start_us < b.end_us and b.start_us < a.end_us


def window(policy: Policy, block: PlannedBlock, span: Span, before_us: int) -> Span:
    """When a check-in counts: from before the block (never within the block before it) to the end of `span`.
    `before_us`: when the block before it ended."""
    opens_us = block.span.start_us - policy.block.checkin_before_min.value * MINUTE
    return Span(max(opens_us, before_us), span.end_us)


def _signs(facts: Facts, opened: Span, span: Span) -> tuple[list[Sign], Callable[[str], Attendance]]:
    """Everything at the terminal while the check-in was open for `span`; and how somebody attended that."""
    after_us, late = facts.policy.block.checkin_before_min.value * MINUTE, facts.policy.checkin.late_min
    first = bisect.bisect_left(facts.signs, opened.start_us, key=_at_us)
    last = bisect.bisect_right(facts.signs, span.end_us + after_us, key=_at_us)
    near = facts.signs[first:last]
    own: dict[str | None, list[Sign]] = defaultdict(list)
    for one in near:
        own[one.person].append(one)
    late_min = None if late is None else late.value
    return ([one for one in near if one.at_us <= opened.end_us],
            lambda person: attended(person, own.get(person, ()), opened, span, after_us, late_min))


def _at_us(sign: Sign) -> int:
    return sign.at_us


def _teachers(facts: Facts, at_us: int) -> tuple[str, ...]:
    """The instructors of the plan that was in force; before the first one, of that."""
    in_force = [order for recorded_us, order in facts.plans if recorded_us <= at_us]
    return instructors(in_force[-1] if in_force else facts.first_order)


def _roster(facts: Facts, at_us: int) -> tuple[str, ...]:
    return roster_at(facts.first_order, facts.changes, at_us)


def _length(found: Sequence[Chain], spans: Sequence[Span], policy: Policy) -> int:
    return sum(part.length_us for span in spans for part in union(clip(found, span, policy), span))


def _unpictured(facts: Facts, span: Span) -> tuple[Ref, ...]:
    """Segments without a picture record, under a policy that judges these, though their box has reported past them."""
    if facts.policy.picture is None:
        return ()
    late = facts.policy.settle_us
    return tuple(sorted(
        fact.ref for fact in facts.segments if fact.certain and overlap(fact.span, span)
        and not _looked_at(facts, fact) and facts.told(fact.ref[0]).last_us >= fact.span.end_us + late))


def _looked_at(facts: Facts, fact: SegmentFact) -> bool:
    """Whether its picture record says anything of the whole of it, under a policy that judges it."""
    found = facts.pictures.get(fact.segment.sha256)
    return facts.policy.picture is not None and found is not None and covers(fact.segment, found[1])


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


def _proves_nothing(sighting: Sighting, hidden: Sequence[PictureFact]) -> bool:
    """Seen best in a picture that does not count. A person's eyes are better than a measure of darkness, but nobody can
    see that a picture is an old one."""
    return any(one.start_us <= sighting.shown_us < one.end_us and (one.stale or not sighting.pointed)
               for one in hidden)


def _shows_something(facts: Facts, fact: SegmentFact) -> bool:
    """Whether any of its picture counts: how many people an old one shows says nothing."""
    left = holes(union(facts.hidden.get(fact.segment.sha256, ()), fact.span), fact.span)
    return any(one.length_us > facts.policy.max_gap_us for one in left) or fact.span.length_us == 0


def _dark(call: RollCall, percent: int) -> bool:
    return call.samples > 0 and call.dark * 100 >= percent * call.samples


def _good(calls: Sequence[RollCall], bad_percent: int) -> bool:
    samples, dark = sum(call.samples for call in calls), sum(call.dark for call in calls)
    return samples > 0 and dark * 100 <= bad_percent * samples


def _covers(leave: Leave, span: Span) -> bool:
    return utc_us(leave.start) <= span.start_us and span.end_us <= utc_us(leave.end)


def _refs(
    segments: Sequence[SegmentFact], calls: Sequence[tuple[Ref, RollCall]], checkins: Sequence[Sign],
    review: tuple[Ref, Review] | None, seen: Sequence[Sighting],
) -> tuple[Ref, ...]:
    found = {fact.ref for fact in segments} | {ref for ref, _ in calls} | {fact.ref for fact in checkins}
    found |= {sighting.ref for sighting in seen if sighting.pointed}
    return tuple(sorted(found | ({review[0]} if review else set())))
