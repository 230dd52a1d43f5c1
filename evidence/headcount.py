"""How many people a recording shows at once, from faces and from people whose face is not seen. Pure.

Nobody counts twice: one box of a person holds at most one face, one face belongs to at most one person, and of two
boxes with the same head, or one inside the other, only the surer one is a person.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evidence.rollcall import smoothed_headcount

SAME_TOP = 0.35
"""Two boxes whose tops differ by no more than this share of the narrower one's width may have one head."""
SHARED = 0.6
"""So much of the narrower one's width they must then share; and of two boxes that share so much of the smaller one's
area, one is a part of the other."""
ABOVE = 0.3
"""A face may be above the box of its person by this share of the box's width: some boxes begin at the shoulders."""
HEAD_WIDE, HEAD_HIGH = 0.9, 0.75
"""How far below the top of the box a face may be, in widths and in heights of the box, whichever is less. Of who sits
close to the camera only the head is in the box."""
FACE_WIDEST = 1.1
"""The widest face that a box may hold, in widths of the box."""


class Box(NamedTuple):
    """A place in a picture, in pixels; x and y of the upper left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclasses.dataclass(frozen=True)
class Heads:
    """How many faces one picture shows, and how many people whose face is not seen; None: nobody looked for them.
    `still`: what looks like such a person, but never moved in all of the pictures, and is not in `faceless`; None:
    there was nothing to compare."""

    faces: int
    faceless: int | None
    still: int | None = None


@dataclasses.dataclass(frozen=True)
class Headcount:
    """The fields of the same names in a `rollcall` record."""

    headcount_max: int
    headcount_mean_ppm: int
    faces_max: int
    faceless_max: int | None
    headcount_peak: int
    faceless_peak: int | None
    still_peak: int | None


def headcount(pictures: Sequence[Heads]) -> Headcount:
    """The headcount of pictures in order of time. Where people were looked for in some of them only, faces and people
    are added up in these alone: who turned round in between would count twice. The peaks are those of any one picture:
    smoothing drops what is found twice by mistake, and who is there for a moment, too."""
    faces_max, faces_mean = smoothed_headcount([heads.faces for heads in pictures])
    faces_peak = max((heads.faces for heads in pictures), default=0)
    looked = [(heads.faces, heads.faceless) for heads in pictures if heads.faceless is not None]
    if not looked:
        return Headcount(faces_max, faces_mean, faces_max, None, faces_peak, None, None)
    people_max, mean = smoothed_headcount([faces + faceless for faces, faceless in looked])
    faceless_max, _ = smoothed_headcount([faceless for _, faceless in looked])
    peak = max(faces_peak, *(faces + faceless for faces, faceless in looked))
    return Headcount(max(faces_max, people_max), mean, faces_max, faceless_max, peak,
                     max(faceless for _, faceless in looked),
                     max((heads.still for heads in pictures if heads.still is not None), default=None))


def faceless(faces: Sequence[Box], persons: Iterable[Box]) -> tuple[Box, ...]:
    """The people of one picture who hold none of its faces, each once. `persons`: surest first."""
    people = distinct(persons)
    held: dict[int, int] = {}

    def seat(person: int, tried: set[int]) -> bool:
        """Give a person a face, moving others to another face of theirs where that helps."""
        for face, box in enumerate(faces):
            if face not in tried and _holds(people[person], box):
                tried.add(face)
                if face not in held or seat(held[face], tried):
                    held[face] = person
                    return True
        return False

    without = [person for person in range(len(people)) if not seat(person, set())]
    return tuple(people[person] for person in without)


def distinct(persons: Iterable[Box]) -> tuple[Box, ...]:
    """The boxes, surest first, without those that show somebody who is among the surer ones."""
    kept: list[Box] = []
    for person in persons:
        if person.width > 0 and person.height > 0 and not any(_same(other, person) for other in kept):
            kept.append(person)
    return tuple(kept)


def _same(a: Box, b: Box) -> bool:
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    if across <= 0 or down <= 0:
        return False
    narrower = min(a.width, b.width)
    inside = across * down > SHARED * min(a.width * a.height, b.width * b.height)
    return inside or (across > SHARED * narrower and abs(a.y - b.y) <= SAME_TOP * narrower)


def _holds(person: Box, face: Box) -> bool:
    """Whether the middle of the face is where the person's head may be."""
    across = face.x + face.width / 2 - person.x
    down = face.y + face.height / 2 - person.y
    lowest = min(HEAD_WIDE * person.width, HEAD_HIGH * person.height)
    return (0 <= across <= person.width and -ABOVE * person.width <= down <= lowest
            and face.width <= FACE_WIDEST * person.width)
