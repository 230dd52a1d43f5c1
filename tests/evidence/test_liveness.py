"""Liveness: what the passive check says, which gestures are asked, and what a reader makes of the measurements."""
from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.policies import load_policy
from evidence.bodies import Asked, Candidate, Challenge, CheckIn, PassiveLook
from evidence.checkin import answer_of
from evidence.liveness import (
    GESTURES,
    challenge_passed,
    challenge_why,
    liveness_of,
    passive_answer,
    passive_look,
)
from evidence.policy import LivenessRules, Policy

POLICY = load_policy("sanmenxia-2023")
assert POLICY.liveness is not None
RULES: LivenessRules = POLICY.liveness
LEAST = POLICY.checkin.min_votes.value
NOT_REQUIRED = dataclasses.replace(POLICY, checkin=dataclasses.replace(POLICY.checkin, liveness_required=False))
SECOND = 1_000_000
SCORES = st.lists(st.one_of(st.none(), st.integers(0, 1_000_000)), max_size=20)
DRAWS = st.integers(0, 2**64 - 1)


def ruled(challenge: str = "unsure", **numbers: int) -> LivenessRules:
    changed = {name: dataclasses.replace(getattr(RULES, name), value=value) for name, value in numbers.items()}
    return dataclasses.replace(RULES, challenge=challenge, **changed)  # type: ignore[arg-type]


def policy(challenge: str = "unsure") -> Policy:
    return dataclasses.replace(POLICY, liveness=ruled(challenge))


def look(live: int, scored: int, bad: int = 0) -> PassiveLook:
    return PassiveLook(scored + bad, bad, live, 500_000, None)


def passed(**changed: Any) -> Challenge:
    asked = (Asked("turn_left", 0, 2 * SECOND), Asked("blink", 2 * SECOND, 4 * SECOND))
    return dataclasses.replace(
        Challenge("unsure", 8 * SECOND, asked, frames=20, compared=14, alike=13, lost=0), **changed)


def attempt(passive: PassiveLook | None, challenge: Challenge | None = None, word: str = "not_checked", **kw: Any):
    return CheckIn(
        "c-1", None, "a-1", "lab", "a" * 64, "cpu", 400_000, 50_000, 8, 8, 100, 0, word,  # type: ignore[arg-type]
        Candidate("p-1", 800_000), None, passive=passive, challenge=challenge, **kw)


def test_a_window_of_scores_is_measured() -> None:
    assert passive_look([900_000, None, 499_999, 500_000], 500_000) == PassiveLook(4, 1, 2, 500_000, 500_000)
    assert passive_look([None], 500_000) == PassiveLook(1, 1, 0, 500_000, None)
    assert passive_look([], 500_000) == PassiveLook(0, 0, 0, 500_000, None)


@pytest.mark.parametrize("seen, answer", [
    (None, "not_checked"), (look(0, 0), "not_checked"), (look(0, 0, 4), "bad_input"), (look(3, 3, 4), "bad_input"),
    (look(4, 4, 4), "live"), (look(2, 2), "unsure"), (look(0, 2), "unsure"), (look(3, 3), "live"), (look(4, 8), "live"),
    (look(5, 8), "live"), (look(3, 8), "unsure"), (look(1, 8), "unsure"), (look(0, 8), "fake"), (look(1, 10), "fake"),
    (look(0, 3), "fake"),
    (look(9, 8), "bad_input"), (PassiveLook(8, 9, 8, 500_000), "bad_input"), (look(8, 6, 2), "bad_input"),
])
def test_what_the_passive_check_says(seen: PassiveLook | None, answer: str) -> None:
    assert passive_answer(seen, RULES, LEAST) == answer


@given(SCORES, st.integers(0, 20))
def test_frames_that_look_more_alive_never_look_less_so(scores: list[int | None], at: int) -> None:
    order = {"fake": 0, "unsure": 1, "live": 2}
    before = passive_answer(passive_look(scores, 500_000), RULES, LEAST)
    raised = [1_000_000 if index == at and score is not None else score for index, score in enumerate(scores)]
    after = passive_answer(passive_look(raised, 500_000), RULES, LEAST)
    assert (before in order) == (after in order)
    if before in order:
        assert order[after] >= order[before]


@given(SCORES)
def test_bad_input_is_never_an_opinion(scores: list[int | None]) -> None:
    answer = passive_answer(passive_look(scores, 500_000), RULES, LEAST)
    bad = sum(score is None for score in scores)
    assert (answer == "not_checked") == (not scores)
    if scores:
        assert (answer == "bad_input") == (bad == len(scores) or bad * 100 > RULES.bad_pct.value * len(scores))


@given(DRAWS, st.sampled_from(["always", "unsure", "random"]), st.integers(1, 4),
       st.sampled_from(["live", "fake", "unsure", "bad_input", "not_checked"]))
def test_gestures_are_different_ones_that_the_pack_can_tell(draw: int, mode: str, many: int, passive: Any) -> None:
    for can in (GESTURES, GESTURES[:2], ()):
        found = challenge_why(ruled(mode, gestures=many), passive, can, draw)
        if passive in ("fake", "bad_input") or len(can) < many:
            assert found is None
        elif passive in ("unsure", "not_checked") or mode == "always":
            assert found is not None
        elif mode == "unsure":
            assert found is None
        if found is not None:
            assert len(set(found[1])) == len(found[1]) == many and set(found[1]) <= set(can)


def test_every_order_comes_as_often_as_another() -> None:
    seen: dict[tuple[str, ...], int] = {}
    for draw in range(12 * 10):
        found = challenge_why(ruled("unsure", gestures=2, one_in=10), "unsure", GESTURES, draw * 1)
        assert found is not None
        seen[found[1]] = seen.get(found[1], 0) + 1
    assert len(seen) == 12 and set(seen.values()) == {10}


def test_why_gestures_are_asked() -> None:
    def why(mode: str, passive: Any, draw: int = 1) -> str | None:
        found = challenge_why(ruled(mode, one_in=10), passive, GESTURES, draw)
        return None if found is None else found[0]

    assert [why("always", p) for p in ("live", "unsure", "not_checked")] == ["always"] * 3
    assert [why("unsure", p) for p in ("live", "unsure", "not_checked")] == [None, "unsure", "missing"]
    assert [why("random", p) for p in ("live", "unsure", "not_checked")] == [None, "unsure", "missing"]
    assert sum(why("random", "live", draw) == "random" for draw in range(1000)) == 100
    for passive, expected in (("live", "again"), ("unsure", "unsure"), ("not_checked", "missing")):
        found = challenge_why(RULES, passive, GESTURES, 1, True)  # type: ignore[arg-type]
        assert found is not None and found[0] == expected
    assert challenge_why(RULES, "fake", GESTURES, 1, True) is None


@pytest.mark.parametrize("changed", [
    {"asked": (Asked("turn_left", 0, 2 * SECOND),)},
    {"asked": ()},
    {"asked": (Asked("turn_left", 0, 2 * SECOND), Asked("turn_left", 2 * SECOND, 4 * SECOND))},
    {"asked": (Asked("turn_left", 0, 2 * SECOND), Asked("blink", 2 * SECOND, None))},
    {"asked": (Asked("turn_left", 0, 8 * SECOND + 1), Asked("blink", 8 * SECOND + 1, 10 * SECOND))},
    {"other": "open_mouth"}, {"lost": 1}, {"alike": 2, "compared": 2}, {"alike": 8, "compared": 14},
    {"alike": 0, "compared": 0}, {"alike": 15}, {"frames": 13},
    {"asked": (Asked("turn_left", 0, 2 * SECOND, 3, 4), Asked("blink", 2 * SECOND, 4 * SECOND))},
    {"asked": (Asked("turn_left", 0, 2 * SECOND, 21, 21), Asked("blink", 2 * SECOND, 4 * SECOND))},
])
def test_a_challenge_that_is_not_passed(changed: dict[str, Any]) -> None:
    assert challenge_passed(passed(), RULES) and not challenge_passed(passed(**changed), RULES)


@pytest.mark.parametrize("times", [
    ((1, 2 * SECOND), (2 * SECOND, 4 * SECOND)),
    ((5 * SECOND, 7 * SECOND), (0, 2 * SECOND)),
    ((0, 2 * SECOND), (0, 4 * SECOND)),
    ((0, 2 * SECOND), (SECOND, 4 * SECOND)),
    ((0, 2 * SECOND), (2 * SECOND + 1, 4 * SECOND)),
    ((0, 99_999), (99_999, 2 * SECOND)),
    ((0, 2 * SECOND), (2 * SECOND, 2 * SECOND + 349_999)),
])
def test_impossible_times_of_a_challenge_are_not_believed(times: tuple[tuple[int, int], ...]) -> None:
    """The first gesture is asked at 0, the next one when that before is done, and none is quicker than it must show."""
    asked = tuple(Asked(gesture, *time) for gesture, time in zip(("turn_left", "blink"), times, strict=True))
    assert not challenge_passed(passed(asked=asked), RULES)
    quick = (Asked("turn_left", 0, 100_000), Asked("blink", 100_000, 450_000))
    assert challenge_passed(passed(asked=quick), RULES)


def test_a_longer_limit_in_the_record_gives_nobody_more_time() -> None:
    late = (Asked("turn_left", 0, 9 * SECOND), Asked("blink", 9 * SECOND, 10 * SECOND))
    assert challenge_passed(passed(asked=late), ruled(gesture_s=9))
    assert not challenge_passed(passed(asked=late, limit_us=60 * SECOND), RULES)


@pytest.mark.parametrize("mode", ["always", "unsure", "random"])
def test_no_luck_with_gestures_makes_a_replay_live(mode: str) -> None:
    for fake in (look(0, 8), look(1, 30), look(0, 4, 4)):
        for challenge in (None, passed(), passed(why=mode if mode != "unsure" else "unsure")):
            assert liveness_of(attempt(fake, challenge, "live"), policy(mode)) == "fake"
    assert liveness_of(attempt(look(1, 1, 7), passed(), "live"), policy(mode)) == "bad_input"


def test_a_hard_but_real_face_is_asked_and_then_counts() -> None:
    hard = look(3, 8)
    assert liveness_of(attempt(hard, None, "live"), POLICY) == "not_checked"
    assert liveness_of(attempt(hard, passed()), POLICY) == "live"
    assert liveness_of(attempt(hard, passed(other="blink"), "live"), POLICY) == "no_response"


def test_without_a_passive_check_only_gestures_count() -> None:
    assert liveness_of(attempt(None, passed(why="missing")), POLICY) == "live"
    assert liveness_of(attempt(None, passed(lost=1), "live"), POLICY) == "no_response"


def test_who_looks_alive_is_live_unless_everybody_is_asked_or_did_not_answer() -> None:
    assert liveness_of(attempt(look(8, 8)), POLICY) == "live"
    assert liveness_of(attempt(look(8, 8), None, "live"), policy("always")) == "not_checked"
    assert liveness_of(attempt(look(8, 8), passed(), "live"), policy("always")) == "live"
    assert liveness_of(attempt(look(8, 8), passed(asked=())), policy("random")) == "no_response"


@pytest.mark.parametrize("word", ["live", "fake", "no_response", "bad_input", "not_checked"])
def test_without_measurements_the_word_of_the_record_cannot_vouch(word: str) -> None:
    assert liveness_of(attempt(None, None, word), POLICY) == ("not_checked" if word == "live" else word)
    assert liveness_of(attempt(None, None, word), NOT_REQUIRED) == word
    old = dataclasses.replace(POLICY, liveness=None)
    assert liveness_of(attempt(look(0, 8), passed(), word), old) == word


@given(st.builds(look, st.integers(0, 13), st.integers(9, 12), st.integers(0, 12)), st.booleans(),
       st.sampled_from(["live", "fake", "no_response", "bad_input", "not_checked"]),
       st.sampled_from(["always", "unsure", "random"]))
def test_with_a_measurement_the_word_of_the_box_moves_nothing(
    seen: PassiveLook, asked: bool, word: str, mode: str
) -> None:
    challenge = passed() if asked else None
    assert liveness_of(attempt(seen, challenge, word), policy(mode)) == liveness_of(
        attempt(seen, challenge), policy(mode))


def test_a_threshold_that_everything_passes_is_not_believed() -> None:
    low = dataclasses.replace(look(8, 8), threshold_ppm=499_999)
    assert passive_answer(low, RULES, LEAST) == "not_checked"
    assert liveness_of(attempt(low, None, "live"), POLICY) == "not_checked"
    for threshold_ppm, answer in ((0, "unknown"), (-1, "unknown"), (1, "accepted")):
        loose = dataclasses.replace(attempt(look(8, 8)), threshold_ppm=threshold_ppm)
        assert answer_of(loose, POLICY)[0] == answer


def test_who_left_before_it_was_decided_is_not_accepted() -> None:
    assert answer_of(attempt(look(8, 8), None, left=True), POLICY) == ("liveness_missing", "p-1")
    assert answer_of(attempt(look(0, 8), None, left=True), POLICY) == ("not_live", "p-1")


def test_who_cannot_be_told_apart_gives_the_pin_as_well() -> None:
    twin = {"alike": ("p-2",)}
    assert answer_of(attempt(look(8, 8), None, **twin), POLICY) == ("second_factor_missing", "p-1")
    assert answer_of(attempt(look(8, 8), None, **twin, pin=True), POLICY) == ("accepted", "p-1")
    assert answer_of(attempt(look(0, 8), None, **twin, pin=True), POLICY) == ("not_live", "p-1")
    assert answer_of(attempt(look(0, 0, 8), None, **twin), POLICY) == ("liveness_missing", "p-1")
