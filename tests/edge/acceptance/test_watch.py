"""What a presentation gets: the terminal's own rules over what a pack, made up for it, sees in its frames."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from common.policies import load_policy
from edge.acceptance.attacks import attacks, document
from edge.acceptance.clips import Clip
from edge.acceptance.watch import CHALLENGE_US, Rules, Watched, watch
from edge.rollcall.frames import Plan
from edge.vision.liveness import BadSight, FaceMesh, PassiveScore
from edge.vision.pack import Face
from evidence.bodies import Gesture

POLICY = load_policy("sanmenxia-2023")
assert POLICY.liveness is not None
PASSIVE = Rules(POLICY.liveness, 3, 4)


@dataclasses.dataclass(frozen=True)
class Seen:
    """What the pack sees in one frame. `yaw` None: no mesh. `person`: whose face it is; None: no face."""

    live: int | None = 900_000
    yaw: float | None = 0.0
    person: int | None = 1
    width: int = 100
    x: int = 0


class FakePack:
    """Frames are pictures whose first pixel says which of `seen` they show."""

    name, liveness, threshold_ppm, min_face_px = "fake", "passive", 500_000, 40

    def __init__(self, seen: list[Seen]) -> None:
        self.seen = seen

    def detect(self, bgr: np.ndarray, view: str) -> list[Face]:
        one = self._at(bgr)
        box = np.array([one.x, 0, one.width, one.width], np.float32)
        return [] if one.person is None else [Face(box, 1.0, np.zeros((5, 2), np.float32), 1.0)]

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        return np.array([self._at(bgr).person], np.float32)

    def similarity(self, vector: np.ndarray, others: np.ndarray) -> np.ndarray:
        return np.where(others[:, 0] == vector[0], 1_000_000, 0)

    def passive(self, bgr: np.ndarray, face: Face) -> PassiveScore | BadSight:
        live = self._at(bgr).live
        return BadSight("outside") if live is None else PassiveScore(live, (live,))

    def mesh(self, bgr: np.ndarray, face: Face) -> FaceMesh | None:
        yaw = self._at(bgr).yaw
        return None if yaw is None else FaceMesh(yaw, 0.0, 0.0, 0, 0, 0)

    def _at(self, bgr: np.ndarray) -> Seen:
        return self.seen[int(bgr[0, 0, 0])]


@dataclasses.dataclass(frozen=True)
class FakeClip(Clip):
    count: int = 0

    def pictures(self, every_us: int) -> Iterator[tuple[int, np.ndarray]]:
        for number in range(self.count):
            yield number * every_us, np.full((2, 2, 3), number, np.uint8)


def seen(frames: list[Seen], rules: Rules = PASSIVE, still: bool = False) -> Watched:
    clip = FakeClip(Path("x"), None, None if still else Plan(0, 1, {}), len(frames))
    return watch(FakePack(frames), clip, rules)  # type: ignore[arg-type]


@pytest.mark.parametrize(("frames", "answer"), [
    ([Seen()] * 5, "live"),
    ([Seen(live=100)] * 10, "fake"),
    ([Seen()] * 3 + [Seen(live=100)] * 7, "unsure"),
    ([Seen()] * 2, "unsure"),
    ([Seen(live=None)] * 5, "bad_input"),
    ([Seen(person=None)] * 5, "not_checked"),
    ([Seen(width=20)] * 5, "not_checked"),
    ([Seen(person=None)] * 20 + [Seen()] * 3, "live"),
])
def test_the_passive_answer_is_that_of_the_rules(frames: list[Seen], answer: str) -> None:
    assert seen(frames).answer == answer


def test_one_frame_of_a_still_is_enough() -> None:
    assert seen([Seen()], still=True).answer == "live" and seen([Seen(live=0)], still=True).answer == "fake"


def test_a_clip_is_cut_into_visits() -> None:
    found = seen([Seen()] * 4 + [Seen(live=0)] * 4 + [Seen()] * 3)
    assert found.windows == ("live", "fake") and len(found.scores) == 11


@pytest.mark.parametrize(("frames", "answer"), [
    ([Seen()] * 3 + [Seen(live=0)] * 5, "live"), ([Seen(live=0), *[Seen()] * 3] + [Seen(live=0)] * 4, "unsure"),
    ([Seen(live=None), *[Seen()] * 3] + [Seen(live=0)] * 4, "unsure"), ([Seen()] * 2 + [Seen(live=0)] * 6, "unsure"),
])
def test_a_replay_that_looks_alive_for_three_frames_has_got_in(frames: list[Seen], answer: str) -> None:
    """The terminal does not wait for the other five, so no figure may."""
    assert seen(frames, dataclasses.replace(PASSIVE, window=8)).windows == (answer,)


@pytest.mark.parametrize("offset", [0, 3, 6, 61])
def test_a_replay_of_which_one_visit_is_live_has_got_in(offset: int) -> None:
    """An attacker needs one visit, and chooses when it begins: that the whole clip looks fake helps nobody."""
    frames = [Seen(live=0)] * offset + [Seen()] * 3 + [Seen(live=0)] * (61 - offset)
    rules = dataclasses.replace(PASSIVE, window=8)
    found = seen(frames, rules)
    assert (found.answer, found.got_in) == ("fake", True)
    kinds = [(Clip(Path("x"), species, None), one) for species, one in (("phone", found), (None, found))]
    told = document(attacks(kinds), "some", "a-policy", ())
    assert told["apcer"] == {"phone": 1.0} and told["answers"]["attack"] == {"phone": {"live": 1}}
    assert told["bpcer"] == 1.0 and told["non_response"] == 0.0, "a living person's clip is judged as a whole"


@pytest.mark.parametrize("frames", [
    [Seen(live=0)] * 9, [*[Seen(live=0), Seen()] * 2, *[Seen(live=0)] * 20], [Seen(live=0)] * 30 + [Seen()] * 2,
    [Seen(live=0)] * 8 + [Seen(), Seen(), Seen(live=None)] + [Seen(live=0)] * 8, [Seen(person=None)] * 9,
])
def test_a_replay_without_a_live_visit_has_not(frames: list[Seen]) -> None:
    assert not seen(frames, dataclasses.replace(PASSIVE, window=8)).got_in


def turn(yaw: float) -> list[Seen]:
    """At rest, turned, at rest again: a quarter of a second each and more."""
    return [Seen()] * 4 + [Seen(yaw=yaw, live=0)] * 4 + [Seen()] * 4


def asked(*gestures: Gesture) -> Rules:
    return dataclasses.replace(PASSIVE, gestures=gestures)


def test_gestures_are_answered_in_their_order_only() -> None:
    frames = [Seen(person=None)] * 3 + turn(30) + turn(-30)
    found = seen(frames, asked("turn_left", "turn_right"))
    assert found.answer == "live" and found.challenge is not None
    assert [one.done_us is not None for one in found.challenge.asked] == [True, True]
    assert 0 not in found.scores, "a face that is turned away is not scored"
    assert seen(frames, asked("turn_right", "turn_left")).answer == "no_response"
    assert seen(frames, asked("blink", "turn_left")).answer == "no_response"


def test_another_face_in_the_challenge_or_a_fake_one_is_not_live() -> None:
    rules = asked("turn_left", "turn_right")
    swapped = turn(30) + [dataclasses.replace(one, person=2) for one in turn(-30)]
    assert seen(swapped, rules).answer == "no_response"
    replayed = [dataclasses.replace(one, live=0) for one in turn(30) + turn(-30)]
    assert seen(replayed, rules).answer == "fake"
    assert seen([Seen(person=None)] * 9, rules).answer == "not_checked"


@pytest.mark.parametrize("jumps", [4, 6, 17])
def test_a_face_that_jumps_was_gone_for_a_moment_as_at_the_terminal(jumps: int) -> None:
    frames = turn(30) + turn(-30)
    rules = asked("turn_left", "turn_right")
    assert seen([dataclasses.replace(one, x=3 * at) for at, one in enumerate(frames)], rules).answer == "live"
    moved = [dataclasses.replace(one, x=70 * (at >= jumps)) for at, one in enumerate(frames)]
    assert seen(moved, rules).answer == "no_response"


def test_a_still_answers_nothing_and_ends() -> None:
    found = seen([Seen()], asked("turn_left", "turn_right"), still=True)
    assert found.answer == "no_response" and found.challenge is not None
    assert found.challenge.frames > 8_000_000 / CHALLENGE_US
    assert seen([Seen(yaw=None)], asked("turn_left", "turn_right"), still=True).answer == "no_response"


def test_presentations_are_counted_by_species() -> None:
    def clip(species: str | None, answer: str) -> tuple[Clip, Watched]:
        return Clip(Path("x"), species, None), Watched(answer, (), ("live", answer))  # type: ignore[arg-type]

    found = attacks([
        *(clip(None, answer) for answer in ("live", "live", "unsure", "fake", "bad_input")),
        *(clip("phone", answer) for answer in ("fake", "live", "unsure", "no_response")), clip("mask", "fake")])
    told = document(found, "some", "a-policy", ())
    assert told["apcer"] == {"mask": 0.0, "phone": 0.25} and told["apcer_worst"] == 0.25
    assert (told["worst_species"], told["bpcer"], told["non_response"]) == ("phone", 0.4, 0.2)
    assert told["non_response_live"] == 0.2 and told["non_response_attack"] == {"mask": 0.0, "phone": 0.25}
    assert told["answers"]["live"] == {"bad_input": 1, "fake": 1, "live": 2, "unsure": 1}
    assert told["counts"]["apcer"]["phone"]["high"] > 0.8 and told["counts"]["bpcer"]["few"]
    assert told["visits"]["apcer"]["phone"]["hits"] == 5 and told["visits"]["bpcer"]["of"] == 10


def test_of_species_that_let_nobody_through_the_least_known_is_the_worst() -> None:
    seen_once = [(Clip(Path("x"), species, None), Watched("fake", ())) for species in ("a", "b", "b")]
    assert attacks(seen_once).worst == "a"
