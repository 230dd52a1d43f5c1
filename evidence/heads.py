"""How many people an occasion shows, and what that proves: over cameras and rooms, and in protective gear."""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from evidence.blocks import PlannedBlock, hour_span
from evidence.crowd import View, anybody_else, at_once, mean_ppm
from evidence.facts import Facts, overlap, shows_something, teachers_at
from evidence.held import looked_at, two_apart
from evidence.posters import with_still
from evidence.story import BareFaceFact, SegmentFact, Span
from evidence.stretches import union

HAZY = ("glare", "smoke", "defocus")
"""Marks of a picture that counts, and in which a face may be lost."""


def heads_of(
    facts: Facts, block: PlannedBlock | None, span: Span, roster: Collection[str], showing: Sequence[SegmentFact],
) -> dict[str, Any]:
    """How many people there were, as fields of an Occasion: what an old picture shows says nothing of it."""
    views = [facts.views[fact.segment.sha256] for fact in showing if fact.segment.sha256 in facts.views]
    apart = {one.person for view in views for one in view.look.named if one.person} - set(roster)
    hours = [hour for hour in (block.hours if block else ()) if overlap(hour_span(hour), span)]
    gear, in_view = any(hour.gear for hour in hours), at_once(views, span)
    posters = {camera: one.count for camera, one in facts.posters.items()}
    possible = [with_still(view, posters.get(view.camera, 0)) for view in views]
    most = at_once(possible if in_view else views, span, apart)
    people = all(view.look.faceless_max is not None for view in views)
    bareface = tuple(fact for fact in facts.bareface
                     if fact.counts and span.start_us <= fact.start_us and fact.end_us <= span.end_us)
    return {
        "headcount_max": at_once(_smoothed(views), span),
        "headcount_due": most,
        "still_heads": most - at_once(views, span, apart),
        "counted": people,
        "in_view": in_view,
        "mean_ppm": mean_ppm(views, teachers_at(facts, span.start_us), span),
        "in_two_rooms": tuple(dict.fromkeys(one.person for one in facts.contradictions if overlap(one, span))),
        "gear": gear,
        "bareface": bareface,
        "alone": gear and bool(views) and people and not anybody_else(possible, span),
        "bareface_heads": _bare_heads(facts, bareface, possible, showing, apart) if gear and in_view else None,
    }


def _smoothed(views: Sequence[View]) -> list[View]:
    """Without what is found in one picture alone, maybe by mistake."""
    return [dataclasses.replace(view, look=dataclasses.replace(view.look, headcount_peak=None, faceless_peak=None))
            for view in views]


def _bare_heads(
    facts: Facts, asked: Sequence[BareFaceFact], views: Sequence[View], showing: Sequence[SegmentFact],
    apart: Collection[str],
) -> int | None:
    """Most people at once while faces were bare. In two rooms faces are not bare at once: each that was filmed needs
    its own roll calls, and who goes from one to the other counts in both."""
    rooms = {place.device: place.room for place in facts.places}
    found = []
    for room in sorted({view.room for view in views}):
        own = [fact for fact in asked if rooms.get(fact.ref[0], fact.ref[0]) == room]
        films = [fact for fact in showing if rooms.get(fact.ref[0], fact.ref[0]) == room]
        found.append(_bare_heads_of_room(facts, own, [view for view in views if view.room == room], films, apart))
    heads = [one for one in found if one is not None]
    return sum(heads) if found and len(heads) == len(found) else None


def _bare_heads_of_room(
    facts: Facts, asked: Sequence[BareFaceFact], views: Sequence[View], showing: Sequence[SegmentFact],
    apart: Collection[str],
) -> int | None:
    """The most over the roll calls that were looked at, of which there must be two, far enough apart: at one alone
    somebody may be out of the room for a moment."""
    known = [view for fact, view in ((fact, facts.views.get(fact.segment.sha256)) for fact in showing)
             if view and fact.segment.sha256 not in facts.unpictured and not facts.looked_away(fact)]
    heads, looked = [], []
    for fact in asked:
        calls = [facts.rollcalls[one.segment.sha256][0].call for one in showing
                 if one.segment.sha256 in facts.views and overlap(one.span, fact)]
        every_us = max((call.every_us or 0 for call in calls), default=0)
        cameras = {view.camera for view in views}
        whole = cameras == {view.camera for view in known if overlap(view.span, fact)}
        if fact.held and whole and looked_at(fact, known, every_us, facts.policy.max_gap_us):
            heads.append(at_once(views, Span(fact.start_us, fact.end_us), apart))
            looked.append(fact)
    return max(heads) if two_apart(looked) else None


def hazy(facts: Facts, spans: Sequence[Span], due_us: int) -> tuple[str, ...]:
    """Cameras whose picture was dazzled, hazy or out of focus for more of these times than a good picture may be: whom
    they did not show may have been there all the same."""
    marked: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for one in facts.seen:
        if one.what in HAZY:
            marked[one.device, one.camera].append(one)
    percent = facts.policy.video.bad_picture_pct.value
    return tuple(sorted({camera for (_, camera), found in marked.items()
                         if sum(_recorded(span, found) for span in spans) * 100 > percent * due_us}))


def with_usual(facts: Facts, planned: Sequence[PlannedBlock]) -> Facts:
    """The same with its usual cameras computed."""
    usual: dict[tuple[str, str], int] = {}
    for block in sorted(planned, key=lambda one: one.span.end_us):
        for camera, share in _shares(facts, block.span).items():
            if share >= facts.policy.video.good_cover_pct.value:
                usual.setdefault(camera, block.span.end_us)
    return dataclasses.replace(facts, usual=usual)


def lacking(facts: Facts, span: Span) -> tuple[str, ...]:
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
    for fact in facts.filmed(span):
        if fact.certain and shows_something(facts, fact):
            boxes[fact.ref[0]].append(fact.span)
            cameras[fact.ref[0], fact.segment.camera].append(fact.span)
    whole = {box: _recorded(span, found) for box, found in boxes.items()}
    return {key: _recorded(span, found) * 100 // max(1, whole[key[0]]) for key, found in cameras.items()}


def _recorded(span: Span, found: Sequence[Span]) -> int:
    return sum(one.length_us for one in union(found, span))
