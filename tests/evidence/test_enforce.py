"""How a class-hour stands while it runs: what still fits, until when, which alarm is due; against a slow reference."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.bodies import Picture, Segment, body_of
from evidence.enforce import (
    LEAD_US,
    MARGIN_US,
    PATIENCE_US,
    SETTLED_US,
    Ailing,
    Chance,
    Heard,
    Warned,
    chance,
    warning,
)
from evidence.rules import r2
from evidence.story import HourStory, Span
from evidence.times import MINUTE, SECOND
from tests.evidence.course import Course, at
from tests.evidence.looking import EVERY_US, black, covered, keys_of, name, people, sample

START = at("2026-03-02 08:00")
END = START + 45 * MINUTE
NEED = 15 * MINUTE
SILENT = Heard(answers=True)


def course(kind: str = "practical", *films: tuple[float, float]) -> Course:
    """A class-hour of 45 minutes; `films`: what is sealed of it, in minutes from its start."""
    made = Course()
    made.hour("2026-03-02 08:00", "08:45", kind)
    made.order()
    for start, end in films:
        body = made.segment(f"r-{start}", 0, 0, int((end - start) * MINUTE), START + int(start * MINUTE), "box-1")
        made.boxes["box-1"].add("segment", body, START + int(end * MINUTE) + SECOND)
    return made


def told(kind: str = "practical", *films: tuple[float, float]) -> HourStory:
    return course(kind, *films).story().hours[0]


POLICY = Course().policy


def span(start: float, end: float) -> Span:
    return Span(START + int(start * MINUTE), START + int(end * MINUTE))


def stands(hour: HourStory, minute: float, heard: Heard = SILENT) -> Chance:
    return chance(hour, heard, POLICY, START + int(minute * MINUTE))


def running(start: float, end: float, *before: tuple[float, float]) -> Heard:
    now = span(start, end)
    return Heard(True, now, (*(span(*one) for one in before), now))


@pytest.mark.parametrize(
    ("minute", "state"),
    [(0, "waiting"), (24.4, "waiting"), (24.5, "at_risk"), (29.5, "at_risk"), (30, "at_risk"), (30.1, "lost")],
)
def test_practice_that_is_not_recorded(minute: float, state: str) -> None:
    its = stands(told(), minute)
    assert its.state == state and its.still_us == NEED
    assert its.restart_by_us == (None if state == "lost" else END - NEED - MARGIN_US)
    assert its.possible_us == END - START - int(minute * MINUTE)


@pytest.mark.parametrize(("start", "now", "state"), [(-5, 10, "running"), (0, 15, "done"), (30, 40, "running"),
                                                    (30.1, 40, "lost"), (29.9, 44.9, "done")])
def test_practice_that_is_recorded(start: float, now: float, state: str) -> None:
    its = stands(told(), now, running(start, now))
    assert its.state == state
    assert its.unbroken_us == pytest.approx((now - max(start, 0)) * MINUTE, abs=1)
    assert its.still_us == (0 if state == "done" else NEED - its.unbroken_us)


def test_what_was_long_enough_stays_so_and_what_is_not_sealed_yet_counts_too() -> None:
    assert stands(told("practical", (0, 16)), 40).state == "done"
    assert stands(told(), 40, Heard(True, None, (span(0, 16),))).state == "done"
    assert stands(told("practical", (0, 14)), 40).state == "lost"


def test_of_a_recorder_that_does_not_answer_nothing_is_said_to_be_lost() -> None:
    absent = Heard(answers=False)
    assert stands(told(), 40, absent).state == "at_risk" and stands(told("theory"), 40, absent).state == "at_risk"


@pytest.mark.parametrize(
    ("minute", "state", "missed_s"),
    [(20, "running", 0), (20.2, "waiting", 12), (20.3, "at_risk", 18), (21, "at_risk", 60), (21.1, "lost", 66)],
)
def test_theory_counts_what_is_missing(minute: float, state: str, missed_s: int) -> None:
    heard = running(0, 20) if state == "running" else Heard(True, None, (span(0, 20),))
    its = stands(told("theory"), minute, heard)
    assert (its.state, its.whole, its.missed_us, its.allowed_us) == (state, True, missed_s * SECOND, MINUTE)
    assert its.restart_by_us == (None if state in ("running", "lost") else START + 21 * MINUTE)


def test_theory_that_is_recorded_again_is_no_more_at_risk_but_less_may_go_missing() -> None:
    hour = told("theory", (0, 20))
    assert stands(hour, 30, running(20.5, 30)).state == "running"
    again = stands(hour, 30.3, Heard(True, None, (span(20.5, 30),)))
    assert again.state == "at_risk" and again.restart_by_us == START + 30 * MINUTE + 30 * SECOND
    assert stands(hour, 30.3, running(21.5, 30.3)).state == "lost", "even while it is recorded"


def test_what_the_camera_has_not_delivered_yet_is_not_missing() -> None:
    assert stands(told("theory"), 20, running(0, 19.9)).missed_us == 0


SPANS = st.lists(st.tuples(st.integers(0, 2600), st.integers(1, 1500)), max_size=5)


@settings(max_examples=80, deadline=None)
@given(SPANS, st.integers(0, 2700), st.booleans())
def test_what_is_said_to_be_possible_is_possible_and_no_more(
    films: list[tuple[int, int]], now_s: int, recording: bool,
) -> None:
    """The reference tries it: everything from now on is recorded, and the rule judges."""
    runs, at_s = [], 0
    for start, length in sorted(films):
        start = max(start, at_s)
        end = min(start + length, now_s)
        if end > start:
            runs.append((start / 60, end / 60))
        at_s = start + length + 10
    open_run = runs[-1] if recording and runs and runs[-1][1] * 60 == now_s else None
    sealed = [one for one in runs if one is not open_run]
    heard = running(*open_run) if open_run else SILENT
    its = stands(told("practical", *sealed), now_s / 60, heard)
    future = (open_run[0] if open_run else now_s / 60, 45.0)
    best = course("practical", *sealed, *([future] if future[1] > future[0] else []))
    story = best.story()
    assert POLICY.r2 is not None
    ruled = r2.judge(story, POLICY.r2, END + 1, False).result
    assert (its.state == "lost") == (ruled == "violated")
    assert its.state == "lost" or ruled == "satisfied"
    if its.state == "done":
        assert r2.judge(course("practical", *sealed, *([open_run] if open_run else [])).story(), POLICY.r2,
                        END + 1, False).result == "satisfied"
    assert abs(its.possible_us - story.hours[0].longest_us) <= SECOND


def looked_at(made: Course, black_s: Sequence[tuple[int, int]], make: Any = black) -> Course:
    """The course with a picture record for each of its segments; black in those seconds of the class-hour."""
    for record in [one for one in made.boxes["box-1"].records if one.type == "segment"]:
        segment = body_of(record)
        assert isinstance(segment, Segment)
        start_us = segment.first_mono_us + made.boxes["box-1"].boot_us
        samples = []
        for at_us in range(0, segment.end_pts_us, EVERY_US):
            second = (start_us + at_us - START) // SECOND
            dark = any(start <= second < end for start, end in black_s)
            samples.append(make(at_us) if dark else sample(at_us, people(1, second)))
        keys = keys_of([name((segment.run, number)) for number in range(len(samples))])
        body = Picture("c-1", segment.run, segment.sha256, EVERY_US, tuple(samples), keys)
        made.boxes["box-1"].add("picture", body, record.utc_us + SECOND)
    return made


BLACK_5S = st.lists(st.tuples(st.integers(0, 530), st.integers(4, 200)), max_size=3)
WITH_A_LENS = given(SPANS, BLACK_5S, st.integers(0, 540), st.booleans())


@settings(max_examples=20, deadline=None)
@WITH_A_LENS
def test_what_is_possible_is_so_for_the_picture_too(
    films: list[tuple[int, int]], black_5s: list[tuple[int, int]], now_5s: int, recording: bool,
) -> None:
    is_possible_with_a_lens(films, black_5s, now_5s, recording)


@pytest.mark.long
@pytest.mark.timeout(400)
@settings(max_examples=600, deadline=None)
@WITH_A_LENS
def test_what_is_possible_is_so_for_many_pictures(
    films: list[tuple[int, int]], black_5s: list[tuple[int, int]], now_5s: int, recording: bool,
) -> None:
    is_possible_with_a_lens(films, black_5s, now_5s, recording)


LOOK = 5 * SECOND


def is_possible_with_a_lens(
    films: list[tuple[int, int]], black_5s: list[tuple[int, int]], now_5s: int, recording: bool,
) -> None:
    """The same reference, with a lens that is covered now and then until now; all in steps of five seconds."""
    now_s, runs, at_s = 5 * now_5s, [], 0
    for start, length in sorted((start // 5 * 5, length // 5 * 5) for start, length in films):
        start = max(start, at_s)
        end = min(start + length, now_s)
        if end > start:
            runs.append((start / 60, end / 60))
        at_s = start + length + 10
    dark = [(5 * start, min(5 * (start + length), now_s)) for start, length in black_5s]
    open_run = runs[-1] if recording and runs and runs[-1][1] * 60 == now_s else None
    sealed = [one for one in runs if one is not open_run]
    future = (open_run[0] if open_run else now_s / 60, 45.0)
    story = looked_at(course("practical", *sealed, *([future] if future[1] > future[0] else [])), dark).story()
    heard = SILENT
    if open_run:
        now = span(*open_run)
        ailing = tuple(Ailing(fact.start_us, min(fact.end_us, now.end_us), fact.stale)
                       for fact in story.hours[0].pictures if now.start_us <= fact.start_us < now.end_us)
        heard = Heard(True, now, (now,), ailing)
    its = stands(looked_at(course("practical", *sealed), dark).story().hours[0], now_s / 60, heard)
    assert POLICY.r2 is not None
    ruled = r2.judge(story, POLICY.r2, END + 1, True).result
    # A picture that ails now does so until the next look at it, which nobody has taken yet.
    until = LOOK if its.ailing else 0
    if not its.ailing or abs(its.possible_us - its.needed_us) > until:
        assert (its.state == "lost") == (ruled == "violated")
        assert its.state == "lost" or ruled == "satisfied"
    assert abs(its.possible_us - story.hours[0].longest_us) <= SECOND + until


def test_a_lens_that_is_covered_is_not_done_and_there_is_an_alarm() -> None:
    hour = told()
    covered = (Ailing(span(1, 0).start_us, span(0, 25).end_us, False),)
    its = stands(hour, 25, Heard(True, span(-2, 25), (span(-2, 25),), covered))
    assert (its.state, its.unbroken_us, its.restart_by_us) == ("at_risk", 0, END - NEED - MARGIN_US)
    assert warning(hour, its, (), START + 25 * MINUTE) is not None
    again = stands(hour, 26, Heard(True, span(-2, 26), (span(-2, 26),), covered))
    assert (again.state, again.unbroken_us) == ("running", MINUTE)
    assert stands(hour, 40, Heard(True, span(-2, 40), (span(-2, 40),), covered)).state == "done"
    lasting = (Ailing(span(1, 0).start_us, span(0, 40).end_us, False),)
    assert stands(hour, 40, Heard(True, span(-2, 40), (span(-2, 40),), lasting)).state == "lost"
    assert stands(hour, 40, Heard(True, None, (span(-2, 40),), lasting)).state == "lost", "and after the end press"


@pytest.mark.parametrize("kind", ["practical", "theory"])
def test_what_nobody_looked_at_is_said_to_be_undecided_as_the_rules_say(kind: str) -> None:
    """Once its picture record is overdue; a minute of waiting for it is nothing to tell."""
    for looked, minute, unseen in ((False, 20, False), (False, 40, True), (True, 40, False)):
        made = course(kind, (0, 20), (20.01, 45))
        made = looked_at(made, []) if looked else made
        made.silent = minute == 20
        if minute == 20:
            made.boxes["box-1"].records.pop()
        its = stands(made.story().hours[0], minute, running(20.01, minute) if minute > 20 else SILENT)
        assert its.unseen == unseen and its.state != "lost"
        if minute == 40:
            rule = "R2" if kind == "practical" else "R1"
            assert (made.finding(rule).result == "open") == unseen


def test_of_what_is_sealed_the_records_say_it() -> None:
    made = looked_at(course("practical", (0, 40)), [(60, 2400)], covered)
    assert stands(made.story().hours[0], 40).state == "lost"
    assert stands(made.story().hours[0], 40, Heard(True, None, (span(0, 40),))).state == "lost"
    theory = looked_at(course("theory", (0, 40)), [(60, 2400)], covered)
    assert stands(theory.story().hours[0], 40, running(0, 40)).state == "running", "the light is off for a projector"


def test_a_still_is_missing_theory_too() -> None:
    hour, still = told("theory"), (Ailing(span(20, 0).start_us, span(0, 20.5).end_us, True),)
    its = stands(hour, 20.5, Heard(True, span(0, 20.5), (span(0, 20.5),), still))
    assert (its.state, its.missed_us, its.restart_by_us) == ("at_risk", 30 * SECOND, START + 21 * MINUTE)
    sealed = looked_at(course("theory", (0, 40)), [(600, 900)], lambda at_us: sample(at_us, change=0))
    assert stands(sealed.story().hours[0], 40, running(0, 40)).state == "lost"


def walk(hour: HourStory, minutes: list[tuple[float, Heard]]) -> list[tuple[float, str]]:
    """What is said, and when, if somebody looks at these moments and remembers."""
    said: list[tuple[Warned, int]] = []
    found = []
    for minute, heard in minutes:
        now_us = START + int(minute * MINUTE)
        its = chance(hour, heard, POLICY, now_us)
        due = warning(hour, its, said, now_us)
        if due is not None:
            said.append((due, now_us))
            found.append((minute, due.code))
    return found


def test_an_alarm_is_said_once_and_before_the_moment_passes() -> None:
    looks = [(minute / 10, SILENT) for minute in range(450)]
    assert walk(told(), looks) == [(24.5, "hour.at_risk"), (30.1, "hour.lost")]
    due = warning(told(), stands(told(), 25), [], START + 25 * MINUTE)
    assert due is not None and due.until_us == END - NEED - MARGIN_US


def test_nothing_is_said_of_a_class_hour_that_is_well() -> None:
    assert walk(told(), [(minute, running(0, minute)) for minute in range(45)]) == []
    assert walk(told("theory"), [(minute, running(-1, minute)) for minute in range(45)]) == []


def test_after_video_that_lasted_it_is_another_occurrence() -> None:
    looks: list[Any] = [(26, SILENT), (26.5, running(26.2, 26.5)), (26.8, Heard(True, None, (span(26.2, 26.5),)))]
    assert [code for _, code in walk(told(), looks)] == ["hour.at_risk"], "a second of video is none"
    lasted = (26.2, 26.3 + SETTLED_US / MINUTE)
    looks += [(28, Heard(True, None, (span(*lasted),)))]
    assert walk(told(), looks) == [(26, "hour.at_risk"), (28, "hour.at_risk")]


def test_alarms_of_another_class_hour_do_not_silence_this_one() -> None:
    other = [(Warned("hour.at_risk", "h-9", 0), START + 24 * MINUTE), (Warned("hour.lost", "h-9", 0), START)]
    assert warning(told(), stands(told(), 25), other, START + 25 * MINUTE) is not None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2699), min_size=1, max_size=40, unique=True), st.booleans())
def test_however_rarely_somebody_looks_nothing_is_said_twice(moments: list[int], theory: bool) -> None:
    hour = told("theory" if theory else "practical")
    found = [code for _, code in walk(hour, [(moment / 60, SILENT) for moment in sorted(moments)])]
    assert len(found) == len(set(found)) <= 2
    if any(END - NEED - MARGIN_US - LEAD_US <= START + one * SECOND <= END - NEED for one in moments) and not theory:
        assert found[0] == "hour.at_risk"


def test_the_patience_of_theory_is_less_than_its_tolerance() -> None:
    assert POLICY.r1 is not None and POLICY.r1.tolerance_s.value * SECOND > PATIENCE_US
    strict = dataclasses.replace(POLICY, r1=dataclasses.replace(
        POLICY.r1, tolerance_s=dataclasses.replace(POLICY.r1.tolerance_s, value=0)))
    its = chance(told("theory"), SILENT, strict, START + SECOND)
    assert its.state == "lost"
