"""The chains of the boxes of a seeded centre: real records, linked and signed, made from templates of canonical bytes.

A body is encoded once for each class; what differs from record to record (hashes, runs, times, people) takes the place
of marks in it, as long as they stay canonical: `check` of console_seed.py reads and verifies a sample with the product.
"""
from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.bodies import (
    Candidate,
    CheckIn,
    Genesis,
    Hour,
    PassiveLook,
    Picture,
    PictureSample,
    RollCall,
    Segment,
    SessionEnd,
    SessionStart,
    Track,
)
from evidence.canonical import canonical
from evidence.records import NO_PREV
from evidence.seal import RECORD_TYPE, KeySigner, seal
from evidence.shape import encode
from evidence.times import MINUTE, SECOND, utc_text, utc_us

NOW = utc_us("2026-03-20T02:05:00.000000Z")
"""10:05 in China: a morning's class-hour is running. Nothing in the seeded centre is later."""
DAY_US = 86400 * SECOND
BOOT_US = utc_us("2026-01-01T00:00:00.000000Z")
HALVES_MIN = ((30, 205), (360, 535))
"""Of a day from 00:00 UTC: 08:30–11:25 and 14:00–16:55 in China, each four class-hours of 40 minutes."""
HOUR_MIN, PAUSE_MIN = 40, 5
PICTURE_US = 30 * SECOND
"""Between the samples of a picture: as far apart as they may be."""
SHA_MARK, RUN_MARK, PERSON_MARK, ATTEMPT_MARK = "f" * 64, "r-mark", "p-mark", "a-mark"
PACK = "a" * 64
THUMB = "".join(f"{800 + cell * 977 % 1900:03x}" for cell in range(144))


@dataclasses.dataclass(frozen=True)
class SeededClass:
    """One class of a box. `first_day`: its first day, from today on; `blocks`: half-days in a row; `away`: so many of
    the last trainees never come; `called`: whether roll calls have come. `segment_min`: media time of a file;
    `pictured`: whether somebody looks at its picture."""

    class_id: str
    people: tuple[str, ...]
    first_day: int
    blocks: int
    away: int = 0
    called: bool = True
    segment_min: int = 30
    pictured: bool = False

    def spans(self) -> list[tuple[int, int]]:
        """Start and end of its blocks, UTC microseconds."""
        midnight = NOW - NOW % DAY_US
        found = []
        for number in range(self.blocks):
            day = midnight + (self.first_day + number // 2) * DAY_US
            first, last = HALVES_MIN[number % 2]
            found.append((day + first * MINUTE, day + last * MINUTE))
        return found

    def hours(self) -> tuple[Hour, ...]:
        """Its plan."""
        found = []
        for block, (start, _) in enumerate(self.spans()):
            for part in range(4):
                at = start + part * (HOUR_MIN + PAUSE_MIN) * MINUTE
                kind = "theory" if block % 5 == 0 else "practical"
                found.append(Hour(f"h-{block:03}-{part}", kind, utc_text(at), utc_text(at + HOUR_MIN * MINUTE)))
        return tuple(found)


def rows(device: str, chain: str, seed: bytes, genesis: Genesis, classes: Sequence[SeededClass],
         size: int) -> Iterator[list[tuple[object, ...]]]:
    """The records of a box until NOW, in slices of `size`: (device, chain, seq, hash, prev, type, class, envelope,
    segment's hash and size or None, when). `seed`: 32 bytes of its key."""
    signer = KeySigner(Ed25519PrivateKey.from_private_bytes(seed))
    prev, some = NO_PREV, []
    for seq, (at_us, kind, class_id, body, file) in enumerate(_facts(device, genesis, classes)):
        payload = (
            b'{"body":%b,"boot_id":"b0","chain":"%b","clock":{"max_error_us":1500,"rate":1,"source":"kernel","synced":'
            b'true},"device":"%b","mono_us":%d,"prev":"%b","seq":%d,"type":"%b","utc":"%b","v":1}' % (
                body, chain.encode(), device.encode(), at_us - BOOT_US, prev.encode(), seq, kind.encode(),
                utc_text(at_us).encode()))
        hash_ = hashlib.sha256(payload).hexdigest()
        some.append((device, chain, seq, hash_, prev, kind, class_id, seal(payload, RECORD_TYPE, signer), file, at_us))
        prev = hash_
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


Fact = tuple[int, str, str | None, bytes, tuple[str, int] | None]
"""When, type, class, body; of a segment the hash and size of its file."""


def _facts(device: str, genesis: Genesis, classes: Sequence[SeededClass]) -> Iterator[Fact]:
    first_us = min((span[0] for one in classes for span in one.spans()), default=NOW) - DAY_US
    yield min(first_us, NOW - DAY_US), "genesis", None, canonical(encode(genesis)), None
    for one in classes:
        made = _Templates(one)
        for number, (start, end) in enumerate(one.spans()):
            if start - 20 * MINUTE > NOW:
                return
            facts = made.block(device, number, start, end)
            yield from (fact for fact in sorted(facts, key=lambda fact: fact[0]) if fact[0] <= NOW - MINUTE)


class _Templates:
    """The bodies of one class with marks in them."""

    def __init__(self, one: SeededClass) -> None:
        self._one = one
        self._here = one.people[: len(one.people) - one.away]
        self._checkin = canonical(encode(CheckIn(
            one.class_id, RUN_MARK, ATTEMPT_MARK, "lab", PACK, "cpu", 400_000, 50_000, 5, 5, 120, 0, "live",
            Candidate(PERSON_MARK, 900_000), None, passive=PassiveLook(5, 0, 5, 500_000, 900_000), named=True)))
        self._start = canonical(encode(SessionStart(one.class_id, RUN_MARK, "button")))
        self._end = canonical(encode(SessionEnd(one.class_id, RUN_MARK, "button")))
        self._files: dict[int, tuple[bytes, bytes, bytes]] = {}

    def block(self, device: str, number: int, start: int, end: int) -> Iterator[Fact]:
        """What a half-day leaves: presses, check-ins, and for each file the segment, its picture, its roll call."""
        one, run = self._one, f"{self._one.class_id}-{number}".encode()
        begun, over = start - 5 * MINUTE, end + 2 * MINUTE
        yield begun, "session.start", one.class_id, self._start.replace(RUN_MARK.encode(), run), None
        for place, person in enumerate(self._here):
            at_us = begun + (10 + 5 * place) * SECOND
            body = (self._checkin.replace(RUN_MARK.encode(), run).replace(PERSON_MARK.encode(), person.encode())
                    .replace(ATTEMPT_MARK.encode(), b"a-%d-%d" % (number, place))
                    .replace(b'"seen_mono_us":0', b'"seen_mono_us":%d' % (at_us - BOOT_US - 3 * SECOND)))
            yield at_us, "checkin", one.class_id, body, None
        length_us = one.segment_min * MINUTE
        for index, at_us in enumerate(range(begun, over, length_us)):
            last_us = min(over, at_us + length_us)
            sha = hashlib.sha256(b"%b %b %d" % (device.encode(), run, index)).hexdigest()
            segment, picture, call = self._file(index, at_us - begun, last_us - begun, last_us == over)
            marks = (SHA_MARK.encode(), sha.encode()), (RUN_MARK.encode(), run)
            mono = begun - BOOT_US
            for old, new in marks:
                segment, picture, call = (body.replace(old, new) for body in (segment, picture, call))
            segment = (segment.replace(b'"first_mono_us":0', b'"first_mono_us":%d' % (mono + at_us - begun))
                       .replace(b'"last_mono_us":0', b'"last_mono_us":%d' % (mono + last_us - begun)))
            yield last_us + SECOND, "segment", one.class_id, segment, (sha, 1_000_000)
            if one.pictured:
                yield last_us + 20 * SECOND, "picture", one.class_id, picture, None
            if one.called:
                yield last_us + 40 * SECOND, "rollcall", one.class_id, call, None
        yield over + SECOND // 2, "session.end", one.class_id, self._end.replace(RUN_MARK.encode(), run), None

    def _file(self, index: int, first_us: int, last_us: int, ends: bool) -> tuple[bytes, bytes, bytes]:
        if index not in self._files:
            self._files[index] = self._made(index, first_us, last_us, ends)
        return self._files[index]

    def _made(self, index: int, first_us: int, last_us: int, ends: bool) -> tuple[bytes, bytes, bytes]:
        one, here = self._one, self._here
        segment = Segment(
            one.class_id, RUN_MARK, "room", RUN_MARK, index, f"{RUN_MARK}/{index:06}.mp4", 1_000_000, SHA_MARK, "h264",
            1280, 720, (last_us - first_us) // 100_000, 10, first_us, last_us, 0, 0, 500_000, (), False, "start",
            "end" if ends else None)
        samples = tuple(PictureSample(at, 450_000, 220_000, 6_000, 2_000, 20_000 if at > first_us else None, THUMB)
                        for at in (*range(first_us, last_us, PICTURE_US), last_us - 1))
        picture = Picture(one.class_id, RUN_MARK, SHA_MARK, 15 * SECOND, samples, "")
        tracks = tuple(Track(first_us, last_us, first_us + (place + 1) * SECOND, 50, 80, Candidate(person, 800_000))
                       for place, person in enumerate(here))
        count = len(here)
        call = RollCall(
            one.class_id, RUN_MARK, SHA_MARK, "lab", PACK, "cpu", 400_000, 50_000, 40, 100, 0, count, count * 1_000_000,
            tracks, faceless_max=0)
        return canonical(encode(segment)), canonical(encode(picture)), canonical(encode(call))
