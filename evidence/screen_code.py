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
from evidence.times import MINUTE, SECOND

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
        if not _is_one(record, body, policy.screen_code):
            continue
        shift_us = record.utc_us - record.mono_us
        span = Span(body.from_mono_us + shift_us, body.to_mono_us + shift_us)
        filmed = [one for one in segments if one.certain and one.ref[0] == record.device and _touch(one.span, span)]
        found.append(CodeFact(span.start_us, span.end_us, record.key, _answer(body, span, filmed, read, policy)))
    return tuple(sorted(found, key=lambda fact: (fact.start_us, fact.ref)))


def _is_one(record: Record, body: CodeShown, rules: ScreenCode | None) -> bool:
    """Whether a record tells of a code: over when it was stated, and as long as the policy asks for."""
    marks, mark_us = (rules.marks.value, rules.mark_s.value * SECOND) if rules else (1, 0)
    length_us = body.to_mono_us - body.from_mono_us
    return len(body.marks) >= marks and length_us > 0 and length_us >= marks * mark_us and (
        body.to_mono_us <= record.mono_us)


def _answer(
    body: CodeShown, span: Span, filmed: Sequence[SegmentFact], read: Mapping[str, CodeRead], policy: Policy,
) -> CodeAnswer:
    # From one segment to the next a label may jump a little, as its packets came.
    if any(hole.length_us > policy.max_gap_us for hole in holes(union([one.span for one in filmed], span), span)):
        return "not_recorded"
    looked = [one for one in filmed if one.segment.sha256 in read]
    sights = sorted(
        (one.span.start_us + sight.at_us - one.segment.first_pts_us, sight.mark)
        for one in looked for sight in read[one.segment.sha256].marks)
    if _in_order(body.marks, span, sights, policy.step_tolerance_us):
        return "seen"
    return "not_seen" if len(looked) == len(filmed) else "not_read"


def _in_order(marks: Sequence[int], span: Span, sights: Sequence[tuple[int, int]], late_us: int) -> bool:
    """Whether each mark was seen in its part of the time, one after the other. `sights`: UTC and mark, in order."""
    after_us = span.start_us - late_us
    for place, mark in enumerate(marks):
        from_us = max(after_us, span.start_us + span.length_us * place // len(marks) - late_us)
        to_us = span.start_us + span.length_us * (place + 1) // len(marks) + late_us
        seen_us = next((at_us for at_us, seen in sights if seen == mark and from_us <= at_us < to_us), None)
        if seen_us is None:
            return False
        after_us = seen_us + 1
    return True


def _touch(a: Span, b: Span) -> bool:
    return a.start_us < b.end_us and b.start_us < a.end_us
