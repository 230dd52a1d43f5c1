"""Drawn people before the check-in camera, a pack that knows them, and a whole terminal that is served to a browser.

Nobody's picture is needed: a face is drawn, and the first pixels of the frame say who it is and what it does.
"""
from __future__ import annotations

import contextlib
import dataclasses
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from common.sheets import Name, seal_sheet
from edge.checkin.engine import Engine
from edge.config import parse_box
from edge.enrol.erase import finish
from edge.keys import Certify, make_box_keys, self_certified
from edge.live.sign import NAME as TOLD
from edge.models.manifest import load_manifest
from edge.serving import listen, serve
from edge.store import Store
from edge.store.people import NewFace
from edge.terminal.app import make_app
from edge.terminal.check import CheckPage
from edge.terminal.desk import Desk, Target
from edge.terminal.enrolment import EnrolPage
from edge.terminal.guard import Guard
from edge.terminal.live_sign import LiveSign
from edge.terminal.looks import LiveLooks
from edge.terminal.maintenance import Maintenance
from edge.terminal.memory import Memory
from edge.terminal.own import Linker, OwnPage
from edge.terminal.people import People
from edge.terminal.pins import PinPage
from edge.terminal.press import Presses
from edge.terminal.screen import Screen
from edge.terminal.trial import Either, Trial
from edge.vision.liveness import GESTURES, BadSight, FaceMesh, PassiveScore
from edge.vision.pack import Face
from edge.wiring import Box, open_store
from evidence.bodies import ClassOrder, Enrolled, Enrolment, OrderAccepted
from evidence.records import Sealed
from evidence.seal import KeySigner
from evidence.times import MINUTE

from .conftest import CLASS, START, HandClock, order_body, sealed_order

CODE = "602214"
NAMES = {"p-1": "王秀英", "p-2": "李强", "p-3": "欧阳建国", "p-4": "陈静", "p-7": "杨桂兰", "p-9": "张敏"}
TEACHER = "p-9"
FACE = (230, 110, 180, 240)
"""x, y, width, height in the frame of 640 × 480."""
CHECKS = """
import pathlib, sys
from edge.handover import results
from edge.handover.sheet import Line, Sheet, keep_sheet, with_result
sheet = Sheet("2026-03-02T00:40:00.000000Z", "box-1", "实训楼 101", "ab" * 32, "1.0", (
    Line("clock", "good", "the clock is set, to {error} ms at most", {"error": 3}),
    Line("disk", "look", "{folder}: {free} MB free, room for {days} days of class", {
        "folder": "/var/lib/zaitang/box/video", "free": 52000, "days": 21}, "see *processes*")))
for one in (results.room([44, 61], 40), results.recording(results.Filmed(60, 1500, 41, 1920, 1080), 60)):
    sheet = with_result(sheet, one)
keep_sheet(pathlib.Path(sys.argv[1]), sheet)
"""
"""In the place of `zaitang-edge accept`: a room camera and a recorder are not here."""
SKINS = [(183, 211, 242), (150, 186, 226), (196, 221, 246), (140, 172, 208)]


@dataclasses.dataclass(frozen=True)
class Shows:
    """What the camera sees. `who`: the number of a pseudonym, 0 nobody; angles in degrees; the rest in percent.
    `unsure`: only every third frame looks alive."""

    who: int = 0
    yaw: int = 0
    pitch: int = 0
    shut: int = 0
    jaw: int = 0
    live: int = 95
    unsure: bool = False

    def picture(self) -> np.ndarray:
        """uint8 BGR (480, 640, 3)."""
        image = np.full((480, 640, 3), (222, 226, 216), np.uint8)
        cv2.rectangle(image, (0, 330), (640, 480), (206, 203, 190), -1)
        if self.who:
            _draw(image, self)
        image[0, 0] = (self.who, self.yaw + 100, self.pitch + 100)
        image[0, 1] = (self.shut, self.jaw, self.live)
        return image


def _draw(image: np.ndarray, shows: Shows) -> None:
    left, top, width, height = FACE
    x, y, skin = left + width // 2, top + height // 2, SKINS[shows.who % len(SKINS)]
    dark, shirt = (46, 40, 34), ((120, 92, 60), (70, 110, 70), (60, 70, 140))[shows.who % 3]
    _oval(image, x, 490, 170, 130, shirt)
    _oval(image, x, y - 18, width // 2 + 12, height // 2 + 8, dark)
    _oval(image, x, y + 8, width // 2 - 4, height // 2 - 8, skin)
    # The frame is not mirrored: the person's own left lies on its right.
    x, y = x + round(shows.yaw * 1.1), y - round(shows.pitch * 1.1)
    for side in (x - 38, x + 38):
        _oval(image, side, y - 8, 15, max(1, 10 - shows.shut // 10), (250, 250, 250))
        _oval(image, side, y - 8, max(1, 7 - shows.shut // 15), max(1, 7 - shows.shut // 15), dark)
        cv2.ellipse(image, (side, y - 28), (20, 6), 0, 190, 350, dark, 4, cv2.LINE_AA)
        if shows.who == 9:
            cv2.circle(image, (side, y - 8), 26, dark, 3, cv2.LINE_AA)
    cv2.line(image, (x, y), (x + 5, y + 32), (118, 150, 190), 4, cv2.LINE_AA)
    _oval(image, x, y + 62, 28, 5 + shows.jaw // 4, (70, 60, 150))


def _oval(image: np.ndarray, x: int, y: int, width: int, height: int, color: tuple[int, int, int]) -> None:
    cv2.ellipse(image, (x, y), (width, height), 0, 0, 360, color, -1, cv2.LINE_AA)


class DrawnPack:
    """A `Pack` for drawn people: they are told apart by who they say they are. 7 looks nearly as 1 does."""

    name, sha256, provider = "builtin", "0" * 64, "test"
    threshold_ppm, margin_ppm, min_face_px = 500_000, 50_000, 40
    challenge, liveness = GESTURES, "passive"

    def __init__(self) -> None:
        self.manifest = load_manifest("opencv")

    def detect(self, bgr: np.ndarray, view: str = "terminal") -> list[Face]:
        if not bgr[0, 0, 0]:
            return []
        points = np.array(FACE[:2]) + np.array([(52, 112), (128, 112), (90, 152), (60, 182), (120, 182)])
        return [Face(np.array(FACE, np.float32), 0.9, points.astype(np.float32), 1.0)]

    def embed(self, bgr: np.ndarray, face: Face) -> np.ndarray:
        return vector(int(bgr[0, 0, 0]))

    def similarity(self, one: np.ndarray, others: np.ndarray) -> np.ndarray:
        return np.rint(np.clip(others @ one, -1, 1) * 1e6).astype(np.int64)

    def mean(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        total = (np.asarray(weights)[:, None] * vectors).sum(axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)

    def passive(self, bgr: np.ndarray, face: Face) -> PassiveScore | BadSight | None:
        return PassiveScore(int(bgr[0, 1, 2]) * 10_000, ())

    def mesh(self, bgr: np.ndarray, face: Face) -> FaceMesh | None:
        yaw, pitch = (float(int(value) - 100) for value in bgr[0, 0, 1:3])
        shut, jaw = (int(value) * 10_000 for value in bgr[0, 1, :2])
        return FaceMesh(yaw, pitch, 0.0, shut, shut, jaw)


def vector(who: int) -> np.ndarray:
    """A description (12,) of length 1."""
    found = np.eye(12, dtype=np.float32)[who]
    return np.float32(0.9) * np.eye(12, dtype=np.float32)[1] + np.float32(np.sqrt(0.19)) * found if who == 7 else found


class Ticking(HandClock):
    """Runs as fast as real time, from where the test put it."""

    def __init__(self, utc: int) -> None:
        super().__init__(utc)
        self._began = time.monotonic_ns()

    def utc_us(self) -> int:
        return self.utc + (time.monotonic_ns() - self._began) // 1000

    def mono_us(self) -> int:
        return self.utc_us() - START + 36_000_000_000

    def stamp(self) -> Any:
        return dataclasses.replace(super().stamp(), utc_us=self.utc_us())


class DrawnFrames:
    """The camera: each look is a new frame of what the test shows. `silent`: it sends nothing."""

    silent = False

    def __init__(self, clock: Ticking) -> None:
        self._clock, self._number, self.shows = clock, 0, Shows()

    def newest(self, after: int) -> tuple[int, np.ndarray, int] | None:
        self._number = max(self._number, after) + 1
        shows = self.shows
        if shows.unsure and self._number % 3:
            shows = dataclasses.replace(shows, live=5)
        return self._number, shows.picture(), self._clock.mono_us()


class Site:
    """A box whose whole terminal is served; `frames` are its camera, `begin` and `end` its service. `recorder`: what it
    says, None while it does not answer; `in_class`: whether the box may not be checked."""

    recorder: dict[str, Any] | None = None
    in_class = False

    def __init__(
        self, folder: Path, certify: Certify | None = None, console: str | None = None,
        order: Callable[[ClassOrder], Sealed] = sealed_order,
    ) -> None:
        """`certify`: who certifies the box; `console`: the address of the centre for telephones; `order`: who signs
        the plan."""
        self.folder, self.console = folder, console
        text = f'device = "box-1"\npolicy = "demo"\n[enrol]\ninstitution = "某职业培训学校"\ncode = "{CODE}"\n'
        config = parse_box(text.encode(), "box.toml")
        keys = make_box_keys(folder / "keys", certify or self_certified("box-1", START))
        self.clock = Ticking(START - 5 * MINUTE)
        store = open_store(folder, config, keys, self.clock)
        self.box = Box(folder, config, keys, self.clock, store)  # type: ignore[arg-type]
        self.frames, self.pack = DrawnFrames(self.clock), DrawnPack()
        self._terminal = dataclasses.replace(config.terminal, port=_free_port())
        self.address = f"http://127.0.0.1:{self._terminal.port}/"
        people = {person: Name(name, "0" * 32) for person, name in NAMES.items()}
        roster = tuple(Enrolled(person, "instructor" if person == TEACHER else "trainee", name.commitment)
                       for person, name in people.items())
        sealed = order(dataclasses.replace(order_body(), roster=roster))
        store.put_order(sealed)
        store.put_names(CLASS, seal_sheet(people, keys.sealing_key, CLASS))
        store.append("order.accepted", OrderAccepted(CLASS, sealed.hash))
        for number in (2, 3, 9):
            self.enrolled(number)
        self.begin()

    @property
    def live(self) -> Path:
        """What tells that somebody looks into the room."""
        return self.box.run_folder / TOLD

    @property
    def store(self) -> Store:
        return self.box.store

    def enrolled(self, number: int) -> None:
        """A drawn face is here already."""
        body = Enrolment(CLASS, f"p-{number}", "builtin", "0" * 64, 1, "none")
        self.store.enrol([NewFace(vector(number)[None], body)])

    def records(self, kind: str) -> list[dict[str, Any]]:
        return [sealed.record.body for sealed in self.store.records_of(kind)]

    def erase(self) -> None:
        """What the eraser's thread does."""
        finish(self.store, self.folder)

    def begin(self) -> None:
        """Start the service, as after a restart: nothing of what was in memory is left."""
        memory = Memory(self.store)
        screen = Screen(
            self.box.config, self.clock, memory, lambda: self.recorder, time.monotonic, False,
            watched=LiveSign(self.live, self.clock.utc_us).look, looks=LiveLooks(self.store).look)
        presses = Presses(self.store, memory, screen, lambda: None, time.monotonic, "held twice")
        self.people = People(self.box, memory, screen, lambda: self.pack, time.monotonic)  # type: ignore[arg-type,return-value]
        self.desk = Desk(
            self.frames, screen.target, self._engine, self.store, self.clock.utc_us, time.monotonic, 0.05)
        trial, maintenance = Trial(lambda: self.pack, time.monotonic), Maintenance(CODE, time.monotonic)  # type: ignore[arg-type,return-value]
        self.desk.guide, screen.desk = Either(self.people.guide, trial), self.desk
        pins = PinPage(self.store, memory, screen, self.people, self.desk)
        enrolment = EnrolPage(
            self.store, memory, self.people, "box-1", maintenance, lambda: bool(self.desk.jpeg()))
        own = None if self.console is None else OwnPage(
            self.store, memory, screen, self.people.pins, self.desk,
            Linker("box-1", self.console, KeySigner(self.box.keys.device), lambda: time.time_ns() // 1000),
            self.clock.utc_us)
        checks = CheckPage(self.box, maintenance, trial, lambda: self.in_class, time.monotonic, [
            sys.executable, "-c", CHECKS, str(self.folder)])
        app = make_app(screen, presses, Guard(self.box.keys.data, "127.0.0.1"), "zh", pins, enrolment, own, checks)
        self._stop = threading.Event()
        listener = listen(self._terminal.host, self._terminal.port)
        self._web = threading.Thread(target=serve, args=(app, listener, self._stop, lambda: None))
        self.desk.start()
        self._web.start()

    def end(self) -> None:
        """Stop the service."""
        self._stop.set()
        self._web.join(60)
        self.desk.stop()

    def _engine(self, target: Target) -> Engine:
        checkin = dataclasses.replace(target.policy.checkin, liveness_required=True)
        policy = dataclasses.replace(target.policy, checkin=checkin)
        templates = self.store.templates(target.class_id, self.pack.name)
        return Engine(
            self.pack, policy, target.class_id, target.session, templates, target.checked_in, target.direction)  # type: ignore[arg-type]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Site]:
    """A site while it runs."""
    site = Site(folder)
    try:
        yield site
    finally:
        site.end()
        site.store.close()
