"""Video and sign-ins of a clock that nobody can believe: within what time they may have been, whatever they say. Pure.

A chain goes on in time, so its records before and behind that are beyond doubt bound them, and so does a centre that
saw them (clocks.py). Without that a box whose clock was not set for half an hour would leave every class-hour open."""
from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from evidence.attendance import SEEN_US, Sign
from evidence.bodies import Segment
from evidence.clocks import ChainClock
from evidence.placing import boot_of
from evidence.records import Record
from evidence.story import Doubt, Ref, SegmentFact, Span
from evidence.times import NEVER_US

WRONG: frozenset[Doubt] = frozenset({"simulated", "clock", "moved", "early", "ahead", "boot"})
"""Doubts in where on the wall clock it was; of others the length is in doubt, or whose word it is."""


class Adrift:
    """Such video and sign-ins of a class."""

    def __init__(
        self, films: Mapping[Ref, tuple[Span, int]] = MappingProxyType({}), signs: Iterable[tuple[str, str, Span]] = (),
    ) -> None:
        """`films`: segment record → within what time it may be, and how long it is, microseconds; `signs`: whose, at
        which box, and within what time."""
        self._films = films
        self._begun = _Sums((may.start_us, length_us) for may, length_us in films.values())
        self._over = _Sums((may.end_us, length_us) for may, length_us in films.values())
        self._signs: dict[str, list[tuple[str, Span]]] = defaultdict(list)
        for person, device, may in signs:
            self._signs[person].append((device, may))

    def elsewhere_us(self, segments: Iterable[SegmentFact], span: Span) -> int:
        """How much video may be of a time beside the `segments`, which say that they are."""
        here_us = sum(self._films[fact.ref][1] for fact in segments if self._may_be_of(fact, span))
        return self._begun.before(span.end_us) - self._over.before(span.start_us + 1) - here_us

    def _may_be_of(self, fact: SegmentFact, span: Span) -> bool:
        may, _ = self._films.get(fact.ref, (None, 0))
        return may is not None and may.start_us < span.end_us and span.start_us < may.end_us

    def signed(self, person: str, span: Span) -> set[str]:
        """At which boxes a person may have signed in or out in a time."""
        return {device for device, may in self._signs.get(person, ())
                if may.start_us <= span.end_us and span.start_us <= may.end_us}


class _Sums:
    """Lengths by a moment of each, to add up those before any other."""

    def __init__(self, found: Iterable[tuple[int, int]]) -> None:
        told = sorted(found)
        self._at = [at_us for at_us, _ in told]
        self._sums = [0, *itertools.accumulate(length_us for _, length_us in told)]

    def before(self, at_us: int) -> int:
        return self._sums[bisect.bisect_left(self._at, at_us)]


def adrift(
    told: Iterable[tuple[Record, Segment]], facts: Iterable[SegmentFact], signed: Iterable[Record],
    signs: Iterable[Sign], clock_of: Callable[[Record], ChainClock],
) -> Adrift:
    """`told` and `signed`: the records of the segments and of the sign-ins of the class, of which `facts` and `signs`
    are what counts."""
    wrong = {fact.ref: fact for fact in facts if fact.doubt in WRONG}
    films = {record.key: (_filmed(record, body, clock_of(record)), wrong[record.key].span.length_us)
             for record, body in told if record.key in wrong}
    records = {record.key: record for record in signed}
    doubtful = [(sign.person, sign.ref[0], _signed(records[sign.ref], clock_of(records[sign.ref]))) for sign in signs
                if sign.doubt in WRONG and sign.accepted and sign.person is not None]
    return Adrift(films, doubtful)


def _signed(record: Record, clock: ChainClock) -> Span:
    """The face was seen a while before the record was made."""
    made = _made(record, clock)
    return Span(made.start_us - SEEN_US * record.clock.rate, made.end_us)


def _made(record: Record, clock: ChainClock) -> Span:
    least_us, most_us = clock.proven(record)
    return Span(least_us, NEVER_US if most_us is None else most_us)


def _filmed(record: Record, segment: Segment, clock: ChainClock) -> Span:
    """Before its record was made; by CLOCK_BOOTTIME not long before, if that was in the same start of the device."""
    made, boot_id = _made(record, clock), boot_of(record, segment)
    since_us = clock.since_us(boot_id)
    if boot_id == record.boot_id:
        since_us = max(since_us, made.start_us - max(0, record.mono_us - segment.first_mono_us))
    return Span(min(since_us, made.end_us), made.end_us)
