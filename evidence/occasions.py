"""Blocks and class-hours with what was recorded and who was shown in them: the facts that the rules judge."""
from __future__ import annotations

import bisect
import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from evidence.attendance import Sign, attended
from evidence.bareface import looked_at
from evidence.blocks import PlannedBlock, hour_span
from evidence.bodies import ClassOrder, Hour, Leave, Picture, Place, Review, RollCall
from evidence.crowd import View, at_once, mean_ppm
from evidence.pictures import Times, covers, judge
from evidence.policy import Policy
from evidence.progress import Progress
from evidence.reviews import seen_hash
from evidence.rollcall import Answered, Gear, Look, answers
from evidence.roster import instructors, roster_at
from evidence.sightings import Contradiction
from evidence.story import (
    Attendance,
    BareFaceFact,
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
    """Block (or class-hour) → its latest review."""
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

    def awaited(self, at_us: int) -> tuple[str, ...]:
        """The rooms whose box has not reported past a moment."""
        late = [one.room for one in self.places if not self.told(one.device).past(at_us, self.policy.settle_us)]
        return tuple(dict.fromkeys(late))

    def told(self, device: str) -> Progress:
        """How far a device has reported."""
        return self.progress.get(device, Progress())

    def chained(self) -> Facts:
        """The same with its chains of video computed.

        Where a policy judges pictures, only a picture record is a look at one. A roll call sees that all is dark; of
        faces it sees neither that they stand still nor that they were there before."""
        rules, percent = self.policy.picture, self.policy.video.black_pct.value
        judged = judge(self.segments, self.pictures, self.copied, rules) if rules else None
        looked = {fact.segment.sha256 for fact in self.segments if _looked_at(self, fact)}
        broken = dict(judged.broken) if judged else {}
        wholes = {fact.segment.sha256: ((fact.segment.first_pts_us, fact.segment.end_pts_us),)
                  for fact in self.segments if fact.segment.sha256 not in looked}
        broken |= {sha: whole for sha, whole in wholes.items()
                   if sha in self.rollcalls and _dark(self.rollcalls[sha][1], percent)}
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
        sightings = {sha: tuple(one for one in found if not _proves_nothing(one, hidden.get(sha, ())))
                     for sha, found in self.sightings.items()}
        return dataclasses.replace(
            self, chains=every, bright=bright, pictured=pictured, looked=known, fresh=fresh, sure=sure, seen=seen,
            hidden=hidden, sightings=sightings, unpictured=frozenset(unpictured))


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
        sure_us=_length(facts.sure, [span], facts.policy),
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
    covered_us, usable_us, pictured_us = (
        _length(found, spans, facts.policy) for found in (facts.chains, facts.bright, facts.pictured))
    doubtful = union((fact.span for fact in segments if not fact.certain), span)
    doubtful_us = sum(one.length_us for one in doubtful) + facts.unplaced_us
    checkins, attend = _signs(facts, opened, span)
    attendance, teachers = (
        tuple(attend(person) for person in people) for people in (roster, _teachers(facts, span.start_us)))
    review = facts.reviews.get(occasion_id)
    roll_called = len(calls) == len(certain)
    video = facts.policy.video
    showing = [fact for fact in certain if _shows_something(facts, fact)]
    seen = [s for f in certain for s in facts.sightings.get(f.segment.sha256, ()) if _seen_in(s, span)]
    crowd = _crowd(facts, block, span, roster, showing)
    seen_well = roll_called and pictured_us * 100 >= video.good_cover_pct.value * due_us
    awaited = facts.awaited(span.end_us)
    came = {one.person for one in attendance if one.came}
    said = _answers(facts, span, roster, seen, certain, crowd)
    lacking = _lacking(facts, span)
    call_refs = tuple(sorted(ref for ref, _ in calls))
    return {
        "id": occasion_id,
        "span": span,
        "block": block.id if block else "",
        "roster": roster,
        "presences": _presences(facts, span, roster, seen, said, came, seen_well),
        "attendance": attendance,
        "teachers": teachers,
        **crowd,
        "lacking": lacking,
        "due_us": due_us,
        "covered_us": covered_us,
        "usable_us": usable_us,
        "pictured_us": pictured_us,
        "doubtful_us": doubtful_us,
        "roll_called": roll_called,
        "pictures": tuple(fact for fact in facts.seen if any(overlap(fact, one) for one in spans)),
        "picture_good": seen_well and not lacking and _good([call for _, call in calls], video.bad_picture_pct.value),
        "time_certain": doubtful_us * 100 <= (100 - video.good_cover_pct.value) * due_us
        and not any(fact.doubt for fact in checkins),
        "make_up": block is not None and block.attendees is not None,
        "review": review[1] if review else None,
        "review_old": bool(review and review[1].seen and review[1].seen != seen_hash(call_refs)),
        "refs": _refs(facts, span, segments, calls, checkins, review, seen),
        "films": tuple(sorted(fact.ref for fact in segments)),
        "calls": call_refs,
        "awaited": awaited,
        "settled_us": span.end_us + (facts.policy.settle_us if awaited else 0),
    }


def _seen_in(sighting: Sighting, span: Span) -> bool:
    return overlap(Span(sighting.first_us, sighting.last_us + 1), span)


def _crowd(
    facts: Facts, block: PlannedBlock | None, span: Span, roster: Collection[str], showing: Sequence[SegmentFact],
) -> dict[str, Any]:
    """How many people there were, as fields of an Occasion: what an old picture shows says nothing of it."""
    views = [facts.views[fact.segment.sha256] for fact in showing if fact.segment.sha256 in facts.views]
    apart = {one.person for view in views for one in view.look.named if one.person} - set(roster)
    hours = [hour for hour in (block.hours if block else ()) if overlap(hour_span(hour), span)]
    gear = any(hour.gear for hour in hours)
    bareface = tuple(fact for fact in facts.bareface
                     if fact.counts and span.start_us <= fact.start_us and fact.end_us <= span.end_us)
    most = at_once(views, span)
    return {
        "headcount_max": most,
        "headcount_due": at_once(views, span, apart) if apart else most,
        "counted": not gear or all(view.look.faceless_max is not None for view in views),
        "mean_ppm": mean_ppm(views, _teachers(facts, span.start_us), span),
        "in_two_rooms": tuple(dict.fromkeys(one.person for one in facts.contradictions if overlap(one, span))),
        "gear": gear,
        "bareface": bareface,
        "bareface_heads": _bare_heads(facts, bareface, views, showing, apart) if gear else None,
    }


def _bare_heads(
    facts: Facts, asked: Sequence[BareFaceFact], views: Sequence[View], showing: Sequence[SegmentFact],
    apart: Collection[str],
) -> int | None:
    """Most people at once while faces were bare, of the roll calls that were looked at. In two rooms faces are not bare
    at once, so then nobody can say."""
    if len({view.room for view in views}) != 1:
        return None
    known = [view for fact, view in ((fact, facts.views.get(fact.segment.sha256)) for fact in showing)
             if view and fact.segment.sha256 not in facts.unpictured]
    heads = []
    for fact in asked:
        calls = [facts.rollcalls[one.segment.sha256][1] for one in showing
                 if one.segment.sha256 in facts.views and overlap(one.span, fact)]
        every_us = max((call.every_us or 0 for call in calls), default=0)
        cameras = {view.camera for view in views}
        whole = cameras == {view.camera for view in known if overlap(view.span, fact)}
        if fact.held and whole and looked_at(fact, known, every_us, facts.policy.max_gap_us):
            heads.append(at_once(views, Span(fact.start_us, fact.end_us), apart))
    return max(heads, default=None)


def with_usual(facts: Facts, planned: Sequence[PlannedBlock]) -> Facts:
    """The same with its usual cameras computed."""
    usual: dict[tuple[str, str], int] = {}
    for block in sorted(planned, key=lambda one: one.span.end_us):
        for camera, share in _shares(facts, block.span).items():
            if share >= facts.policy.video.good_cover_pct.value:
                usual.setdefault(camera, block.span.end_us)
    return dataclasses.replace(facts, usual=usual)


def _lacking(facts: Facts, span: Span) -> tuple[str, ...]:
    """Usual cameras that show clearly less of a time than their box does: one that films half of the room counts half
    of the people. A box that shows nothing of it lacks none: its class was elsewhere."""
    shares = _shares(facts, span)
    boxes = {box for box, _ in shares}
    return tuple(sorted({
        camera for (box, camera), since_us in facts.usual.items()
        if since_us <= span.start_us and box in boxes
        and shares.get((box, camera), 0) < facts.policy.video.good_cover_pct.value}))


def _shares(facts: Facts, span: Span) -> dict[tuple[str, str], int]:
    """Device and camera → percent of what its box shows of a time that this camera shows."""
    boxes: dict[str, list[Span]] = defaultdict(list)
    cameras: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for fact in facts.segments:
        if fact.certain and overlap(fact.span, span) and _shows_something(facts, fact):
            boxes[fact.ref[0]].append(fact.span)
            cameras[fact.ref[0], fact.segment.camera].append(fact.span)
    whole = {box: _recorded(span, found) for box, found in boxes.items()}
    return {key: _recorded(span, found) * 100 // max(1, whole[key[0]]) for key, found in cameras.items()}


def _recorded(span: Span, found: Sequence[Span]) -> int:
    return sum(one.length_us for one in union(found, span))


def _answers(
    facts: Facts, span: Span, roster: Sequence[str], seen: Sequence[Sighting], certain: Sequence[SegmentFact],
    crowd: Mapping[str, Any],
) -> dict[str, Answered]:
    """The roll call's answer for everybody who is due."""
    shown = {sighting.person for sighting in seen} & set(roster)
    cameras: dict[tuple[str, str], list[Look]] = defaultdict(list)
    for view in (facts.views[fact.segment.sha256] for fact in certain if fact.segment.sha256 in facts.views):
        cameras[view.camera].append(view.look)
    looks = [look for found in cameras.values() for look in found]
    bare = crowd["bareface_heads"] is not None and crowd["bareface_heads"] < len(roster)
    alone = bool(looks) and crowd["headcount_due"] <= len(shown) and all(
        look.faceless_max is not None for look in looks)
    return answers(
        roster, shown, list(cameras.values()), crowd["headcount_due"], facts.policy.limits,
        within=(span.start_us, span.end_us), gear=Gear(bare, alone) if crowd["gear"] else None, two_rooms=crowd["in_two_rooms"])


def _presences(
    facts: Facts, span: Span, roster: Sequence[str], seen: Sequence[Sighting], said: Mapping[str, Answered],
    came: Collection[str], seen_well: bool,
) -> tuple[Presence, ...]:
    sightings: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in seen:
        sightings[sighting.person].append(sighting)
    edge_us = span.length_us * facts.policy.block.left_early_pct.value // 100
    return tuple(
        Presence(
            person=person,
            answer=said[person].answer,
            checked_in=person in came,
            on_leave=any(leave.person == person and _covers(leave, span) for _, leave in facts.leaves),
            sightings=tuple(sightings.get(person, ())),
            proven=any(one.segment not in facts.unpictured for one in sightings.get(person, ())),
            left_early=seen_well and _only_at_an_edge(sightings.get(person, ()), span, edge_us),
            why=said[person].why,
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
    facts: Facts, span: Span, segments: Sequence[SegmentFact], calls: Sequence[tuple[Ref, RollCall]],
    checkins: Sequence[Sign], review: tuple[Ref, Review] | None, seen: Sequence[Sighting],
) -> tuple[Ref, ...]:
    found = {fact.ref for fact in segments} | {ref for ref, _ in calls} | {fact.ref for fact in checkins}
    found |= {sighting.ref for sighting in seen if sighting.pointed}
    found |= {asked.ref for asked in facts.bareface if overlap(asked, span)}
    found |= {one.ref for one in facts.contradictions if overlap(one, span)}
    return tuple(sorted(found | ({review[0]} if review else set())))
