"""The challenge: gestures count from a face at rest, in their order, in their time, and of one person all along."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.policies import load_policy
from evidence.bodies import Gesture
from evidence.challenge import (
    AWAKE_PPM,
    CLOSED_PPM,
    GONE_US,
    HOLD_US,
    OPEN_PPM,
    OVER,
    REST_DEG,
    SHUT_PPM,
    TABLE,
    TURN_DEG,
    Course,
    Look,
    abandon,
    begin,
    step,
)
from evidence.liveness import GESTURES, challenge_passed

FRAME = 200_000
RULES = load_policy("sanmenxia-2023").liveness
assert RULES is not None
LIMIT = RULES.gesture_s.value * 1_000_000

FRAMES: dict[str, Look] = {
    "rest": Look(0, True, True, 0, 100_000, 20_000),
    "turn_left": Look(0, True, None, TURN_DEG + 5, 100_000, 20_000),
    "turn_right": Look(0, True, None, -TURN_DEG - 5, 100_000, 20_000),
    "blink": Look(0, True, True, 2, SHUT_PPM, 20_000),
    "open_mouth": Look(0, True, True, -2, 100_000, OPEN_PPM),
    "between": Look(0, True, None, REST_DEG + 1, 100_000, 20_000),
    "gone": Look(0, False),
    "other_face": Look(0, True, False, 0, 100_000, 20_000),
}
HELD = {gesture: HOLD_US[gesture] // FRAME + 2 for gesture in GESTURES}
"""So many frames make a gesture."""


def play(course: Course, *names: str, at_us: int = 0) -> Course:
    for name in names:
        course, at_us = step(course, dataclasses.replace(FRAMES[name], at_us=at_us)), at_us + FRAME
    return course


def answered(gestures: Iterable[Gesture]) -> list[str]:
    frames = ["rest"]
    for gesture in gestures:
        frames += [gesture] * HELD[gesture] + ["between", "rest"]
    return frames


ORDERS = st.permutations(GESTURES).flatmap(lambda order: st.integers(1, 4).map(lambda many: tuple(order[:many])))


@given(ORDERS)
def test_what_was_asked_in_its_order_passes(gestures: tuple[Gesture, ...]) -> None:
    course = play(begin("always", gestures, LIMIT), *answered(gestures))
    assert course.state == "passed" and course.gesture is None and course.done == len(gestures)
    assert [one.gesture for one in course.measured.asked] == list(gestures)
    assert challenge_passed(course.measured, RULES) == (len(gestures) >= RULES.gestures.value)


@given(ORDERS, ORDERS)
def test_no_other_order_passes(asked: tuple[Gesture, ...], made: tuple[Gesture, ...]) -> None:
    """Eyes that shut though it was not asked are left out."""
    course = play(begin("always", asked, LIMIT), *answered(made), *["rest"] * (LIMIT // FRAME + 2))
    counted, wanted = list[Gesture](), list(asked)
    for gesture in made:
        if gesture != "blink" or wanted[:1] == ["blink"]:
            counted.append(gesture)
        wanted = wanted[1:] if wanted[:1] == [gesture] else wanted
    assert (course.state == "passed") == (tuple(counted[: len(asked)]) == asked)
    if counted and counted[0] != asked[0]:
        assert course.state == "wrong" and course.measured.other == counted[0]


@given(st.sampled_from(GESTURES), st.lists(st.sampled_from(sorted(FRAMES)), max_size=30))
def test_the_measurement_says_passed_where_the_course_does(gesture: Gesture, names: list[str]) -> None:
    course = play(begin("always", (gesture,), LIMIT), *names)
    one = dataclasses.replace(RULES, gestures=dataclasses.replace(RULES.gestures, value=1))
    measured = course.measured
    assert measured.alike <= measured.compared <= measured.frames <= len(names)
    if challenge_passed(measured, one):
        assert course.state == "passed"
    if course.state == "passed":
        assert challenge_passed(measured, one) == (measured.alike * 100 >= RULES.alike_pct.value * measured.compared)


@given(st.lists(st.sampled_from([name for name in FRAMES if name != "rest"]), max_size=40))
def test_without_a_face_at_rest_nothing_passes(names: list[str]) -> None:
    for gesture in GESTURES:
        resting = [name for name in names if name != "blink" or gesture == "blink"]
        resting = [name for name in resting if name != "open_mouth" or gesture == "open_mouth"]
        assert play(begin("always", (gesture,), LIMIT), *resting).state != "passed"


@pytest.mark.parametrize("gesture", GESTURES)
def test_a_face_that_comes_turned_or_open_does_not_pass(gesture: Gesture) -> None:
    course = play(begin("always", (gesture,), LIMIT), *[gesture] * 10, "rest", "rest")
    assert course.state == "asked" and not challenge_passed(course.measured, RULES)


@pytest.mark.parametrize("gesture", GESTURES)
def test_the_face_must_come_back_to_rest(gesture: Gesture) -> None:
    course = play(begin("always", (gesture,), LIMIT), "rest", *[gesture] * HELD[gesture])
    assert course.state == "made" and course.measured.asked[0].done_us is None
    assert play(course, *[gesture] * (LIMIT // FRAME + 1), at_us=LIMIT // 2).state == "late"


def test_the_next_gesture_too_begins_from_rest() -> None:
    """The mouth opens during the turn already: that is no answer to the second question."""
    both = dataclasses.replace(FRAMES["turn_left"], jaw_ppm=CLOSED_PPM + 1)
    ajar = dataclasses.replace(FRAMES["rest"], jaw_ppm=OPEN_PPM - 1)
    course = begin("always", ("turn_left", "open_mouth"), LIMIT)
    for number, look in enumerate([FRAMES["rest"], both, both, both, ajar]):
        course = step(course, dataclasses.replace(look, at_us=number * FRAME))
    assert course.state == "ready" and course.gesture == "open_mouth" and course.done == 1
    course = play(course, "open_mouth", "open_mouth", "open_mouth", at_us=5 * FRAME)
    assert course.state == "ready"
    assert play(course, "rest", *["open_mouth"] * 3, "rest", at_us=8 * FRAME).state == "passed"


def test_eyes_that_blink_by_themselves_neither_pass_nor_fail() -> None:
    blinking = ["rest", "rest", "blink"] * 6
    assert play(begin("always", ("turn_left",), LIMIT), *blinking).state == "asked"
    assert play(begin("always", ("blink",), LIMIT), *blinking).state == "asked"


def test_shut_eyes_are_not_told_from_a_turned_head() -> None:
    down = dataclasses.replace(FRAMES["turn_left"], shut_ppm=1_000_000)
    course = step(begin("always", ("blink",), LIMIT), FRAMES["rest"])
    for number in range(1, 8):
        course = step(course, dataclasses.replace(down, at_us=number * FRAME))
    assert course.state == "wrong" and course.measured.other == "turn_left"


def test_a_head_that_always_looks_aside_has_not_turned() -> None:
    course = begin("always", ("turn_left",), LIMIT)
    for number, yaw in enumerate([9, 16, 18, 17, 18, 16, 10, 18, 18, 18]):
        course = step(course, Look(number * FRAME, True, True if yaw <= REST_DEG else None, float(yaw)))
    assert course.state == "asked"
    for number in range(10, 13):
        course = step(course, Look(number * FRAME, True, None, 9.0 + TURN_DEG))
    assert course.state == "made"


def test_nobody_answers() -> None:
    course = play(begin("unsure", ("turn_left", "blink"), LIMIT), *["rest"] * (LIMIT // FRAME + 2))
    assert course.state == "late" and [one.gesture for one in course.measured.asked] == ["turn_left"]
    assert course.left_us(LIMIT) == 0 and not challenge_passed(course.measured, RULES)


def test_the_time_left_runs_down_from_each_question() -> None:
    course = play(begin("unsure", ("turn_left", "blink"), LIMIT), "rest", "rest")
    assert course.left_us(FRAME) == LIMIT - FRAME and course.left_us(2 * LIMIT) == 0
    course = play(course, *["turn_left"] * 3, "rest", at_us=2 * FRAME)
    assert course.gesture == "blink" and course.left_us(5 * FRAME) == LIMIT


def test_a_missed_frame_is_no_loss_and_a_gone_face_is() -> None:
    some = GONE_US // FRAME
    course = play(begin("always", ("turn_left",), LIMIT), "rest", *["gone"] * some, "rest")
    assert course.state == "asked" and course.measured.lost == 0
    course = play(course, *["gone"] * (some + 2), at_us=20 * FRAME)
    assert course.state == "lost" and course.measured.lost == 1


def test_another_face_in_its_place_gives_no_rest_and_spoils_the_share() -> None:
    course = begin("always", ("turn_left",), LIMIT)
    assert play(course, "other_face", *["turn_left"] * 4, "other_face", "other_face").state == "ready"
    swapped = play(course, "rest", *["other_face"] * 5, *["turn_left"] * 3, "rest")
    one = dataclasses.replace(RULES, gestures=dataclasses.replace(RULES.gestures, value=1))
    assert swapped.state == "passed" and not challenge_passed(swapped.measured, one)


def test_a_pack_that_cannot_see_eyes_and_mouth_can_ask_for_turns() -> None:
    course = begin("missing", ("turn_right", "turn_left"), LIMIT)
    for number, yaw in enumerate([0, -20, -30, -20, 0, 20, 30, 20, 0]):
        alike = True if abs(yaw) <= REST_DEG else None
        course = step(course, Look(number * FRAME, True, alike, float(yaw)))
    assert course.state == "passed" and challenge_passed(course.measured, RULES)


@given(st.sampled_from(GESTURES), st.lists(st.sampled_from(sorted(FRAMES)), max_size=20))
def test_what_is_over_stays_as_it_is(gesture: Gesture, names: list[str]) -> None:
    course = abandon(play(begin("always", (gesture,), LIMIT), *names))
    assert course.over and abandon(course) == course == play(course, *FRAMES, at_us=60 * FRAME)
    assert course.state == "passed" or not challenge_passed(course.measured, RULES)


def test_the_table_leads_somewhere_from_every_state() -> None:
    states = {"ready", "asked", "made"}
    assert {state for state, _ in TABLE} == states and set(TABLE.values()) - states == set(OVER)
    for state in states:
        assert {"late", "lost"} <= {event for where, event in TABLE if where == state}
    assert REST_DEG < TURN_DEG and AWAKE_PPM < SHUT_PPM and CLOSED_PPM < OPEN_PPM
