"""Liveness of real clips with the test pack: living people, replays from a monitor and a phone, photographs held."""
from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.tilted import card_of, looks
from edge.vision.pack import Pack
from evidence.challenge import shown
from evidence.checkin import answer_of
from evidence.liveness import passive_answer, passive_look
from evidence.policy import Policy
from tests.edge.checkin.clips import Clip, Once, asking, held, orders, play, read_clip

pytestmark = pytest.mark.long

EVERY_US = 200_000
SELDOM_US = 400_000
"""Enough for what does not move."""
REPLAYS = ("turns-fake", "phone-fake")
LIVE = ("d9", "d11", "d13", "d14", "hai1", "s18")
PHOTOGRAPHS = ("spoof/minivision/image_F1.jpg", "spoof/minivision/image_F2.jpg", "faces/lfw-strangers")


Clips = Callable[[str, int, float], Clip]


@pytest.fixture(scope="module")
def once(lab: Pack) -> Once:
    return Once(lab)


@pytest.fixture(scope="module")
def clips(shared: Path) -> Callable[..., Clip]:
    """Reads each clip once."""
    return functools.cache(lambda name, every_us, seconds: read_clip(shared / f"data/{name}.mp4", every_us, seconds))


def all_orders(policy: Policy, pack: Once) -> dict[tuple[str, ...], int]:
    assert policy.liveness is not None
    return dict(orders(policy.liveness, pack.challenge).items())


def test_a_person_passes_when_asked_the_own_order_and_fails_every_other(clips: Clips, once: Once) -> None:
    """The person turns left and then right."""
    turns, policy = clips("spoof/turns-real", EVERY_US, 11.4), asking("always")
    for pack in (once, once.without_passive()):
        answers = {order: play(pack, turns, policy, draw) for order, draw in all_orders(policy, pack).items()}
        assert len(answers) == 12
        own = answers.pop(("turn_left", "turn_right"))
        assert own.liveness == "live" and answer_of(own, policy) == ("accepted", "person")
        assert own.challenge is not None and own.challenge.alike == own.challenge.compared
        assert {attempt.liveness for attempt in answers.values()} == {"no_response"}
        assert {attempt.challenge.other for attempt in answers.values()} <= {"turn_left", "turn_right"}


@pytest.mark.parametrize("name", REPLAYS)
def test_a_replay_is_fake_whatever_is_asked(name: str, clips: Clips, once: Once) -> None:
    clip = clips(f"spoof/{name}", EVERY_US, 2.4)
    for mode in ("always", "unsure", "random"):
        made = play(once, clip, asking(mode))
        assert made.liveness == "fake" and answer_of(made, asking(mode))[0] == "not_live"
        assert made.passive is not None and made.passive.live == 0 and made.challenge is None


def test_a_replay_that_the_passive_check_misses_does_not_know_what_is_asked(clips: Clips, once: Once) -> None:
    """The replay of the same turns, in a pack that has gestures alone."""
    clip, pack, policy = clips("spoof/turns-fake", EVERY_US, 6.0), once.without_passive(), asking("unsure", 3)
    for draw in all_orders(policy, pack).values():
        made = play(pack, clip, policy, draw)
        assert made.liveness == "no_response" and made.challenge is not None and made.challenge.why == "missing"


@pytest.mark.parametrize("name", LIVE)
def test_a_living_person_passes_by_looking_and_without_turning_answers_nothing(
    name: str, clips: Clips, once: Once
) -> None:
    clip = clips(f"video/live/{name}", SELDOM_US, 5.2)
    looked = play(once, clip, asking("unsure"))
    assert looked.liveness == "live" and looked.challenge is None
    assert answer_of(looked, asking("unsure")) == ("accepted", "person")
    policy = asking("always", 3)
    asked = [play(once, clip, policy, draw) for order, draw in all_orders(policy, once).items()
             if order[0].startswith("turn")]
    assert len(asked) == 6 and {made.liveness for made in asked} == {"no_response"}


def test_the_passive_check_takes_no_window_of_a_replay_for_a_person(clips: Clips, once: Once) -> None:
    policy = asking("unsure")
    rules, least = policy.liveness, policy.checkin.min_votes.value
    assert rules is not None
    for name, answer in [(name, "fake") for name in REPLAYS] + [("phone-real", "live")]:
        scores = []
        for picture in clips(f"spoof/{name}", EVERY_US, 2.4).pictures:
            said = once.passive(picture, once.detect(picture)[0])
            scores.append(said.live_ppm)
        assert {passive_answer(passive_look(scores[at : at + 8], 500_000), rules, least)
                for at in range(len(scores) - 7)} == {answer}


@pytest.mark.parametrize("path", PHOTOGRAPHS)
def test_a_photograph_answers_nothing(path: str, shared: Path, once: Once) -> None:
    file = shared / "data" / path
    file = sorted(file.rglob("*.jpg"))[0] if file.is_dir() else file
    clip, policy = held(file, EVERY_US, 6.0), asking("always", 3)
    for draw in all_orders(policy, once).values():
        assert play(once.without_passive(), clip, policy, draw).liveness == "no_response"
    assert play(once, clip, policy).liveness in ("fake", "no_response")


def gestures_of(picture: np.ndarray, angles: list[tuple[int, int]], pack: Pack) -> tuple[int, set[str]]:
    """In how many of the ways to hold a photograph the face has a mesh, and which gestures it seems to make."""
    card = card_of(picture, pack)
    assert card is not None
    seen = looks(card, angles, pack)
    return len(seen), {gesture for one in seen for gesture in shown(one, 0.0)}


@pytest.mark.parametrize("name", ["hai1", "d13"])
def test_a_photograph_that_is_tilted_opens_no_mouth(name: str, clips: Clips, lab: Pack) -> None:
    picture = clips(f"video/live/{name}", EVERY_US, 0.1).pictures[0]
    angles = [(around, over) for around in (-55, -40, 0, 40, 55) for over in (-15, 0, 30, 45)]
    meshes, found = gestures_of(picture, angles, lab)
    assert meshes > 10 and found <= {"turn_left", "turn_right"}


@pytest.mark.parametrize("name", ["Ian_Thorpe/Ian_Thorpe_0002", "Bill_Simon/Bill_Simon_0001"])
def test_a_photograph_that_is_tilted_shuts_no_eyes(name: str, shared: Path, lab: Pack) -> None:
    """Bent far away from the camera they look shut to the blendshape alone."""
    picture = cv2.imread(str(shared / "data" / "faces" / "lfw" / f"{name}.jpg"))
    assert picture is not None
    angles = [(around, over) for around in (-8, 0, 8) for over in (-65, 60, 65)]
    meshes, found = gestures_of(picture, angles, lab)
    assert meshes > 4 and not found
