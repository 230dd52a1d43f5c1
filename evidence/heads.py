"""How many people an occasion shows, and what that proves: over cameras and rooms, and in protective gear."""
from __future__ import annotations

import bisect
import dataclasses
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from evidence.blocks import PlannedBlock, hour_span
from evidence.crowd import View, anybody_else, at_once
from evidence.facts import Facts, overlap, plan_at, shows_something
from evidence.held import looked_at, two_apart
from evidence.posters import with_still
from evidence.rollcall import Bare, Look
from evidence.story import BareFaceFact, PictureFact, SegmentFact, Span
from evidence.stretches import holes, union
from evidence.times import HOUR

HAZY = ("glare", "smoke", "defocus")
"""Marks of a picture that counts, and in which a face may be lost."""
OPEN_US = 12 * HOUR
"""A session that nobody ended is of its day. Ours."""


def _blurs(one: PictureFact) -> bool:
    """Whether faces may be lost in it, or it shows nobody who was there."""
    return one.breaks or one.what in HAZY


def heads_of(
    facts: Facts, block: PlannedBlock | None, span: Span, roster: Collection[str], showing: Sequence[SegmentFact],
) -> dict[str, Any]:
    """How many people there were, as fields of an Occasion: what an old picture shows says nothing of it."""
    views = [facts.views[fact.segment.sha256] for fact in showing if fact.segment.sha256 in facts.views]
    apart = {one.person for view in views for one in view.look.named if one.person} - set(roster)
    hours = [hour for hour in (block.hours if block else ()) if overlap(hour_span(hour), span)]
    gear, in_view = any(hour.gear for hour in hours), at_once(views, span)
    possible = with_asleep(facts, views)
    most = at_once(possible if in_view else views, span, apart)
    bareface = tuple(fact for fact in facts.bareface
                     if fact.counts and span.start_us <= fact.start_us and fact.end_us <= span.end_us)
    heads, looked = _bare_heads(facts, bareface, possible, showing, apart) if gear and in_view else (None, ())
    return {
        "headcount_max": at_once(_smoothed(views), span),
        "headcount_due": most,
        "still_heads": most - at_once(views, span, apart),
        "posters": tuple(facts.posters[camera] for camera in sorted({view.camera for view in views})
                         if camera in facts.posters),
        "counted": _counts_people(views),
        "in_view": in_view,
        "in_two_rooms": tuple(dict.fromkeys(one.person for one in facts.contradictions if overlap(one, span))),
        "gear": gear,
        "bareface": bareface,
        "alone": gear and bool(views) and _counts_people(views) and not anybody_else(possible, span),
        "bareface_heads": heads,
        "bareface_looked": looked,
    }


def with_asleep(facts: Facts, views: Sequence[View]) -> list[View]:
    """The views in which who does not move is somebody, but for what never does."""
    return [with_still(view, facts.posters[view.camera].count if view.camera in facts.posters else 0)
            for view in views]


def _counts_people(views: Sequence[View]) -> bool:
    """Whether people were looked for, not faces alone, wherever anybody could be seen."""
    return all(view.look.faceless_max is not None for view in views if view.look.lit or not view.look.samples)


def _smoothed(views: Sequence[View]) -> list[View]:
    """Without what is found in one picture alone, maybe by mistake."""
    return [dataclasses.replace(view, look=dataclasses.replace(view.look, headcount_peak=None, faceless_peak=None))
            for view in views]


Held = tuple[int | None, tuple[BareFaceFact, ...]]
"""Most people at once in bare-face roll calls, and which of them tell it."""


def _bare_heads(
    facts: Facts, asked: Sequence[BareFaceFact], views: Sequence[View], showing: Sequence[SegmentFact],
    apart: Collection[str],
) -> Held:
    """Most people at once while faces were bare. In two rooms faces are not bare at once: each that was filmed needs
    its own roll calls, and who goes from one to the other counts in both."""
    found = []
    for room in sorted({view.room for view in views}):
        own = [fact for fact in asked if facts.room(fact.ref[0]) == room]
        films = [fact for fact in showing if facts.room(fact.ref[0]) == room]
        found.append(_bare_heads_of_room(facts, own, [view for view in views if view.room == room], films, apart))
    heads = [one for one, _ in found if one is not None]
    looked = tuple(sorted((fact for _, facts_ in found for fact in facts_), key=lambda fact: (fact.start_us, fact.ref)))
    return sum(heads) if found and len(heads) == len(found) else None, looked


def _bare_heads_of_room(
    facts: Facts, asked: Sequence[BareFaceFact], views: Sequence[View], showing: Sequence[SegmentFact],
    apart: Collection[str],
) -> Held:
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
        if fact.held and whole and looked_at(fact, known, every_us, facts.policy.max_gap_us) and (
                _shows_people(facts, views, fact)):
            heads.append(at_once(views, fact, apart))
            looked.append(fact)
    return max(heads) if two_apart(looked) else None, tuple(looked)


def _shows_people(facts: Facts, views: Sequence[View], span: Span) -> bool:
    """Whether the pictures of a room say how many people were in it for a time: people were looked for, somebody was
    found, and no camera was dark, covered, dazzled or showed an old picture for more of it than a good one may."""
    own, percent = [view for view in views if overlap(view.span, span)], facts.policy.video.bad_picture_pct.value
    for camera in {view.camera for view in own}:
        looks = [view.look for view in own if view.camera == camera]
        bad = _Marks([one for one in facts.seen
                      if _blurs(one) and (one.device, one.camera) == camera and overlap(one, span)])
        dark = sum(look.dark for look in looks), max(1, sum(look.samples for look in looks))
        if bad.bad_us(span, dark) * 100 > percent * span.length_us:
            return False
    return _counts_people(own) and at_once(own, span) > 0


def bare_looks(facts: Facts, looked: Sequence[BareFaceFact], views: Sequence[View]) -> list[Bare]:
    """What the cameras of their rooms saw in bare-face roll calls."""
    found = []
    for fact in looked:
        cameras: dict[tuple[str, str], list[Look]] = defaultdict(list)
        for view in views:
            if facts.room(view.camera[0]) == facts.room(fact.ref[0]) and overlap(view.span, fact):
                cameras[view.camera].append(view.look)
        found.append(Bare((fact.start_us, fact.end_us), list(cameras.values())))
    return found


def hazy(facts: Facts, certain: Sequence[SegmentFact], spans: Sequence[Span], due_us: int) -> tuple[str, ...]:
    """Cameras whose picture was dark, dazzled, hazy, out of focus or worth nothing, or not looked at, for more of these
    times than a good one may be, one thing with the other: whom they did not show may have been there all the same,
    whatever another camera showed. All that were, if that is so of all video together: a class that moves on has each
    for a part of its time."""
    marks: dict[tuple[str, str], list[PictureFact]] = defaultdict(list)
    for one in facts.seen:
        if _blurs(one) and any(overlap(one, span) for span in spans):
            marks[one.device, one.camera].append(one)
    marked = {camera: _Marks(found) for camera, found in marks.items()}
    bad_us: dict[tuple[str, str], int] = defaultdict(int)
    for fact in certain:
        camera, share = (fact.ref[0], fact.segment.camera), _dark_share(facts, fact)
        own = marked.get(camera, _Marks(()))
        bad_us[camera] += sum(own.bad_us(part, share) for span in spans for part in union([fact.span], span))
    percent = facts.policy.video.bad_picture_pct.value
    all_us = sum(_inside_us(fact, spans) for fact in certain)
    least_us = percent * due_us if sum(bad_us.values()) * 100 <= percent * all_us else 0
    return tuple(sorted({camera for (_, camera), us in bad_us.items() if us * 100 > least_us}))


def _dark_share(facts: Facts, fact: SegmentFact) -> tuple[int, int]:
    """Dark pictures, of how many: of all none was looked at, all may have been dark."""
    if fact.segment.sha256 not in facts.rollcalls:
        return 0, 1
    call = facts.rollcalls[fact.segment.sha256][0].call
    return (call.dark, call.samples) if call.samples else (1, 1)


class _Marks:
    """When the picture of a camera showed less than it should. `_lit`: without what is black, which the dark pictures
    of a roll call are, too."""

    def __init__(self, found: Sequence[PictureFact]) -> None:
        self._all, self._lit = _joined(found), _joined([one for one in found if one.what != "black"])

    def bad_us(self, span: Span, dark: tuple[int, int]) -> int:
        """How much of a time is marked or dark, where so many pictures of it were dark, nobody knows which: rather too
        much than too little."""
        lit_us = _recorded(span, _reaching(self._lit, span)) + span.length_us * dark[0] // dark[1]
        return min(span.length_us, max(lit_us, _recorded(span, _reaching(self._all, span))))


def _joined(found: Sequence[PictureFact]) -> tuple[Span, ...]:
    return union(found, Span(min(one.start_us for one in found), max(one.end_us for one in found))) if found else ()


def _reaching(apart: Sequence[Span], span: Span) -> Sequence[Span]:
    """Of spans that do not touch, in order, those that reach into one."""
    first = bisect.bisect_right(apart, span.start_us, key=lambda one: one.end_us)
    return apart[first:bisect.bisect_left(apart, span.end_us, key=lambda one: one.start_us)]


def unlit(facts: Facts, certain: Sequence[SegmentFact], spans: Sequence[Span], due_us: int) -> bool:
    """Whether any camera was dark for more of these times than a good picture may be, or all video together was so. Of
    each segment with a roll call as much is dark as of its pictures."""
    dark_us: dict[tuple[str, str], int] = defaultdict(int)
    all_us = 0
    for fact in certain:
        if fact.segment.sha256 in facts.rollcalls:
            call, length_us = facts.rollcalls[fact.segment.sha256][0].call, _inside_us(fact, spans)
            all_us += length_us
            dark_us[fact.ref[0], fact.segment.camera] += length_us * call.dark // max(1, call.samples)
    percent = facts.policy.video.bad_picture_pct.value
    return (max(dark_us.values(), default=0) * 100 > percent * due_us
            or sum(dark_us.values()) * 100 > percent * all_us)


def _inside_us(fact: SegmentFact, spans: Sequence[Span]) -> int:
    return sum(_recorded(span, [fact.span]) for span in spans)


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


def unfilmed(facts: Facts, spans: Sequence[Span], due_us: int, at_boxes: Collection[str]) -> tuple[str, ...]:
    """Rooms with a box that recorded nothing, while people may have sat there, for more of these times than a good
    picture may lack. `at_boxes`: where those signed in, or may have, who are shown nowhere; if nobody did, nobody sits
    anywhere."""
    percent, found = facts.policy.video.bad_picture_pct.value, set()
    signed = {facts.room(device) for device in at_boxes}
    known = {*at_boxes, *facts.silences, *(one.device for one in facts.sessions)}
    for device in known if at_boxes else ():
        lost_us, there = 0, _maybe_there(facts, device, spans, device in at_boxes, facts.room(device) in signed)
        for span in spans:
            filmed = [fact.span for fact in facts.filmed(span)
                      if fact.certain and fact.ref[0] == device and shows_something(facts, fact)]
            lost_us += sum(hole.length_us for part in union(there, span)
                           for hole in holes(union(filmed, part), part))
        if lost_us * 100 > percent * due_us:
            found.add(facts.room(device))
    return tuple(sorted(found))


def _maybe_there(facts: Facts, device: str, spans: Sequence[Span], here: bool, room: bool) -> Sequence[Span]:
    """When somebody who signed in `here`, or in this `room`, or else anywhere may have sat before a box.

    While its session ran: one terminal may serve two rooms; but where the plan alone began, only who signed in in that
    room. A box with neither session nor video of any of it was off, for with power the plan begins; or it had another
    class. So who signed in here may sit there. While the centre heard nothing of a box, and it recorded nothing, it was
    off, whatever it had begun: so anybody may. One that the plan in force no longer had was taken away, and is silent
    for ever."""
    whole = Span(min(one.start_us for one in spans), max(one.end_us for one in spans))
    began = any(fact.ref[0] == device for fact in facts.filmed(whole)) or union(
        _running(facts, device, whole, pressed=False), whole)
    if here and not began:
        return [whole]
    planned = any(place.device == device for place in plan_at(facts, whole.start_us).boxes)
    silent = facts.silences.get(device, ()) if planned else ()
    return [*_running(facts, device, whole, pressed=not room), *silent] if began else silent


def _running(facts: Facts, device: str, span: Span, pressed: bool) -> list[Span]:
    """The sessions of a box, maybe only those that somebody `pressed`; one without an end until the next one, for
    `OPEN_US` at most."""
    own = [one for one in facts.sessions if one.device == device]
    ends = [*(one.start_us for one in own[1:]), max([span.end_us, *(one.start_us for one in own[-1:])])]
    return [Span(one.start_us, min(next_us, one.start_us + OPEN_US) if one.end_us is None else one.end_us)
            for one, next_us in zip(own, ends, strict=False) if one.pressed_us is not None or not pressed]


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
