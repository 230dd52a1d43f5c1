"""The bodies of a box's records, as the screen needs them: decoded once, the heavy ones only of the newest blocks.

A roll call of a full class has eighty tracks a minute, a picture record a small picture every few seconds: of a course
of months they fill the memory, and the screen speaks of its newest block alone. They stay in the store and are read
back when a story needs them. A story without the others says of older blocks that nobody has looked at them yet.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

from edge.store import Store
from edge.store.lean import HEAVY
from evidence.blocks import plan_blocks
from evidence.bodies import Body, ClassOrder, Picture, Segment, body_of
from evidence.clocks import ChainClock
from evidence.errors import BadRecord
from evidence.looped import REACH_US
from evidence.placing import place
from evidence.policy import Policy
from evidence.records import Record
from evidence.story import Ref
from evidence.times import MINUTE

BLOCKS = 2
"""So many of the newest blocks of a class are told whole: the one that runs or ran last, and, should the clock be set
back, or a picture stand still since before it began, the one before."""


def since(order: ClassOrder | None, policy: Policy, now_us: int) -> int:
    """When the oldest block begins that is told whole; 0 while there are no more."""
    blocks = () if order is None else plan_blocks(order, policy.block.pause_min.value * MINUTE)
    begun = sorted(block.span.start_us for block in blocks if block.span.start_us <= now_us)
    return begun[-BLOCKS] if len(begun) >= BLOCKS else 0


class Bodies:
    """Not for several threads at once. Methods may raise StoreBusy."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._light: dict[Ref, Body | None] = {}

    def typed(self, needed: Collection[Ref], whole: dict[Ref, Body | None]) -> Callable[[Record], Body | None]:
        """What `fold` reads bodies with. `needed`: the heavy records that are told whole; `whole`: those of them that
        were read before, to which it adds. Of the others a roll call is none, and a picture has keyframes alone."""
        def read(record: Record) -> Body | None:
            if record.type not in HEAVY or record.key not in needed:
                return None if record.type == "rollcall" else self._body(record)
            if record.key not in whole:
                whole[record.key] = body_of(self._store.records(after=record.seq - 1, limit=1)[0].record)
            return whole[record.key]

        return read

    def needed(self, own: Sequence[Record], since_us: int, policy: Policy) -> set[Ref]:
        """The heavy records of video that ends after `since_us`, and the pictures that these are said to resemble.
        `own`: those of the class (course.py)."""
        clock = ChainClock(own, policy)
        segments = [(record, body) for record in own
                    if record.type == "segment" and record.body and isinstance(body := self._good(record), Segment)]
        recent = {body.sha256 for record, body in segments
                  if place(record, body, clock, policy).span.end_us > since_us}
        heavy: dict[str, list[Record]] = defaultdict(list)
        for record in own:
            if record.type in HEAVY:
                heavy[str(record.body.get("segment"))].append(record)
        pictures = [body for sha in recent for record in heavy.get(sha, ())
                    if isinstance(body := self._good(record), Picture)]
        like = _like([body for _, body in segments], pictures)
        found = {record.key for sha in recent for record in heavy.get(sha, ())}
        return found | {record.key for sha in like for record in heavy.get(sha, ()) if record.type == "picture"}

    def _good(self, record: Record) -> Body | None:
        """The body, if it can be read."""
        try:
            return self._body(record)
        except BadRecord:
            return None

    def _body(self, record: Record) -> Body | None:
        if record.key not in self._light:
            self._light[record.key] = body_of(record)
        return self._light[record.key]


def _like(segments: Sequence[Segment], pictures: Sequence[Picture]) -> set[str]:
    """The segments with the moments that pictures are said to resemble."""
    by_hash = {segment.sha256: segment for segment in segments}
    runs: dict[str, list[Segment]] = defaultdict(list)
    for segment in segments:
        runs[segment.run].append(segment)
    found: set[str] = set()
    for picture in pictures:
        own, like = by_hash[picture.segment], picture.like
        if like is not None:
            from_us, to_us = (at_us - like.shift_us for at_us in (own.first_pts_us, own.end_pts_us))
            found |= {one.sha256 for one in runs[like.run]
                      if one.first_pts_us <= to_us + REACH_US and from_us - REACH_US <= one.end_pts_us}
    return found
