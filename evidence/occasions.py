"""Blocks and class-hours with what was recorded and who was shown in them: the facts that the rules judge."""
from __future__ import annotations

import bisect
import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from evidence.attendance import Sign, attended
from evidence.blocks import PlannedBlock, hour_span
from evidence.bodies import Hour, Leave, Review
from evidence.crowd import mean_ppm
from evidence.facts import Facts, overlap, picture_known, shows_something, teachers_at
from evidence.heads import bare_looks, hazy, heads_of, lacking, unfilmed, unlit, with_asleep
from evidence.naming import doubts, without_names
from evidence.policy import Policy
from evidence.reviews import seen_hash
from evidence.rollcall import Answered, Gear, Look, answers
from evidence.roster import roster_at
from evidence.story import (
    Attendance,
    Block,
    HourStory,
    LeftOutFact,
    PosterFact,
    Presence,
    Ref,
    SegmentFact,
    Sighting,
    Span,
)
from evidence.stretches import Chain, clip, holes, union
from evidence.times import MINUTE, utc_us


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
    bare = holes(union(stretches, span), span)
    uncertain = tuple(part for hole in bare for part in _uncertain(facts, hole))
    return HourStory(
        **common,
        hour=hour,
        stretches=stretches,
        longest_us=max((stretch.media_us for stretch in bright), default=0),
        looked_us=max((stretch.media_us for stretch in looked), default=0),
        unpictured=_unpictured(facts, span),
        fresh_us=_length(facts.fresh, [span], facts.policy),
        sure_us=_length(facts.sure, [span], facts.policy),
        gaps=tuple(part for hole in bare for part in holes(union(uncertain, hole), hole)),
        uncertain=uncertain,
    )


def _occasion(
    every: Facts, occasion_id: str, block: PlannedBlock | None, span: Span, spans: Sequence[Span],
    roster: tuple[str, ...], opened: Span,
) -> dict[str, Any]:
    """`every`: also the names that do not hold over the time."""
    facts = named(every, span)
    segments = facts.filmed(span)
    certain = [fact for fact in segments if fact.certain]
    called = [facts.rollcalls[f.segment.sha256] for f in certain if f.segment.sha256 in facts.rollcalls]
    due_us = sum(one.length_us for one in spans)
    covered_us, usable_us, pictured_us = (
        _length(found, spans, facts.policy) for found in (facts.chains, facts.bright, facts.pictured))
    doubtful = union((fact.span for fact in segments if not fact.certain), span)
    doubtful_us = sum(one.length_us for one in doubtful) + facts.adrift.elsewhere_us(segments, span)
    checkins, attend = _signs(facts, opened, span)
    attendance, teachers = (
        tuple(attend(person) for person in people) for people in (roster, teachers_at(facts, span.start_us)))
    review = facts.reviews.get(occasion_id)
    left_out = [facts.left_out[f.segment.sha256] for f in certain if f.segment.sha256 in facts.left_out]
    waiting = {fact.ref[0] for fact in certain
               if fact.segment.sha256 not in facts.rollcalls and fact.segment.sha256 not in facts.left_out}
    roll_called, refused = not waiting, [facts.pack_refused[one] for one in sorted(waiting & facts.pack_refused.keys())]
    video = facts.policy.video
    showing = [fact for fact in certain if shows_something(facts, fact)]
    touching = [s for f in certain for s in facts.sightings.get(f.segment.sha256, ()) if _reaches(s, span)]
    seen = [s for s in touching if span.start_us <= s.shown_us < span.end_us]
    counted = heads_of(facts, block, span, roster, showing)
    unlooked = [fact for fact in certain if facts.looked_away(fact)]
    seen_well = roll_called and not unlooked and pictured_us * 100 >= video.good_cover_pct.value * due_us
    awaited = facts.awaited(span.end_us)
    came = {one.person for one in attendance if one.came}
    shown = {one.person for one in seen}
    maybe = _maybe(facts, [one for one in roster if one not in came | shown], checkins, opened)
    at_boxes = {ref[0] for one in attendance if one.came and one.person not in shown for ref in one.refs}
    at_boxes |= {device for devices in maybe.values() for device in devices}
    lack, haze = lacking(facts, span), hazy(facts, certain, spans, due_us)
    dark = unlit(facts, certain, spans, due_us)
    bare = unfilmed(facts, spans, due_us, at_boxes)
    said = _answers(facts, span, roster, touching, certain, counted, dark)
    call_refs = tuple(sorted(one.ref for found in called for one in found))
    return {
        "id": occasion_id,
        "span": span,
        "block": block.id if block else "",
        "roster": roster,
        "presences": _presences(facts, span, roster, seen, said, came, seen_well and not counted["gear"]),
        "others": tuple(one for one in seen if one.person not in roster),
        "attendance": attendance,
        "teachers": teachers,
        **counted,
        "mean_ppm": _mean_ppm(every, span, showing),
        "lacking": lack,
        "unfilmed": bare,
        "hazy": haze,
        "due_us": due_us,
        "covered_us": covered_us,
        "usable_us": usable_us,
        "pictured_us": pictured_us,
        "doubtful_us": doubtful_us,
        "roll_called": roll_called,
        "pack_refused": tuple(refused),
        "unlooked": tuple(sorted(fact.ref for fact in unlooked)),
        "left_out": tuple(sorted(left_out, key=lambda one: (one.start_us, one.segment))),
        "unlooked_us": _unlooked_us(certain, unlooked, spans),
        "pictures": tuple(fact for fact in facts.seen if any(overlap(fact, one) for one in spans)),
        "whole": covered_us * 100 >= video.good_cover_pct.value * due_us,
        "picture_good": seen_well and bool(called) and not (lack or bare or haze),
        "time_certain": doubtful_us * 100 <= (100 - video.good_cover_pct.value) * due_us
        and not maybe,
        "maybe_signed": tuple(maybe),
        "make_up": block is not None and block.attendees is not None,
        "review": review[1] if review else None,
        "review_old": bool(review and review[1].seen and review[1].seen != seen_hash(call_refs)),
        "refs": _refs(facts, span, segments, call_refs, checkins, review, seen,
                      [*counted["posters"], *left_out], [one.ref for one in refused]),
        "films": tuple(sorted(fact.ref for fact in segments)),
        "calls": call_refs,
        "counting": tuple(sorted(found[0].ref for found in called)),
        "awaited": awaited,
        "settled_us": span.end_us + (facts.policy.settle_us if awaited else 0),
    }


def _mean_ppm(facts: Facts, span: Span, showing: Sequence[SegmentFact]) -> tuple[int, int] | None:
    """Whoever resembles an instructor is no trainee of the mean, whether or not the name holds: O7 convicts nobody."""
    views = [facts.views[fact.segment.sha256] for fact in showing if fact.segment.sha256 in facts.views]
    return mean_ppm(views, teachers_at(facts, span.start_us), span)


def named(facts: Facts, span: Span) -> Facts:
    """The same without the names that do not hold over a time. Of what is shown in an old picture, none speaks for a
    name."""
    views = {fact.segment.sha256: facts.views[fact.segment.sha256] for fact in facts.filmed(span)
             if fact.segment.sha256 in facts.views}
    cameras: dict[tuple[str, str], list[Look]] = defaultdict(list)
    for sha, view in views.items():
        counted = {(one.person, one.shown_us) for one in facts.sightings.get(sha, ()) if not one.pointed}
        cameras[view.camera] += [_shown(look, counted) for look in (view.look, *view.others)]
    doubted = doubts(list(cameras.values()), facts.policy.limits, (span.start_us, span.end_us))
    if not doubted:
        return facts
    held = {sha: dataclasses.replace(view, look=without_names(view.look, doubted),
                                     others=tuple(without_names(look, doubted) for look in view.others))
            for sha, view in views.items()}
    sightings = {sha: tuple(one for one in facts.sightings.get(sha, ()) if one.pointed or one.person not in doubted)
                 for sha in views}
    return dataclasses.replace(facts, views={**facts.views, **held}, sightings={**facts.sightings, **sightings})


def _shown(look: Look, counted: Collection[tuple[str, int]]) -> Look:
    """The look with the named faces only that count as shown: whose, and when."""
    if all(one.person is None or (one.person, one.track.shown_us) in counted for one in look.named):
        return look
    return dataclasses.replace(look, named=tuple(
        one for one in look.named if one.person is None or (one.person, one.track.shown_us) in counted))


def _reaches(sighting: Sighting, span: Span) -> bool:
    return overlap(Span(sighting.first_us, sighting.last_us + 1), span)


def _answers(
    facts: Facts, span: Span, roster: Sequence[str], touching: Sequence[Sighting], certain: Sequence[SegmentFact],
    counted: Mapping[str, Any], dark: bool,
) -> dict[str, Answered]:
    """The roll call's answer for everybody who is due. A record tells whom the best sight of a face resembles, and
    nothing of the others: a face that is seen best just outside shows nobody inside, and speaks against nobody."""
    shown = {one.person for one in touching if span.start_us <= one.shown_us < span.end_us} & set(roster)
    beside = {one.person for one in touching}
    cameras: dict[tuple[str, str], list[Look]] = defaultdict(list)
    views = with_asleep(
        facts, [facts.views[fact.segment.sha256] for fact in certain if fact.segment.sha256 in facts.views])
    for view in views:
        cameras[view.camera].append(view.look)
    bare = counted["bareface_heads"] is not None and counted["bareface_heads"] < len(roster)
    held = bare_looks(facts, counted["bareface_looked"], views) if bare else ()
    gear = Gear(held, counted["alone"]) if counted["gear"] else None
    return answers(
        roster, shown, list(cameras.values()), counted["headcount_due"], facts.policy.limits,
        others=[look for view in views for look in view.others], within=(span.start_us, span.end_us), gear=gear,
        two_rooms=counted["in_two_rooms"], beside=beside, dark=dark)


def _presences(
    facts: Facts, span: Span, roster: Sequence[str], seen: Sequence[Sighting], said: Mapping[str, Answered],
    came: Collection[str], all_along: bool,
) -> tuple[Presence, ...]:
    """`all_along`: faces could be seen at any time of it, so that who is shown only at an edge was gone otherwise."""
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
            left_early=all_along and _only_at_an_edge(sightings.get(person, ()), span, edge_us),
            why=said[person].why,
        )
        for person in roster
    )


def _only_at_an_edge(sightings: Sequence[Sighting], span: Span, edge_us: int) -> bool:
    """Shown, but only in the first or only in the last part. Who points somebody out speaks of one moment alone."""
    if all(sighting.pointed for sighting in sightings):
        return False
    return (
        max(s.last_us for s in sightings) < span.start_us + edge_us
        or min(s.first_us for s in sightings) >= span.end_us - edge_us
    )


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


def _maybe(facts: Facts, people: Sequence[str], checkins: Sequence[Sign], opened: Span) -> dict[str, set[str]]:
    """Who of them may have signed in, at a time of which nobody is certain, and at which boxes."""
    doubtful = [one for one in checkins if one.doubt and one.accepted]
    found = {person: facts.adrift.signed(person, opened) | {one.ref[0] for one in doubtful if one.person == person}
             for person in people}
    return {person: devices for person, devices in found.items() if devices}


def _at_us(sign: Sign) -> int:
    return sign.at_us


def _roster(facts: Facts, at_us: int) -> tuple[str, ...]:
    return roster_at(facts.first_order, facts.changes, at_us)


def _length(found: Sequence[Chain], spans: Sequence[Span], policy: Policy) -> int:
    return sum(part.length_us for span in spans for part in union(clip(found, span, policy), span))


def _unlooked_us(certain: Sequence[SegmentFact], unlooked: Sequence[SegmentFact], spans: Sequence[Span]) -> int:
    """How much was filmed and looked at by no camera."""
    refs = {fact.ref for fact in unlooked}
    looked = [fact.span for fact in certain if fact.ref not in refs]
    return sum(part.length_us for span in spans for hole in holes(union(looked, span), span)
               for part in union((fact.span for fact in unlooked), hole))


def _uncertain(facts: Facts, hole: Span) -> tuple[Span, ...]:
    """What video of uncertain time covers of a hole. Between files that follow each other there is none."""
    return union((fact.span for fact in facts.filmed(hole) if not fact.certain), hole, facts.policy.max_gap_us)


def _unpictured(facts: Facts, span: Span) -> tuple[Ref, ...]:
    """Segments without a picture record, under a policy that judges these, though their box has reported past them."""
    if facts.policy.picture is None:
        return ()
    late = facts.policy.settle_us
    return tuple(sorted(
        fact.ref for fact in facts.filmed(span) if fact.certain
        and not picture_known(facts, fact) and facts.told(fact.ref[0]).last_us >= fact.span.end_us + late))


def _covers(leave: Leave, span: Span) -> bool:
    return utc_us(leave.start) <= span.start_us and span.end_us <= utc_us(leave.end)


def _refs(
    facts: Facts, span: Span, segments: Sequence[SegmentFact], calls: Sequence[Ref],
    checkins: Sequence[Sign], review: tuple[Ref, Review] | None, seen: Sequence[Sighting],
    others: Sequence[PosterFact | LeftOutFact], refused: Sequence[Ref],
) -> tuple[Ref, ...]:
    found = {fact.ref for fact in segments} | {*calls, *refused} | {fact.ref for fact in checkins}
    found |= {sighting.ref for sighting in seen if sighting.pointed}
    found |= {asked.ref for asked in facts.bareface if overlap(asked, span)}
    found |= {one.ref for one in facts.contradictions if overlap(one, span)}
    found |= {ref for one in others for ref in one.refs}
    return tuple(sorted(found | ({review[0]} if review else set())))
