"""Parsers of backups of a centre, and of the keys of its object store."""
from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from central.backup.errors import BackupChanged, NoBackup, OtherSite, WrongPassphrase
from central.backup.listing import read_listing
from central.backup.made import HEAD, read_made
from central.backup.make import make
from central.backup.small import pack, unpack
from central.bucket.errors import BadBucketKeys
from central.bucket.keys import bucket_keys
from central.errors import BadKeyFile, NoCentre
from central.wiring import init_centre
from evidence.errors import BadShape
from tests.central.helpers import FixedClock
from tests.fuzz.parser import Bench, Parser

WORD = b"correct horse battery"


@functools.cache
def _files() -> dict[str, bytes]:
    """Of a backup of a centre that has done nothing yet."""
    with tempfile.TemporaryDirectory() as place:
        centre = init_centre(Path(place) / "centre", test_keys=True, clock=FixedClock())
        made = make(centre, Path(place) / "to", WORD, False, lambda _: None)
        centre.store.close()
        (Path(place) / "small").mkdir()
        (Path(place) / "small" / "centre.toml").write_bytes(b"x")
        return {HEAD: (made.folder / HEAD).read_bytes(), "small": pack(Path(place) / "small", WORD)}


def _of(name: str) -> Sequence[bytes]:
    return [_files()[name]]


def _head(data: bytes, bench: Bench) -> object:
    return read_made(bench.file(data, HEAD).parent, None)


def _small(data: bytes, bench: Bench) -> None:
    target = bench.folder / "unpacked"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    unpack(data, WORD, target)


def _keys(data: bytes, bench: Bench) -> object:
    path = bench.folder / "bucket.toml"
    path.touch(0o600)
    path.write_bytes(data)
    return bucket_keys(bench.folder)


PARSERS = (
    Parser("the head of a backup", ("central/backup/made.py",), "json", lambda: _of(HEAD), _head,
           (NoBackup, OtherSite, BackupChanged), 30),
    Parser("the list of files of a backup", ("central/backup/listing.py",), "lines",
           lambda: [f"{'ab' * 32} 7 ab/{'ab' * 32}.mp4\n{'cd' * 32} 9 papers/{'cd' * 32}.pdf\n".encode()],
           lambda data, bench: read_listing(data, bench.folder), (NoBackup,), 30),
    Parser("the sealed files of a backup", ("central/backup/small.py",), "bytes", lambda: _of("small"), _small,
           (NoBackup, WrongPassphrase), 4),
    Parser("keys/bucket.toml", ("central/bucket/keys.py",), "toml",
           lambda: [b'access_key_id = "a"\nsecret_access_key = "b"\n'], _keys,
           (BadBucketKeys, BadShape, BadKeyFile, NoCentre), 30),
)
