"""The check-in engine: follows the face before the terminal, lets its frames vote, and makes one attempt per visit.

An attempt is a `CheckIn` body with measurements only; `evidence.checkin` decides, here and for every later reader.
Somebody who is checked in already is greeted and not recorded again.
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np

from edge.checkin.errors import LivenessUnavailable, NobodyEnrolled
from edge.checkin.visit import Visit
from edge.vision.calibrate import calibrate
from edge.vision.gallery import Gallery
from edge.vision.pack import Face, Pack
from evidence.bodies import CheckIn
from evidence.checkin import CheckInAnswer, FrameMatch, WindowResult, answer_of, window_decision
from evidence.policy import Policy

WINDOW = 8
"""Frames after which a visit that convinced nobody ends as an attempt by an unknown face."""
LEFT_AFTER = 2
"""Frames without the face after which the visit is over."""

State = Literal["empty", "too_small", "looking", "accepted", "greeted", "unknown", "not_live", "liveness_missing"]


@dataclasses.dataclass(frozen=True)
class EngineView:
    """What the page shows after a frame. `boxes`: x, y, width, height of the faces, the largest first.

    `state`: nobody there, come closer, being looked at, or how the visit ended: accepted, greeted (was checked in
    already), unknown, not live. `person`: the pseudonym of who is accepted or greeted. `checkin`: the attempt to be
    recorded, in the one frame in which it was decided. `votes` of `needed` frames agree so far.
    """

    boxes: tuple[tuple[int, int, int, int], ...]
    state: State
    person: str | None = None
    votes: int = 0
    needed: int = 0
    checkin: CheckIn | None = None


class Engine:
    """One class (and session) at one terminal. Raises LivenessUnavailable, NobodyEnrolled.

    `templates`: face descriptions (n, d) by person. `checked_in`: who needs no further record.
    """

    def __init__(
        self, pack: Pack, policy: Policy, class_id: str, session: str | None,
        templates: Mapping[str, np.ndarray], checked_in: Iterable[str] = (),
    ) -> None:
        if policy.liveness_required and pack.liveness == "none":
            raise LivenessUnavailable(policy=policy.id, pack=pack.name)
        if not templates:
            raise NobodyEnrolled(class_id=class_id, pack=pack.name)
        self._pack, self._policy, self._class_id, self._session = pack, policy, class_id, session
        self._gallery = Gallery(pack, templates)
        self._threshold_ppm = calibrate(pack, self._gallery).ppm
        self._checked_in = set(checked_in)
        self._visit: Visit | None = None
        self._said: tuple[State, str | None] = ("looking", None)

    @property
    def session(self) -> str | None:
        """The session to which attempts belong."""
        return self._session

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who can be recognised."""
        return self._gallery.people

    def begin(self, session: str | None, checked_in: Iterable[str]) -> None:
        """A session starts or ends: from now on these people need no further record."""
        self._session, self._checked_in = session, set(checked_in)

    def step(self, bgr: np.ndarray, mono_us: int) -> EngineView:
        """Look at one frame: uint8 BGR, taken at `mono_us` of the box's clock."""
        faces = self._pack.detect(bgr, "terminal")
        boxes = tuple(_corners(face) for face in faces)
        if not faces:
            return self._nobody(boxes)
        if faces[0].width_px < self._pack.min_face_px:
            self._leave()
            return EngineView(boxes, "too_small")
        checkin = self._look(bgr, faces[0], mono_us)
        state, person = self._said
        votes = window_decision(self._matches(), self._threshold_ppm, self._pack.margin_ppm, self._needed).votes
        return EngineView(boxes, state, person, votes, self._needed, checkin)

    @property
    def _needed(self) -> int:
        return self._policy.checkin.min_votes.value

    def _matches(self) -> list[FrameMatch]:
        return self._visit.matches if self._visit else []

    def _nobody(self, boxes: tuple[tuple[int, int, int, int], ...]) -> EngineView:
        """A blink of the detector is not a farewell: the last answer stays for a moment."""
        visit = self._visit
        if visit is not None:
            visit.missed += 1
            if visit.missed >= LEFT_AFTER:
                self._leave()
        if self._visit is None:
            return EngineView(boxes, "empty")
        return EngineView(boxes, *self._said)

    def _leave(self) -> None:
        self._visit, self._said = None, ("looking", None)

    def _look(self, bgr: np.ndarray, face: Face, mono_us: int) -> CheckIn | None:
        """Describe the face, begin a new visit if it is another one, and decide when enough frames have voted."""
        vector = self._pack.embed(bgr, face)
        visit = self._visit
        if visit is None or not visit.is_here(face) or not visit.is_same(self._pack, vector, self._threshold_ppm):
            self._leave()
            visit = self._visit = Visit(mono_us)
        visit.place(face)
        if visit.done:
            return None
        best, second = self._gallery.rank(vector)
        visit.vote(self._pack, vector, FrameMatch(best, second, face.width_px))
        result = window_decision(visit.matches, self._threshold_ppm, self._pack.margin_ppm, self._needed)
        if result.person is None and result.frames < max(WINDOW, self._needed):
            return None
        visit.done = True
        return self._attempt(result, visit)

    def _attempt(self, result: WindowResult, visit: Visit) -> CheckIn | None:
        """The record of a visit that is decided; None for somebody who has one already."""
        checkin = CheckIn(
            class_id=self._class_id, session=self._session, attempt=f"a-{secrets.token_hex(8)}",
            pack=self._pack.name, pack_sha256=self._pack.sha256, provider=self._pack.provider,
            threshold_ppm=self._threshold_ppm, margin_ppm=self._pack.margin_ppm,
            frames=result.frames, votes=result.votes, face_px=result.face_px, seen_mono_us=visit.seen_mono_us,
            liveness="not_checked", best=result.best, second=result.second,
        )
        answer: CheckInAnswer
        answer, person = answer_of(checkin, self._policy)
        if answer != "accepted" or person is None:
            self._said = (answer, None)
            return checkin
        if person in self._checked_in:
            self._said = ("greeted", person)
            return None
        self._checked_in.add(person)
        self._said = ("accepted", person)
        return checkin


def _corners(face: Face) -> tuple[int, int, int, int]:
    x, y, width, height = (round(float(value)) for value in face.box)
    return x, y, width, height
