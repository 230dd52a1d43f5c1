"""A room for the tests of its screen: a box with a class of three, a clock and a recorder that the test voices."""
from __future__ import annotations

import contextlib
import dataclasses
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.policies import load_policy
from common.sheets import Name, seal_sheet
from edge.clock import boottime_us, machine_boot_id
from edge.config import BoxConfig, parse_box
from edge.keys import BoxKeys, make_box_keys, self_certified
from edge.picture.told import Trouble
from edge.refusal import Refusal
from edge.rollcall.behind import Behind
from edge.store import Store
from edge.terminal.memory import Memory
from edge.terminal.press import Presses
from edge.terminal.screen import Screen
from edge.terminal.view import Sight
from edge.wiring import open_box, open_store
from evidence.bodies import (
    Candidate,
    CheckIn,
    ClassOrder,
    Enrolled,
    Genesis,
    Hour,
    OrderAccepted,
    PinCheckIn,
    Place,
    PolicyRef,
    RollCall,
    Segment,
    Track,
)
from evidence.canonical import sha256_hex
from evidence.chain import next_record
from evidence.records import ClockState, Sealed, Stamp
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import MINUTE, utc_text, utc_us

CLASS = "welding-1"
START = utc_us("2026-03-02T00:40:00.000000Z")
NAMES = {"p-1": "王秀英", "p-2": "李强", "p-3": "欧阳建国"}


class HandClock:
    """A simulated clock that stands still until the test moves it. Microseconds."""

    rate = 1

    def __init__(self, utc: int) -> None:
        self.utc = utc

    def stamp(self) -> Stamp:
        return Stamp("0", self.mono_us(), self.utc, ClockState(True, 0, "simulated", 1))

    def mono_us(self) -> int:
        return self.utc - START + 600 * MINUTE

    def utc_us(self) -> int:
        return self.utc

    def mono_at(self, utc_us: int) -> int:
        return utc_us - START + 600 * MINUTE

    def seconds_until(self, mono_us: int) -> float:
        return max(0.0, (mono_us - self.mono_us()) / 1e6)


class FixedDesk:
    """A check-in desk that sees what the test says."""

    def __init__(self) -> None:
        self.seen, self.picture = Sight("look", 1), b""

    def sight(self) -> Sight:
        return self.seen

    def jpeg(self) -> bytes:
        return self.picture


def order_body(class_id: str = CLASS, number: int = 1, device: str = "box-1", after_minutes: int = 0) -> ClassOrder:
    """A morning of one practical and one theory class-hour of 45 minutes."""
    begin = START + after_minutes * MINUTE
    people = tuple(
        Enrolled(person, "trainee", Name(name, "0" * 32).commitment) for person, name in NAMES.items())
    hours = (
        Hour("h-1", "practical", utc_text(begin), utc_text(begin + 45 * MINUTE)),
        Hour("h-2", "theory", utc_text(begin + 55 * MINUTE), utc_text(begin + 100 * MINUTE)),
    )
    policy = PolicyRef("demo", load_policy("demo").sha256)
    return ClassOrder(class_id, number, "焊工一班", policy, 480, (Place(device, "一号实训室"),), people, hours)


def sealed_order(body: ClassOrder) -> Sealed:
    """The order in a record of a centre that nobody asks about: the store keeps what the sync process has verified."""
    signer, stamp = KeySigner(Ed25519PrivateKey.generate()), HandClock(START - 30 * MINUTE).stamp()
    chain = sha256_hex(body.class_id.encode())[:32]
    genesis = encode(Genesis(signer.keyid, "", "0" * 64, "test"))
    first = seal_record(
        next_record(None, device="centre", chain=chain, type="genesis", body=genesis, stamp=stamp), signer)
    return seal_record(
        next_record(first, device="centre", chain=chain, type="order.class", body=encode(body), stamp=stamp), signer)


@dataclasses.dataclass
class Room:
    folder: Path
    config: BoxConfig
    keys: BoxKeys
    clock: HandClock
    store: Store
    memory: Memory
    screen: Screen
    presses: Presses
    desk: FixedDesk
    recorder: dict[str, Any] | None
    wakes: int = 0
    monotonic: float = 0.0
    picture: list[Trouble] = dataclasses.field(default_factory=list)
    """What the picture process tells."""
    refusal: Refusal | None = None
    """Why the supervisor says that the recorder does not run."""
    behind: Behind | None = None
    """What the roll call says is left to do."""

    def take_order(self, class_id: str = CLASS, device: str = "box-1", after_minutes: int = 0) -> None:
        """What the sync process does with a good order."""
        self.accept(order_body(class_id, device=device, after_minutes=after_minutes))

    def accept(self, body: ClassOrder) -> None:
        names = {person: Name(name, "0" * 32) for person, name in NAMES.items()}
        sealed = sealed_order(body)
        self.store.put_order(sealed)
        self.store.put_names(body.class_id, seal_sheet(names, self.keys.sealing_key, body.class_id))
        self.store.append("order.accepted", OrderAccepted(body.class_id, sealed.hash))

    def state(self, lang: str = "en") -> dict[str, Any]:
        self.monotonic += 1
        return self.screen.state(lang)

    def at(self, minutes: float) -> None:
        """Set the clock to so many minutes after the first class-hour's start."""
        self.clock.utc = START + int(minutes * MINUTE)

    def check_in(self, person: str, score_ppm: int = 900_000, direction: str = "in") -> None:
        self.store.append("checkin", CheckIn(
            CLASS, None, "a-1", "builtin", "0" * 64, "cpu", 600_000, 50_000, 5, 5, 150, self.clock.mono_us(),
            "not_checked", Candidate(person, score_ppm), None, direction))  # type: ignore[arg-type]

    def pin(self, person: str, confirmed_by: str | None) -> None:
        """Somebody signs in by PIN."""
        self.store.append("checkin.pin", PinCheckIn(
            CLASS, None, "a-2", person, "in", "no_consent", confirmed_by, 0, self.clock.mono_us()))

    def record(self, minutes: float, people: tuple[str, ...] = (), run: str = "r-1", called: bool = True) -> None:
        """A finished segment of so many minutes that ends now, and its roll call."""
        length, end = int(minutes * MINUTE), self.clock.mono_us()
        sha256 = sha256_hex(f"{run}{end}".encode())
        self.store.append("segment", Segment(
            CLASS, "s-1", "room", run, 0, f"{run}/000000.mp4", 1, sha256, "h264", 640, 360, length // 40_000, 10,
            0, length, end - length, end, 100_000, (), False, "start"))
        tracks = tuple(
            Track(0, length // 2, 0, 20, 90, Candidate(person, 900_000), None) for person in people)
        if called:
            self.store.append("rollcall", RollCall(
                CLASS, run, sha256, "builtin", "0" * 64, "cpu", 600_000, 50_000, 40, 30, 0, len(people),
                len(people) * 1_000_000, tracks))

    def recording_for(self, minutes: float, session: str = "s-1") -> None:
        """The recorder says that it has recorded without a break for so long."""
        self.recorder = {
            "recording": True, "session": session, "silent": False, "refused": None, "alarms": [],
            "run": "r-live", "stretch_us": int(minutes * MINUTE), "last_packet_mono_us": self.clock.mono_us(),
        }


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A box in its room before any plan, ten minutes before the first class-hour."""
    with room_in(tmp_path / "box") as room:
        yield room


@contextlib.contextmanager
def room_in(folder: Path) -> Iterator[Room]:
    """The same, in a folder that is made for it."""
    folder.mkdir()
    config = parse_box(b'device = "box-1"\npolicy = "demo"\n[sync]\nbroker = "127.0.0.1"\n', "box.toml")
    keys, clock = make_box_keys(folder / "keys", self_certified("box-1", START)), HandClock(START - 10 * MINUTE)
    store = open_store(folder, config, keys, clock)
    memory, made = Memory(store), []

    def wake() -> None:
        made[0].wakes += 1

    screen = Screen(
        config, clock, memory, lambda: made[0].recorder, lambda: made[0].monotonic, True,
        lambda: made[0].picture, lambda: made[0].refusal, lambda: made[0].behind)
    presses = Presses(store, memory, screen, wake, lambda: made[0].monotonic, "held twice")
    room = Room(folder, config, keys, clock, store, memory, screen, presses, FixedDesk(), None)
    made.append(room)
    screen.desk = room.desk
    room.recorder = {"recording": False, "session": None, "silent": False, "refused": None, "alarms": []}
    yield room
    store.close()


@pytest.fixture
def box_folder(
    tmp_path: Path, make_video: Any, pictures: Any, templates: dict[str, Any], builtin: Any
) -> Iterator[tuple[Path, Store, int]]:
    """A real box on disk, two minutes into its first class-hour, with a face in the film of its check-in camera:
    the folder, its store, and the port of its page."""
    folder = tmp_path / "real"
    (folder / "run").mkdir(parents=True)
    canvas = np.full((480, 640, 3), 200, np.uint8)
    canvas[60:420, 160:475] = cv2.resize(pictures.portraits["p-7"], (315, 360))
    film = make_video(folder / "film.mp4", [canvas] * 600, fps=5, gop=5)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = f"""device = "box-1"
policy = "demo"
terminal = {{ port = {port} }}
cameras = [{{ id = "door", role = "terminal", source = "file:{film}" }}]
[clock]
source = "simulated"
start = "{utc_text(START + 2 * MINUTE)}"
anchor_boot_us = {boottime_us()}
boot_id = "{machine_boot_id()}"
"""
    (folder / "box.toml").write_text(text)
    make_box_keys(folder / "keys", self_certified("box-1", START))
    box = open_box(folder)
    names = ["王秀英", "李强", "陈静", "杨桂兰", "张伟", "刘洋", "欧阳建国"]
    people = {f"p-{number}": Name(name, "0" * 32) for number, name in enumerate(names, 1)}
    enrolled = tuple(Enrolled(person, "trainee", name.commitment) for person, name in people.items())
    body = dataclasses.replace(order_body(), roster=enrolled)
    sealed = sealed_order(body)
    box.store.put_order(sealed)
    box.store.put_names(CLASS, seal_sheet(people, box.keys.sealing_key, CLASS))
    box.store.append("order.accepted", OrderAccepted(CLASS, sealed.hash))
    box.store.put_templates(CLASS, builtin.name, templates)
    yield folder, box.store, port
    box.store.close()
