"""The check-in engine: follows the face before the terminal, and makes one attempt of each visit that is decided.

Frames vote on the person and are scored for life; where the policy wants it, gestures are asked; where others look
too much like the person, the PIN. An attempt is a `CheckIn` body with measurements only; `evidence.checkin` decides,
here and for every later reader. Somebody who is recorded already is greeted and not recorded again, by name only if
alive. Who leaves before enough was seen has not tried, except with a face that did not look alive: that visit goes on
if the face comes again within a minute, else it is a record. So short tries are no new windows, and their records no
more than one for each full window, and one for each person and minute.
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from edge.checkin.admit import check_liveness, check_threshold
from edge.checkin.alive import look, score
from edge.checkin.beside import Beside
from edge.checkin.errors import NobodyEnrolled
from edge.checkin.group import Group
from edge.checkin.kept import Kept
from edge.checkin.left import Left
from edge.checkin.view import Ask, Direction, EngineView, State
from edge.checkin.visit import STANDS, Frame, Visit
from edge.vision.liveness import LIVE_PPM
from edge.vision.pack import Face, Pack
from evidence import challenge
from evidence.bodies import CheckIn
from evidence.challenge import Look, looks_ahead
from evidence.checkin import WindowResult, answer_of, window_decision
from evidence.liveness import Liveness, challenge_why, liveness_of, passive_answer
from evidence.policy import Policy
from evidence.times import SECOND

WINDOW = 8
"""Frames after which a visit that convinced nobody is decided."""
LEFT_AFTER = 2
"""Frames without the face after which the visit is over."""
PIN_US, PIN_AWAY_US = 60 * SECOND, 15 * SECOND
"""How long the PIN is waited for, and how long meanwhile the face may look down or aside."""


@dataclasses.dataclass(frozen=True)
class _Said:
    """How things stand between two frames."""

    state: State = "looking"
    person: str | None = None
    liveness: Liveness | None = None


class Engine:
    """One class (and session) at one terminal. Raises LivenessUnavailable, NobodyEnrolled, PackTooLoose.

    `templates`: face descriptions (n, d) by person. `checked_in`: who needs no further record in this direction.
    `draw`: 64 random bits that nobody can foresee.
    """

    def __init__(
        self, pack: Pack, policy: Policy, class_id: str, session: str | None,
        templates: Mapping[str, np.ndarray], checked_in: Iterable[str] = (), direction: Direction = "in",
        draw: Callable[[], int] = lambda: secrets.randbits(64),
    ) -> None:
        check_liveness(pack, policy)
        if not templates:
            raise NobodyEnrolled(class_id=class_id, pack=pack.name)
        self._group = Group(pack, templates)
        self._threshold = self._group.threshold
        check_threshold(pack, policy, class_id, self._threshold)
        self._pack, self._policy, self._class_id, self._draw = pack, policy, class_id, draw
        self._rules = policy.liveness if policy.liveness_required else None
        self._scored = self._rules is not None and pack.liveness == "passive"
        self._session, self._direction, self._checked_in = session, direction, set(checked_in)
        self._visit: Visit | None = None
        self._left = Left()
        self.keep(Kept())
        self._said = _Said()
        self._pin: tuple[str, bool] | None = None
        self._beside = Beside()

    @property
    def session(self) -> str | None:
        """The session to which attempts belong."""
        return self._session

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who can be recognised."""
        return self._group.people

    def keep(self, kept: Kept) -> None:
        """Go on with what an engine of this class knew before."""
        kept.begin(self._direction)
        kept.only(self.people)
        self._kept, self._sights, self._wary = kept, kept.sights, kept.wary

    def begin(self, session: str | None, checked_in: Iterable[str], direction: Direction = "in") -> None:
        """A session, a block or the time of sign-outs begins: from now on these people need no further record."""
        self._kept.begin(direction)
        self._session, self._checked_in, self._direction = session, set(checked_in), direction

    def know(self, checked_in: Iterable[str]) -> None:
        """These people have been recorded, also in another way than by this engine."""
        self._checked_in |= set(checked_in)

    def end(self) -> list[CheckIn]:
        """Nobody may check in any more: attempts that run end as they stand, and must be recorded."""
        visit, ended = self._visit, None
        if visit is None or visit.phase not in ("challenge", "pin"):
            self._leave()
        else:
            if visit.course is not None:
                visit.course = challenge.abandon(visit.course)
            ended = self._conclude(visit, visit.here_us, False)
        made = [self._attempt(left, left.here_us, False, left=True) for left in self._left.end()]
        return made if ended is None else [*made, ended]

    def give_pin(self, person: str, ok: bool) -> None:
        """The PIN was entered of whom the state pin_wanted names; taken with the next frame. May be called from
        another thread. `ok`: it was that person's; else the attempt ends refused."""
        self._pin = person, ok

    def step(self, bgr: np.ndarray, mono_us: int) -> EngineView:
        """Look at one frame: uint8 BGR, taken at `mono_us` of the box's clock."""
        faces = self._pack.detect(bgr, "terminal")
        face = self._subject(faces)
        checkin = self._frame(bgr, face, mono_us)
        if checkin is None and (left := self._left.due(mono_us)) is not None:
            checkin = self._attempt(left, left.here_us, False, left=True)
        self._look_beside(bgr, [other for other in faces if other is not face], mono_us)
        boxes = tuple(_corners(one) for one in faces)
        if self._visit is None:
            return EngineView(boxes, "too_small" if faces else "empty", checkin=checkin)
        said, result = self._said, self._vote(self._visit)
        return EngineView(boxes, said.state, said.person, result.votes, self._needed, checkin,
                          self._ask(mono_us), said.liveness)

    @property
    def _needed(self) -> int:
        return self._policy.checkin.min_votes.value

    def _vote(self, visit: Visit) -> WindowResult:
        return window_decision(visit.matches, self._threshold.ppm, self._pack.margin_ppm, self._needed)

    def _subject(self, faces: Sequence[Face]) -> Face | None:
        """The face that matters: the largest; while gestures or a PIN are awaited, the one in the visit's place."""
        visit = self._visit
        if visit is not None and visit.phase in ("challenge", "pin"):
            return next((face for face in faces if visit.is_here(face)), faces[0] if faces else None)
        return faces[0] if faces else None

    def _frame(self, bgr: np.ndarray, face: Face | None, mono_us: int) -> CheckIn | None:
        visit = self._visit
        if visit is not None and visit.phase == "challenge":
            return self._challenge(visit, bgr, face, mono_us)
        if visit is not None and visit.phase == "pin":
            return self._await_pin(visit, face, mono_us)
        if face is None:
            self._missed()
            return None
        if face.width_px < self._pack.min_face_px:
            self._leave()
            return None
        return self._window(bgr, face, mono_us)

    def _missed(self) -> None:
        """A blink of the detector is not a farewell: the last answer stays for a moment."""
        if self._visit is not None:
            self._visit.missed += 1
            if self._visit.missed >= LEFT_AFTER:
                self._leave()

    def _leave(self) -> None:
        """The visit is over. Nothing remains of it, unless an enrolled person's face did not look alive in a frame."""
        visit, self._visit, self._said = self._visit, None, _Said()
        if visit is None or visit.phase != "window" or not visit.fake:
            return
        person = self._voted(visit)
        if person is not None and person not in self._checked_in:
            self._left.leave(person, visit)
            self._refuse(person, visit, visit.here_us)

    def _voted(self, visit: Visit) -> str | None:
        """Whom most frames name so far, though they may be too few."""
        result = self._vote(visit)
        return result.best.person if result.best is not None and result.votes else None

    def _is_another(self, visit: Visit, named: str | None) -> bool:
        """Whether a frame names somebody else than the visit's frames before: the next person in line, or another
        picture, however alike. Look-alikes are told apart by their PIN."""
        voted = None if named is None else self._voted(visit)
        return voted is not None and named not in (voted, *self._group.alike(voted))

    def _refuse(self, person: str, visit: Visit, mono_us: int) -> None:
        """A face did not show to be alive: it did not wait by this visit, and is asked next time. Who was seen to wait
        before it goes on waiting: one frame that looks wrong, or a picture of somebody else, takes nobody's time."""
        self._sights.wipe(person, visit.since_us)
        self._wary.doubt(person, mono_us)

    def _come(self, vector: np.ndarray, named: str | None, mono_us: int) -> Visit:
        """A face comes: the one that left last goes on with its visit, but has not waited meanwhile; another one
        begins its own."""
        self._leave()
        left = self._left.again(lambda left: self._is_face_of(left, vector, named), mono_us)
        visit = Visit(mono_us, self._scored) if left is None else left
        self._visit, visit.since_us = visit, mono_us
        return visit

    def _is_face_of(self, visit: Visit, vector: np.ndarray, named: str | None) -> bool:
        return visit.is_same(self._pack, vector, self._threshold.ppm) and not self._is_another(visit, named)

    def _window(self, bgr: np.ndarray, face: Face, mono_us: int) -> CheckIn | None:
        """Describe the face, begin a new visit if it is another one, and decide when enough frames have voted."""
        vector = self._pack.embed(bgr, face)
        match = self._group.match(vector, face.width_px)
        named, visit = self._group.named(match), self._visit
        if visit is None or not visit.is_here(face) or not self._is_face_of(visit, vector, named):
            visit = self._come(vector, named, mono_us)
        visit.place(face, mono_us)
        if visit.phase == "over":
            return None
        score_ppm = score(self._pack, bgr, face) if self._scored else None
        visit.add(self._pack, Frame(vector, match, named, score_ppm))
        self._see(named, score_ppm, mono_us)
        return self._decide(visit, mono_us)

    def _decide(self, visit: Visit, mono_us: int) -> CheckIn | None:
        """What one more frame decides."""
        result = self._vote(visit)
        full = result.frames >= max(WINDOW, self._needed)
        if (result.person is None and not full) or self._hurried(visit, result, full, mono_us):
            return None
        if result.person in self._checked_in:
            return self._greet(visit, result.person, mono_us)
        return None if self._asks(visit, result, mono_us) else self._conclude(visit, mono_us)

    def _hurried(self, visit: Visit, result: WindowResult, full: bool, mono_us: int) -> bool:
        """Whether more must be seen of a face whose person is known. Only a window in which every frame looks alive is
        decided before it is full, and not of somebody of whom the terminal is wary."""
        passive = visit.passive(result.person)
        if full or result.person is None or passive is None or self._rules is None:
            return False
        said = passive_answer(passive, self._rules, self._needed)
        unsure = said != "live" or passive.live < passive.frames or visit.fake
        return unsure or self._wary.of(result.person, mono_us)

    def _greet(self, visit: Visit, person: str | None, mono_us: int) -> CheckIn | None:
        """Somebody who is recorded already: a face that does not look alive is an attempt, and learns no name."""
        rules = self._rules
        said = "live" if rules is None else passive_answer(visit.passive(person), rules, self._needed)
        if said == "fake":
            return self._conclude(visit, mono_us)
        named = said == "live" and (rules is None or rules.challenge != "always")
        visit.phase, self._said = "over", _Said("greeted", person if named else None)
        return None

    def _asks(self, visit: Visit, result: WindowResult, mono_us: int) -> bool:
        """Whether a challenge begins now."""
        if result.person is None or self._rules is None:
            return False
        said = passive_answer(visit.passive(result.person), self._rules, self._needed)
        wary = self._wary.of(result.person, mono_us)
        found = challenge_why(self._rules, said, self._pack.challenge, self._draw(), wary)
        if found is None:
            return False
        self._wary.ask(result.person)
        course = challenge.begin(*found, self._rules.gesture_s.value * SECOND)
        visit.ask(self._pack, result.person, course, mono_us)
        self._said = _Said("challenge")
        return True

    def _challenge(self, visit: Visit, bgr: np.ndarray, face: Face | None, mono_us: int) -> CheckIn | None:
        assert visit.course is not None
        at_us = mono_us - visit.began_us
        seen = Look(at_us, False) if face is None else self._gesture(visit, bgr, face, mono_us)
        visit.course = challenge.step(visit.course, seen)
        return self._conclude(visit, mono_us) if visit.course.over else None

    def _gesture(self, visit: Visit, bgr: np.ndarray, face: Face, mono_us: int) -> Look:
        """One frame of a challenge. A face that looks ahead is compared with the person, and scored if it is; a turned
        one with the face that named the person, in the same light, because it resembles no picture of an enrolment as
        much. Both stand where the face stood in the frame before: one that jumps was gone for a moment."""
        at_us = mono_us - visit.began_us
        seen, vector = look(at_us, self._pack.mesh(bgr, face), None), self._pack.embed(bgr, face)
        ahead, stands = looks_ahead(seen), visit.is_here(face, STANDS)
        if not (visit.is_same(self._pack, vector, self._threshold.ppm) if ahead else stands):
            return Look(at_us, False)
        visit.place(face, mono_us)
        if not stands:
            return Look(at_us, False)
        person, alike = self._voted(visit), visit.likeness_ppm(self._pack, vector) >= self._threshold.ppm
        if ahead and person is not None:
            alike = self._group.is_like(vector, person)
        if ahead and alike and self._scored:
            visit.ahead.append(score(self._pack, bgr, face))
        return dataclasses.replace(seen, alike=alike)

    def _await_pin(self, visit: Visit, face: Face | None, mono_us: int) -> CheckIn | None:
        """The attempt ends with the PIN, without it when the time is over or the face gone for long."""
        given, self._pin = self._pin, None
        if given is not None and given[0] == self._said.person:
            return self._conclude(visit, mono_us, given[1])
        if face is not None and visit.is_here(face):
            visit.place(face, mono_us)
        over = mono_us - visit.began_us > PIN_US or mono_us - visit.here_us > PIN_AWAY_US
        return self._conclude(visit, mono_us, False) if over else None

    def _conclude(self, visit: Visit, mono_us: int, pin: bool | None = None) -> CheckIn | None:
        """The record of a visit that is decided; None while the PIN must still be asked for (`pin` None)."""
        checkin = self._attempt(visit, mono_us, bool(pin))
        answer, person = answer_of(checkin, self._policy)
        if answer == "second_factor_missing" and pin is None:
            visit.phase, visit.began_us, self._pin = "pin", mono_us, None
            self._said = _Said("pin_wanted", person)
            return None
        visit.phase = "over"
        if person is not None and checkin.liveness == "live":
            self._wary.trust(person)
        elif person is None and visit.fake and checkin.best is not None:
            self._wary.doubt(checkin.best.person, mono_us)  # too few frames named somebody; the next ones may
        elif person is not None and answer != "accepted" and checkin.liveness != "bad_input":
            self._refuse(person, visit, mono_us)
        if answer == "accepted" and person is not None:
            self._checked_in.add(person)
        self._said = _Said(answer, person if answer == "accepted" else None, checkin.liveness)
        return checkin

    def _attempt(self, visit: Visit, mono_us: int, pin: bool, left: bool = False) -> CheckIn:
        result, threshold = self._vote(visit), self._threshold
        checkin = CheckIn(
            class_id=self._class_id, session=self._session, attempt=f"a-{secrets.token_hex(8)}",
            pack=self._pack.name, pack_sha256=self._pack.sha256, provider=self._pack.provider,
            threshold_ppm=threshold.ppm, margin_ppm=self._pack.margin_ppm,
            frames=result.frames, votes=result.votes, face_px=result.face_px,
            seen_mono_us=self._sights.first_us(result.person, visit.since_us, mono_us), liveness="not_checked",
            best=result.best, second=result.second, direction=self._direction,
            passive=visit.passive(result.best.person if result.best is not None else None), challenge=visit.challenge,
            threshold_from="people" if threshold.source == "gallery" else "pack",
            alike=self._group.alike(result.best.person) if result.best is not None else (), pin=pin, left=left,
            named=True, visits=visit.visits,
        )
        return dataclasses.replace(checkin, liveness=liveness_of(checkin, self._policy))

    def _look_beside(self, bgr: np.ndarray, others: Sequence[Face], mono_us: int) -> None:
        """Whoever waits behind the face in front is seen, too, one at a time."""
        face = self._beside.turn([face for face in others if face.width_px >= self._pack.min_face_px], mono_us)
        if face is None:
            return
        score_ppm = score(self._pack, bgr, face) if self._scored else None
        match = self._group.match(self._pack.embed(bgr, face), face.width_px)
        self._see(self._group.named(match), score_ppm, mono_us)

    def _see(self, person: str | None, score_ppm: int | None, mono_us: int) -> None:
        """One frame shows this person, who is here since then, if the frame looks alive where the pack can tell:
        nobody waits as a picture."""
        if person is not None and (not self._scored or (score_ppm is not None and score_ppm >= LIVE_PPM)):
            self._sights.see(person, mono_us)

    def _ask(self, mono_us: int) -> Ask | None:
        visit = self._visit
        course = visit.course if visit is not None and visit.phase == "challenge" else None
        if visit is None or course is None or course.gesture is None or course.state not in ("ready", "asked", "made"):
            return None
        return Ask(course.gesture, course.done + 1, len(course.gestures), course.left_us(mono_us - visit.began_us),
                   course.state)


def _corners(face: Face) -> tuple[int, int, int, int]:
    x, y, width, height = (round(float(value)) for value in face.box)
    return x, y, width, height
