"""A box after one class-hour: five trainees, an instructor, two segments with roll calls and their pictures."""
from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.policies import load_policy
from common.sheets import Name, seal_sheet
from edge.config import parse_box
from edge.keys import Certify, make_box_keys, self_certified
from edge.rollcall.crops import Crop
from edge.rollcall.proofs import Proofs
from edge.storage.volume import open_volume
from edge.store.people import NewFace
from edge.vision.pack import Face
from edge.wiring import Box, open_store
from evidence.bodies import (
    Candidate,
    ClassOrder,
    Consent,
    Enrolled,
    Enrolment,
    Genesis,
    Hour,
    OrderAccepted,
    Place,
    PolicyRef,
    RollCall,
    Segment,
    Track,
)
from evidence.chain import next_record
from evidence.records import Sealed
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import MINUTE, SECOND, utc_text
from tests.edge.storage.conftest import START, HandClock

CLASS, BLOCK = "weld-1", "2026-03-02-am"
TITLE = "焊工初级（第3期）"
NAMES = {"p-1": "王秀英", "p-2": "李强", "p-3": "欧阳建国", "t-1": "赵师傅"}
THRESHOLD = 400_000
Sightings = list[tuple[str | None, int, int]]
"""Whom a face resembles, how much, and its grey level."""
FIRST: Sightings = [("p-1", 610_000, 40), ("p-2", 520_000, 80), ("p-3", 390_000, 120), (None, 0, 160)]
LATER: Sightings = [("p-1", 700_000, 60), ("t-1", 650_000, 200)]


def flat(level: int) -> Crop:
    """A picture of one grey level."""
    face = Face(np.array([10, 10, 20, 20], np.float32), 1.0, np.zeros((5, 2), np.float32), 1.0)
    return Crop(np.full((50, 40, 3), level, np.uint8), face)


def _crops(found: Sightings) -> list[Crop]:
    return [flat(level) for _, _, level in found]


@dataclasses.dataclass
class Course:
    """The box, its clock, and what a test adds."""

    box: Box
    clock: HandClock
    proofs: Proofs

    def film(self, number: int, found: Sightings) -> RollCall:
        """A minute of video with its roll call; the pictures are flat, of the grey levels of `found`."""
        self.clock.forward(MINUTE)
        sha = hashlib.sha256(f"{number}".encode()).hexdigest()
        file, from_us = f"r-1/{number:06}.mp4", number * MINUTE
        self.box.store.append("segment", Segment(
            CLASS, "s-1", "room", "r-1", number, file, 1000, sha, "h264", 64, 48, 60, 60, from_us, from_us + MINUTE,
            self.clock.mono - MINUTE, self.clock.mono - SECOND, 100_000, (), False, "start", boot_id=self.clock.boot))
        call = self._call(sha, from_us, found)
        self.proofs.state(self.box.store, file, call, _crops(found), self.box.store.erasures_asked())
        return call

    def call_again(self, first: RollCall, found: Sightings, gallery: tuple[str, ...]) -> None:
        """A second roll call of the first minute, which looked for these people."""
        call = dataclasses.replace(self._call(first.segment, 0, found), gallery=gallery)
        self.proofs.state(self.box.store, "r-1/000000.mp4", call, _crops(found), self.box.store.erasures_asked())

    def _call(self, sha: str, from_us: int, found: Sightings) -> RollCall:
        tracks = tuple(
            Track(from_us + at * SECOND, from_us + (at + 20) * SECOND, from_us + (at + 1) * SECOND, 20 - at, 30 + at,
                  Candidate(person, score) if person else None)
            for at, (person, score, _) in enumerate(found))
        return RollCall(CLASS, "r-1", sha, "lab", "b" * 64, "cpu", THRESHOLD, 50_000, 20, 30, 0, len(found),
                        len(found) * 1_000_000, tracks, rise_ppm=60_000)


def _order() -> Sealed:
    signer, clock = KeySigner(Ed25519PrivateKey.generate()), HandClock()
    genesis = Genesis(signer.keyid, "", "0" * 64, "test")
    people = [("p-1", "trainee"), ("p-2", "trainee"), ("p-3", "trainee"), ("p-4", "trainee"), ("p-5", "trainee"),
              ("t-1", "instructor")]
    order = ClassOrder(
        CLASS, 1, TITLE, PolicyRef("demo", load_policy("demo").sha256), 480, (Place("box-1", "一号教室"),),
        tuple(Enrolled(person, role, "0" * 64) for person, role in people),  # type: ignore[arg-type]
        (Hour("h-1", "theory", utc_text(START), utc_text(START + 4 * MINUTE)),))
    first = next_record(None, device="centre", chain="0" * 32, type="genesis", body=encode(genesis),
                        stamp=clock.stamp())
    record = next_record(seal_record(first, signer), device="centre", chain="0" * 32, type="order.class",
                         body=encode(order), stamp=clock.stamp())
    return seal_record(record, signer)


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    """p-1 and p-2 are shown, p-3 nearly, p-4 is enrolled and absent, p-5 has no face here; p-3 has no consent on
    record."""
    with filmed(tmp_path) as made:
        yield made


@contextlib.contextmanager
def filmed(folder: Path, synced: bool = True, certify: Certify | None = None, more: str = "") -> Iterator[Course]:
    """The same on a box whose clock is, or is not, `synced`. `certify`: who certifies its key, if it does not itself;
    `more`: stands at the end of its box.toml."""
    folder, clock = folder / "box", HandClock()
    clock.synced = synced
    (folder / "run").mkdir(parents=True)
    text = 'device = "box-1"\npolicy = "demo"\n[recorder]\nreserve_mb = 1\n' + more
    (folder / "box.toml").write_text(text)
    keys = make_box_keys(folder / "keys", certify or self_certified("box-1", START))
    config = parse_box(text.encode(), "box.toml")
    box = Box(folder, config, keys, clock, open_store(folder, config, keys, clock))
    open_volume(box.video, "box-1", box.store, 1).check()
    order = _order()
    box.store.put_order(order)
    box.store.append("order.accepted", OrderAccepted(CLASS, order.hash))
    box.store.put_names(CLASS, seal_sheet({p: Name(n, "01" * 16) for p, n in NAMES.items()}, keys.sealing_key, CLASS))
    for at, person in enumerate(("p-1", "p-2", "p-3", "p-4")):
        shot = cv2.imencode(".jpg", np.full((224, 224, 3), 10 * at + 5, np.uint8))[1].tobytes()
        consent = None if person == "p-3" else Consent(CLASS, person, True, "0" * 64, "zh", None, "terminal")
        enrolment = Enrolment(CLASS, person, "lab", "b" * 64, 1, "none", "camera")
        box.store.enrol([NewFace(np.ones((1, 8), np.float32), enrolment, consent, shot)])
    made = Course(box, clock, Proofs(box.video, box.first_volume, keys.data, box.proofs_lock))
    made.film(0, FIRST)
    made.film(1, LATER)
    yield made
    box.store.close()
