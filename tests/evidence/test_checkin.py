"""Check-in decisions: the vote of a window, and the answer that a sealed attempt gets."""
from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from common.policies import load_policy
from evidence.bodies import Candidate, CheckIn, PassiveLook
from evidence.checkin import FrameMatch, WindowResult, answer_of, window_decision, without

REAL, DEMO = load_policy("sanmenxia-2023"), load_policy("demo")
SHA = "a" * 64


def frame(person: str | None, score: int = 800_000, other: str | None = None, second: int = 0) -> FrameMatch:
    best = Candidate(person, score) if person else None
    return FrameMatch(best, Candidate(other, second) if other else None, 100)


def decide(*frames: FrameMatch) -> WindowResult:
    return window_decision(frames, 400_000, 50_000, 3)


def sealed(result: WindowResult, liveness: str = "live") -> CheckIn:
    return CheckIn(
        "c-1", None, "a-1", "lab", SHA, "cpu", 400_000, 50_000, result.frames, result.votes, result.face_px, 0,
        liveness, result.best, result.second,  # type: ignore[arg-type]
    )


def test_enough_frames_agree() -> None:
    result = decide(frame("a"), frame("a"), frame("a"), frame("b"))
    assert (result.person, result.votes, result.frames) == ("a", 3, 4)


def test_too_few_frames_are_unknown() -> None:
    assert decide(frame("a"), frame("a")).person is None


def test_half_of_the_frames_is_not_enough() -> None:
    assert decide(*[frame("a")] * 3, *[frame("b")] * 3).person is None


def test_below_the_threshold_is_unknown_never_the_nearest() -> None:
    assert decide(*[frame("a", 399_999)] * 5).person is None


def test_two_people_too_similar_are_unknown() -> None:
    assert decide(*[frame("a", 800_000, "b", 760_000)] * 5).person is None
    assert decide(*[frame("a", 800_000, "b", 750_000)] * 5).person == "a"


def test_the_second_is_never_the_same_person() -> None:
    result = decide(*[frame("a", 800_000, "b", 300_000)] * 4, frame("b", 500_000, "a", 450_000))
    assert result.person == "a" and result.second is not None and result.second.person == "b"


def test_more_votes_than_frames_are_nobodys() -> None:
    """A record that says so was not made by any window."""
    result = decide(*[frame("a")] * 4)
    assert answer_of(sealed(result), DEMO) == ("accepted", "a")
    assert answer_of(dataclasses.replace(sealed(result), votes=5), DEMO) == ("unknown", None)


def test_no_face_no_person() -> None:
    assert decide() == WindowResult(None, None, None, 0, 0, 0)
    assert decide(frame(None), frame(None)).person is None


def test_answers_with_and_without_required_liveness() -> None:
    result = decide(*[frame("a")] * 4)
    seen = dataclasses.replace(sealed(result), passive=PassiveLook(4, 0, 4, 500_000, 900_000))
    assert answer_of(seen, REAL) == ("accepted", "a")
    answers = {name: answer_of(sealed(result, name), REAL)[0] for name in (
        "live", "fake", "no_response", "bad_input", "not_checked")}
    assert answers == {
        "live": "liveness_missing", "fake": "not_live", "no_response": "not_live", "bad_input": "liveness_missing",
        "not_checked": "liveness_missing",
    }
    assert answer_of(sealed(result, "not_checked"), DEMO) == ("accepted", "a")
    assert answer_of(sealed(result, "fake"), DEMO) == ("not_live", "a")


PEOPLE = st.sampled_from(["a", "b", "c"])
FRAMES = st.lists(st.builds(
    lambda a, b, s, t: frame(a, max(s, t), b if b != a else None, min(s, t)), PEOPLE, PEOPLE,
    st.integers(0, 1_000_000), st.integers(0, 1_000_000)), max_size=9)


@given(FRAMES)
def test_the_sealed_attempt_says_what_the_window_said(frames: list[FrameMatch]) -> None:
    result = decide(*frames)
    assert answer_of(sealed(result), REAL)[1] == result.person


def attempt(**more: object) -> CheckIn:
    return dataclasses.replace(sealed(decide(*[frame("a", 800_000, "b", 500_000)] * 4)), **more)  # type: ignore[arg-type]


def test_an_attempt_goes_on_without_whose_face_is_gone_if_that_changes_nothing() -> None:
    whole = attempt(alike=("c", "d"), pin=True)
    assert without(whole, ()) == without(whole, {"x"}) == whole
    assert without(whole, {"a"}) is None
    assert without(whole, {"b", "c"}) == dataclasses.replace(whole, second=None, alike=("d",))
    assert without(whole, {"c", "d"}) == dataclasses.replace(whole, alike=())
    assert without(attempt(best=None), {"a"}) == attempt(best=None)


def test_nobody_is_let_in_because_a_look_alike_is_erased_in_that_moment() -> None:
    assert without(attempt(alike=("c", "d")), {"c"}) == attempt(alike=("d",))
    assert without(attempt(alike=("c",)), {"c"}) is None, "the PIN was not given"
    assert without(attempt(alike=("c",), liveness="fake"), {"c"}) == attempt(liveness="fake"), "nor asked for"
    near = attempt(second=Candidate("b", 780_000))
    assert answer_of(near, DEMO)[0] == "unknown" and without(near, {"b"}) is None


CANDIDATES = st.none() | st.builds(Candidate, st.sampled_from("abc"), st.integers(380_000, 900_000))


@given(st.builds(
    attempt, best=CANDIDATES, second=CANDIDATES, votes=st.integers(0, 4), pin=st.booleans(),
    alike=st.sets(st.sampled_from("abc")).map(lambda found: tuple(sorted(found))), left=st.booleans(),
    liveness=st.sampled_from(["live", "fake", "no_response", "bad_input", "not_checked"]),
), st.sets(st.sampled_from("abc")))
def test_what_is_left_of_an_attempt_is_answered_as_the_whole(whole: CheckIn, gone: set[str]) -> None:
    left = without(whole, gone)
    if left is not None:
        assert [answer_of(left, policy) for policy in (REAL, DEMO)] == [
            answer_of(whole, policy) for policy in (REAL, DEMO)]
        assert not gone & {left.best and left.best.person, left.second and left.second.person, *left.alike}
