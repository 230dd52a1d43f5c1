"""Roll call decisions, pure: who a face is, which of two faces is the person, how many people, what the answer is.

Open set, never “nearest”: a face is somebody only if it is similar enough *and* clearly more so than to anyone else.
"""
from __future__ import annotations

import bisect
import dataclasses
import functools
import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from evidence.bodies import Candidate, Track

Answer = Literal["shown", "not_identifiable", "covered", "absent"]
Why = Literal[
    "small", "turned", "dark", "blurred", "mask", "gear", "alike", "near", "few", "still", "full", "two_rooms",
    "no_template", "beside", "reach"]
"""Why somebody who is not shown may be there all the same: faces too small, never seen from the front, too dark, too
blurred; covered by a mask, or by protective gear; too similar to another person; similar, but not enough; similar, but
too seldom for so many looks; a still picture (both: `evidence.naming`); as many people in view as are due; named in two
rooms at once; nobody could look for them, for they have no template; named, but seen best just before it began or
after it ended; whoever sat further back the models could not have found (`reaches`)."""


def identify(best: Candidate | None, second: Candidate | None, threshold_ppm: int, margin_ppm: int) -> str | None:
    """The person whom a face shows, or None: unknown. `second` is the most similar *other* person."""
    if best is None or best.score_ppm < threshold_ppm:
        return None
    if second is None or second.person == best.person:
        return best.person
    return best.person if best.score_ppm - second.score_ppm >= margin_ppm else None


@dataclasses.dataclass(frozen=True)
class Named:
    """A track and the person it shows, or None. `doubt`: why the name that it had does not hold."""

    track: Track
    person: str | None
    doubt: Why | None = None


def name_tracks(tracks: Iterable[Track], threshold_ppm: int, margin_ppm: int) -> tuple[Named, ...]:
    """Who each track of one segment shows. Nobody is in two places of one picture at once: of tracks that overlap in
    time and would show the same person, only the best match does; the others show somebody unknown."""
    named: list[Named] = []
    places: dict[str, list[Track]] = defaultdict(list)
    for track in sorted(tracks, key=_by_score):
        person = identify(track.best, track.second, threshold_ppm, margin_ppm)
        named.append(Named(track, person if person is not None and _take(places[person], track) else None))
    return tuple(sorted(named, key=lambda item: (item.track.first_us, *_by_score(item.track))))


@dataclasses.dataclass(frozen=True)
class Limits:
    """From when on a face tells nothing; a policy may say otherwise (`[rollcall]`). Ours, as are all of them.

    `frontal_ppm`: never seen straighter is *turned*; `light_ppm`: no brighter is *dark*; `sharp_ppm`: less sharp is
    *blurred*, and resembles nobody, not even who it is; `cover_ppm`: so covered is a *mask*. `near_ppm`: so close below
    the threshold it may be the trainee whom it resembles most. `often_pct`: from so many faces a picture on, on average
    in percent, that tell nothing, anybody may be among them. `dark_pct`: with more dark pictures nobody can be told.
    `still_ppm`: a face that moves less is a still picture (of its width, see `Track.moved_ppm`); 0: nobody asks.
    `reach_pct`: see `reaches`; 0: nobody asks."""

    frontal_ppm: int = 100_000
    light_ppm: int = 160_000
    cover_ppm: int = 600_000
    near_ppm: int = 50_000
    often_pct: int = 50
    dark_pct: int = 20
    sharp_ppm: int = 420_000
    still_ppm: int = 40_000
    reach_pct: int = 67


@dataclasses.dataclass(frozen=True)
class Look:
    """What a roll call saw in one piece of video, from `start_us` to `end_us`; its tracks are on the same clock."""

    start_us: int
    end_us: int
    named: tuple[Named, ...]
    threshold_ppm: int
    margin_ppm: int
    min_face_px: int
    samples: int
    dark: int
    headcount_max: int
    headcount_mean_ppm: int
    faceless_max: int | None = None
    headcount_peak: int | None = None
    faceless_peak: int | None = None
    unsought: frozenset[str] = frozenset()
    """Who of the roster was not looked for: they have no template, so they are faces without a name where they are."""
    rise_ppm: int | None = None
    """So far above the threshold strangers are e times rarer, if the record tells that."""
    still_peak: int | None = None
    """Most in any one picture that look like people without a face and never moved: posters, or people asleep. None:
    the record does not tell."""
    reach_px: int | None = None
    """The narrowest face that the models were made to find, if the record tells that."""

    @property
    def most(self) -> int:
        """Most heads in any one picture; smoothed, where the record does not tell that."""
        return max(self.headcount_max, self.headcount_peak or 0)

    @property
    def faceless(self) -> int:
        """Most people in any one picture whose face was not seen; smoothed, where the record does not tell that."""
        return max(self.faceless_max or 0, self.faceless_peak or 0)

    @property
    def lit(self) -> int:
        """Pictures in which anybody could be seen."""
        return max(0, self.samples - self.dark)


@dataclasses.dataclass(frozen=True)
class Bare:
    """A bare-face roll call: from when until before when it was held, and what each camera of its room saw then."""

    within: tuple[int, int]
    cameras: Sequence[Sequence[Look]]


@dataclasses.dataclass(frozen=True)
class Gear:
    """Protective gear was worn. `bare`: the bare-face roll calls that were held and looked at, if they show fewer
    people than are due. `alone`: nobody but those who are shown was ever in view, faces or not."""

    bare: Sequence[Bare]
    alone: bool


@dataclasses.dataclass(frozen=True)
class Answered:
    """The answer for one person, and why, for who is not identifiable or covered."""

    answer: Answer
    why: tuple[Why, ...] = ()


def answers(
    people: Sequence[str], shown: Collection[str], cameras: Sequence[Sequence[Look]], headcount: int, limits: Limits, *,
    others: Sequence[Look] = (), within: tuple[int, int] | None = None, gear: Gear | None = None,
    two_rooms: Collection[str] = (), beside: Collection[str] = (), dark: bool | None = None,
) -> dict[str, Answered]:
    """The answer for each of those who are due, from what each of the `cameras` saw `within` a time (else in all of the
    video). `others`: what further roll calls saw in the same video, which looked for fewer people.

    Who is not shown, first match wins: named in two rooms at once: *not identifiable*; in gear, without a bare-face
    roll call: *covered*; nobody looked for them where somebody without a name was in view: *not identifiable*; named
    by a face that reaches into the time, but is seen best outside of it (`beside`): *not identifiable*; a face
    without a name is somebody like that trainee; faces that tell nothing (or no faces, of people who are there) are
    before one camera so often that anybody may be among them (in gear: in any one bare-face roll call, for else nobody
    shows a face); one camera is dark for too long (`dark`, else by its pictures); as many people in view as are due,
    clear strangers left out; the models of any look do not reach beyond whom they name (`reaches`); else *absent*.
    `headcount`: most people at once, of all cameras together."""
    each = [[_Part(look, within or (look.start_us, look.end_us), limits) for look in looks] for looks in cameras]
    parts = [part for found in each for part in found]
    single = _like([*parts, *(_Part(look, within or (look.start_us, look.end_us), limits) for look in others)])
    unsought = {person for part in parts if part.look.unsought and part.nameless() for person in part.look.unsought}
    faces = [each] if gear is None or gear.alone else [_bare(one, limits) for one in gear.bare]
    anybody: tuple[Why, ...] = next((why for found in faces if (why := _anybody(found, limits))), ())
    strangers = max((part.strangers() for part in parts), default=0)
    if dark is None:
        dark = any(_dark(looks, limits) for looks in cameras)
    short = any(look.lit and not reaches(look.reach_px, look.min_face_px, limits.reach_pct)
                for looks in cameras for look in looks)
    found = {}
    for person in people:
        if person in shown:
            found[person] = Answered("shown")
        elif person in two_rooms:
            found[person] = Answered("not_identifiable", ("two_rooms",))
        elif gear and not (gear.bare or gear.alone):
            found[person] = Answered("covered", ("gear",))
        elif person in unsought:
            found[person] = Answered("not_identifiable", ("no_template",))
        elif person in beside:
            found[person] = Answered("not_identifiable", ("beside",))
        elif single[person] or anybody:
            found[person] = _unclear(single[person] or anybody)
        elif dark:
            found[person] = Answered("not_identifiable", ("dark",))
        elif headcount - strangers >= len(people):
            found[person] = Answered("not_identifiable", ("full",))
        elif short:
            found[person] = Answered("not_identifiable", ("reach",))
        else:
            found[person] = Answered("absent")
    return found


def reaches(reach_px: int | None, min_face_px: int, reach_pct: int) -> bool:
    """Whether models that find no face narrower than `reach_px` see far enough beyond whom they can name (from
    `min_face_px` on) to call anybody absent: what they find is at most `reach_pct` percent as wide as what they name. A
    face is half as wide at twice the distance, so 67 means: half as far again as the last row that can be named. Who
    sits in between is then a face that is too small, and speaks for everybody. Where a record does not tell its reach,
    or `reach_pct` is 0, nobody asks."""
    return reach_px is None or not reach_pct or reach_px * 100 <= reach_pct * min_face_px


def _dark(looks: Sequence[Look], limits: Limits) -> bool:
    samples, dark = sum(look.samples for look in looks), sum(look.dark for look in looks)
    return dark * 100 > limits.dark_pct * samples


def _bare(roll_call: Bare, limits: Limits) -> list[list[_Part]]:
    return [[_Part(look, roll_call.within, limits) for look in looks] for looks in roll_call.cameras]


def _unclear(why: tuple[Why, ...]) -> Answered:
    return Answered("covered" if why[0] == "mask" else "not_identifiable", why)


class _Part:
    """What a look saw within a time, of faces without a name."""

    def __init__(self, look: Look, within: tuple[int, int], limits: Limits) -> None:
        self.look, self._within, self._limits = look, within, limits
        unnamed = [one for one in look.named
                   if one.person is None and one.track.first_us < within[1] and within[0] <= one.track.last_us]
        self.unnamed = [one.track for one in unnamed]
        self._doubts = {id(one.track): one.doubt for one in unnamed if one.doubt}

    @functools.cached_property
    def _times_of(self) -> Mapping[str, Times]:
        """Person → when. Nobody asks where every face has a name."""
        tracks: dict[str, list[Track]] = defaultdict(list)
        for one in self.look.named:
            if one.person is not None:
                tracks[one.person].append(one.track)
        return {person: Times(found) for person, found in tracks.items()}

    def blind(self, track: Track) -> Why | None:
        """Why a face tells nothing, whoever it resembles."""
        if track.cover_ppm is not None and track.cover_ppm >= self._limits.cover_ppm:
            return "mask"
        if track.best is None or track.face_px < self.look.min_face_px:
            return "small"
        if track.light_ppm is not None and track.light_ppm <= self._limits.light_ppm:
            return "dark"
        if track.sharp_ppm is not None and track.sharp_ppm < self._limits.sharp_ppm:
            return "blurred"
        if track.frontal_ppm is not None and track.frontal_ppm < self._limits.frontal_ppm:
            return "turned"
        return None

    def like(self, track: Track) -> tuple[tuple[str, Why], ...]:
        """Whom a face may be, and why it is nobody in particular."""
        best, second, look = track.best, track.second, self.look
        if best is None or best.score_ppm < look.threshold_ppm - self._limits.near_ppm:
            return ()
        if id(track) in self._doubts:
            return ((best.person, self._doubts[id(track)]),)
        if best.score_ppm >= look.threshold_ppm and second is not None and second.person != best.person and (
                best.score_ppm - second.score_ppm < look.margin_ppm):
            return ((best.person, "alike"), (second.person, "alike"))
        return ((best.person, "near"),)

    def nameless(self) -> bool:
        """Whether anybody may have been in view without a name: a face, somebody whose face is not seen, or a head that
        none of the tracks explains."""
        if self.unnamed or self.look.faceless:
            return True
        return self.look.most > _at_once([one.track for one in self.look.named])

    def strangers(self) -> int:
        """The most faces at once that are certainly nobody who is missed."""
        return _at_once([track for track in self.unnamed if not self.blind(track) and not self.like(track)])

    def seen(self) -> Counter[Why]:
        """Sights of faces that tell nothing by why, in millionths of a sight."""
        found: Counter[Why] = Counter()
        for track in self.unnamed:
            if (why := self.blind(track)) is not None:
                found[why] += self.sights(track)
        return found

    def sights(self, track: Track) -> int:
        """In how many pictures a face was seen, in millionths: the share of its time that is within this one. Where
        pictures are closer together then, that is too many of them rather than too few: it excuses."""
        return track.frames * self._share(track.first_us, track.last_us + 1)

    def pictures(self) -> int:
        """How many pictures anybody could be seen in, in millionths: the share of its time, as for a face."""
        return self.look.lit * self._share(self.look.start_us, self.look.end_us)

    def others(self, names: Collection[str]) -> int:
        """Sights of faces that are one more than those who are named, in millionths: of those that tell nothing, and
        of strangers and those like nobody who is named at another time. These are never more than there were of them
        at once."""
        blind = [track for track in self.unnamed if self.blind(track)]
        clear = [track for track in self.unnamed if not self.blind(track) and not any(
            person in names and not self._named_then(person, track) for person, _ in self.like(track))]
        return sum(map(self.sights, blind)) + min(sum(map(self._least, clear)), _at_once(clear) * self.pictures())

    def _least(self, track: Track) -> int:
        """As `sights`, but not more than pictures of its time, and one: where they are closer together nobody is seen
        more often than there are pictures, and takes nothing from others."""
        from_us, end_us = max(self.look.start_us, self._within[0]), min(self.look.end_us, self._within[1])
        inside_us = max(0, min(end_us, track.last_us + 1) - max(from_us, track.first_us))
        return min(self.sights(track), self.pictures() * inside_us // max(1, end_us - from_us) + 1_000_000)

    def _named_then(self, person: str, track: Track) -> bool:
        return person in self._times_of and self._times_of[person].meet(track)

    def heads(self) -> int:
        """How many heads these show, all together, in millionths."""
        return self.look.headcount_mean_ppm * self.pictures() // 1_000_000

    def names(self) -> set[str]:
        """Who was named."""
        first_us, end_us = self._within
        return {one.person for one in self.look.named
                if one.person and one.track.first_us < end_us and first_us <= one.track.last_us}

    def _share(self, first_us: int, end_us: int) -> int:
        inside_us = min(end_us, self._within[1]) - max(first_us, self._within[0])
        return min(1_000_000, max(0, inside_us) * 1_000_000 // max(1, end_us - first_us))


class Times:
    """When somebody was followed, to ask of any other track without looking at each: a box may write thousands."""

    def __init__(self, tracks: Iterable[Track]) -> None:
        found = sorted((track.first_us, track.last_us) for track in tracks)
        self._firsts = [first_us for first_us, _ in found]
        self._lasts = list(itertools.accumulate((last_us for _, last_us in found), max))

    def meet(self, track: Track) -> bool:
        """Whether any of them was at the same time."""
        begun = bisect.bisect_right(self._firsts, track.last_us)
        return begun > 0 and self._lasts[begun - 1] >= track.first_us


def _like(parts: Sequence[_Part]) -> dict[str, tuple[Why, ...]]:
    """Person → why the faces that may be that person have no name; a mask before all else."""
    found: dict[str, dict[Why, None]] = defaultdict(dict)
    for part in parts:
        for track in part.unnamed:
            for person, why in part.like(track):
                found[person]["mask" if part.blind(track) == "mask" else why] = None
    return defaultdict(tuple, {
        person: tuple(sorted(why, key=lambda one: (one != "mask", one))) for person, why in found.items()})


def _anybody(cameras: Sequence[Sequence[_Part]], limits: Limits) -> tuple[Why, ...]:
    """Why anybody may be among the faces that tell nothing, before the camera that shows most of them: the most
    frequent first; none while they are few."""
    most: dict[Why, int] = {}
    for parts in cameras:
        seen: Counter[Why] = Counter()
        for part in parts:
            seen.update(part.seen())
        seen["turned"] += _faceless(parts)
        pictures = max(1, sum(part.pictures() for part in parts))
        found: dict[Why, int] = {why: (count * 100 + pictures // 2) // pictures for why, count in seen.items()}
        most = max(most, found, key=lambda one: (sum(one.values()), sorted(one.items())))
    ordered = sorted((why for why in most if most[why]), key=lambda why: (-most[why], why))
    if sum(most.values()) < limits.often_pct:
        return ()
    return tuple(why for why in ordered if why == ordered[0] or most[why] >= limits.often_pct)


def _faceless(parts: Sequence[_Part]) -> int:
    """Heads before one camera, in millionths, beyond all whom it names, its clear strangers and other faces: people who
    never show a face. Whoever is named looks away at times, too, and is nobody else then, nor when the face is too far
    off to be named; a stranger, only in the pictures that show that face: nobody knows who it is in the rest."""
    if not parts or any(part.look.faceless_max is None and part.look.lit for part in parts):
        return 0
    names = set().union(*(part.names() for part in parts))
    others = sum(part.others(names) for part in parts)
    heads, pictures = sum(part.heads() for part in parts), sum(part.pictures() for part in parts)
    return max(0, heads - len(names) * pictures - others)


def _at_once(tracks: Iterable[Track]) -> int:
    """The most of them at one moment."""
    changes = [change for track in tracks for change in ((track.first_us, 1), (track.last_us + 1, -1))]
    return max(itertools.accumulate(change for _, change in sorted(changes)), default=0)


def smoothed_headcount(counts: Sequence[int]) -> tuple[int, int]:
    """(most people in view at once, their mean in parts per million) from the counts of frames in order of time.

    The median of three neighbours, so that a face that is found twice in one frame does not count.
    """
    if not counts:
        return 0, 0
    smooth = [_lower_median(counts[max(0, i - 1) : i + 2]) for i in range(len(counts))]
    return max(smooth), sum(smooth) * 1_000_000 // len(smooth)


def _lower_median(values: Sequence[int]) -> int:
    return sorted(values)[(len(values) - 1) // 2]


def _take(places: list[Track], track: Track) -> bool:
    """Put a track among those that a person has, unless it overlaps one of them. These follow each other in time, so
    only its neighbours matter, however many there are."""
    index = bisect.bisect_left(places, track.first_us, key=lambda other: other.first_us)
    if any(_together(other, track) for other in places[max(0, index - 1) : index + 1]):
        return False
    places.insert(index, track)
    return True


def _together(a: Track, b: Track) -> bool:
    return a.first_us <= b.last_us and b.first_us <= a.last_us


def _by_score(track: Track) -> tuple[int, int, int, int, int, str]:
    """Best match first; the rest makes the order one and the same however the tracks came."""
    best = track.best
    return (-best.score_ppm if best else 0, -track.frames, -track.face_px, track.first_us, track.last_us,
            best.person if best else "")
