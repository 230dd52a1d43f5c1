"""Roll call decisions, pure: who a face is, which of two faces is the person, how many people, what the answer is.

Open set, never “nearest”: a face is somebody only if it is similar enough *and* clearly more so than to anyone else.
"""
from __future__ import annotations

import bisect
import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from evidence.bodies import Candidate, Track

Answer = Literal["shown", "not_identifiable", "covered", "absent"]


def identify(best: Candidate | None, second: Candidate | None, threshold_ppm: int, margin_ppm: int) -> str | None:
    """The person whom a face shows, or None: unknown. `second` is the most similar *other* person."""
    if best is None or best.score_ppm < threshold_ppm:
        return None
    if second is None or second.person == best.person:
        return best.person
    return best.person if best.score_ppm - second.score_ppm >= margin_ppm else None


@dataclasses.dataclass(frozen=True)
class Named:
    """A track and the person it shows, or None."""

    track: Track
    person: str | None


def name_tracks(tracks: Iterable[Track], threshold_ppm: int, margin_ppm: int) -> tuple[Named, ...]:
    """Who each track of one segment shows. Nobody is in two places of one picture at once: of tracks that overlap in
    time and would show the same person, only the best match does; the others show somebody unknown."""
    named: list[Named] = []
    places: dict[str, list[Track]] = defaultdict(list)
    for track in sorted(tracks, key=_by_score):
        person = identify(track.best, track.second, threshold_ppm, margin_ppm)
        named.append(Named(track, person if person is not None and _take(places[person], track) else None))
    return tuple(sorted(named, key=lambda item: (item.track.first_us, *_by_score(item.track))))


def answer(person: str, shown: Collection[str], headcount_max: int, roster: int, unnamed: int) -> Answer:
    """The answer for one trainee who is due. One who is not shown is *not identifiable* while somebody in view could be
    that trainee: faces without a name were seen (`unnamed`), or as many people as the roster has; else *absent*."""
    if person in shown:
        return "shown"
    return "not_identifiable" if unnamed > 0 or headcount_max >= roster else "absent"


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
