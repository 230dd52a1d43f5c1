"""The code that the terminal shows to the room camera at random moments, and whether the recording shows it.

Video that was filmed before cannot hold a code that did not exist yet. Off unless a policy asks for it: no clause does.
A code is a few marks, one after the other (ArUco, dictionary 4×4, 1000 marks: a camera reads one of some 20 pixels).
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evidence.bodies import CodeRead, CodeShown
from evidence.policy import Policy, ScreenCode
from evidence.records import Record
from evidence.story import CodeAnswer, CodeFact, SegmentFact, Span
from evidence.stretches import holes, union
from evidence.times import MINUTE

MARKS = 1000
"""How many different marks there are."""


def due(rules: ScreenCode, since_us: int, now_us: int, chance_ppm: int) -> bool:
    """Whether to show a code now, `since_us` being the last time of asking. `chance_ppm`: a random number below a
    million, new each time. On average one in `every_min`; the moments of before say nothing about the next one."""
    return chance_ppm * rules.every_min.value * MINUTE < 1_000_000 * max(0, now_us - since_us)


def code_facts(
    shown: Iterable[tuple[Record, CodeShown]], segments: Sequence[SegmentFact], read: Mapping[str, CodeRead],
    policy: Policy,
) -> tuple[CodeFact, ...]:
    """What became of every code that was shown, in order of time. `read`: by hash of the segment."""
    found = []
    for record, body in shown:
        shift_us = record.utc_us - record.mono_us
        span = Span(body.from_mono_us + shift_us, body.to_mono_us + shift_us)
        filmed = [one for one in segments if one.certain and one.ref[0] == record.device and _touch(one.span, span)]
        found.append(CodeFact(span.start_us, span.end_us, record.key, _answer(body, span, filmed, read, policy)))
    return tuple(sorted(found, key=lambda fact: (fact.start_us, fact.ref)))


def _answer(
    body: CodeShown, span: Span, filmed: Sequence[SegmentFact], read: Mapping[str, CodeRead], policy: Policy,
) -> CodeAnswer:
    if holes(union([one.span for one in filmed], span), span):
        return "not_recorded"
    looked = [one for one in filmed if one.segment.sha256 in read]
    late_us = policy.step_tolerance_us
    seen = {
        sight.mark for one in looked for sight in read[one.segment.sha256].marks
        if span.start_us - late_us <= one.span.start_us + sight.at_us - one.segment.first_pts_us < span.end_us + late_us
    }
    if seen.issuperset(body.marks):
        return "seen"
    return "not_seen" if len(looked) == len(filmed) else "not_read"


def _touch(a: Span, b: Span) -> bool:
    return a.start_us < b.end_us and b.start_us < a.end_us
