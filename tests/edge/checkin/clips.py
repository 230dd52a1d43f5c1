"""Real clips before the engine: read at a steady rate, looked at once by a real pack, played to any challenge."""
from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from common.policies import load_policy
from edge.checkin.engine import Engine
from edge.vision.pack import Face, Pack
from evidence.bodies import CheckIn, Gesture
from evidence.liveness import challenge_why
from evidence.policy import LivenessRules, Policy
from evidence.times import SECOND


@dataclasses.dataclass(frozen=True)
class Clip:
    """Pictures, `every_us` apart."""

    pictures: tuple[np.ndarray, ...]
    every_us: int


def read_clip(path: Path, every_us: int, seconds: float) -> Clip:
    """The first seconds of a video, a picture of every `every_us`."""
    found, due_us = [], 0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            at_us = round(float(frame.time or 0) * 1e6)
            if at_us >= seconds * SECOND:
                break
            if at_us >= due_us:
                due_us += every_us
                found.append(frame.to_ndarray(format="bgr24"))
    return Clip(tuple(found), every_us)


def held(path: Path, every_us: int, seconds: float) -> Clip:
    """A photograph that somebody holds before the camera."""
    picture = cv2.imread(str(path))
    assert picture is not None
    return Clip((picture,) * round(seconds * SECOND / every_us), every_us)


class Once:
    """A pack that looks at each picture once, however often it is asked. `passive` False: it has no such check."""

    def __init__(self, pack: Pack, passive: bool = True) -> None:
        self._pack, self._said = pack, dict[tuple[Any, ...], Any]()
        self.liveness = pack.liveness if passive else "none"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pack, name)

    def without_passive(self) -> Once:
        """The same memory in a pack that has no passive check."""
        other = Once(self._pack, passive=False)
        other._said = self._said
        return other

    def detect(self, bgr: np.ndarray, view: str = "terminal") -> list[Face]:
        return self._once("detect", bgr, view)

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        return self._once("embed", bgr, face)

    def mesh(self, bgr: np.ndarray, face: Face) -> Any:
        return self._once("mesh", bgr, face)

    def passive(self, bgr: np.ndarray, face: Face) -> Any:
        return self._once("passive", bgr, face) if self.liveness == "passive" else None

    def _once(self, what: str, bgr: np.ndarray, other: Any) -> Any:
        key = what, id(bgr), other if isinstance(other, str) else id(other)
        if key not in self._said:
            # The picture and the face are kept, so that no other one gets their id.
            self._said[key] = getattr(self._pack, what)(bgr, other), bgr, other
        return self._said[key][0]


def orders(rules: LivenessRules, can: frozenset[Gesture]) -> dict[tuple[Gesture, ...], int]:
    """Every order of gestures that can be asked, and a draw that asks it."""
    found: dict[tuple[Gesture, ...], int] = {}
    for draw in range(12 * rules.one_in.value):
        why = challenge_why(rules, "not_checked", can, draw)
        assert why is not None
        found.setdefault(why[1], draw)
    return found


def asking(mode: str, gesture_s: int = 8) -> Policy:
    """A policy that requires liveness, and lets a class of one be recognised."""
    policy = load_policy("sanmenxia-2023")
    assert policy.liveness is not None
    seconds = dataclasses.replace(policy.liveness.gesture_s, value=gesture_s)
    rules = dataclasses.replace(policy.liveness, challenge=mode, gesture_s=seconds)  # type: ignore[arg-type]
    return dataclasses.replace(policy, accept_test_keys=True, liveness=rules)


def play(pack: Any, clip: Clip, policy: Policy, draw: int = 0) -> CheckIn:
    """The one attempt that a clip makes, by a person who is enrolled from its first picture; at its end nobody is there
    any more."""
    first = clip.pictures[0]
    people = {"person": pack.embed(first, pack.detect(first)[0])[None]}
    engine = Engine(pack, policy, "class-1", None, people, draw=lambda: draw)
    empty = np.zeros_like(first)
    made: list[CheckIn] = []
    for number, picture in enumerate((*clip.pictures, *[empty] * 6)):
        view = engine.step(picture, number * clip.every_us)
        made += [view.checkin] if view.checkin is not None else []
    assert len(made) == 1, f"{len(made)} attempts"
    return made[0]
