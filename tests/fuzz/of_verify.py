"""Parsers of `zaitang-verify`: an exported class, a bag of one, the folder of a box, the root that an auditor gives."""
from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.bagging import finish, finish_tags
from common.policies import policy_bytes
from evidence.certs import pem
from evidence.errors import BadRecord
from evidence.seal import RECORD_TYPE, read_sealed, seal
from tests.fuzz.parser import Bench, Parser
from tests.verify.bagging import whole_bag
from tests.verify.making import class_of, journal, listing, marked, opened, receipt, write_box, write_export
from verify.cli import verify
from verify.errors import BadRoot, NotEvidence
from verify.pin import read_pin
from verify.report import as_json, sentences

SITE, BOX, CENTRE = class_of()
PLACE = f"{BOX.device}.{BOX.chain}.jsonl"
COLUMNS = ("seq", "hash", "type", "envelope")


@contextlib.contextmanager
def an_export(folder: Path) -> Iterator[Path]:
    """The folder of an exported class."""
    yield write_export(folder / "export", *class_of())


@contextlib.contextmanager
def a_box(folder: Path) -> Iterator[Path]:
    """The folder of a box, with a run that is not over."""
    site, box, centre = class_of()
    made = write_box(folder / "box", site, box, centre, [receipt(box, centre, 5)])
    (made / "video/journal").mkdir()
    (made / "video/segments/r-2").mkdir()
    yield made


@contextlib.contextmanager
def a_bag(folder: Path) -> Iterator[Path]:
    """A bag of a class, with names."""
    yield whole_bag(folder / "bag")


def _told(folder: Path) -> None:
    """Everything that the command does with a folder, but for printing."""
    result = verify(folder, None, "zh")
    for lang in ("zh", "en"):
        text = "\n".join(sentences(result, lang)) + json.dumps(as_json(result, lang), ensure_ascii=False)
        text.encode("utf-8", "backslashreplace")


def _instead(make: Callable[[Path], Any], name: str) -> Callable[[bytes, Bench], None]:
    """Reads the folder with these bytes in place of one of its files."""
    def read(data: bytes, bench: Bench) -> None:
        folder = bench.kept(make)
        path = folder / name
        before = path.read_bytes() if path.exists() else None
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        try:
            _told(folder)
        finally:
            path.unlink() if before is None else path.write_bytes(before)

    return read


def _in_a_bag(name: str, fit: Callable[[Path], Path] | None) -> Callable[[bytes, Bench], None]:
    """Reads a bag with these bytes in place of one of its files. `fit`: what writes manifests that fit, so that nobody
    stops at these."""
    def read(data: bytes, bench: Bench) -> None:
        folder = bench.kept(a_bag)
        before = listing(folder)
        (folder / name).write_bytes(data)
        try:
            _told(fit(folder) if fit else folder)
        finally:
            for each in (name, *TAGS):
                (folder / each).write_bytes(before[each])

    return read


def _of(make: Callable[[Path], Any], name: str) -> Callable[[], Sequence[bytes]]:
    """What that file holds."""
    def seeds() -> Sequence[bytes]:
        import tempfile

        with tempfile.TemporaryDirectory() as folder, make(Path(folder)) as made:
            return [listing(made)[name]]

    return seeds


def _sealed_tail(data: bytes, bench: Bench) -> None:
    """A chain whose box sealed any bytes at all as its last record."""
    last = seal(data[:100_000], RECORD_TYPE, BOX.signer)
    lines = b"".join(one.envelope + b"\n" for one in BOX.sealed[:-1]) + last + b"\n"
    _instead(an_export, f"chains/{PLACE}")(lines, bench)


def _sealed_row(data: bytes, bench: Bench) -> None:
    """A box that sealed any bytes at all as its last record, and no centre that vouches for it."""
    folder = bench.kept(a_box)
    path, before = folder / "zaitang.db", (folder / "zaitang.db").read_bytes()
    last = seal(data[:100_000], RECORD_TYPE, BOX.signer)
    try:
        one = read_sealed(last)
        row = (one.hash, one.record.type, last)
    except BadRecord:
        row = ("0" * 64, "alarm", last)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE records SET hash = ?, type = ?, envelope = ? WHERE seq = (SELECT max(seq) FROM records)",
            row)
        db.execute("DELETE FROM receipts")
        db.commit()
    try:
        _told(folder)
    finally:
        path.write_bytes(before)


def _rows(data: bytes, bench: Bench) -> None:
    """A database whose columns hold anything: tables without types, rows from JSON."""
    folder = bench.kept(a_box)
    path, before = folder / "zaitang.db", (folder / "zaitang.db").read_bytes()
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError):
        rows = []
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE records (seq, hash, type, envelope)")
        db.execute("CREATE TABLE receipts (up_to, envelope)")
        db.execute("CREATE TABLE orders (hash, seq, envelope)")
        for row in rows if isinstance(rows, list) else ():
            values = [_column(row[name]) if isinstance(row, dict) and name in row else None for name in COLUMNS]
            db.execute("INSERT INTO records VALUES (?, ?, ?, ?)", values)
            db.execute("INSERT INTO receipts VALUES (?, ?)", (values[0], values[3]))
            db.execute("INSERT INTO orders VALUES (?, ?, ?)", (values[1], values[0], values[3]))
        db.commit()
    try:
        _told(folder)
    finally:
        path.write_bytes(before)


def _column(value: Any) -> Any:
    """Something that SQLite takes; a text that begins as an envelope does is bytes."""
    if isinstance(value, str):
        raw = value.encode("utf-8", "surrogatepass")
        return raw if value.startswith(("{", "a")) else raw.decode("utf-8", "replace")
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return float("inf")
    return value if isinstance(value, int | float) else None if value is None else json.dumps(value).encode()


def _plain_rows() -> list[bytes]:
    return [json.dumps([{"seq": one.record.seq, "hash": one.hash, "type": one.record.type, "envelope":
                         one.envelope.decode()} for one in BOX.sealed]).encode()]


def _root(data: bytes, bench: Bench) -> object:
    return read_pin(str(bench.file(data, "root.pem")))


def _root_text(data: bytes, bench: Bench) -> object:
    """As it is typed: no NUL can be in an argument."""
    return read_pin(os.fsdecode(data.replace(b"\0", b""))[:4000] or "-")


JOURNAL = journal("r-2", opened(0), marked(0, b"abc"), marked(0, b"abcd", "done"), opened(1))
HERE = ("verify/export.py", "verify/lines.py", "verify/folder.py", "verify/roots.py")

TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt")
BAG = ("verify/bag.py", "verify/bagit.py")

PARSERS = (
    Parser("the declaration of a bag", BAG, "text", _of(a_bag, "bagit.txt"), _in_a_bag("bagit.txt", finish_tags),
           (NotEvidence,), 10),
    Parser("what a bag says of itself", BAG, "lines", _of(a_bag, "bag-info.txt"),
           _in_a_bag("bag-info.txt", finish_tags), (NotEvidence,), 15),
    Parser("the manifest of a bag", BAG, "lines", _of(a_bag, "manifest-sha256.txt"),
           _in_a_bag("manifest-sha256.txt", finish_tags), (NotEvidence,), 25),
    Parser("the manifest of the parts of a bag", BAG, "lines", _of(a_bag, "tagmanifest-sha256.txt"),
           _in_a_bag("tagmanifest-sha256.txt", None), (NotEvidence,), 15),
    Parser("the findings in a bag", ("verify/read_json.py", "verify/derived.py"), "json",
           _of(a_bag, "data/findings.json"), _in_a_bag("data/findings.json", finish), (NotEvidence,), 25),
    Parser("the index of a bag", ("verify/read_json.py", "verify/index.py"), "json", _of(a_bag, "data/index.json"),
           _in_a_bag("data/index.json", finish), (NotEvidence,), 25),
    Parser("the names in a bag", ("verify/read_json.py", "verify/names.py"), "json", _of(a_bag, "data/names.json"),
           _in_a_bag("data/names.json", finish), (NotEvidence,), 25),
    Parser("the manifest of an export", HERE, "json", _of(an_export, "manifest.json"), _instead(an_export,
           "manifest.json"),
           (NotEvidence,), 15),
    Parser("the root of an export", HERE, "pem", _of(an_export, "root.pem"), _instead(an_export, "root.pem"),
           (NotEvidence,), 15),
    Parser("the policy of an export", HERE, "toml", lambda: [policy_bytes("demo")], _instead(an_export, "policy.toml"),
           (NotEvidence,), 10),
    Parser("a chain of an export", HERE, "lines", _of(an_export, f"chains/{PLACE}"),
           _instead(an_export, f"chains/{PLACE}"), (NotEvidence,), 25),
    Parser("a record that its box made up, in an export", HERE, "json", lambda: [one.payload for one in BOX.sealed[1:]],
           _sealed_tail, (NotEvidence,), 25),
    Parser("the receipts of an export", HERE, "lines", _of(an_export, f"receipts/{PLACE}"),
           _instead(an_export, f"receipts/{PLACE}"), (NotEvidence,), 15),
    Parser("a segment of an export", ("verify/segments.py",), "bytes", _of(an_export, "segments/box-1/r-1/000000.mp4"),
           _instead(an_export, "segments/box-1/r-1/000000.mp4"), (NotEvidence,), 5),
    Parser("a record that its box made up, in the box's folder", HERE, "json", lambda: [BOX.sealed[-1].payload],
           _sealed_row, (NotEvidence,), 25),
    Parser("a box's database", ("verify/database.py",), "bytes", _of(a_box, "zaitang.db"), _instead(a_box,
           "zaitang.db"),
           (NotEvidence,), 25),
    Parser("a box's database, its columns", ("verify/box.py",), "json", _plain_rows, _rows, (NotEvidence,), 25),
    Parser("a log beside a box's database", ("verify/database.py",), "bytes", lambda: [b"", bytes(64)],
           _instead(a_box, "zaitang.db-wal"), (NotEvidence,), 10),
    Parser("a box's journal, for the verifier", ("verify/journals.py",), "lines", lambda: [JOURNAL],
           _instead(a_box, "video/journal/r-2.jsonl"), (NotEvidence,), 15),
    Parser("the certificate of a box's centre", ("verify/box.py",), "pem", lambda: [pem(CENTRE.certificate).encode()],
           _instead(a_box, "keys/centre.crt"), (NotEvidence,), 15),
    Parser("the root that an auditor gives", ("verify/pin.py",), "pem", lambda: [pem(SITE.root).encode()], _root,
           (BadRoot,)),
    Parser("the root's fingerprint that an auditor types", ("verify/pin.py",), "text", lambda: [b"ab" * 32], _root_text,
           (BadRoot,)),
)
