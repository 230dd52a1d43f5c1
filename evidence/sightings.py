"""Who was shown where: the named tracks of the roll calls, and whom people pointed out; nobody in two rooms at once."""
from __future__ import annotations

import bisect
import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from evidence.bodies import Pointed, RollCall, Track
from evidence.called import Called
from evidence.crowd import View
from evidence.records import Record
from evidence.rollcall import Look, Named, name_tracks
from evidence.story import Ref, SegmentFact, Sighting, Span


@dataclasses.dataclass(frozen=True)
class Contradiction(Span):
    """A sighting of somebody who was surely seen in another room at the same time: it counts for nothing."""

    person: str
    ref: Ref


@dataclasses.dataclass(frozen=True)
class Seen:
    """What the roll calls and the pointing come to. `views`: by hash of the segment."""

    views: Mapping[str, View]
    sightings: tuple[Sighting, ...]
    """In order of time."""
    contradictions: tuple[Contradiction, ...]
    pointed_void: tuple[Ref, ...]
    """Records of pointing that do not count."""


@dataclasses.dataclass(frozen=True)
class _Sight:
    """A sighting with where it was: its room, by how much its time may be wrong, and (of a track) its place: which
    look of the segment, and where in its `named`."""

    sighting: Sighting
    room: str
    error_us: int
    index: tuple[int, int] | None


def seen(
    rollcalls: Mapping[str, tuple[Called, ...]], by_hash: Mapping[str, SegmentFact], rooms: Mapping[str, str],
    pointed: Iterable[tuple[Record, Pointed]], roster: Collection[str],
) -> Seen:
    """`rooms`: device → its room. `roster`: everybody who was ever on the roster: only they can be pointed out."""
    views = {sha: _view(by_hash[sha], calls, rooms) for sha, calls in sorted(rollcalls.items())
             if by_hash[sha].certain}
    sights = [_Sight(_sighting(sha, rollcalls[sha][number].ref, one), view.room, view.error_us, (number, index))
              for sha, view in views.items() for number, look in enumerate((view.look, *view.others))
              for index, one in enumerate(look.named) if one.person]
    told = [(record, body, by_hash.get(body.segment)) for record, body in pointed]
    shown = [(record, body, fact) for record, body, fact in told if fact and _counts(body, fact, roster)]
    sights += [_Sight(_pointing(record, body, fact), rooms.get(fact.ref[0], fact.ref[0]), fact.error_us, None)
               for record, body, fact in shown]
    wrong = _in_two_rooms(sights)
    void: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for one in wrong:
        void[one.sighting.segment] |= {one.index} if one.index else set()
    views = {sha: _without(view, void[sha]) for sha, view in views.items()}
    good = sorted((one.sighting for one in sights if one not in wrong), key=_in_time)
    contradictions = sorted(
        (Contradiction(one.sighting.first_us, one.sighting.last_us + 1, one.sighting.person, one.sighting.ref)
         for one in wrong), key=lambda one: (one.start_us, one.person, one.ref, one.end_us))
    counted = {record.key for record, _, _ in shown}
    pointed_void = tuple(sorted(record.key for record, _, _ in told if record.key not in counted))
    return Seen(views, tuple(good), tuple(contradictions), pointed_void)


def _view(fact: SegmentFact, calls: Sequence[Called], rooms: Mapping[str, str]) -> View:
    unsought = frozenset.intersection(*(one.unsought for one in calls))
    first, *others = (_look(fact, one.call, unsought) for one in calls)
    device = fact.ref[0]
    camera = (device, fact.segment.camera)
    return View(camera, rooms.get(device, device), fact.span, fact.error_us, first, tuple(others))


def _look(fact: SegmentFact, call: RollCall, unsought: frozenset[str]) -> Look:
    shift_us = fact.span.start_us - fact.segment.first_pts_us
    named = tuple(
        Named(_later(one.track, shift_us), one.person)
        for one in name_tracks(call.tracks, call.threshold_ppm, call.margin_ppm))
    return Look(fact.span.start_us, fact.span.end_us, named, call.threshold_ppm, call.margin_ppm, call.min_face_px,
                call.samples, call.dark, call.headcount_max, call.headcount_mean_ppm, call.faceless_max,
                call.headcount_peak, call.faceless_peak, unsought, call.rise_ppm, call.still_peak,
                call.reach_px)


def _later(track: Track, shift_us: int) -> Track:
    # A class has tens of thousands of tracks: dataclasses.replace takes four times as long.
    own = {**vars(track), "first_us": track.first_us + shift_us, "last_us": track.last_us + shift_us,
           "shown_us": track.shown_us + shift_us}
    return Track(**own)


def _without(view: View, void: Collection[tuple[int, int]]) -> View:
    """The view in which these tracks have no name."""
    if not void:
        return view
    first, *others = (
        dataclasses.replace(look, named=tuple(
            dataclasses.replace(one, person=None) if (number, index) in void else one
            for index, one in enumerate(look.named)))
        for number, look in enumerate((view.look, *view.others)))
    return dataclasses.replace(view, look=first, others=tuple(others))


def _sighting(sha: str, ref: Ref, named: Named) -> Sighting:
    track = named.track
    score = track.best.score_ppm if track.best else 0
    return Sighting(str(named.person), sha, ref, track.first_us, track.last_us, track.shown_us, score, pointed=False,
                    proof=track.proof)


def _pointing(record: Record, body: Pointed, fact: SegmentFact) -> Sighting:
    at_us = fact.span.start_us - fact.segment.first_pts_us + body.at_us
    return Sighting(body.person, body.segment, record.key, at_us, at_us, at_us, 1_000_000, pointed=True, by=body.by)


def _counts(body: Pointed, fact: SegmentFact, roster: Collection[str]) -> bool:
    """Somebody of the roster, in a segment whose time is certain, at a moment of it, by somebody who is named."""
    inside = fact.segment.first_pts_us <= body.at_us < fact.segment.end_pts_us
    return fact.certain and inside and body.person in roster and bool(body.by.strip())


def _in_two_rooms(sights: Sequence[_Sight]) -> set[_Sight]:
    """Sights at which their person was seen in another room, whatever the clocks are wrong by. What a person points out
    stands against a roll call, but not against another person's word."""
    people: dict[str, list[_Sight]] = defaultdict(list)
    for one in sights:
        people[one.sighting.person].append(one)
    wrong: set[_Sight] = set()
    for own in people.values():
        rooms = sorted({one.room for one in own})
        for room in rooms if len(rooms) > 1 else ():
            here = [one for one in own if one.room == room]
            away = [one for one in own if one.room != room]
            anybody, people_say = _Times(away), _Times([one for one in away if one.sighting.pointed])
            wrong |= {one for one in here if (people_say if one.sighting.pointed else anybody).surely_meet(one)}
    return wrong


class _Times:
    """Sights, to ask whether any of them surely was at the same time as another one."""

    def __init__(self, sights: Iterable[_Sight]) -> None:
        latest = sorted((one.sighting.first_us + one.error_us, one.sighting.last_us - one.error_us) for one in sights)
        self._starts = [start_us for start_us, _ in latest]
        self._ends = list(itertools.accumulate((end_us for _, end_us in latest), max))

    def surely_meet(self, one: _Sight) -> bool:
        """Two times meet for sure if each begins before the other ends, however the clocks of both are wrong."""
        before = bisect.bisect_right(self._starts, one.sighting.last_us - one.error_us)
        return before > 0 and self._ends[before - 1] >= one.sighting.first_us + one.error_us


def _in_time(sighting: Sighting) -> tuple[int, str, Ref, int]:
    return (sighting.shown_us, sighting.person, sighting.ref, sighting.first_us)
