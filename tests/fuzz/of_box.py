"""Parsers of files that somebody brings to a box or leaves on it: settings, lists, cards, packages, keys, journals."""
from __future__ import annotations

import contextlib
import datetime
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.cameras.lores import HEIGHT, WIDTH, Lores
from edge.config import BOX_FILE, load_box, parse_box
from edge.enrol.card import FileReader, anchored
from edge.enrol.errors import (
    BadCard,
    BadPackage,
    CardLeft,
    CardOfAnother,
    EmptyRoster,
    NoColumn,
    NotForThisBox,
    NotText,
    OtherClass,
    RosterRefused,
    RosterTooLarge,
    TooLarge,
    Unreadable,
)
from edge.enrol.package import Carried, open_package, read_cover, write_package
from edge.enrol.photos import read_photo
from edge.enrol.roster import read_roster
from edge.errors import BadBox, BadKeyFile, BadKeys, CannotWrite, WrongVolume
from edge.keys import BoxKeys, _files, load_keys
from edge.picture.told import troubles
from edge.placement.room import load_room, template
from edge.recorder.journal import newest_mark, read_journal
from edge.refusal import look_up, read
from edge.rollcall.attempts import Attempts
from edge.rollcall.behind import BEHIND, read_behind
from edge.rollcall.draw import is_page
from edge.setup import certify, make_box
from edge.storage import volume
from edge.storage.files import write_new
from edge.storage.proofs import MAGIC, places, read_file
from evidence.certs import pem
from evidence.errors import BadCertificate, BadInput, BadShape
from tests.edge.recorder.test_hostile import MARK, OPEN, RUN, lines
from tests.evidence.making import seed
from tests.fuzz.of_evidence import BOX, KEY, SITE, SUITE
from tests.fuzz.parser import Bench, Parser

TODAY = datetime.date(2026, 3, 2)
NUMBER = "11010519491231002X"
ORDER = "ab" * 32

BOX_TOML = b"""device = "box-1"
room = "101"
policy = "demo"
lang = "zh"
cameras = [{ id = "door", role = "terminal", source = "file:/x.mp4", start = "2026-03-02T00:40:00.000000Z" }]
[clock]
source = "simulated"
start = "2026-03-02T00:40:00.000000Z"
rate = 60
anchor_boot_us = 5
boot_id = "0b"
skips = [{ at = "2026-03-02T10:00:00.000000Z", to = "2026-03-03T00:00:00.000000Z" }]
[storage]
second = "/mnt/video2"
[panel]
button = 17
[enrol]
code = "123456"
[sync]
broker = "127.0.0.1"
"""


def _box_file(data: bytes, bench: Bench) -> object:
    bench.file(data, BOX_FILE)
    return load_box(bench.folder)


def _card(data: bytes, bench: Bench) -> object:
    return anchored(FileReader(bench.file(data)), "王秀英", "c-1", "p-1", KEY.public_key().public_bytes_raw().hex(),
        TODAY)


def _package(data: bytes, _: Bench) -> object:
    """The sealed part is anything that the other box made up; the cover is right."""
    sealed = SUITE.encrypt(data, KEY.public_key(), info=b"zaitang templates v1:" + ORDER.encode())
    whole = _cover(sealed) + b"\n" + sealed
    return open_package(whole, read_cover(whole, SITE.root), KEY)


def _cover(sealed: bytes) -> bytes:
    from edge.enrol.package import PACKAGE_TYPE, Cover
    from evidence.canonical import canonical, sha256_hex
    from evidence.seal import seal
    from evidence.shape import encode

    cover = Cover(1, ORDER, BOX.device, pem(BOX.certificate), sha256_hex(sealed))
    return seal(canonical(encode(cover)), PACKAGE_TYPE, BOX.signer)


def _inside() -> list[bytes]:
    person = {"person": "p-1", "vectors": 1, "dimensions": 4, "anchor": "none", "anchor_by": "", "consent": "0" * 64,
              "anchor_commitment": None}
    head = json.dumps({"pack": "lab", "pack_sha256": "0" * 64, "people": [person]}).encode()
    return [head + b"\n" + np.ones(4, "<f4").tobytes()]


def _packages() -> list[bytes]:
    carried = Carried("p-1", 1, 4, "none", "", None, "0" * 64)
    key = KEY.public_key().public_bytes_raw().hex()
    return [write_package(ORDER, key, BOX.device, pem(BOX.certificate), BOX.signer, "lab", "0" * 64,
                          [(carried, np.ones((1, 4), np.float32))])]


def _whole_package(data: bytes, _: Bench) -> object:
    return open_package(data, read_cover(data, SITE.root), KEY)


@functools.cache
def _pictures() -> list[bytes]:
    image = np.random.default_rng(3).integers(0, 255, (40, 50, 3), np.uint8)
    return [cv2.imencode(kind, image)[1].tobytes() for kind in (".jpg", ".png", ".bmp", ".webp", ".tiff")]


def _photo(data: bytes, bench: Bench) -> object:
    return read_photo(bench.file(data, "p.png"))


def _journal(data: bytes, bench: Bench) -> object:
    path = bench.file(data, "r-1.jsonl")
    return read_journal(path), newest_mark(path)


KEYS = _files(BoxKeys(Ed25519PrivateKey.from_private_bytes(seed(BOX.device)), pem(BOX.certificate), pem(SITE.root), KEY,
                      bytes(32)))


@contextlib.contextmanager
def _key_folder(folder: Path) -> Iterator[Path]:
    """BOX/keys."""
    for name, data in KEYS.items():
        write_new(folder / name, data, mode=0o600)
    yield folder


def _keys(name: str) -> Callable[[bytes, Bench], object]:
    """BOX/keys with these bytes in one of its files."""
    def read(data: bytes, bench: Bench) -> object:
        folder = bench.kept(_key_folder)
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(data)
        try:
            keys = load_keys(folder)
            return keys.root_fingerprint, keys.sealing_key
        finally:
            (folder / name).write_bytes(before)

    return read


def _certify(data: bytes, bench: Bench) -> object:
    """What is said to be the certificate that a centre issued for a box that waits for one."""
    folder = bench.folder / "box"
    if not folder.exists():
        make_box(folder, "box-1", "demo", "", "zh")
        (folder / "keys/device.pem").write_bytes(KEYS["device.pem"])
    for name in ("device.crt", "root.crt"):
        (folder / "keys" / name).unlink(missing_ok=True)
    return certify(folder, bench.file(data, "got.pem"), bench.file(KEYS["root.crt"], "root.pem"))


def _attempts(data: bytes, bench: Bench) -> object:
    attempts = Attempts(bench.file(data), "b-1")
    return attempts.begin("0" * 64)


def _identity(data: bytes, bench: Bench) -> object:
    (bench.folder / volume.IDENTITY).write_bytes(data)
    return volume._read_identity(bench.folder)


def _fstab(data: bytes, bench: Bench) -> object:
    before, volume.FSTAB = volume.FSTAB, bench.file(data)
    try:
        return volume.disk_to_come(bench.folder)
    finally:
        volume.FSTAB = before


def _proofs(data: bytes, bench: Bench) -> object:
    held = read_file(bench.file(data))
    return [held[at:at + length] for at, length in places(held)]


def _told_room(data: bytes, bench: Bench) -> object:
    return load_room(bench.file(data, "room.toml")).all_seats()


def _lores(data: bytes, bench: Bench) -> object:
    return Lores(bench.file(data)).newest()


def _refusal(data: bytes, bench: Bench) -> object:
    bench.file(data, "refused")
    return read(data), look_up(bench.folder, "sync")


REFUSAL = {"error": "BadBox", "words": {"zh": "不行", "en": "no"}}
CSV = "姓名,身份证号,角色\n王秀英,11010519491231002X,学员\n"
ROSTER = (RosterTooLarge, NotText, NoColumn, EmptyRoster, OtherClass, RosterRefused)

PARSERS = (
    Parser("box.toml", ("edge/config.py",), "toml", lambda: [BOX_TOML], lambda data, _: parse_box(data, "box.toml"),
           (BadShape,), 80),
    Parser("box.toml, as a file", ("edge/config.py",), "toml", lambda: [BOX_TOML], _box_file, (BadShape, BadBox), 10),
    Parser("a list of people (CSV)", ("edge/enrol/roster.py", "common/id_numbers.py"), "text",
           lambda: [CSV.encode(), CSV.encode("gb18030"), CSV.replace(",", "\t").encode("utf-8-sig")],
           lambda data, _: read_roster(data, TODAY, {}), ROSTER, 80),
    Parser("an ID card's file", ("edge/enrol/card.py",), "json",
           lambda: [json.dumps({"name": "王秀英", "number": NUMBER}).encode()], _card, (BadCard, CardLeft,
           CardOfAnother)),
    Parser("templates of another box", ("edge/enrol/package.py",), "bytes", _packages, _whole_package,
           (BadPackage, NotForThisBox)),
    Parser("templates of another box, inside", ("edge/enrol/package.py",), "lines", _inside, _package, (BadPackage,),
           60),
    Parser("a photograph", ("edge/enrol/photos.py",), "bytes", _pictures, _photo, (Unreadable, TooLarge), 150),
    Parser("a recorder's journal", ("edge/recorder/journal.py",), "lines", lambda: [lines(RUN, OPEN, MARK)], _journal,
           (), 60),
    *(Parser(f"keys/{name}", ("edge/keys.py",), "bytes" if name == "data.key" else "pem",
           lambda name=name: [KEYS[name]],
             _keys(name), (BadKeys, BadKeyFile, BadCertificate), 20) for name in KEYS),
    Parser("a certificate for a box", ("edge/setup.py", "edge/keys.py"), "pem", lambda: [KEYS["device.crt"]], _certify,
           (BadKeys, BadKeyFile, BadShape), 25),
    Parser("a room file", ("edge/placement/room.py",), "toml", lambda: [template("zh").encode()], _told_room,
           (BadInput,), 60),
    Parser("what ails a picture, as it is told", ("edge/picture/told.py",), "json", lambda: [json.dumps({"troubles": [
        {"what": "black", "camera": "room", "run": None, "since_us": 5}]}).encode()],
        lambda data, bench: troubles(bench.file(data)), (), 60),
    Parser("how much video waits", ("edge/rollcall/behind.py",), "json",
           lambda: [json.dumps({"segments": 1, "video_us": 2}).encode()],
           lambda data, bench: read_behind(bench.file(data, BEHIND)), (), 60),
    Parser("attempts at a segment", ("edge/rollcall/attempts.py",), "json",
           lambda: [json.dumps({"segment": "0" * 64, "times": 1, "boot": "b-1"}).encode()], _attempts, (), 60),
    Parser("why a process does not run", ("edge/refusal.py",), "json",
           lambda: [json.dumps(REFUSAL).encode(), json.dumps({"sync": REFUSAL}).encode()], _refusal, (), 60),
    Parser("the identity of a volume", ("edge/storage/volume.py",), "json",
           lambda: [json.dumps({"device": "box-1", "volume": "v-1"}).encode()], _identity,
           (WrongVolume, CannotWrite), 40),
    Parser("the table of disks", ("edge/storage/volume.py",), "text",
           lambda: [b"/dev/sda1 /mnt/with\\040space ext4 defaults 0 2\n# x\n"], _fstab, (), 40),
    Parser("a file of sealed pictures", ("edge/storage/proofs.py",), "bytes",
           lambda: [MAGIC + b"\0\0\0\3abc\0\0\0\1x"], _proofs),
    Parser("a page of a sheet", ("edge/rollcall/draw.py",), "bytes",
           lambda: [b"\x89PNG\r\n\x1a\ntEXtCreator\0zaitang sheet"],
           lambda data, bench: is_page(bench.file(data)), (), 15),
    Parser("a small picture of a Pi camera", ("edge/cameras/lores.py",), "bytes", lambda: [bytes(WIDTH * HEIGHT)],
           _lores,
           (), 10),
)
