"""The challenge: gestures count from a face at rest, in their order, in their time, and of one person all along."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.policies import load_policy
from evidence.bodies import Gesture
from evidence.challenge import (
    AWAKE_PPM,
    CLOSED_PPM,
    GONE_US,
    OPEN_PPM,
    OVER,
    REST_DEG,
    SHUT_PPM,
    TABLE,
    TURN_DEG,
    Course,
    Look,
    abandon,
    at_rest,
    begin,
    step,
)
from evidence.liveness import GESTURES, HOLD_US, challenge_passed

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
    "ajar": Look(0, True, True, 0, 100_000, CLOSED_PPM + 1),
    "smile": Look(0, True, True, 0, 100_000, 20_000, CLOSED_PPM + 1),
    "tilted_smile": Look(0, True, True, 0, 100_000, OPEN_PPM, CLOSED_PPM + 1),
    "narrow": Look(0, True, True, 0, AWAKE_PPM + 1, 20_000),
    "drowsy": Look(0, True, True, 0, AWAKE_PPM + 1, CLOSED_PPM + 1),
    "rest_left": Look(0, True, True, REST_DEG, 100_000, 20_000),
    "rest_right": Look(0, True, True, -REST_DEG, 100_000, 20_000),
    "drowsy_left": Look(0, True, True, REST_DEG, AWAKE_PPM + 1, CLOSED_PPM + 1),
    "drowsy_right": Look(0, True, True, -REST_DEG, AWAKE_PPM + 1, CLOSED_PPM + 1),
    "far_left": Look(0, True, None, 3 * TURN_DEG, 100_000, 20_000),
    "far_right": Look(0, True, None, -3 * TURN_DEG, 100_000, 20_000),
    "open_left": Look(0, True, None, TURN_DEG + 5, 100_000, OPEN_PPM),
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


def test_a_photograph_of_a_smile_that_is_tilted_opens_no_mouth() -> None:
    """Its lips are apart before, and only the blendshape takes it for an open mouth then."""
    held = ["tilted_smile"] * HELD["open_mouth"]
    course = play(begin("always", ("open_mouth", "blink"), LIMIT), "smile", "smile", *held, "smile", *held, "smile")
    assert course.state == "ready" and course.done == 0 and course.measured.other is None
    asked = play(begin("always", ("blink", "open_mouth"), LIMIT), "smile", *held, "smile")
    assert asked.measured.other is None, "and whoever smiles has not opened the mouth unasked"
    shut = play(begin("always", ("open_mouth", "blink"), LIMIT), "rest", *["open_mouth"] * HELD["open_mouth"], "smile")
    assert shut.state == "made", "it must be shut again"


ORDERS = st.permutations(GESTURES).flatmap(lambda order: st.integers(1, 4).map(lambda many: tuple(order[:many])))


@given(ORDERS)
def test_what_was_asked_in_its_order_passes(gestures: tuple[Gesture, ...]) -> None:
    course = play(begin("always", gestures, LIMIT), *answered(gestures))
    assert course.state == "passed" and course.gesture is None and course.done == len(gestures)
    assert [one.gesture for one in course.measured.asked] == list(gestures)
    assert challenge_passed(course.measured, RULES) == (len(gestures) >= RULES.gestures.value)


@given(ORDERS, ORDERS)
def test_no_other_order_passes(asked: tuple[Gesture, ...], made: tuple[Gesture, ...]) -> None:
    course = play(begin("always", asked, LIMIT), *answered(made), *["rest"] * (LIMIT // FRAME + 2))
    assert (course.state == "passed") == (made[: len(asked)] == asked)
    if made[0] != asked[0]:
        assert course.state == "wrong" and course.measured.other == made[0]


PAIRS: list[tuple[Gesture, ...]] = list(itertools.permutations(GESTURES, 2))
BLIND = [pair for pair in PAIRS if set(pair) <= {"turn_left", "turn_right"}]
"""The orders of a pack that tells turns only."""


def passed_by(courses: dict[tuple[Gesture, ...], Course], at_us: int, gestures: int) -> Iterator[int]:
    """How many orders each film passes that goes on with up to so many gestures."""
    yield sum(course.state == "passed" for course in courses.values())
    if gestures and not all(course.over for course in courses.values()):
        for gesture in GESTURES:
            names = [gesture] * HELD[gesture] + ["rest"]
            played = {order: play(course, *names, at_us=at_us) for order, course in courses.items()}
            yield from passed_by(played, at_us + len(names) * FRAME, gestures - 1)


@pytest.mark.parametrize("orders", [PAIRS, BLIND])
def test_prepared_film(orders: list[tuple[Gesture, ...]]) -> None:
    """No film of up to five gestures has the right order more than once in twelve; of turns alone once in two."""
    began = {order: play(begin("always", order, LIMIT), "rest") for order in orders}
    found = list(passed_by(began, FRAME, 5))
    assert max(found) == 1 and len(found) > len(orders)


@given(st.lists(st.tuples(st.sampled_from(sorted(FRAMES)), st.integers(1, 4)), max_size=25))
def test_no_film_of_any_frames_has_two_right_orders(runs: list[tuple[str, int]]) -> None:
    """Neither with a mouth ajar, narrow eyes or gaps, in which some questions wait for a face at rest."""
    names = [name for name, many in runs for _ in range(many)]
    assert sum(play(begin("always", order, LIMIT), *names).state == "passed" for order in PAIRS) <= 1


def test_a_film_that_rests_aside_is_judged_alike_whatever_is_asked() -> None:
    """Its first rest is one only for turns, the second for all: small turns to the left would be gestures for some
    questions and nothing for others."""
    film = ["drowsy", "rest_left", *["turn_left"] * 3, "rest", *["open_mouth"] * 4, "narrow", "rest_left",
            *["turn_left"] * 3, "rest", *["blink"] * 4, "rest", *["far_left"] * 3, "rest", *["open_mouth"] * 4, "rest"]
    for many in range(len(film) + 1):
        assert sum(play(begin("always", order, LIMIT), *film[:many]).state == "passed" for order in PAIRS) <= 1


def test_eyes_that_are_never_wide_open_make_nothing_wrong() -> None:
    narrow = dataclasses.replace(FRAMES["rest"], shut_ppm=SHUT_PPM)
    course = begin("always", ("turn_left",), LIMIT)
    for number in range(10):
        course = step(course, dataclasses.replace(narrow, at_us=number * FRAME))
    assert course.state == "asked"
    assert play(course, *["turn_left"] * 3, "rest", at_us=10 * FRAME).state == "passed"


@pytest.mark.parametrize("gesture", GESTURES)
def test_own_face_after_a_gap(gesture: Gesture) -> None:
    """The picture rests, is gone for a frame, and somebody else moves: the gesture begins anew from rest."""
    start = begin("always", (gesture,), LIMIT)
    assert play(start, "rest", "gone", *[gesture] * 6, "rest").state == "asked"
    course = play(start, "rest", "gone", *[gesture] * 6, "rest", *[gesture] * HELD[gesture])
    assert course.state == "made"
    assert play(course, "gone", "rest", at_us=13 * FRAME).state == "passed"


@pytest.mark.parametrize("gesture", GESTURES)
def test_own_face_for_the_gesture(gesture: Gesture) -> None:
    """The picture rests and is much compared, somebody else moves."""
    own = dataclasses.replace(FRAMES[gesture], alike=False)
    course = play(begin("always", (gesture,), LIMIT), *["rest"] * 20)
    for number in range(20, 20 + HELD[gesture]):
        course = step(course, dataclasses.replace(own, at_us=number * FRAME))
    course = play(course, *["rest"] * 10, at_us=(20 + HELD[gesture]) * FRAME)
    one = dataclasses.replace(RULES, gestures=dataclasses.replace(RULES.gestures, value=1))
    assert course.state == "passed" and course.measured.asked[0].alike == 0 < course.measured.asked[0].compared
    assert course.measured.alike * 100 >= RULES.alike_pct.value * course.measured.compared
    assert not challenge_passed(course.measured, one)


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
        resting = [name for name in names if not at_rest(FRAMES[name], gesture)]
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
