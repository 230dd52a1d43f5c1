"""Ten thousand random timelines: the decision on fifteen minutes is that of a slow judge of raw packets."""
from __future__ import annotations

import collections
from collections.abc import Iterable

import pytest

from evidence.story import Span
from evidence.times import SECOND
from tests.evidence.course import at
from tests.evidence.slow_judge import Judged, judge, longest_without_a_hole
from tests.evidence.timelines import DAY, NEED, Day, course_of, make_day

SLOW_CAMERAS = (SECOND, 3 * SECOND // 2, 2 * SECOND)
ANY_CAMERA = (*SLOW_CAMERAS, SECOND // 5, SECOND // 10)


def agrees(seed: int, frames_us: tuple[int, ...]) -> Iterable[str]:
    """What the decision was on each class-hour of a day, after it was compared."""
    day = make_day(seed, frames_us)
    course = course_of(day)
    story = course.story()
    whole_us = max(longest_without_a_hole(camera) for camera in day.cameras)
    for hour, (start, end) in zip(story.hours, day.hours, strict=True):
        accepted = hour.longest_us >= NEED
        assert not accepted or whole_us >= NEED, f"seed {seed}: accepted over a gap above the limit"
        expected = _judged(day, Span(at(f"{DAY} {start}"), at(f"{DAY} {end}")))
        if expected is None:
            yield "abstained"
            continue
        assert expected.least_us <= hour.longest_us <= expected.most_us, f"seed {seed}, {start}: {expected}"
        yield "either" if expected.least_us < NEED <= expected.most_us else "accepted" if accepted else "refused"
    refused = [one.params["id"] for one in course.finding("R2").reasons if one.code.startswith("stretch_")]
    assert refused == [hour.id for hour in story.hours if hour.longest_us < NEED], f"seed {seed}"


def _judged(day: Day, hour: Span) -> Judged | None:
    found = [judge(camera, hour) for camera in day.cameras]
    decided = [one for one in found if one is not None]
    if len(decided) < len(found):
        return None
    return Judged(max(one.least_us for one in decided), max(one.most_us for one in decided))


def compare(seeds: range, frames_us: tuple[int, ...]) -> None:
    tally = collections.Counter(told for seed in seeds for told in agrees(seed, frames_us))
    print(f"seeds {seeds}: {dict(tally)}")
    assert tally["accepted"] + tally["refused"] > 0.8 * tally.total()
    assert min(tally["accepted"], tally["refused"]) > 0.2 * tally.total()


def test_the_decision_is_that_of_a_slow_judge() -> None:
    compare(range(600), SLOW_CAMERAS)


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("thousand", range(1, 11))
def test_ten_thousand_timelines(thousand: int) -> None:
    compare(range(thousand * 1000, thousand * 1000 + 1000), ANY_CAMERA if thousand == 10 else SLOW_CAMERAS)
