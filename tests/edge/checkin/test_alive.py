"""The engine and liveness: who is asked what, what a record holds, and which packs may take check-ins at all."""
from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.policies import load_policy
from edge.checkin.admit import check_liveness, check_threshold
from edge.checkin.engine import PIN_AWAY_US, PIN_US, WINDOW, Engine
from edge.checkin.errors import LivenessUnavailable, PackTooLoose
from edge.checkin.view import EngineView
from edge.checkin.wary import DOUBT_US
from edge.vision.calibrate import Threshold
from edge.vision.liveness import GESTURES, TURNS
from edge.vision.pack import Face, Pack
from evidence.bodies import CheckIn
from evidence.checkin import answer_of
from evidence.liveness import challenge_why
from evidence.policy import Policy
from evidence.shape import decode, encode
from evidence.times import MINUTE, SECOND
from tests.edge.checkin.faking import FAR, REST, FakePack, Shows, vector

REAL = load_policy("sanmenxia-2023")
STRICT = dataclasses.replace(REAL, accept_test_keys=True)
"""Requires liveness, and lets a class of two people be recognised."""
FRAME = SECOND // 5
TWO = {"a": vector(1)[None], "b": vector(2)[None]}
TWINS = {"a": vector(1)[None], "b": vector(2)[None], "twin": vector(7)[None]}


def asking(policy: Policy, mode: str) -> Policy:
    assert policy.liveness is not None
    return dataclasses.replace(policy, liveness=dataclasses.replace(policy.liveness, challenge=mode))


class Play:
    """An engine that is shown pictures, a fifth of a second apart."""

    def __init__(self, pack: FakePack, policy: Policy = STRICT, people: Any = TWO, draw: int = 0, **more: Any) -> None:
        self.policy, self.now, self.views = policy, 0, list[EngineView]()
        self.engine = Engine(pack, policy, "class-1", "s-1", people, draw=lambda: draw, **more)  # type: ignore[arg-type]

    def see(self, *pictures: Shows) -> EngineView:
        for picture in pictures:
            self.now += FRAME
            self.views.append(self.engine.step(picture.picture(), self.now))
        return self.views[-1]

    def answer(self, who: Shows, *kinds: str) -> EngineView:
        """Make gestures, each from rest and back to it; `asked`: the one that is asked."""
        for kind in kinds:
            asked = self.views[-1].ask
            gesture = asked.gesture if kind == "asked" and asked is not None else kind
            made = [dataclasses.replace(who, **REST[gesture])] * 3  # type: ignore[arg-type]
            self.see(who, *made, who)
        return self.views[-1]

    @property
    def attempts(self) -> list[CheckIn]:
        return [view.checkin for view in self.views if view.checkin is not None]

    @property
    def answers(self) -> list[str]:
        return [answer_of(attempt, self.policy)[0] for attempt in self.attempts]


@pytest.fixture
def passive(builtin: Pack) -> FakePack:
    return FakePack(builtin.manifest, "passive")


@pytest.fixture
def turns(builtin: Pack) -> FakePack:
    return FakePack(builtin.manifest, "none", TURNS)


HERE, FAKE, GONE = Shows(1), Shows(1, score="fake"), Shows(0)


def test_who_looks_alive_in_every_frame_is_accepted_at_once(passive: FakePack) -> None:
    play = Play(passive)
    view = play.see(HERE, HERE, HERE, HERE)
    assert [v.state for v in play.views] == ["looking", "looking", "accepted", "accepted"] and view.person == "a"
    (made,) = play.attempts
    assert made.liveness == "live" and made.passive is not None and made.challenge is None
    assert (made.passive.frames, made.passive.live, made.passive.median_ppm) == (3, 3, 900_000)
    assert (made.direction, made.threshold_from, made.alike, made.pin) == ("in", "pack", (), False)


def test_a_replay_is_refused_and_asked_nothing(passive: FakePack) -> None:
    for mode in ("always", "unsure", "random"):
        play = Play(passive, asking(STRICT, mode))
        play.see(*[Shows(1, score="fake")] * (WINDOW + 4))
        assert play.answers == ["not_live"] and play.attempts[0].liveness == "fake"
        assert not any(view.state == "challenge" for view in play.views) and play.views[-1].liveness == "fake"


def test_a_face_that_cannot_be_scored_is_bad_input_and_no_fake(passive: FakePack) -> None:
    play = Play(passive)
    play.see(*[Shows(1, score="bad")] * (WINDOW + 4))
    assert play.answers == ["liveness_missing"] and play.attempts[0].liveness == "bad_input"
    assert play.views[-1].state == "liveness_missing" and play.views[-1].liveness == "bad_input"


UNSURE = [Shows(1, score="live"), *[Shows(1, score="fake")] * (WINDOW - 1)]


def test_an_unsure_face_is_asked_and_answers(passive: FakePack) -> None:
    play = Play(passive)
    view = play.see(*UNSURE)
    assert view.state == "challenge" and view.ask is not None and play.attempts == []
    assert (view.ask.number, view.ask.of, view.ask.left_us, view.ask.stage) == (1, 2, 8 * SECOND, "ready")
    view = play.see(HERE)
    assert view.ask is not None and view.ask.stage == "asked" and view.ask.left_us == 8 * SECOND - FRAME
    assert play.answer(HERE, "asked", "asked").state == "accepted"
    (made,) = play.attempts
    assert made.liveness == "live" and made.challenge is not None and made.challenge.why == "unsure"
    assert len(made.challenge.asked) == 2 and made.challenge.lost == 0 and made.challenge.alike > 2
    assert made.passive is not None and made.passive.frames > WINDOW


def test_a_lucky_frame_and_the_right_gestures_make_no_replay_live(passive: FakePack) -> None:
    play = Play(passive)
    play.see(*UNSURE)
    view = play.answer(Shows(1, score="fake"), "asked", "asked")
    assert view.state == "not_live" and play.attempts[0].liveness == "fake" and play.attempts[0].passive.live == 1


@pytest.mark.parametrize("draw", [0, 7, 1234567])
def test_every_order_but_the_asked_one_fails(turns: FakePack, draw: int) -> None:
    assert STRICT.liveness is not None
    found = challenge_why(STRICT.liveness, "not_checked", TURNS, draw)
    assert found is not None
    for order in (("turn_left", "turn_right"), ("turn_right", "turn_left"), ("turn_left", "turn_left"), ("blink",)):
        play = Play(turns, draw=draw)
        play.see(HERE, HERE, HERE)
        assert play.views[-1].state == "challenge"
        play.answer(HERE, *order)
        play.see(*[HERE] * 50)
        assert play.answers == ["accepted" if order == found[1] else "not_live"]
        assert play.attempts[0].liveness == ("live" if order == found[1] else "no_response")
        assert play.attempts[0].passive is None and play.attempts[0].challenge.why == "missing"


def test_without_an_answer_there_is_no_response(turns: FakePack) -> None:
    play = Play(turns)
    play.see(*[HERE] * 60)
    assert play.answers == ["not_live"] and play.attempts[0].liveness == "no_response"
    assert len(play.attempts[0].challenge.asked) == 1


def test_another_face_during_the_challenge_ends_it(turns: FakePack) -> None:
    play = Play(turns, people={"a": vector(1)[None], "b": vector(2)[None]})
    play.see(*[HERE] * 4)
    play.see(*[Shows(2)] * 4)
    assert play.answers == ["not_live"] and play.attempts[0].challenge.lost == 1
    assert play.attempts[0].best.person == "a"


def test_who_turns_for_another_one_is_not_the_person(turns: FakePack) -> None:
    """A picture at rest, another face that turns, and the picture again: the turned face stands elsewhere."""
    play = Play(turns)
    play.see(*[HERE] * 4)
    asked = play.views[-1].ask
    assert asked is not None
    turned = Shows(2, x=150, **REST[asked.gesture])
    play.see(turned, turned, turned, turned, HERE)
    assert play.answers == ["not_live"] and play.attempts[0].challenge.lost == 1


def test_who_leaves_in_the_middle_leaves_one_record(turns: FakePack) -> None:
    play = Play(turns)
    play.see(*[HERE] * 4, *[Shows(0)] * 6)
    assert play.answers == ["not_live"] and play.views[-1].state == "empty"
    play.see(*[HERE] * 4)
    assert play.views[-1].state == "challenge"


def test_an_attempt_that_runs_at_the_end_is_one_refused_record(turns: FakePack, passive: FakePack) -> None:
    play = Play(turns)
    assert play.engine.end() == []
    play.see(HERE)
    assert play.engine.end() == []
    play.see(*[HERE] * 4)
    (made,) = play.engine.end()
    assert made.liveness == "no_response" and play.engine.end() == []
    play = Play(passive, people=TWINS)
    play.see(*[HERE] * 4)
    (made,) = play.engine.end()
    assert answer_of(made, STRICT) == ("second_factor_missing", "a")


def test_who_is_recorded_already_is_greeted_and_asked_nothing(turns: FakePack) -> None:
    play = Play(turns, checked_in=["a"])
    play.engine.know(["b"])
    assert play.see(*[HERE] * 5).state == "greeted" and play.see(*[Shows(2)] * 5).state == "greeted"
    assert play.attempts == [] and {view.person for view in play.views} == {None}


def test_only_who_looks_alive_is_greeted_by_name(passive: FakePack) -> None:
    play = Play(passive, checked_in=["a"])
    assert (play.see(*[HERE] * 3).state, play.views[-1].person) == ("greeted", "a")
    play.see(*[GONE] * 3)
    assert play.see(*UNSURE).state == "greeted"
    play.see(*[GONE] * 3)
    assert play.see(*[FAKE] * (WINDOW - 1)).state == "looking"
    assert play.see(FAKE).state == "not_live" and play.answers == ["not_live"]
    assert {view.person for view in play.views[4:]} == {None}
    play.see(*[GONE] * 3, FAKE, FAKE, GONE, GONE)
    assert play.engine.end() == []  # there is nothing to gain: no attempt
    asked = Play(passive, asking(STRICT, "always"), checked_in=["a"])
    assert (asked.see(*[HERE] * 3).state, asked.views[-1].person) == ("greeted", None)


def test_short_tries_with_a_picture_are_one_window_and_records(passive: FakePack) -> None:
    play = Play(passive)
    for _ in range(100):
        play.see(*[FAKE] * 7, GONE, GONE)
    assert play.answers == ["not_live"] * 50 and {one.passive.frames for one in play.attempts} == {WINDOW}


def test_a_picture_that_leaves_early_is_a_record_after_a_minute(passive: FakePack) -> None:
    play = Play(passive)
    play.see(FAKE, FAKE, GONE, GONE)
    play.see(*[GONE] * (MINUTE // FRAME - 3))
    assert play.attempts == []
    play.see(*[GONE] * 3)
    (made,) = play.attempts
    assert made.left and made.passive.frames == 2 and made.best.person == "a" and play.views[-1].state == "empty"
    assert play.engine.end() == []


def test_a_picture_that_leaves_early_is_a_record_though_another_face_comes_or_the_desk_closes(
    passive: FakePack,
) -> None:
    play = Play(passive)
    assert play.see(*[FAKE] * 5, *[Shows(2)] * 3).person == "b"
    play.see(*[GONE] * (MINUTE // FRAME + 1))
    assert [(one.left, one.visits) for one in play.attempts] == [(False, 1), (True, 1)]
    for last in ([FAKE], [FAKE, GONE, GONE]):
        play.see(*[GONE] * 3, *last)
        (made,) = play.engine.end()
        assert made.left and made.passive.frames == 1 and play.engine.end() == []


def test_a_face_that_left_is_never_accepted_however_alive_it_looked(passive: FakePack) -> None:
    play = Play(passive)
    play.see(HERE, HERE, FAKE, HERE, HERE, *[GONE] * (MINUTE // FRAME + 5))
    (made,) = play.attempts
    assert made.liveness == "live" and play.answers == ["liveness_missing"]
    assert answer_of(made, load_policy("demo"))[0] == "liveness_missing"


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_a_replay_that_passes_now_and_then_gains_nothing_by_many_tries(passive: FakePack, share: float) -> None:
    """It goes away with the first frame that does not pass, and comes again: without the three lucky frames of the
    first visit it is asked for gestures."""
    luck, play = random.Random(1), Play(passive)
    play.see(FAKE, GONE, GONE)
    for _ in range(600):
        for _ in range(3):
            lucky = luck.random() < share
            play.see(HERE if lucky else FAKE)
            if not lucky:
                break
        play.see(GONE, GONE)
    assert play.attempts and "accepted" not in play.answers


def test_somebody_whose_picture_was_shown_is_asked_and_then_comes_as_always(passive: FakePack) -> None:
    play = Play(passive)
    play.see(*[FAKE] * WINDOW, GONE, GONE)
    assert play.see(*[HERE] * WINDOW).state == "challenge"
    assert play.answer(HERE, "asked", "asked").state == "accepted"
    assert play.attempts[-1].challenge.why == "again"
    play.engine.begin("s-1", [], "out")
    play.see(GONE, GONE)
    assert play.see(HERE, HERE, HERE).state == "accepted"


def test_a_doubt_is_forgotten_after_a_while(passive: FakePack) -> None:
    play = Play(passive)
    play.see(*[FAKE] * WINDOW, GONE, GONE)
    play.now += DOUBT_US
    assert play.see(HERE, HERE, HERE).state == "accepted"


def test_a_pack_that_cannot_ask_sees_a_full_window_of_whom_it_is_wary(builtin: Pack) -> None:
    play = Play(FakePack(builtin.manifest, "passive", frozenset()))
    play.see(*[FAKE] * WINDOW, GONE, GONE)
    assert play.see(*[HERE] * (WINDOW - 1)).state == "looking" and play.see(HERE).state == "accepted"


def test_nobody_walks_around_a_challenge(passive: FakePack) -> None:
    draws = iter([0, *[1] * 10])
    play = Play(passive, asking(STRICT, "random"))
    play.engine._draw = lambda: next(draws)
    play.see(*[HERE] * 4)
    assert play.views[-1].state == "challenge"
    play.see(*[GONE] * 6)
    play.now += 2 * DOUBT_US
    assert play.answers == ["not_live"] and play.see(*[HERE] * WINDOW).state == "challenge"
    assert play.answer(HERE, "asked", "asked").state == "accepted"


def test_a_picture_does_not_wait_in_the_queue(passive: FakePack) -> None:
    """Neither before the terminal nor beside somebody, nor with lucky frames."""
    for shown in ([FAKE] * 9, [Shows(2, beside=1, score="fake")] * 9, [HERE, HERE, FAKE, FAKE, FAKE]):
        play = Play(passive)
        for _ in range(5):
            play.see(*shown, *[GONE] * 3)
            play.now += 3 * MINUTE + 50 * SECOND
        came_us = play.now
        play.see(*[HERE] * WINDOW)
        if play.views[-1].state == "challenge":
            play.answer(HERE, "asked", "asked")
        assert play.views[-1].state == "accepted" and play.attempts[-1].seen_mono_us > came_us


def test_a_stranger_is_asked_nothing(turns: FakePack) -> None:
    play = Play(turns)
    play.see(*[Shows(3)] * 12)
    assert play.answers == ["unknown"] and play.attempts[0].challenge is None


def test_without_required_liveness_nothing_is_measured(passive: FakePack) -> None:
    play = Play(passive, load_policy("demo"))
    play.see(*[Shows(1, score="fake")] * 3)
    assert play.answers == ["accepted"] and play.attempts[0].passive is None


def test_twins_give_their_pin_as_well(passive: FakePack) -> None:
    play = Play(passive, people=TWINS)
    view = play.see(HERE, HERE, HERE, HERE)
    assert (view.state, view.person) == ("pin_wanted", "a") and play.attempts == []
    play.engine.give_pin("twin", True)
    assert play.see(HERE).state == "pin_wanted"
    play.engine.give_pin("a", True)
    assert play.see(Shows(0)).state == "accepted"
    (made,) = play.attempts
    assert (made.alike, made.pin, made.second.person) == (("twin",), True, "b") and play.answers == ["accepted"]


@pytest.mark.parametrize("end", ["wrong", "late", "away"])
def test_a_pin_that_does_not_come_ends_refused(passive: FakePack, end: str) -> None:
    play = Play(passive, people=TWINS)
    play.see(*[HERE] * 4)
    if end == "wrong":
        play.engine.give_pin("a", False)
        play.see(HERE)
    else:
        play.see(*[HERE if end == "late" else Shows(0)] * ((PIN_US if end == "late" else PIN_AWAY_US) // FRAME + 3))
    assert play.answers == ["second_factor_missing"] and not play.attempts[0].pin
    play.see(*[Shows(0)] * 3)
    assert play.see(*[HERE] * 4).state == "pin_wanted"


def test_a_pin_that_came_too_early_does_not_count(passive: FakePack) -> None:
    play = Play(passive, people=TWINS)
    play.engine.give_pin("a", True)
    assert play.see(*[HERE] * 5).state == "pin_wanted"


def test_signing_out_is_counted_for_itself(passive: FakePack) -> None:
    play = Play(passive)
    play.see(*[HERE] * 4, *[Shows(0)] * 3)
    play.engine.begin("s-1", [], "out")
    play.see(*[HERE] * 4, *[Shows(0)] * 3)
    assert play.see(*[HERE] * 4).state == "greeted"
    assert [attempt.direction for attempt in play.attempts] == ["in", "out"]


def test_waiting_is_no_lateness(passive: FakePack) -> None:
    """b stands second, then goes away, then comes to the front."""
    play = Play(passive)
    play.see(*[Shows(1, beside=2)] * 4)
    first = FRAME
    play.see(*[Shows(0)] * 30, Shows(2), Shows(2), Shows(2))
    assert [attempt.best.person for attempt in play.attempts] == ["a", "b"]
    assert [attempt.seen_mono_us for attempt in play.attempts] == [first, first]


def test_everybody_who_waits_is_seen_in_turn(passive: FakePack) -> None:
    """However near the one behind stands: who waits third is not late either."""
    play = Play(passive)
    play.see(*[Shows(9, beside=1, third=2)] * 12)
    waited_us = play.now
    play.see(*[Shows(0)] * 30, Shows(2), Shows(2), Shows(2))
    (made,) = play.attempts
    assert made.best.person == "b" and made.seen_mono_us < waited_us - SECOND


class Crowd(FakePack):
    """Somebody far away in front of so many people: b stands on the left, then strangers."""

    people = 0

    def detect(self, bgr: np.ndarray, view: str = "terminal") -> list[Face]:
        if not self.people:
            return super().detect(bgr, view)
        behind = [self._face(400 + 45 * at, 100 - at, 2 if at == 0 else 3) for at in range(self.people)]
        return [self._face(100, 120, 4), *behind]


@pytest.mark.parametrize("people", [2, 8, 9, 12, 20])
def test_in_a_long_queue_everybodys_waiting_counts(builtin: Pack, people: int) -> None:
    """A face comes to its turn later than a single look may wait for the next one."""
    pack = Crowd(builtin.manifest, "passive")
    play = Play(pack)
    pack.people = people
    play.see(*[Shows(4)] * 150)
    pack.people, waited_us = 0, play.now
    play.see(*[Shows(0)] * 5, Shows(2), Shows(2), Shows(2))
    made = play.attempts[-1]
    assert made.best is not None and made.best.person == "b" and made.seen_mono_us <= waited_us - 25 * SECOND


def test_a_pack_with_neither_is_refused(builtin: Pack) -> None:
    nothing = FakePack(builtin.manifest, "none", frozenset())
    with pytest.raises(LivenessUnavailable, match="sanmenxia"):
        Engine(nothing, REAL, "class-1", None, TWO)  # type: ignore[arg-type]
    check_liveness(nothing, load_policy("demo"))  # type: ignore[arg-type]


def test_a_pack_that_cannot_ask_is_refused_where_everybody_must_be(builtin: Pack) -> None:
    silent = FakePack(builtin.manifest, "passive", frozenset())
    check_liveness(silent, REAL)  # type: ignore[arg-type]
    for policy in (asking(REAL, "always"), dataclasses.replace(REAL, liveness=None)):
        with pytest.raises(LivenessUnavailable):
            check_liveness(silent, policy)  # type: ignore[arg-type]


def test_a_threshold_that_the_class_does_not_vouch_for_is_refused(builtin: Pack) -> None:
    allowed = REAL.checkin.false_match_ppm
    assert allowed is not None
    good = Threshold(500_000, "gallery", 30, allowed.value)
    check_threshold(builtin, REAL, "class-1", good)
    for bad in (
        Threshold(500_000, "manifest", 7), Threshold(500_000, "manifest", 7, 10),
        dataclasses.replace(good, fpir_ppm=allowed.value + 1),
    ):
        with pytest.raises(PackTooLoose, match="class-1"):
            check_threshold(builtin, REAL, "class-1", bad)
        check_threshold(builtin, load_policy("demo"), "class-1", bad)


PICTURES = st.builds(
    Shows, st.sampled_from([0, 1, 1, 1, 2, 3, 7, FAR]), st.sampled_from([0, 0, 0, 150]),
    st.sampled_from([0, 0, 30, -30]), st.sampled_from([0, 0, 90]), st.sampled_from([0, 90]),
    st.sampled_from(["live", "fake", "bad"]), st.sampled_from([0, 0, 2]),
)
RUNS = st.lists(st.tuples(PICTURES, st.integers(1, 12)), max_size=15)


@settings(max_examples=60, deadline=None)
@given(RUNS, st.integers(0, 2**64 - 1), st.sampled_from(["always", "unsure", "random"]), st.booleans())
def test_whatever_is_shown_an_answer_is_a_record_and_nobody_is_accepted_twice(
    builtin: Pack, runs: Iterable[tuple[Shows, int]], draw: int, mode: str, scored: bool
) -> None:
    pack = FakePack(builtin.manifest, "passive" if scored else "none", GESTURES)
    play = Play(pack, asking(STRICT, mode), TWINS, draw)
    for picture, many in runs:
        play.see(*[picture] * many)
        play.engine.give_pin("a", True)
    accepted = [answer_of(attempt, play.policy)[1] for attempt in play.attempts
                if answer_of(attempt, play.policy)[0] == "accepted"]
    assert len(accepted) == len(set(accepted))
    ended = ("accepted", "unknown", "not_live", "liveness_missing", "second_factor_missing")
    for before, view in zip([None, *play.views], play.views, strict=False):
        if view.checkin is not None and view.checkin.left:
            assert view.state in ("empty", "too_small", "looking")
            assert answer_of(view.checkin, play.policy)[0] != "accepted"
        elif view.checkin is not None:
            assert view.state == answer_of(view.checkin, play.policy)[0] and view.liveness == view.checkin.liveness
            assert view.checkin.seen_mono_us <= play.now
            assert decode(CheckIn, encode(view.checkin), "checkin") == view.checkin
        elif view.state in ended:
            assert before is not None and before.state == view.state
        assert (view.ask is not None) == (view.state == "challenge")
