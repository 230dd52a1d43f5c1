"""Attacks on the check-in, by name: none is accepted, each is a record, and there are not too many of these."""
from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from edge.checkin.kept import Kept
from edge.checkin.wary import DOUBT_US
from edge.vision.liveness import GESTURES, TURNS
from edge.vision.pack import Pack
from evidence.checkin import answer_of
from evidence.liveness import liveness_of
from evidence.times import MINUTE, SECOND
from tests.edge.checkin.faking import NEAR, REST, FakePack, Shows, vector
from tests.edge.checkin.test_alive import FRAME, STRICT, TWO, WINDOW, Play, asking

OWN, GONE = Shows(NEAR), Shows(0)
"""The attacker, who is not enrolled and resembles b a little."""
PHOTO, LUCKY = Shows(2, score="fake"), Shows(2)
"""A picture of b; LUCKY where it passes for a living face."""
UNSURE = [LUCKY, LUCKY, *[PHOTO] * 6]


@pytest.fixture
def passive(builtin: Pack) -> FakePack:
    return FakePack(builtin.manifest, "passive")


def swap(play: Play, rest: Shows, moves: Shows, *between: Shows) -> list[str]:
    """`rest` is shown while the terminal looks and waits, `moves` makes what is asked."""
    for _ in range(100):
        ask = play.views[-1].ask
        if ask is not None and ask.stage == "asked":
            play.see(rest, rest, *between, *[dataclasses.replace(moves, **REST[ask.gesture])] * 3, *between)  # type: ignore[arg-type]
        play.see(rest)
        if play.attempts:
            break
    return play.answers


@pytest.mark.parametrize("own", range(1, WINDOW))
def test_own_face_for_some_looks_then_a_photograph(passive: FakePack, own: int) -> None:
    for photo in (PHOTO, Shows(2, score="bad")):
        play = Play(passive)
        play.see(*[OWN] * own, *[photo] * (WINDOW + 4), *[GONE] * 4)
        assert play.attempts and "accepted" not in play.answers
        assert all(one.passive is not None and one.passive.live == 0 for one in play.attempts)
        assert not any(view.ask or view.person for view in play.views)


def test_own_face_and_a_photograph_in_turns(passive: FakePack) -> None:
    for mixed in ([OWN, PHOTO], [PHOTO, PHOTO, OWN], [OWN, LUCKY, PHOTO, PHOTO]):
        play = Play(passive)
        play.see(*mixed * 40, *[GONE] * 4)
        assert play.attempts and "accepted" not in play.answers


def test_photograph_at_rest_and_own_face_for_the_gestures(passive: FakePack, builtin: Pack) -> None:
    """The photograph is unsure in the window, and fake, unsure or not scored at rest."""
    for rest, liveness in ((PHOTO, "fake"), (Shows(2, score="bad"), "bad_input"), (LUCKY, "no_response")):
        for draw in range(12):
            play = Play(passive, draw=draw * 10 + 1)
            assert play.see(*UNSURE).state == "challenge"
            assert swap(play, rest, OWN) and play.attempts[0].liveness in (liveness, "no_response")
            assert "accepted" not in play.answers
    for draw in (1, 11):
        play = Play(FakePack(builtin.manifest, "none", TURNS), draw=draw)
        play.see(*[LUCKY] * 3)
        assert swap(play, LUCKY, OWN) == ["not_live"]
        assert play.attempts[0].challenge is not None and play.attempts[0].challenge.alike > 2


def test_a_living_window_and_then_a_photograph_at_rest(passive: FakePack) -> None:
    """The person helps, stands before the terminal, and leaves the gestures to somebody with the picture."""
    play = Play(passive, asking(STRICT, "always"))
    assert play.see(*[LUCKY] * 3).state == "challenge"
    assert play.answer(PHOTO, "asked", "asked").state == "not_live"
    (made,) = play.attempts
    assert made.liveness == "fake" and made.passive is not None and made.passive.live == 3
    assert made.challenge is not None and made.challenge.ahead is not None and made.challenge.ahead.live == 0
    assert made.challenge.ahead.frames == made.challenge.alike


@pytest.mark.parametrize("between", [[], [GONE], [Shows(2, x=150)]])
def test_a_face_that_is_lost_or_jumps_between_rest_and_movement(builtin: Pack, between: list[Shows]) -> None:
    """Even of two faces that nobody could tell apart."""
    play = Play(FakePack(builtin.manifest, "none", TURNS))
    play.see(*[LUCKY] * 3)
    answers = swap(play, LUCKY, LUCKY, *between)
    assert answers == (["not_live"] if between else ["accepted"])


def test_who_does_not_stay_in_place_is_gone(builtin: Pack) -> None:
    play = Play(FakePack(builtin.manifest, "none", GESTURES))
    play.see(*[LUCKY] * 4)
    asked = play.views[-1].ask
    assert asked is not None
    play.see(*[Shows(2, x=150, **REST[asked.gesture])] * 5)
    assert play.answers == ["not_live"] and play.attempts[0].challenge is not None
    assert play.attempts[0].challenge.lost == 1


def test_a_record_whose_life_is_not_the_persons_is_not_checked(passive: FakePack) -> None:
    play = Play(passive, asking(STRICT, "unsure"))
    play.see(*UNSURE)
    play.answer(LUCKY, "asked", "asked")
    (made,) = play.attempts
    assert play.answers == ["accepted"] and made.named and made.passive is not None and made.challenge is not None
    for changed in (
        {"votes": made.votes - 1}, {"passive": dataclasses.replace(made.passive, frames=made.passive.frames + 1)},
        {"challenge": dataclasses.replace(made.challenge, ahead=None)},
        {"challenge": dataclasses.replace(made.challenge, alike=made.challenge.alike - 1)},
        {"challenge": dataclasses.replace(made.challenge, asked=tuple(
            dataclasses.replace(one, compared=0, alike=0) for one in made.challenge.asked))},
    ):
        other: Any = dataclasses.replace(made, **changed)
        assert liveness_of(other, STRICT) == "not_checked" and answer_of(other, STRICT)[0] == "liveness_missing"
        assert liveness_of(dataclasses.replace(other, named=False), STRICT) == "live"


def test_two_photographs_in_turns_do_not_flood_the_chain(passive: FakePack) -> None:
    play = Play(passive, people={**TWO, "c": vector(3)[None]})
    for _ in range(3 * MINUTE // FRAME // 2):
        play.see(PHOTO, Shows(3, score="fake"))
    assert len(play.attempts) <= 2 * 3
    play.see(*[GONE] * (MINUTE // FRAME + 5))
    assert len(play.attempts) <= 2 * 4 and all(one.left for one in play.attempts)
    assert sum(one.visits for one in play.attempts) == 3 * MINUTE // FRAME
    assert {one.best.person for one in play.attempts if one.best} == {"b", "c"}


def test_every_short_try_is_counted_in_a_record(passive: FakePack) -> None:
    play = Play(passive)
    for _ in range(3):
        play.see(PHOTO, *[Shows(1)] * 2, GONE, GONE)
    (made,) = [one for one in play.engine.end() if one.best is not None and one.best.person == "b"]
    assert (made.left, made.visits) == (True, 3)


def test_the_next_person_in_line_who_resembles_the_last_one(passive: FakePack) -> None:
    play = Play(passive, people={"b": vector(2)[None], "n": vector(NEAR)[None]})
    play.see(*[LUCKY] * 3, *[OWN] * 3)
    assert [one.best.person for one in play.attempts if one.best] == ["b", "n"]
    assert play.answers == ["accepted"] * 2


def test_a_new_engine_of_the_class_forgets_no_doubt_and_no_queue(passive: FakePack) -> None:
    kept, play = Kept(), Play(passive)
    play.engine.keep(kept)
    play.see(*[PHOTO] * WINDOW, GONE, GONE)
    for seen in range(3):
        play.see(*[Shows(9)] * seen, Shows(9, beside=1))
    first_us = play.now
    later = Play(passive)
    later.now = play.now + MINUTE
    later.engine.keep(kept)
    assert later.see(*[Shows(2)] * WINDOW).state == "challenge"
    later.see(*[GONE] * 6, *[Shows(1)] * 3)
    assert later.attempts[-1].seen_mono_us < first_us < later.now - MINUTE
    out = Play(passive, direction="out")
    out.now = later.now + SECOND
    out.engine.keep(kept)
    out.see(*[Shows(1)] * 3)
    assert out.attempts[-1].seen_mono_us > later.now


def test_a_new_engine_forgets_whose_face_was_erased(passive: FakePack) -> None:
    kept, play = Kept(), Play(passive)
    play.engine.keep(kept)
    play.see(*[PHOTO] * WINDOW, GONE, GONE, *[Shows(1)] * 2)
    assert kept.wary.of("b", play.now)
    Play(passive, people={"c": vector(3)[None], "d": vector(4)[None]}).engine.keep(kept)
    assert not kept.wary.of("b", play.now) and not kept.wary.of("b", play.now - DOUBT_US)
    assert kept.sights.first_us("a", play.now, play.now) == play.now


@pytest.mark.parametrize("wrong", [[PHOTO, GONE, GONE], [PHOTO] * (WINDOW + 1)])
def test_frames_that_look_wrong_do_not_end_the_wait_of_who_was_seen_before(
    passive: FakePack, wrong: list[Shows],
) -> None:
    """One frame of the own face, at the head of the queue; or somebody else's picture."""
    play = Play(passive)
    play.see(*[Shows(9, beside=2)] * 20)
    waited_us = play.now
    play.see(*wrong, *[Shows(1)] * 4, GONE, GONE)
    assert play.see(*[LUCKY] * WINDOW).state == "challenge"
    play.answer(LUCKY, "asked", "asked")
    assert play.answers[-1] == "accepted" and play.attempts[-1].seen_mono_us < waited_us


def test_a_picture_does_not_wait_by_its_own_visit(passive: FakePack) -> None:
    for picture in ([LUCKY, LUCKY, PHOTO, GONE, GONE], [*UNSURE[:-1], PHOTO]):
        play = Play(passive)
        play.see(*picture, *[GONE] * 60)
        came_us = play.now
        play.see(*[LUCKY] * WINDOW)
        play.answer(LUCKY, "asked", "asked")
        assert play.answers[-1] == "accepted" and play.attempts[-1].seen_mono_us >= came_us


def test_a_window_that_names_nobody_surely_and_looked_fake_leaves_a_doubt(passive: FakePack) -> None:
    for mixed in ([OWN] * 5 + [PHOTO] * 3, [dataclasses.replace(OWN, score="fake")] * WINDOW):
        play = Play(passive)
        play.see(*mixed, GONE, GONE)
        assert play.answers == ["unknown"]
        assert play.see(*[LUCKY] * WINDOW).state == "challenge", "not in by three frames"
