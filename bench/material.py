"""A synthetic class as the box and the centre would seal it: a plan, segments with their roll calls, check-ins."""
from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.policies import policy_bytes
from evidence.bodies import (
    Body,
    Candidate,
    CheckIn,
    ClassOrder,
    Enrolled,
    Genesis,
    Hour,
    Place,
    PolicyRef,
    RollCall,
    Segment,
    Track,
)
from evidence.certs import fingerprint, issue, make_root, pem
from evidence.chain import next_record
from evidence.records import ClockState, Sealed, Stamp
from evidence.seal import KeySigner, seal_record
from evidence.shape import encode
from evidence.times import MINUTE, SECOND, utc_text, utc_us

CLASS, BOX, CENTRE, POLICY = "c-1", "box-1", "centre", "demo"
TRAINEES = tuple(f"t-{number}" for number in range(20))
START = utc_us("2026-03-02T00:00:00.000000Z")
CLOCK = ClockState(synced=True, max_error_us=1500, source="kernel", rate=1)
ZERO = "0" * 64
POLICY_REF = PolicyRef(POLICY, hashlib.sha256(policy_bytes(POLICY)).hexdigest())


class Site:
    """A root of its own, with the mark of a test."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.root = make_root(self.key, "bench", 1, START - 86400 * SECOND, 3650, True)


class Chain:
    """Seals records of one device. `is_box`: whether its genesis has a key for name sheets."""

    def __init__(self, site: Site, device: str, chain: str, is_box: bool) -> None:
        self.device, self.chain, self.sealed = device, chain, list[Sealed]()
        self.key = Ed25519PrivateKey.generate()
        self.signer, public = KeySigner(self.key), self.key.public_key()
        certificate = issue(site.root, site.key, public, device, 2, START - 86400 * SECOND, 3650, True,
                            "box" if is_box else "centre")
        sealing = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a" if is_box else None
        self.add("genesis", Genesis(self.signer.keyid, pem(certificate), fingerprint(site.root), "bench", sealing), 0)

    def add(self, type: str, body: Body, at_us: int) -> Sealed:
        """The next record, sealed `at_us` after the start of the class."""
        stamp = Stamp("6f1c2d3e-0000-4000-8000-000000000001", 86400 * SECOND + at_us, START + at_us, CLOCK)
        head = self.sealed[-1] if self.sealed else None
        record = next_record(
            head, device=self.device, chain=self.chain, type=type, body=encode(body), stamp=stamp)
        self.sealed.append(seal_record(record, self.signer))
        return self.sealed[-1]


def plan(minutes: int) -> ClassOrder:
    """Class-hours of 45 minutes without a pause, as many as `minutes` of video fill."""
    hours = [Hour(f"h-{at}", "practical" if at % 2 else "theory", _text(at), _text(at + 45))
             for at in range(0, minutes, 45)]
    roster = tuple(Enrolled(person, "trainee", ZERO) for person in TRAINEES)
    return ClassOrder(CLASS, 1, "Welding", POLICY_REF, 480, (Place(BOX, "101"),), roster, tuple(hours))


def film(count: int, videos: Sequence[tuple[int, str]] = ((1_000_000, ""),)) -> Iterator[tuple[str, Body, int]]:
    """`count` records of an unbroken run, as (type, body, time): each minute a segment and its roll call; check-ins.

    `videos`: size and SHA-256 of the files, in turn; an empty hash stands for one of its own for each segment.
    """
    for number in range(count // 3 + 1):
        size, sha256 = videos[number % len(videos)]
        sha256 = sha256 or hashlib.sha256(b"%d" % number).hexdigest()
        end_us = (number + 1) * MINUTE
        yield from (
            ("segment", segment(number, size, sha256), end_us),
            ("rollcall", roll_call(number, sha256), end_us + SECOND),
            ("checkin", check_in(number), end_us + 2 * SECOND),
        )[: count - 3 * number]


def segment(number: int, size: int, sha256: str) -> Segment:
    """One minute of video."""
    start_us, mono_us = number * MINUTE, 86400 * SECOND
    return Segment(
        CLASS, "s-1", "room", "r-1", number, file_of(number), size, sha256, "h264", 1280, 720, 600, 30,
        start_us, start_us + MINUTE, mono_us + start_us, mono_us + start_us + MINUTE, 500_000, (), False, "start")


def roll_call(number: int, sha256: str) -> RollCall:
    """Everyone shown in one minute."""
    start_us = number * MINUTE
    tracks = [
        Track(start_us, start_us + MINUTE - 1, start_us + place, 30, 60, Candidate(person, 800_000 - place), None)
        for place, person in enumerate(TRAINEES)
    ]
    count = len(TRAINEES)
    return RollCall(
        CLASS, "r-1", sha256, "lab", ZERO, "cpu", 400_000, 50_000, 32, 30, 0, count, count * 1_000_000, tuple(tracks))


def check_in(number: int) -> CheckIn:
    """An attempt of one trainee after the other."""
    who = Candidate(TRAINEES[number % len(TRAINEES)], 900_000)
    seen_us = 86400 * SECOND + (number + 1) * MINUTE
    return CheckIn(
        CLASS, "s-1", f"a-{number}", "lab", ZERO, "cpu", 400_000, 50_000, 5, 5, 120, seen_us, "not_checked", who, None)


def file_of(number: int) -> str:
    """The file of a segment, relative to the folder of segments."""
    return f"r-1/{number:06}.mp4"


def _text(minute: int) -> str:
    return utc_text(START + minute * MINUTE)
