"""Exported classes and box folders as the product writes them, small, with fixed keys."""
from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from common.policies import policy_bytes
from evidence.bodies import Export, Missing, PolicyRef
from evidence.canonical import sha256_hex
from evidence.certs import pem
from evidence.chain import head_of
from evidence.receipts import Receipt, seal_receipt
from evidence.records import Sealed
from evidence.shape import encode
from evidence.times import SECOND, utc_text
from tests.evidence.making import BOOT, REAL, SIMULATED, START, Maker, Site, lines

CLASS = "welder-1"
VIDEOS = (b"first segment", b"second segment", b"third, longer segment")
SEGMENT_US = 60 * SECOND


def order(policy: str, names: Mapping[str, str] | None = None) -> dict[str, object]:
    """A plan of one theory class-hour and one trainee, or those of `names` with what their names commit to."""
    digest = hashlib.sha256(policy_bytes(policy)).hexdigest()
    return {
        "class": CLASS, "number": 1, "title": "焊工", "policy": {"id": policy, "sha256": digest}, "utc_offset_min": 480,
        "boxes": [{"device": "box-1", "room": "101"}],
        "roster": [{"person": person, "role": "trainee", "commitment": commitment}
                   for person, commitment in (names or {"p-1": "0" * 64}).items()],
        "hours": [{"hour": "h-1", "kind": "theory", "start": utc_text(START), "end": utc_text(START + 2700 * SECOND)}],
    }


def segment(index: int, data: bytes, class_id: str | None = CLASS) -> dict[str, object]:
    """The record of one minute of video whose file holds `data`."""
    at = index * SEGMENT_US
    return {
        "class": class_id, "session": "s-1", "camera": "room", "run": "r-1", "index": index,
        "file": f"r-1/{index:06}.mp4", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "codec": "h264",
        "width": 640, "height": 360, "packets": 60, "keyframes": 2, "first_pts_us": at, "end_pts_us": at + SEGMENT_US,
        "first_mono_us": 60 * SECOND + at, "last_mono_us": 60 * SECOND + at + SEGMENT_US, "gap_floor_us": 500_000,
        "gaps": [], "recovered": index == 1, "began": "start", "boot_id": BOOT,
    }


def class_of(
    policy: str = "demo", test: bool = True, simulated: bool = False, removed: int | None = None,
    between: bool = False, names: Mapping[str, str] | None = None,
) -> tuple[Site, Maker, Maker]:
    """A site, and the chains of its box and its centre, of a class with three segments, the last one sealed after the
    class-hour."""
    site, clock = Site(test, between=between), SIMULATED if simulated else REAL
    box, centre = site.box(clock=clock), site.centre(clock=clock)
    plan = centre.add("order.class", order(policy, names))
    box.add("order.accepted", {"class": CLASS, "order": plan.hash})
    box.add("session.start", {"class": CLASS, "session": "s-1", "by": "page"})
    for index, data in enumerate(VIDEOS):
        last = data is VIDEOS[-1]
        box.add("segment", segment(index, data), START + (3600 * SECOND if last else (index + 1) * SEGMENT_US))
    if removed is not None:
        digest = hashlib.sha256(VIDEOS[removed]).hexdigest()
        box.add("segment.removed", {"segment": digest, "reason": "asked for", "by": "a-1"})
    return site, box, centre


def receipt(box: Maker, centre: Maker, up_to: int) -> bytes:
    """The centre's receipt for the box's chain."""
    head = box.sealed[up_to]
    one = Receipt(1, centre.device, box.device, box.chain, up_to, head.hash, up_to, utc_text(head.record.utc_us))
    return seal_receipt(one, centre.signer)


def write_export(
    folder: Path, site: Site, box: Maker, centre: Maker, policy: str = "demo", whole: bool = True,
    others: Sequence[Maker] = (), twice: bool = False, as_of_us: int = START + 3600 * SECOND,
    missing: Sequence[Missing] = (),
) -> Path:
    """The folder of an exported class. `whole`: the manifest says which receipts there are; `others`: further boxes;
    `twice`: its manifest names the chain of the box twice; `missing`: what the manifest says it lacks."""
    digest = hashlib.sha256(policy_bytes(policy)).hexdigest()
    boxes = (box, *others, *((box,) if twice else ()))
    given = [receipt(one, centre, len(one.sealed) - 1) + b"\n" for one in boxes]
    manifest = centre.add("export", encode(Export(
        CLASS, PolicyRef(policy, digest), tuple(head_of(one.sealed[-1]) for one in boxes), 3,
        utc_text(as_of_us), tuple(map(sha256_hex, given)) if whole else None,
        tuple(missing) or None)))
    put(folder / "manifest.json", manifest.envelope)
    put(folder / "root.pem", pem(site.root).encode())
    put(folder / "policy.toml", policy_bytes(policy))
    put(folder / f"chains/{centre.device}.{centre.chain}.jsonl", lines(centre.sealed))
    for one, text in zip(boxes, given, strict=True):
        name = f"{one.device}.{one.chain}.jsonl"
        put(folder / f"chains/{name}", lines(one.sealed))
        put(folder / f"receipts/{name}", text)
    for index, data in enumerate(VIDEOS):
        put(folder / f"segments/{box.device}/r-1/{index:06}.mp4", data)
    return folder


def write_box(
    folder: Path, site: Site, box: Maker, centre: Maker | None = None, receipts: Sequence[bytes] = (), wal: bool = False
) -> Path:
    """The folder of a box. With `wal` the last records lie in the log beside the database."""
    put(folder / "keys/root.crt", pem(site.root).encode())
    if centre is not None:
        put(folder / "keys/centre.crt", pem(centre.certificate).encode())
    put(folder / "video/.zaitang-volume.json", b"{}")
    for index, data in enumerate(VIDEOS):
        put(folder / f"video/segments/r-1/{index:06}.mp4", data)
    types = ("order.class", "assessment", "dispute", "order.box")
    orders = [one for one in centre.sealed if one.record.type in types] if centre else []
    _database(folder, box.sealed, receipts, orders, wal)
    return folder


def _database(
    folder: Path, sealed: Sequence[Sealed], receipts: Sequence[bytes], orders: Sequence[Sealed], wal: bool
) -> None:
    place = folder / "live" if wal else folder
    place.mkdir(exist_ok=True)
    db = sqlite3.connect(place / "zaitang.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE records (seq INTEGER PRIMARY KEY, hash TEXT, type TEXT, envelope BLOB) STRICT")
    db.execute("CREATE TABLE receipts (up_to INTEGER PRIMARY KEY, envelope BLOB) STRICT")
    db.execute("CREATE TABLE orders (hash TEXT PRIMARY KEY, seq INTEGER NOT NULL, envelope BLOB NOT NULL) STRICT")
    if wal:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", [
        (one.record.seq, one.hash, one.record.type, one.envelope) for one in sealed])
    db.executemany("INSERT INTO receipts VALUES (?, ?)", [(number, one) for number, one in enumerate(receipts)])
    db.executemany("INSERT INTO orders VALUES (?, ?, ?)", [(one.hash, one.record.seq, one.envelope) for one in orders])
    if wal:
        for file in place.iterdir():
            if not file.name.endswith("-shm"):
                put(folder / file.name, file.read_bytes())
    db.close()
    if wal:
        for file in place.iterdir():
            file.unlink()
        place.rmdir()


def journal(run: str, *lines: dict[str, object]) -> bytes:
    """The recorder's journal of a run: each line with its checksum."""
    texts = [json.dumps(line, separators=(",", ":")).encode() for line in ({"do": "run", "run": run}, *lines)]
    return b"".join(b"%08x %s\n" % (zlib.crc32(text), text) for text in texts)


def opened(index: int) -> dict[str, object]:
    """The line that says that a segment file is about to be created."""
    return {"do": "open", "index": index, "file": f"r-2/{index:06}.mp4"}


def marked(index: int, data: bytes, do: str = "mark") -> dict[str, object]:
    """The line that says that a file holds `data` so far, or (`done`) for good."""
    digest = hashlib.sha256(data).hexdigest()
    return {"do": do, "index": index, "file": f"r-2/{index:06}.mp4", "size": len(data), "sha256": digest}


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def listing(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
