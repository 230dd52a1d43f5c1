"""An active challenge, pure: gestures asked one after the other, as one table of transitions over what frames show.

Thresholds were measured on real clips; docs/liveness.md gives the figures and the command.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

from evidence.bodies import Asked, Challenge, Gesture
from evidence.liveness import GESTURES, HOLD_US, Why

TURN_DEG = 15
"""A head is turned that looks at least so far aside, and has moved so far from where it rested."""
REST_DEG = 10
"""A head turned at most so far looks ahead."""
SHUT_PPM, AWAKE_PPM = 500_000, 400_000
"""Eyes are shut where the wider open one is shut so far; and open again below the second number."""
OPEN_PPM, CLOSED_PPM = 500_000, 200_000
"""A mouth is open from the first number on; and closed again below the second."""
GONE_US = 500_000
"""So long the face may be missed by the detector."""

State = Literal["ready", "asked", "made", "passed", "wrong", "late", "lost"]
"""ready: a gesture is shown, but the face must be at rest before it counts; asked: it was; made: the gesture was seen,
the face must come back to rest. Then how it ended."""
Event = Literal["rest", "made", "other", "gap", "late", "lost"]

TABLE: dict[tuple[State, Event], State] = {
    ("ready", "rest"): "asked",
    ("ready", "other"): "wrong",
    ("ready", "late"): "late",
    ("ready", "lost"): "lost",
    ("asked", "made"): "made",
    ("asked", "other"): "wrong",
    ("asked", "gap"): "ready",
    ("asked", "late"): "late",
    ("asked", "lost"): "lost",
    ("made", "rest"): "passed",
    ("made", "other"): "wrong",
    ("made", "late"): "late",
    ("made", "lost"): "lost",
}
"""The state of one gesture after an event; what does not stand here changes nothing. In *ready* the asked gesture does
not count: the face may have come turned, or with an open mouth. After a *gap* between rest and movement, be it of one
frame, it begins anew from rest: nobody can tell whether the face that moves is the one that rested."""
OVER = ("passed", "wrong", "late", "lost")


@dataclasses.dataclass(frozen=True)
class Look:
    """One frame of a challenge. `at_us`: since the challenge began. `here`: the face of the attempt is in view, where
    it was in the frame before, and not another one in its place. `alike`: similar by the threshold to the person, or if
    it is turned to the face that looked ahead; None: not compared.

    `yaw_deg`: positive turned to the person's own left. `shut_ppm`: how far that eye is shut which is less so;
    `jaw_ppm`: how far the mouth is open for sure, `lips_ppm`: how far the lips are apart. None: cannot be told."""

    at_us: int
    here: bool
    alike: bool | None = None
    yaw_deg: float | None = None
    shut_ppm: int | None = None
    jaw_ppm: int | None = None
    lips_ppm: int | None = None


@dataclasses.dataclass(frozen=True)
class Course:
    """A challenge that runs or is over: what was measured so far, and where it stands.

    `gestures`: all that will be asked; of these `done` are passed. `ahead_deg`: the yaw when the head first rested
    since the challenge began or a gap. `rested`: of which gestures the face was seen at rest since it is in view
    without a gap; only these can be wrong. `held`: since when which gesture shows without a break. `missed_us`:
    since when the face is gone."""

    gestures: tuple[Gesture, ...]
    measured: Challenge
    state: State = "ready"
    done: int = 0
    ahead_deg: float = 0.0
    rested: frozenset[Gesture] = frozenset()
    held: tuple[tuple[Gesture, int], ...] = ()
    missed_us: int | None = None

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def gesture(self) -> Gesture | None:
        """What is asked now."""
        return None if self.over else self.gestures[self.done]

    def left_us(self, at_us: int) -> int:
        """How long there is time for it."""
        return 0 if self.over else max(0, self.measured.asked[-1].at_us + self.measured.limit_us - at_us)


def begin(why: Why, gestures: Sequence[Gesture], limit_us: int) -> Course:
    """A challenge whose first gesture is asked now, at 0. At least one gesture."""
    asked = (Asked(gestures[0], 0),)
    return Course(tuple(gestures), Challenge(why, limit_us, asked, frames=0, compared=0, alike=0, lost=0))


def step(course: Course, look: Look) -> Course:
    """The challenge after one more frame, in the order of time. One that is over stays as it is."""
    if course.over:
        return course
    course = _count(course, look)
    event = _event(course, look)
    state = course.state if event is None else TABLE.get((course.state, event), course.state)
    if state == "passed":
        return _passed(course, look)
    measured = course.measured
    if state == "wrong":
        measured = dataclasses.replace(measured, other=_wrong(course, look.at_us))
    elif state == "lost":
        measured = dataclasses.replace(measured, lost=measured.lost + 1)
    return dataclasses.replace(course, state=state, measured=measured)


def abandon(course: Course) -> Course:
    """The face left: the challenge ends as it stands, without an answer."""
    if course.over:
        return course
    lost = dataclasses.replace(course.measured, lost=course.measured.lost + 1)
    return dataclasses.replace(course, state="lost", measured=lost)


def shown(look: Look, ahead_deg: float) -> frozenset[Gesture]:
    """The gestures that a frame shows of a face that rested at `ahead_deg`."""
    yaw, shut, jaw = look.yaw_deg, look.shut_ppm, look.jaw_ppm
    found: dict[Gesture, bool] = {
        "turn_left": yaw is not None and yaw >= TURN_DEG + max(0.0, ahead_deg),
        "turn_right": yaw is not None and yaw <= -TURN_DEG + min(0.0, ahead_deg),
        # Of a head that is turned or bent nobody can tell whether its eyes are shut.
        "blink": shut is not None and shut >= SHUT_PPM and yaw is not None and abs(yaw) <= REST_DEG,
        "open_mouth": jaw is not None and jaw >= OPEN_PPM,
    }
    return frozenset(gesture for gesture, seen in found.items() if seen and look.here)


def looks_ahead(look: Look) -> bool:
    """Whether a head is turned so little that the face can be compared with pictures of it, and scored for life."""
    return look.yaw_deg is not None and abs(look.yaw_deg) <= REST_DEG


def at_rest(look: Look, gesture: Gesture) -> bool:
    """Whether a frame shows the person looking ahead, with what `gesture` moves not moved. Other parts of the face are
    left alone: some people's eyes are never wide open."""
    if not look.here or look.alike is not True or not looks_ahead(look):
        return False
    if gesture == "blink":
        return look.shut_ppm is not None and look.shut_ppm <= AWAKE_PPM
    if gesture == "open_mouth":
        # Of a photograph of a smile the lips are apart all along: it has no mouth that could open.
        return look.jaw_ppm is not None and max(look.jaw_ppm, look.lips_ppm or 0) <= CLOSED_PPM
    return True


def _count(course: Course, look: Look) -> Course:
    """The frame, counted; since when each gesture shows, which were seen at rest, and since when the face is gone."""
    was, seen = dict(course.held), shown(look, course.ahead_deg)
    held = tuple((gesture, was.get(gesture, look.at_us)) for gesture in GESTURES if gesture in seen)
    rested = course.rested | {gesture for gesture in GESTURES if at_rest(look, gesture)} if look.here else frozenset()
    missed_us = None if look.here else look.at_us if course.missed_us is None else course.missed_us
    # Whatever is asked: else one film would be judged by another rest under each question.
    first = "turn_left" in rested - course.rested
    ahead_deg = look.yaw_deg or 0.0 if first else course.ahead_deg
    ahead = look.here and looks_ahead(look)
    measured = dataclasses.replace(
        course.measured,
        asked=_compared(course, look) if course.gestures[course.done] in seen else course.measured.asked,
        frames=course.measured.frames + look.here,
        compared=course.measured.compared + (ahead and look.alike is not None),
        alike=course.measured.alike + (ahead and look.alike is True),
    )
    return dataclasses.replace(course, measured=measured, held=held, rested=rested, missed_us=missed_us,
                               ahead_deg=ahead_deg)


def _compared(course: Course, look: Look) -> tuple[Asked, ...]:
    """A frame that shows the asked gesture counts towards whose gesture it is. In *ready* it is none."""
    *before, last = course.measured.asked
    if look.alike is None or course.state == "ready":
        return course.measured.asked
    return (*before, dataclasses.replace(last, compared=last.compared + 1, alike=last.alike + look.alike))


def _event(course: Course, look: Look) -> Event | None:
    """What a frame means. Lateness comes first: a gesture that is made too late is not made."""
    gesture = course.gestures[course.done]
    if look.at_us - course.measured.asked[-1].at_us > course.measured.limit_us:
        return "late"
    if course.missed_us is not None:
        return "lost" if look.at_us - course.missed_us > GONE_US else "gap"
    if _wrong(course, look.at_us) is not None:
        return "other"
    if gesture in _long_enough(course, look.at_us):
        return "made"
    return "rest" if at_rest(look, gesture) else None


def _long_enough(course: Course, at_us: int) -> set[Gesture]:
    return {gesture for gesture, since_us in course.held if at_us - since_us >= HOLD_US[gesture]}


def _wrong(course: Course, at_us: int) -> Gesture | None:
    """A gesture that shows long enough, and did not from the beginning, though another one is asked."""
    found = (_long_enough(course, at_us) & course.rested) - {course.gestures[course.done]}
    return next((gesture for gesture in GESTURES if gesture in found), None)


def _passed(course: Course, look: Look) -> Course:
    """The gesture is done; the next one is asked in the same moment, and this frame may be its rest already."""
    asked = (*course.measured.asked[:-1], dataclasses.replace(course.measured.asked[-1], done_us=look.at_us))
    done = course.done + 1
    if done == len(course.gestures):
        measured = dataclasses.replace(course.measured, asked=asked)
        return dataclasses.replace(course, measured=measured, state="passed", done=done)
    following = course.gestures[done]
    measured = dataclasses.replace(course.measured, asked=(*asked, Asked(following, look.at_us)))
    state: State = "asked" if at_rest(look, following) else "ready"
    return dataclasses.replace(course, measured=measured, state=state, done=done)
