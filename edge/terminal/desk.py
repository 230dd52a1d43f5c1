"""The check-in desk: a thread that shows each newest frame to the engine and appends its attempts to the chain."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np

from common.logs import Log
from edge.checkin.engine import Engine
from edge.checkin.errors import NobodyEnrolled
from edge.checkin.kept import Kept
from edge.checkin.view import Direction, EngineView
from edge.store import Store
from edge.terminal.errors import PackLoading
from edge.terminal.view import Result, Sight
from evidence.bodies import CheckIn
from evidence.errors import ZaitangError
from evidence.policy import Policy

RESULT_S, REFUSAL_S = 4.0, 8.0
"""Real seconds for which an answer stays on the screen after the face has gone, unless another face gets one: a refusal
says what to do, and is read longer."""
RETRY_S = 5.0
"""Real seconds until an engine that could not be made is tried again;
while its pack is being loaded, with each frame."""
PICTURE_WIDTH = 640
JPEG_QUALITY = 80
STATES = {
    "empty": "look", "too_small": "closer", "looking": "hold", "challenge": "challenge", "pin_wanted": "pin_wanted",
}
"""What the screen says while nothing is decided."""
WHY = {
    "NobodyEnrolled": "nobody_enrolled", "LivenessUnavailable": "no_liveness", "PackTooLoose": "too_loose",
    "ModelMissing": "pack_missing", "ModelUnreachable": "pack_missing",
}
"""Why no engine could be made, as the screen says it."""
CROWD = 0.6
"""A second face at least this wide, as a share of the first, stands before the terminal too."""


@dataclasses.dataclass(frozen=True)
class Target:
    """For whom the desk is open: a class, its session if one runs; in which direction, and who of the block has been
    recorded in it. `came`: who has signed in, where people sign out."""

    class_id: str
    policy: Policy
    session: str | None
    block: str
    checked_in: frozenset[str]
    direction: Direction = "in"
    came: frozenset[str] = frozenset()

    def lost(self, person: str | None) -> bool:
        """Whether somebody signs out who never signed in."""
        return self.direction == "out" and person is not None and person not in self.came


class Frames(Protocol):
    """Where frames come from: `edge.terminal.camera.Camera`."""

    @property
    def silent(self) -> bool: ...

    def newest(self, after: int) -> tuple[int, np.ndarray, int] | None: ...


class Guided(Protocol):
    """What the desk asks of `edge.enrol.guide.Guide`."""

    @property
    def active(self) -> bool: ...

    def frame(self, bgr: np.ndarray | None) -> None: ...


class Desk:
    """`target`: for whom it is open now (None: closed, no picture is taken). `make_engine` may raise anything.
    `stepped`: told after every turn, so that a desk that hangs is noticed."""

    def __init__(
        self, frames: Frames, target: Callable[[], Target | None], make_engine: Callable[[Target], Engine],
        store: Store, utc_us: Callable[[], int], monotonic: Callable[[], float], every_s: float,
        stepped: Callable[[], object] = lambda: None,
    ) -> None:
        self._frames, self._target, self._make, self._store = frames, target, make_engine, store
        self._utc_us, self._monotonic, self._every_s = utc_us, monotonic, every_s
        self._stepped, self._log = stepped, Log("terminal.desk")
        self._engine: Engine | None = None
        self._for: Target | None = None
        self._kept: dict[str, Kept] = {}
        self._not_before, self._why = 0.0, "nobody_enrolled"
        self._logged = ""
        self._sight, self._jpeg, self._number = Sight("closed", 0), b"", 0
        self._shown: tuple[Result, float] | None = None
        self._said: tuple[str, str | None] = ("empty", None)
        self._unsaved: list[CheckIn] = []
        self._faces = ""
        self.guide: Guided | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; an attempt that runs is recorded as it stands."""
        self._stop.set()
        self._thread.join(5.0)
        if self._thread.is_alive():
            return
        try:
            self._drop_engine()
            self._append()
        except ZaitangError as error:
            self._log.failed("desk.refused", error)

    def sight(self) -> Sight:
        """What is seen now."""
        shown = self._shown
        fresh = shown is not None and self._monotonic() < shown[1]
        return dataclasses.replace(self._sight, result=shown[0] if shown is not None and fresh else None)

    def jpeg(self) -> bytes:
        """The newest picture; empty while the desk is closed or the camera silent."""
        return self._jpeg

    def give_pin(self, person: str, ok: bool) -> None:
        """The PIN was entered of whom the sight names; `ok`: it was right. Nothing while it is not wanted."""
        engine = self._engine
        if engine is not None:
            engine.give_pin(person, ok)

    @property
    def _direction(self) -> Direction:
        return self._for.direction if self._for is not None else "in"

    def _run(self) -> None:
        while not self._stop.is_set():
            started = self._monotonic()
            try:
                self.turn()
            except ZaitangError as error:
                # A busy or a full database: what was not appended is appended in a later turn.
                self._log.failed("desk.refused", error)
                self._unrecorded()
            except Exception as error:  # of a library, by a frame: the next one must be looked at
                self._log.failed("desk.failed", error)
                self._save_engine()
            self._stepped()
            self._stop.wait(max(0.01, self._every_s - (self._monotonic() - started)))

    def turn(self) -> None:
        """One look. May raise StoreBusy, BadStore: what was not appended is appended in a later turn."""
        self._append()
        self._forget_old_faces()
        if self.guide is not None and self.guide.active:
            self._enrol(self.guide)
            return
        target = self._target()
        if target is None:
            self._close("closed")
            return
        if self._frames.silent:
            self._close("no_camera")
            return
        newest = self._frames.newest(self._number)
        if newest is None:
            return
        self._number, bgr, mono_us = newest
        engine = self._engine_for(target)
        view = engine.step(bgr, mono_us) if engine is not None else None
        if view is not None and view.checkin is not None:
            self._unsaved.append(view.checkin)
            if not self._append():  # nobody is told of what is not on record
                self._drop_engine()
                return
        self._show(bgr, view)

    def _unrecorded(self) -> None:
        """Nothing can be written just now: the picture goes on and says so."""
        newest = None if self._frames.silent else self._frames.newest(self._number)
        if newest is not None:
            self._number, self._jpeg = newest[0], _encode(newest[1])
        self._shown, self._said = None, ("empty", None)
        self._sight = Sight("unrecorded", self._number, direction=self._direction)

    def _forget_old_faces(self) -> None:
        """A face was enrolled or erased: the engine is made anew, and keeps what it knew of who is still there."""
        version = self._store.faces_version()
        if version != self._faces:
            self._faces = version
            self._drop_engine()

    def _enrol(self, guide: Guided) -> None:
        """The frame belongs to the enrolment: nobody is checked in meanwhile."""
        self._drop_engine()
        self._shown, bgr = None, None
        if not self._frames.silent:
            newest = self._frames.newest(self._number)
            if newest is None:
                return
            self._number, bgr, _ = newest
        self._sight, self._jpeg = Sight("enrolling", self._number), b"" if bgr is None else _encode(bgr)
        guide.frame(bgr)

    def _append(self) -> bool:
        """False where an attempt was dropped: a face that it rests on was erased meanwhile."""
        kept = True
        while self._unsaved:
            kept = self._store.append_attempt(self._unsaved[0]) is not None and kept
            self._unsaved.pop(0)
        return kept

    def _engine_for(self, target: Target) -> Engine | None:
        """The engine for this class, told of a new session or block; None while it cannot be made."""
        old = self._for
        if old is None or (old.class_id, old.policy) != (target.class_id, target.policy):
            self._drop_engine()
        if self._engine is None:
            self._make_engine(target)
        elif old is not None and _part(old) != _part(target):
            self._engine.begin(target.session, target.checked_in, target.direction)
        else:
            self._engine.know(target.checked_in)
        self._for = target
        return self._engine

    def _make_engine(self, target: Target) -> None:
        if self._monotonic() < self._not_before:
            return
        try:
            self._engine = self._make(target)
            self._engine.keep(self._kept.setdefault(target.class_id, Kept()))
            self._logged = ""
        except PackLoading:
            self._why = "loading"
        except ZaitangError as error:
            if isinstance(error, NobodyEnrolled):
                self._kept.pop(target.class_id, None)
            self._fail(WHY.get(type(error).__name__, "no_pack"), error)
        except Exception as broken:
            # Whatever ails a library or what is kept here: the page on which a class is started must stay.
            self._fail("no_pack", broken)

    def _fail(self, why: str, error: Exception) -> None:
        """It is tried again every few seconds; why it cannot be made is news once."""
        self._why, self._not_before = why, self._monotonic() + RETRY_S
        if type(error).__name__ != self._logged:
            self._logged = type(error).__name__
            self._log.failed("desk.no_engine", error)

    def _close(self, state: str) -> None:
        self._sight, self._jpeg, self._shown, self._said = Sight(state, self._number), b"", None, ("empty", None)
        if state == "closed":
            self._drop_engine()
            self._kept.clear()

    def _drop_engine(self) -> None:
        """An attempt that runs is recorded as it stands, but not of a face that is erased."""
        ended = self._engine.end() if self._engine is not None else []
        self._engine = self._for = None
        if ended:
            self._unsaved += ended
            self._append()

    def _save_engine(self) -> None:
        """After an error that nobody foresaw: what the engine knows is recorded, if it can still say it."""
        try:
            self._drop_engine()
        except Exception as error:  # of the engine, or of the store: then it is appended in a later turn
            self._log.failed("desk.failed", error)
        self._engine = self._for = None

    def _show(self, bgr: np.ndarray, view: EngineView | None) -> None:
        state = self._why if view is None else _guide(view)
        faces = () if view is None else tuple(_ppm(box, bgr) for box in view.boxes[:1])
        ask = None if view is None else view.ask
        wanted = view.person if view is not None and view.state == "pin_wanted" else None
        self._sight, self._jpeg = Sight(state, self._number, faces, None, ask, wanted, self._direction), _encode(bgr)
        if view is None:
            return
        if view.state not in STATES:
            self._answer(view)
        self._said = (view.state, view.person)

    def _answer(self, view: EngineView) -> None:
        """Keep the answer on the screen while its face is there, and a moment longer. A visit that was left before
        tells nothing of it."""
        until = self._monotonic() + (RESULT_S if view.state in ("accepted", "greeted") else REFUSAL_S)
        checkin = None if view.checkin is None or view.checkin.left else view.checkin
        if self._said == (view.state, view.person) and checkin is None and self._shown is not None:
            self._shown = (self._shown[0], until)
            return
        attempt = checkin.attempt if checkin is not None else f"seen-{self._number}"
        answer = _answer(view)
        lost = self._for is not None and answer in ("accepted", "again") and self._for.lost(view.person)
        self._shown = (Result(attempt, answer, view.person, self._utc_us(), self._direction, lost), until)


def _part(target: Target) -> tuple[str | None, str, Direction]:
    return target.session, target.block, target.direction


def _answer(view: EngineView) -> str:
    """The answer as a key of words.ANSWERS: a refusal says what was wrong with the face."""
    if view.state == "greeted":
        return "again"
    if (view.state, view.liveness) in (("not_live", "no_response"), ("liveness_missing", "bad_input")):
        return str(view.liveness)
    return view.state


def _guide(view: EngineView) -> str:
    if view.state in ("challenge", "pin_wanted"):
        return view.state
    if len(view.boxes) > 1 and view.boxes[1][2] >= CROWD * view.boxes[0][2]:
        return "one"
    return STATES.get(view.state, "look")


def _ppm(box: tuple[int, int, int, int], bgr: np.ndarray) -> tuple[int, int, int, int]:
    """A box in pixels as parts per million of the frame."""
    height, width = bgr.shape[:2]
    x, y, w, h = box
    return x * 1_000_000 // width, y * 1_000_000 // height, w * 1_000_000 // width, h * 1_000_000 // height


def _encode(bgr: np.ndarray) -> bytes:
    height, width = bgr.shape[:2]
    if width > PICTURE_WIDTH:
        bgr = cv2.resize(bgr, (PICTURE_WIDTH, height * PICTURE_WIDTH // width), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])
