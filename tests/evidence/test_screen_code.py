"""The code on the terminal's screen: when it is due, and whether the recording shows it."""
from __future__ import annotations

import dataclasses
import itertools
import random

import pytest

from evidence.bodies import CodeRead, CodeShown, MarkSeen
from evidence.policy import Number, ScreenCode
from evidence.screen_code import due
from evidence.times import MINUTE, SECOND
from tests.evidence.course import Course, Filmed, at, codes

DAY = "2026-03-02"
RULES = ScreenCode(*(Number(value, source="ours", why="a test") for value in (5, 2, 4)))
SHOWN = f"{DAY} 08:20"
STEP_S = {2: 20, 3: 15}
"""Between so many sights of a code of 40 s, its second mark from 20 s on."""


def made(**policy: object) -> tuple[Course, Filmed]:
    course = Course()
    course.policy = dataclasses.replace(course.policy, **{"screen_code": RULES, **policy})
    course.hour(f"{DAY} 08:00", "08:45")
    course.order()
    return course, course.film(f"{DAY} 07:59", "08:46")


def show(course: Course, when: str = SHOWN, marks: tuple[int, ...] = (12, 940)) -> None:
    box = course.boxes["box-1"]
    from_us = at(when) - box.boot_us
    box.add("code.shown", CodeShown("c-1", None, marks, from_us, from_us + 8 * SECOND), at(when) + 9 * SECOND)


def read(course: Course, filmed: Filmed, marks: tuple[int, ...], when: str = SHOWN, late_us: int = 0) -> None:
    at_us = at(when) - filmed.start_us + SECOND + late_us
    segment = next(one for one in filmed.segments if one.first_pts_us <= at_us < one.end_pts_us)
    sights = tuple(MarkSeen(at_us + 4 * SECOND * place, mark) for place, mark in enumerate(marks))
    course.boxes["box-1"].add("code.read", CodeRead("c-1", segment.run, segment.sha256, 16, sights), at(when) + MINUTE)


def answers(course: Course) -> list[str]:
    return [code.answer for code in course.story().codes]


def test_a_code_that_the_recording_shows_is_no_finding() -> None:
    course, filmed = made()
    show(course)
    read(course, filmed, (12, 940))
    assert answers(course) == ["seen"] and "screen_code" not in {one.rule for one in course.findings()}


@pytest.mark.parametrize("marks", [(), (12,), (940,), (12, 941)])
def test_a_recording_of_another_time_cannot_show_it(marks: tuple[int, ...]) -> None:
    course, filmed = made()
    show(course)
    read(course, filmed, marks)
    found = course.finding("screen_code")
    assert answers(course) == ["not_seen"] and codes(found) == ["code_not_seen"]
    assert (found.result, found.flag) == ("warning", False) and found.reasons[0].params["when"] == (f"{DAY} 08:20:00",)


def test_a_code_seen_at_another_time_does_not_count() -> None:
    course, filmed = made()
    show(course)
    read(course, filmed, (12, 940), late_us=60 * SECOND)
    assert answers(course) == ["not_seen"]


def test_until_somebody_looked_nothing_is_said_against_anyone() -> None:
    course, _ = made()
    show(course)
    assert answers(course) == ["not_read"] and codes(course.finding("screen_code")) == ["code_not_read"]


def test_a_code_that_was_not_recorded_is_the_matter_of_the_rules_about_gaps() -> None:
    course, _ = made()
    show(course, f"{DAY} 08:45")
    show(course, f"{DAY} 08:50")
    assert answers(course) == ["not_read", "not_recorded"]


def turning(jitter_ms: int, marks: tuple[int, ...] = (), hole_s: int = 0) -> Course:
    """Segments of a minute whose packets came a little early or late; a code over the turn at 08:20, or in a hole."""
    course = Course()
    course.policy = dataclasses.replace(course.policy, screen_code=RULES)
    course.hour(f"{DAY} 08:00", "08:45")
    course.order()
    start_us, box = at(f"{DAY} 07:59"), course.boxes["box-1"]
    for index in range(48):
        first_us = index * MINUTE + (hole_s * SECOND if index == 21 else 0)
        segment = course.segment("r-1", index, first_us, (index + 1) * MINUTE, start_us, "box-1")
        late_us = index % 2 * jitter_ms * 1000
        segment = dataclasses.replace(
            segment, first_mono_us=segment.first_mono_us + late_us, last_mono_us=segment.last_mono_us + late_us)
        sights = tuple(MarkSeen(21 * MINUTE + at_s * SECOND, mark) for at_s, mark in zip((-3, 1), marks, strict=False)
                       if segment.first_pts_us <= 21 * MINUTE + at_s * SECOND < segment.end_pts_us)
        box.add("segment", segment, start_us + (index + 1) * MINUTE + SECOND)
        read = CodeRead("c-1", "r-1", segment.sha256, 16, sights)
        box.add("code.read", read, start_us + (index + 1) * MINUTE + 30 * SECOND)
    from_us = at(SHOWN) - 4 * SECOND - box.boot_us
    box.add("code.shown", CodeShown("c-1", None, (12, 940), from_us, from_us + 8 * SECOND), at(SHOWN) + 9 * SECOND)
    return course


@pytest.mark.parametrize("jitter_ms", [0, 20, -20, 900])
def test_a_code_across_the_turn_of_two_segments_is_checked(jitter_ms: int) -> None:
    assert answers(turning(jitter_ms)) == ["not_seen"]
    assert answers(turning(jitter_ms, (12, 940))) == ["seen"]


def test_a_code_in_a_hole_of_a_block_that_was_recorded_is_told() -> None:
    course = turning(0, hole_s=3)
    assert answers(course) == ["not_recorded"] and codes(course.finding("screen_code")) == ["code_not_recorded"]
    course = Course()
    course.policy = dataclasses.replace(course.policy, screen_code=RULES)
    course.hour(f"{DAY} 08:00", "08:45")
    course.order()
    show(course)
    assert answers(course) == ["not_recorded"] and "screen_code" not in {one.rule for one in course.findings()}


def test_a_record_of_no_code_is_none() -> None:
    """Nothing to be seen, too short, or stated before it was over."""
    from_us = at(SHOWN) - Course().boxes["box-1"].boot_us
    for marks, length_us in [((), 0), ((), 8 * SECOND), ((1, 2), 0), ((1, 2), -SECOND), ((1,), 8 * SECOND),
                             ((1, 2), 8 * SECOND - 1), ((1, 2), 3600 * SECOND), ((1, 2), 9 * SECOND + 1)]:
        course, filmed = made()
        body = CodeShown("c-1", None, marks, from_us, from_us + length_us)
        course.boxes["box-1"].add("code.shown", body, at(SHOWN) + 9 * SECOND)
        read(course, filmed, marks)
        assert answers(course) == [] and codes(course.finding("screen_code")) == ["code_never_shown"]


@pytest.mark.parametrize(("sights", "answer"), [
    ((12, 940), "seen"), ((940, 12), "not_seen"), ((7, 12, 940), "seen"),
    ((12, 940, 7), "seen"), ((7, 7, 12), "not_seen"), ((940, 7, 12), "not_seen"),
])
def test_the_marks_are_seen_in_their_order_each_in_its_part(sights: tuple[int, ...], answer: str) -> None:
    course, filmed = made()
    box = course.boxes["box-1"]
    from_us = at(SHOWN) - box.boot_us
    box.add("code.shown", CodeShown("c-1", None, (12, 940), from_us, from_us + 40 * SECOND), at(SHOWN) + 41 * SECOND)
    at_us = at(SHOWN) - filmed.start_us + SECOND
    segment = next(one for one in filmed.segments if one.first_pts_us <= at_us < one.end_pts_us)
    seen = tuple(MarkSeen(at_us + STEP_S[len(sights)] * place * SECOND, mark) for place, mark in enumerate(sights))
    box.add("code.read", CodeRead("c-1", segment.run, segment.sha256, 16, seen), at(SHOWN) + MINUTE)
    assert answers(course) == [answer]


def test_a_terminal_that_shows_none_is_told_where_some_were_to_be_expected() -> None:
    course, _ = made()
    assert codes(course.finding("screen_code")) == ["code_never_shown"]
    often, _ = made(screen_code=dataclasses.replace(RULES, every_min=Number(10, source="ours", why="a test")))
    assert "screen_code" not in {one.rule for one in often.findings()}
    off, _ = made(screen_code=None)
    assert "screen_code" not in {one.rule for one in off.findings()}


def test_codes_come_at_random_and_as_often_as_the_policy_says() -> None:
    chance = random.Random(7)
    asked = 200_000
    shown = [second for second in range(asked) if due(RULES, second * SECOND, (second + 1) * SECOND,
                                                      chance.randrange(1_000_000))]
    assert abs(len(shown) / (asked / 300) - 1) < 0.1
    waits = [b - a for a, b in itertools.pairwise(shown)]
    assert min(waits) < 30 and max(waits) > 1000
    assert not due(RULES, 5, 5, 0) and not due(RULES, 9, 5, 0)
