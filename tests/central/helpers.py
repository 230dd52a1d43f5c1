"""A centre with a clock that the test winds, and boxes that seal what the test says."""
from __future__ import annotations

import base64
import dataclasses
import hashlib
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from central.devices.issue import issue
from central.ingest.collector import Message
from central.wiring import Centre
from evidence.bodies import TYPES, Body, Genesis, Segment
from evidence.certs import fingerprint, split_chain
from evidence.chain import next_record
from evidence.records import ClockState, Sealed, Stamp
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import MINUTE, SECOND, utc_text, utc_us
from evidence.uploads import Upload, seal_upload

TYPE_OF = {cls: type_ for type_, cls in TYPES.items()}
REAL = ClockState(synced=True, max_error_us=1000, source="kernel", rate=1)
SIMULATED = ClockState(synced=True, max_error_us=0, source="simulated", rate=60)
MORNING = utc_us("2026-03-02T00:30:00.000000Z")
"""08:30 in China."""

PLAN = """\
class = "welder-1"
title = "焊工（初级）第 1 期"
policy = "demo"
boxes = [{ device = "box-1", room = "101 教室" }]
hours = [
  { kind = "theory", start = 2026-03-02T08:30:00, end = 2026-03-02T09:15:00 },
  { kind = "theory", start = 2026-03-02T09:25:00, end = 2026-03-02T10:10:00 },
  { kind = "practical", start = 2026-03-02T14:00:00, end = 2026-03-02T14:45:00 },
]
"""
NAMES = """\
people = [{ name = "张伟" }, { name = "王芳" }, { name = "李娜" }, { name = "陈老师", role = "instructor" }]
"""


class FixedClock:
    """Stands still until the test sets it."""

    def __init__(self, utc: int = MORNING, clock: ClockState = REAL) -> None:
        self.utc_us, self.clock = utc, clock

    def stamp(self) -> Stamp:
        return Stamp("0b", self.utc_us, self.utc_us, self.clock)


class Box:
    """A box with a certificate of the centre's root, sealing records at the times that it is told."""

    def __init__(self, centre: Centre, device: str = "box-1", chain: str = "ab" * 16, clock: ClockState = REAL) -> None:
        self.device, self.chain, self.clock = device, chain, clock
        self.sealing_key = X25519PrivateKey.generate()
        key = Ed25519PrivateKey.generate()
        self.signer = KeySigner(key)
        self.certificate = issue(centre, device, key.public_key())
        self.root = fingerprint(centre.keys.root)
        self.sealed: list[Sealed] = []

    def genesis(self, utc: int = MORNING - 60 * MINUTE) -> Sealed:
        """Record 0."""
        sealing = self.sealing_key.public_key().public_bytes_raw().hex()
        own, between = split_chain(self.certificate)
        return self.append(Genesis(self.signer.keyid, own, self.root, "test", sealing, between), utc)

    def append(self, body: Body, utc: int) -> Sealed:
        """Seal the next record."""
        return self.say(TYPE_OF[type(body)], encode(body), utc)

    def say(self, type_: str, body: dict[str, Any], utc: int) -> Sealed:
        """The same of any type, also of one that nobody knows."""
        stamp = Stamp("b0", utc - MORNING + 7200 * SECOND, utc, self.clock)
        head = self.sealed[-1] if self.sealed else None
        record = next_record(head, device=self.device, chain=self.chain, type=type_, body=body, stamp=stamp)
        self.sealed.append(seal_record(record, self.signer))
        return self.sealed[-1]

    def messages(self) -> list[Message]:
        """All of it as it would come from the broker."""
        return [Message(self.device, sealed.envelope) for sealed in self.sealed]


def segment_of(data: bytes, utc: int, seconds: int, index: int = 0, run: str = "r-1", **changes: object) -> Segment:
    """A segment record for bytes, `seconds` of media from `utc` on."""
    start_us = index * seconds * SECOND
    mono = utc - MORNING + 7200 * SECOND
    body = Segment(
        class_id="welder-1", session="s-1", camera="room", run=run, index=index, file=f"{run}/{index:06d}.mp4",
        size=len(data), sha256=hashlib.sha256(data).hexdigest(), codec="h264", width=640, height=360, packets=seconds,
        keyframes=seconds, first_pts_us=start_us, end_pts_us=start_us + seconds * SECOND, first_mono_us=mono,
        last_mono_us=mono + seconds * SECOND, gap_floor_us=500_000, gaps=(), recovered=False,
        began="start", cut=None,
    )
    return dataclasses.replace(body, **changes)  # type: ignore[arg-type]


def put(centre: Centre, data: bytes) -> None:
    """Lay bytes into the centre's objects, as if a box had sent them."""
    sha256 = hashlib.sha256(data).hexdigest()
    with centre.objects.parts.open(sha256, "a-box", len(data), centre.objects.path(sha256)) as part:
        part.write(data)
        part.finish()


def token(box: Box, data: bytes, now_us: int, **changes: object) -> dict[str, str]:
    """The header of a token for these bytes, good for a minute from `now_us` on."""
    sha256 = hashlib.sha256(data).hexdigest()
    upload = Upload(1, box.device, "centre", "PUT", sha256, len(data), utc_text(now_us + MINUTE))
    envelope = seal_upload(dataclasses.replace(upload, **changes), box.signer)  # type: ignore[arg-type]
    return {"authorization": "Bearer " + base64.b64encode(envelope).decode()}


def sending(box: Box, data: bytes, now_us: int, first: int = 0, last: int | None = None) -> dict[str, str]:
    """The headers of a part of these bytes: all of them, or from `first` to `last`, both included."""
    last = len(data) - 1 if last is None else last
    return {**token(box, data, now_us), "content-range": f"bytes {first}-{last}/{len(data)}"}


def write_plan(folder: Path, plan: str = PLAN, names: str = NAMES) -> tuple[Path, Path]:
    """PLAN.toml and NAMES.toml in a folder."""
    (folder / "plan.toml").write_text(plan, encoding="utf-8")
    (folder / "names.toml").write_text(names, encoding="utf-8")
    return folder / "plan.toml", folder / "names.toml"
