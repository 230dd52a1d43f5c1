"""Stretches: video of one run without a gap above the limit, joined over its segments, clipped to class-hours."""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from evidence.placing import agree
from evidence.policy import Policy
from evidence.story import SegmentFact, Span, Stretch


@dataclasses.dataclass(frozen=True)
class Piece:
    """A part of a segment without a gap above the limit, in media time of its run."""

    fact: SegmentFact
    start_us: int
    end_us: int
    opens: bool
    """It begins where the segment begins."""
    closes: bool
    """It ends where the segment ends."""

    def wall_us(self, media_us: int) -> int:
        return self.fact.span.start_us + media_us - self.fact.segment.first_pts_us

    def mono_us(self, media_us: int) -> int:
        return self.fact.segment.first_mono_us + media_us - self.fact.segment.first_pts_us


@dataclasses.dataclass(frozen=True)
class Chain:
    """Pieces that follow each other without a gap. `start_us`, `end_us`: wall time of its first and its last moment,
    so that a class-hour passes over all other days at once."""

    pieces: tuple[Piece, ...]
    start_us: int
    end_us: int


Broken = Mapping[str, Sequence[tuple[int, int]]]
"""Segment hash → the media times between which its picture does not count."""


def chains(facts: Iterable[SegmentFact], policy: Policy, broken: Broken = MappingProxyType({})) -> list[Chain]:
    """The unbroken chains of pieces of all runs. Video of uncertain time breaks, and what is in `broken`."""
    runs: dict[tuple[str, str], list[SegmentFact]] = defaultdict(list)
    for fact in facts:
        if fact.certain:
            runs[fact.ref[0], fact.segment.run].append(fact)
    found: list[Chain] = []
    for _, run in sorted(runs.items()):
        found += _chains_of_run(sorted(run, key=lambda fact: (fact.segment.index, fact.ref)), policy, broken)
    return found


def clip(found: Iterable[Chain], span: Span, policy: Policy) -> tuple[Stretch, ...]:
    """The stretches inside a span of wall time, in order of time."""
    clipped = (_clip(chain, span, policy) for chain in found
               if chain.start_us < span.end_us and span.start_us < chain.end_us)
    kept = [stretch for stretch in clipped if stretch is not None]
    return tuple(sorted(kept, key=lambda s: (s.start_us, s.end_us, s.device, s.run)))


def union(spans: Iterable[Span], within: Span, slit_us: int = 0) -> tuple[Span, ...]:
    """What the spans cover of `within`, as spans that do not touch, in order. Up to `slit_us`
    between two is covered, too."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start_us, s.end_us)):
        start_us, end_us = max(span.start_us, within.start_us), min(span.end_us, within.end_us)
        if end_us <= start_us:
            continue
        if merged and start_us <= merged[-1].end_us + slit_us:
            merged[-1] = Span(merged[-1].start_us, max(merged[-1].end_us, end_us))
        else:
            merged.append(Span(start_us, end_us))
    return tuple(merged)


def holes(covered: Sequence[Span], within: Span) -> tuple[Span, ...]:
    """What `covered` (a union) leaves of `within`."""
    edges = [within.start_us, *(edge for span in covered for edge in (span.start_us, span.end_us)), within.end_us]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple(Span(start_us, end_us) for start_us, end_us in pairs if end_us > start_us)


def _chains_of_run(run: Sequence[SegmentFact], policy: Policy, broken: Broken) -> list[Chain]:
    found: list[list[Piece]] = []
    for piece in (piece for fact in run for whole in _pieces(fact, policy.max_gap_us)
                  for piece in _bright(whole, broken.get(fact.segment.sha256, ()))):
        if found and _follows(found[-1][-1], piece, policy):
            found[-1].append(piece)
        else:
            found.append([piece])
    return [Chain(tuple(own), own[0].wall_us(own[0].start_us), own[-1].wall_us(own[-1].end_us)) for own in found]


def _pieces(fact: SegmentFact, max_gap_us: int) -> list[Piece]:
    """A segment, cut at every hole above the limit."""
    segment = fact.segment
    start_us, pieces, opens = segment.first_pts_us, [], True
    for gap in sorted(segment.gaps, key=lambda gap: gap.at_us):
        if gap.len_us <= max_gap_us:
            continue
        if gap.at_us > start_us:
            pieces.append(Piece(fact, start_us, min(gap.at_us, segment.end_pts_us), opens, False))
        start_us, opens = max(start_us, gap.at_us + gap.len_us), False
    if segment.end_pts_us > start_us:
        pieces.append(Piece(fact, start_us, segment.end_pts_us, opens, True))
    return pieces


def _bright(piece: Piece, broken: Sequence[tuple[int, int]]) -> list[Piece]:
    """A piece without the times in which its picture does not count."""
    parts = [piece]
    for start_us, end_us in broken:
        last = parts.pop() if parts else None
        if last is None or start_us >= last.end_us or end_us <= last.start_us:
            parts += [last] if last is not None else []
            continue
        if start_us > last.start_us:
            parts.append(dataclasses.replace(last, end_us=start_us, closes=False))
        if end_us < last.end_us:
            parts.append(dataclasses.replace(last, start_us=end_us, opens=False))
    return parts


def _follows(before: Piece, after: Piece, policy: Policy) -> bool:
    """Whether the next segment of the run goes on where the last ended, by both clocks and the wall clock's label."""
    if not (before.closes and after.opens) or after.fact.segment.index != before.fact.segment.index + 1:
        return False
    gap_us = after.start_us - before.end_us
    if not -policy.max_gap_us <= gap_us <= policy.max_gap_us:
        return False
    tolerance_us = policy.step_tolerance_us * max(before.fact.rate, after.fact.rate)
    mono_us = after.mono_us(after.start_us) - before.mono_us(before.start_us)
    if not agree(after.start_us - before.start_us, mono_us, tolerance_us):
        return False
    return abs(after.fact.offset_us - before.fact.offset_us) <= tolerance_us


def _clip(chain: Chain, span: Span, policy: Policy) -> Stretch | None:
    parts = [part for part in (_part(piece, span) for piece in chain.pieces) if part is not None]
    if not parts:
        return None
    (first, start_us, _), (last, _, end_us) = parts[0], parts[-1]
    mono_us = last.mono_us(end_us) - first.mono_us(start_us) + policy.step_tolerance_us * last.fact.rate
    facts = [piece.fact for piece, _, _ in parts]
    return Stretch(
        start_us=first.wall_us(start_us),
        end_us=min(span.end_us, last.wall_us(end_us)),
        run=first.fact.segment.run,
        camera=first.fact.segment.camera,
        device=first.fact.ref[0],
        media_us=max(0, min(end_us - start_us, mono_us)),
        segments=tuple(dict.fromkeys(fact.segment.sha256 for fact in facts)),
        refs=tuple(dict.fromkeys(fact.ref for fact in facts)),
    )


def _part(piece: Piece, span: Span) -> tuple[Piece, int, int] | None:
    """The media times between which a piece lies inside the span."""
    shift_us = piece.wall_us(0)
    start_us, end_us = max(piece.start_us, span.start_us - shift_us), min(piece.end_us, span.end_us - shift_us)
    return (piece, start_us, end_us) if end_us > start_us else None
