"""Bare-face roll calls: what became of every one that the terminal asked for, and when one was held."""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from evidence.bodies import BareFace
from evidence.clocks import ChainClock
from evidence.crowd import View
from evidence.records import Record
from evidence.story import BareFaceFact, Span
from evidence.stretches import holes, union
from evidence.times import MINUTE

APART_US = 10 * MINUTE
"""Two bare-face roll calls so far apart are two: whoever is out of the room for a moment misses one. Ours."""
FRAMES = 3
"""Fewer pictures than a roll call smooths over say nothing of how many people there are."""


def bareface_facts(
    told: Iterable[tuple[Record, BareFace]], clock_of: Callable[[Record], ChainClock], teachers: Collection[str],
) -> tuple[BareFaceFact, ...]:
    """In order of time. One counts as held if it was over when it was stated, its time is certain, and an instructor of
    the class confirmed it."""
    found = []
    for record, body in told:
        shift_us = record.utc_us - record.mono_us
        over = body.asked_mono_us <= body.from_mono_us <= body.to_mono_us <= record.mono_us
        believed = over and clock_of(record).doubt(record) is None
        held = body.result == "held" and body.from_mono_us < body.to_mono_us and body.confirmed_by in teachers
        fact = BareFaceFact(body.from_mono_us + shift_us, body.to_mono_us + shift_us, record.key, body.result,
                            body.confirmed_by, believed and (held or body.result != "held"))
        found.append(fact)
    return tuple(sorted(found, key=lambda fact: (fact.start_us, fact.ref)))


def two_apart(facts: Sequence[BareFaceFact]) -> bool:
    """Whether two of them are far enough apart for nobody to have missed all of them by chance."""
    first_us, last_us = (pick((fact.start_us for fact in facts), default=0) for pick in (min, max))
    return last_us - first_us >= APART_US


def looked_at(fact: BareFaceFact, views: Sequence[View], every_us: int, max_gap_us: int) -> bool:
    """Whether every camera that recorded (its `views`, with a roll call each) was looked at all the time that it was
    held, in some pictures. `every_us`: time between pictures, as far as it was stated."""
    span = Span(fact.start_us, fact.end_us)
    cameras = {view.camera for view in views}
    whole = all(
        all(hole.length_us <= max_gap_us
            for hole in holes(union([view.span for view in views if view.camera == camera], span), span))
        for camera in cameras)
    return bool(cameras) and whole and span.length_us >= FRAMES * every_us
