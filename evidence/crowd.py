"""How many people were there at once, over several cameras and rooms: never fewer than their pictures show.

Nobody counts whom no detector found, nor who came and went between two pictures that were looked at (faceless people:
in which people were looked for). Of what was counted no head is lost. What shows no face and did not move at all in a
segment is a poster or somebody asleep (posters.py).

A roll call tells of its camera alone: the most heads in any one picture of a segment, and when each face was followed.
So at a moment a camera shows at most as many heads as its segment's most, nor more than faces were followed then and
people without a face were seen at once. Heads of several cameras are added up, for nobody knows that two of them show
the same person, with two exceptions: somebody who is named is one person, however many cameras show them at that
moment; and whoever has a name anywhere in the time is among those names, so nobody can be more than these and, of each
camera, its heads without a name. Where both bounds hold the lower one does.
"""
from __future__ import annotations

import dataclasses
import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence

from evidence.rollcall import Look
from evidence.story import Span


@dataclasses.dataclass(frozen=True)
class View:
    """One segment as its camera showed it. `error_us`: by how much its place on the wall clock may be wrong."""

    camera: tuple[str, str]
    """Device and camera."""
    room: str
    span: Span
    error_us: int
    look: Look
    """Its times are UTC microseconds."""
    others: tuple[Look, ...] = ()
    """What other roll calls saw in it, which looked for fewer people. They count no heads."""


@dataclasses.dataclass(frozen=True)
class Piece:
    """A time, from `start_us` to `end_us`, in which one camera shows at most so many `heads`, and at most so many
    `nameless` ones."""

    start_us: int
    end_us: int
    heads: int
    nameless: int


def at_once(views: Sequence[View], span: Span, apart: Collection[str] = ()) -> int:
    """An upper bound for the people whom the pictures show at any one moment of a time, all cameras together, without
    those of `apart` wherever they are named."""
    views = [view for view in views if _touches(view.span.start_us, view.span.end_us, view.error_us, span)]
    if len({view.camera for view in views}) <= 1:
        return max((_most(view, apart, span) for view in views), default=0)
    pieces = [(view, [piece for piece in _pieces(view, apart)
                      if _touches(piece.start_us, piece.end_us, view.error_us, span)]) for view in views]
    return _Sum(pieces, views, span, apart).most()


def anybody_else(views: Sequence[View], span: Span) -> bool:
    """Whether anybody without a name may ever have been in view within a time."""
    return any(piece.nameless > 0 for view in views for piece in _pieces(view, ())
               if _touches(piece.start_us, piece.end_us, view.error_us, span))


def mean_ppm(views: Sequence[View], teachers: Collection[str], span: Span) -> tuple[int, int] | None:
    """The mean number of people of a time without its teachers, and of the teachers who are named, times a million.

    Of each room its camera that shows most, of those that were looked at for at least half of the room's time: cameras
    of one room show the same people, and one that ran for a moment says nothing of the rest. Where none was, the one
    that was looked at longest. Rooms are added up, each by its share of the time that is recorded at all. None where no
    roll call has looked at a picture."""
    rooms: dict[str, dict[tuple[str, str], list[View]]] = defaultdict(lambda: defaultdict(list))
    for view in views:
        if view.look.samples and _within(view, span):
            rooms[view.room][view.camera].append(view)
    if not rooms:
        return None
    people = apart = 0
    for cameras in rooms.values():
        recorded_us = _union_us([view for found in cameras.values() for view in found], span)
        heads, taught = _room_mean(list(cameras.values()), teachers, span, recorded_us)
        people += (heads - taught) * recorded_us
        apart += taught * recorded_us
    whole_us = _union_us([view for cameras in rooms.values() for found in cameras.values() for view in found], span)
    return people // max(1, whole_us), apart // max(1, whole_us)


def _room_mean(
    cameras: Sequence[Sequence[View]], teachers: Collection[str], span: Span, recorded_us: int,
) -> tuple[int, int]:
    """Mean heads and mean named teachers of one room, times a million."""
    looked_us = [_union_us(found, span) for found in cameras]
    least_us = min(max(looked_us), -(-recorded_us // 2))
    return max(_camera_mean(found, teachers)
               for found, us in zip(cameras, looked_us, strict=True) if us >= least_us)


def _camera_mean(views: Sequence[View], teachers: Collection[str]) -> tuple[int, int]:
    """Mean heads and mean named teachers of one camera, times a million, over the pictures that are not dark."""
    lit = max(1, sum(view.look.lit for view in views))
    heads = sum(view.look.headcount_mean_ppm * view.look.lit for view in views) // lit
    taught = sum(named.track.frames for view in views for named in view.look.named if named.person in teachers)
    return heads, min(heads, taught * 1_000_000 // lit)


def _within(view: View, span: Span) -> bool:
    return view.span.start_us < span.end_us and span.start_us < view.span.end_us


def _union_us(views: Sequence[View], span: Span) -> int:
    length_us, until_us = 0, span.start_us
    for view in sorted(views, key=lambda one: one.span.start_us):
        start_us, end_us = max(view.span.start_us, until_us), min(view.span.end_us, span.end_us)
        length_us += max(0, end_us - start_us)
        until_us = max(until_us, end_us)
    return length_us


def _touches(start_us: int, end_us: int, error_us: int, span: Span) -> bool:
    return start_us - error_us < span.end_us and span.start_us < end_us + error_us


def _most(view: View, apart: Collection[str], span: Span) -> int:
    """Most heads of one segment within a time."""
    inside = span.start_us <= view.span.start_us and view.span.end_us <= span.end_us
    if inside and not any(named.person in apart for named in view.look.named):
        return view.look.most
    return max((piece.heads for piece in _pieces(view, apart)
                if _touches(piece.start_us, piece.end_us, view.error_us, span)), default=0)


def _pieces(view: View, apart: Collection[str]) -> Iterator[Piece]:
    """What one camera shows from moment to moment of a segment. Tracks that do not come to its headcount were left
    out of the record; then nothing but that headcount is known."""
    look = view.look
    changes: Counter[tuple[int, str]] = Counter()
    for named in look.named:
        kinds = ["faces", *(["named"] if named.person else []), *(["apart"] if named.person in apart else [])]
        for kind in kinds:
            changes[named.track.first_us, kind] += 1
            changes[named.track.last_us + 1, kind] -= 1
    faces = with_name = named_apart = 0
    found: list[tuple[int, int, int, int]] = []
    for at_us in sorted({view.span.start_us, *(at_us for at_us, _ in changes)}):
        faces += changes[at_us, "faces"]
        with_name += changes[at_us, "named"]
        named_apart += changes[at_us, "apart"]
        found.append((at_us, faces, with_name, named_apart))
    unseen = look.faceless
    complete = max(faces for _, faces, _, _ in found) + unseen >= look.most
    ends_us = [at_us for at_us, *_ in found[1:]] + [max(view.span.end_us, found[-1][0])]
    for (at_us, faces, with_name, named_apart), end_us in zip(found, ends_us, strict=True):
        heads = min(look.most, faces + unseen) if complete else look.most
        yield Piece(at_us, end_us, max(0, heads - named_apart), max(0, heads - with_name))


class _Camera:
    """The most heads, and the most nameless ones, of the pieces of one camera that may hold at a moment: of several the
    largest, for its clock may be wrong."""

    def __init__(self) -> None:
        self._heads: list[tuple[int, int]] = []
        self._nameless: list[tuple[int, int]] = []

    def begin(self, piece: Piece, end_us: int) -> None:
        heapq.heappush(self._heads, (-piece.heads, end_us))
        heapq.heappush(self._nameless, (-piece.nameless, end_us))

    def at(self, at_us: int) -> tuple[int, int]:
        """Heads and nameless ones."""
        return _highest(self._heads, at_us), _highest(self._nameless, at_us)


def _highest(found: list[tuple[int, int]], at_us: int) -> int:
    """The most of what is not over; `found` is a heap of (−number, end)."""
    while found and found[0][1] <= at_us:
        heapq.heappop(found)
    return -found[0][0] if found else 0


class _Sum:
    """The heads of several cameras, moment by moment."""

    def __init__(
        self, pieces: Sequence[tuple[View, list[Piece]]], views: Sequence[View], span: Span, apart: Collection[str],
    ) -> None:
        self._span = span
        self._names = {
            named.person for view in views for named in view.look.named if named.person and named.person not in apart
            and _touches(named.track.first_us, named.track.last_us + 1, view.error_us, span)}
        self._changes: dict[int, list[tuple[tuple[str, str], int, Piece | None]]] = defaultdict(list)
        """Moment → pieces that may begin then, with their camera and when they may end; and cameras of which one may
        have ended."""
        for view, found in pieces:
            for piece in found:
                start_us, end_us = piece.start_us - view.error_us, piece.end_us + view.error_us
                self._changes[start_us].append((view.camera, end_us, piece))
                self._changes[end_us].append((view.camera, end_us, None))
        self._twice = _twice(views, apart)

    def most(self) -> int:
        """The largest sum over the moments of the time."""
        cameras: dict[tuple[str, str], _Camera] = defaultdict(_Camera)
        now: dict[tuple[str, str], tuple[int, int]] = {}
        most = heads = nameless = twice = 0
        inside = False
        for at_us in sorted(self._changes.keys() | self._twice.keys()):
            if at_us > self._span.start_us and not inside:
                inside, most = True, min(heads - twice, len(self._names) + nameless)
            if at_us >= self._span.end_us:
                break
            changed = self._changes.get(at_us, ())
            for camera, end_us, piece in changed:
                if piece is not None:
                    cameras[camera].begin(piece, end_us)
            for camera in {camera for camera, _, _ in changed}:
                before, after = now.get(camera, (0, 0)), cameras[camera].at(at_us)
                heads, nameless, now[camera] = heads + after[0] - before[0], nameless + after[1] - before[1], after
            twice += self._twice.get(at_us, 0)
            if at_us >= self._span.start_us:
                inside, most = True, max(most, min(heads - twice, len(self._names) + nameless))
        return most


def _twice(views: Sequence[View], apart: Collection[str]) -> dict[int, int]:
    """Moment → how many more cameras surely show somebody from then on whom another one shows, too."""
    changes: dict[str, list[tuple[int, int, tuple[str, str]]]] = defaultdict(list)
    for view in views:
        for named in view.look.named:
            first_us, last_us = named.track.first_us + view.error_us, named.track.last_us + 1 - view.error_us
            if named.person and named.person not in apart and first_us < last_us:
                changes[named.person] += [(first_us, 1, view.camera), (last_us, -1, view.camera)]
    found: Counter[int] = Counter()
    for moments in changes.values():
        shown: Counter[tuple[str, str]] = Counter()
        cameras = 0
        for at_us, change, camera in sorted(moments):
            before = max(0, cameras - 1)
            cameras -= shown[camera] > 0
            shown[camera] += change
            cameras += shown[camera] > 0
            found[at_us] += max(0, cameras - 1) - before
    return found
