"""Ten thousand random timelines: the decision on fifteen minutes is that of a slow judge of raw packets."""
from __future__ import annotations

import collections
from collections.abc import Iterable

import pytest

from evidence.rules import r2
from evidence.story import Span
from evidence.times import SECOND
from tests.evidence.course import at
from tests.evidence.slow_judge import judge, longest_without_a_hole, stretches_of
from tests.evidence.timelines import DAY, NEED, course_of, make_day

SLOW_CAMERAS = (2 * SECOND, 3 * SECOND // 2)
"""The rules know no frame rate up to the limit of a hole; a picture every two seconds leaves time for many days."""
ANY_CAMERA = (*SLOW_CAMERAS, SECOND, SECOND // 5)


def agrees(seed: int, frames_us: tuple[int, ...]) -> Iterable[str]:
    """What the decision was on each class-hour of a day, after it was compared."""
    day = make_day(seed, frames_us)
    course = course_of(day)
    story = course.story()
    whole_us = max(longest_without_a_hole(camera) for camera in day.cameras)
    found = [stretches_of(camera) for camera in day.cameras]
    for hour, (start, end) in zip(story.hours, day.hours, strict=True):
        accepted = hour.longest_us >= NEED
        assert not accepted or whole_us >= NEED, f"seed {seed}: accepted over a gap above the limit"
        span = Span(at(f"{DAY} {start}"), at(f"{DAY} {end}"))
        judged = [judge(stretches, span) for stretches in found if stretches is not None]
        if len(judged) < len(found):
            yield "abstained"
            continue
        least_us, most_us = max(one.least_us for one in judged), max(one.most_us for one in judged)
        assert least_us <= hour.longest_us <= most_us, f"seed {seed}, {start}: {least_us} to {most_us}"
        yield "either" if least_us < NEED <= most_us else "accepted" if accepted else "refused"
    assert course.policy.r2 is not None
    finding = r2.judge(story, course.policy.r2, at("2026-04-01 00:00"), False)
    refused = [one.params["id"] for one in finding.reasons if one.code.startswith("stretch_")]
    assert refused == [hour.id for hour in story.hours if hour.longest_us < NEED], f"seed {seed}"


def compare(seeds: range, frames_us: tuple[int, ...]) -> None:
    tally = collections.Counter(told for seed in seeds for told in agrees(seed, frames_us))
    print(f"seeds {seeds}: {dict(tally)}")
    assert tally["accepted"] + tally["refused"] > 0.75 * tally.total()
    assert min(tally["accepted"], tally["refused"]) > 0.2 * tally.total()


def test_the_decision_is_that_of_a_slow_judge() -> None:
    compare(range(80), SLOW_CAMERAS)


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("thousand", range(1, 11))
def test_ten_thousand_timelines(thousand: int) -> None:
    compare(range(thousand * 1000, thousand * 1000 + 1000), ANY_CAMERA if thousand == 10 else SLOW_CAMERAS)
