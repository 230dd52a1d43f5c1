"""Lets a pack look at one presentation as the terminal would, and says what the terminal's rules make of it."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from edge.acceptance.clips import HELD_US, Clip
from edge.checkin.alive import look, score
from edge.checkin.visit import STANDS
from edge.vision.geometry import overlap
from edge.vision.liveness import LIVE_PPM
from edge.vision.pack import Face, Pack
from evidence.bodies import Challenge, Gesture
from evidence.challenge import Look, abandon, begin, looks_ahead, step
from evidence.liveness import Liveness, Passive, challenge_passed, passive_answer, passive_look
from evidence.policy import LivenessRules

PASSIVE_US = 200_000
"""How far apart frames are that the passive check looks at: as the terminal does by itself."""
CHALLENGE_US = 66_000
"""How far apart they are in a challenge: a blink is over in a third of a second."""


@dataclasses.dataclass(frozen=True)
class Rules:
    """What a presentation is judged by. `least`: frames without which nothing is live; `window`: frames of one visit at
    the terminal. `gestures`: what is asked, in this order; none: the passive check alone."""

    liveness: LivenessRules
    least: int
    window: int
    gestures: tuple[Gesture, ...] = ()


@dataclasses.dataclass(frozen=True)
class Watched:
    """What one presentation got. `scores`: of its frames with a face, in ppm, None where it could not be scored.

    *Not checked*: no face was found in it. `windows`: what the passive check says at the terminal of visits that begin
    at its parts, each as long as a visit can be; a shorter rest is left out. `got_in`: whether a visit is live that
    begins at any of its frames, which is all that an attacker needs."""

    answer: Liveness | Passive
    scores: tuple[int | None, ...]
    windows: tuple[Passive, ...] = ()
    challenge: Challenge | None = None
    got_in: bool = False


def watch(pack: Pack, clip: Clip, rules: Rules) -> Watched:
    """Look at one presentation. Raises BadVideo, EmptyVideo, Unreadable, TooLarge."""
    return _challenge(pack, clip, rules) if rules.gestures else _passive(pack, clip, rules)


def _passive(pack: Pack, clip: Clip, rules: Rules) -> Watched:
    """The passive check alone, over all frames of the presentation together."""
    scores = [score(pack, bgr, face) for _, bgr, face in _sights(pack, clip, PASSIVE_US) if face is not None]
    least, size = (1 if clip.still else rules.least), rules.window
    visits = [_visit(scores[at : at + size], rules) for at in range(len(scores))]
    whole = [visit for visit in visits[::size] if visit is not None]
    answer, windows = _answer(scores, rules, least), tuple(whole[: len(scores) // size])
    return Watched(answer, tuple(scores), windows, got_in="live" in (answer, *visits))


def _visit(scores: Sequence[int | None], rules: Rules) -> Passive | None:
    """One visit at the terminal, which looks no further where the first frames all look alive; None where it is too
    short to be decided."""
    first = scores[: rules.least]
    if len(first) == rules.least and all(one is not None and one >= LIVE_PPM for one in first):
        return _answer(first, rules, rules.least)
    return None if len(scores) < rules.window else _answer(scores, rules, rules.least)


def _challenge(pack: Pack, clip: Clip, rules: Rules) -> Watched:
    """The gestures are asked one after the other from the first face on; the presentation answers with what it holds.

    Who is there is taken from the first frame, since no gallery knows these people."""
    course = begin("always", rules.gestures, rules.liveness.gesture_s.value * 1_000_000)
    vector, box, began_us = None, np.zeros(4, np.float32), 0
    scores: list[int | None] = []
    for at_us, bgr, face in _sights(pack, clip, CHALLENGE_US):
        if vector is None:
            if face is None:
                continue
            vector, box, began_us = pack.embed(bgr, face), face.box, at_us
        shown, stands = _look(pack, bgr, face, vector, at_us - began_us), face is not None and _stands(box, face)
        if face is not None and (stands or looks_ahead(shown)):
            box = face.box
        if not stands:
            shown = Look(shown.at_us, here=False)  # one that jumps was gone for a moment
        if face is not None and shown.alike and looks_ahead(shown):
            scores.append(score(pack, bgr, face))
        for held in _held(shown) if clip.still else (shown,):
            course = step(course, held)
        if course.over:
            break
    if vector is None:
        return Watched("not_checked", ())
    course = abandon(course)
    passive = _answer(scores, rules, 1 if clip.still else rules.least) if pack.liveness == "passive" else "not_checked"
    if passive in ("fake", "bad_input"):
        return Watched(passive, tuple(scores), (), course.measured)
    passed = challenge_passed(course.measured, rules.liveness)
    return Watched("live" if passed else "no_response", tuple(scores), (), course.measured, passed)


def _look(pack: Pack, bgr: np.ndarray, face: Face | None, vector: np.ndarray, at_us: int) -> Look:
    """What one frame of a challenge shows. A face that is turned away is compared, but not scored."""
    if face is None:
        return Look(at_us, here=False)
    alike = bool(pack.similarity(pack.embed(bgr, face), vector[None])[0] >= pack.threshold_ppm)
    return look(at_us, pack.mesh(bgr, face), alike)


def _stands(box: np.ndarray, face: Face) -> bool:
    """Whether a face stands where it was seen last, and is as large."""
    return float(overlap(box, face.box)[0, 0]) >= STANDS


def _held(shown: Look) -> Iterator[Look]:
    """The same frame again and again, as a still shows it, until nothing can be asked any more."""
    for at_us in range(0, HELD_US, CHALLENGE_US):
        yield dataclasses.replace(shown, at_us=at_us)


def _sights(pack: Pack, clip: Clip, every_us: int) -> Iterator[tuple[int, np.ndarray, Face | None]]:
    """(time, picture, the largest face in it that the terminal would look at)."""
    for at_us, bgr in clip.pictures(every_us):
        faces = pack.detect(bgr, "terminal")
        near = faces and faces[0].width_px >= pack.min_face_px
        yield at_us, bgr, faces[0] if near else None


def _answer(scores: Sequence[int | None], rules: Rules, least: int) -> Passive:
    return passive_answer(passive_look(scores, LIVE_PPM), rules.liveness, least)
