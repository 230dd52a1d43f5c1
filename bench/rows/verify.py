"""Row `verify`: zaitang-verify on an exported class against the cryptography that it cannot do without."""
from __future__ import annotations

import contextlib
import hashlib
import io
import os
from pathlib import Path

from bench.harness import Busy, Contest, Row
from bench.material import BOX, CENTRE, CLASS, POLICY, POLICY_REF, START, Chain, Site, file_of, film, plan
from common.policies import policy_bytes
from evidence.bodies import Export, OrderAccepted
from evidence.certs import pem
from evidence.chain import head_of
from evidence.records import Sealed
from evidence.seal import RECORD_TYPE, open_envelope, pae
from evidence.times import MINUTE, utc_text
from verify.cli import verify

RECORDS, FILES, FILE_BYTES = 900, 16, 4 << 20
BLOCK = 1 << 20
GOAL = 0.6


def prepare(folder: Path) -> Contest:
    """An export made on the spot; its first `FILES` minutes have their video."""
    chains = make_export(folder, FILES, FILE_BYTES, RECORDS)
    signed = [(chain.key.public_key(), *_signed(one)) for chain in chains for one in chain.sealed]
    videos = sorted(folder.glob("segments/*/*/*.mp4"))

    def verified() -> None:
        with contextlib.redirect_stderr(io.StringIO()):
            result = verify(folder, None, "en")
        if not result.ok:
            raise AssertionError(f"the export does not hold: {result.problems[0]}")

    def bare() -> None:
        for key, signature, message in signed:
            key.verify(signature, message)
        for path in videos:
            _sha256(path)

    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    ours, peer = Busy(verified), Busy(bare)
    return Contest(ours, peer, size / 1e6, lambda: [
        f"{len(signed)} records, {len(videos)} segments, {size / 1e6:.0f} MB; story and findings included; goal {GOAL}",
        "ours hashes several files at a time where there are cores, the peer one, as sha256sum does",
        ours.against(peer, size / 1e6, "MB")])


def make_export(folder: Path, files: int, file_bytes: int, records: int) -> tuple[Chain, Chain]:
    """The folder of an exported class, with random bytes for video. `records`: about so many in the box's chain."""
    site = Site()
    box, centre = Chain(site, BOX, "0" * 32, True), Chain(site, CENTRE, "c" * 32, False)
    order = centre.add("order.class", plan(files), 0)
    box.add("order.accepted", OrderAccepted(CLASS, order.hash), 0)
    videos = []
    for number in range(files):
        data = os.urandom(file_bytes)
        _put(folder / f"segments/{BOX}/{file_of(number)}", data)
        videos.append((file_bytes, hashlib.sha256(data).hexdigest()))
    for type, body, at_us in film(files * 3, videos):
        box.add(type, body, at_us)
    checkins = (fact for fact in film(3 * records) if fact[0] == "checkin")
    for type, body, at_us in list(checkins)[files:records]:
        box.add(type, body, at_us)
    manifest = centre.add("export", Export(
        CLASS, POLICY_REF, (head_of(box.sealed[-1]),), files, utc_text(START + records * MINUTE)), records * MINUTE)
    _put(folder / "manifest.json", manifest.envelope)
    _put(folder / "root.pem", pem(site.root).encode())
    _put(folder / "policy.toml", policy_bytes(POLICY))
    for chain in (box, centre):
        lines = b"".join(one.envelope + b"\n" for one in chain.sealed)
        _put(folder / f"chains/{chain.device}.{chain.chain}.jsonl", lines)
    return box, centre


def _signed(one: Sealed) -> tuple[bytes, bytes]:
    """A record's signature and the bytes that it covers."""
    opened = open_envelope(one.envelope, RECORD_TYPE)
    return opened.signatures[0][1], pae(opened.payload, RECORD_TYPE)


def _sha256(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.digest()


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


ROW = Row("verify", "zaitang-verify of an exported class", "bare Ed25519 verify and SHA-256 over the same bytes", "MB",
          prepare)
