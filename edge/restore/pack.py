"""Reads a pack of a box: a tar archive that is believed in nothing but what its signed manifest says comes next.

No name of the archive becomes a path, and no number of it a size that is not checked first.
"""
from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from common.texts import N_
from edge.restore.bundle import Bundle
from edge.restore.errors import NoPack, OtherCentre, PackBroken
from edge.sync.centre import Site
from evidence.box_packs import (
    MANIFEST,
    ORDERS,
    VIDEO,
    BoxPack,
    chain_file,
    peek_pack,
    read_pack,
    read_video_line,
    receipts_file,
)
from evidence.canonical import MAX_BYTES
from evidence.certs import Identity
from evidence.errors import BadRecord, VerificationError
from evidence.records import Sealed
from evidence.seal import read_sealed

BLOCK = tarfile.BLOCKSIZE
NOT_TAR = N_("it is no archive that begins with a manifest")
ENDS = N_("it ends too early")
OUT_OF_PLACE = N_("a file of it is missing or does not stand in its place")
CHANGED = N_("a file of it was changed")
NOT_PLAIN = N_("something in it is no plain file")
WITHIN_A_LINE = N_("a file of it ends within a line")
INCOMPLETE = N_("it lacks a file")
ANOTHER = N_("it is of another centre")
POLICIES = "policies/"


def read_pack_file(path: Path, site: Site, centre: Identity) -> Bundle:
    """Raises NoPack, OtherCentre, PackBroken."""
    try:
        if path.exists() and not path.is_file():
            raise NoPack(path=path, why=NOT_TAR)
        with path.open("rb") as file:
            return _read(file, path, site, centre)
    except OSError as error:
        raise NoPack(path=path, why=error.strerror or str(error)) from None


def _read(file: BinaryIO, path: Path, site: Site, centre: Identity) -> Bundle:
    name, size = _header(file, path)
    if name != MANIFEST or size > MAX_BYTES:
        raise NoPack(path=path, why=NOT_TAR)
    pack = _manifest(_bytes(file, size, path), path, site, centre)
    files: dict[str, bytes] = {}
    for one in pack.files:
        if _header(file, path) != (one.name, one.size):
            raise PackBroken(path=path, why=OUT_OF_PLACE)
        data = _bytes(file, one.size, path)
        if hashlib.sha256(data).hexdigest() != one.sha256:
            raise PackBroken(path=path, why=CHANGED)
        files[one.name] = data
    try:
        return _bundle(path, pack, files)
    except BadRecord as error:
        raise PackBroken(path=path, why=error) from None
    except KeyError:
        raise PackBroken(path=path, why=INCOMPLETE) from None


def _manifest(envelope: bytes, path: Path, site: Site, centre: Identity) -> BoxPack:
    try:
        if peek_pack(envelope).centre != site.centre:
            raise OtherCentre(path=path, why=ANOTHER)
        return read_pack(envelope, centre.public_key, MANIFEST)
    except VerificationError as error:
        raise OtherCentre(path=path, why=error) from None
    except BadRecord as error:
        raise PackBroken(path=path, why=error) from None


def _bundle(path: Path, pack: BoxPack, files: dict[str, bytes]) -> Bundle:
    video = [read_video_line(line) for line in lines(files.pop(VIDEO))]
    return Bundle(
        path, pack.device, pack.heads,
        {head.chain: sealed_lines(files.pop(chain_file(head.chain))) for head in pack.heads},
        {head.chain: list(lines(files.pop(receipts_file(head.chain)))) for head in pack.heads},
        sealed_lines(files.pop(ORDERS)),
        {name.removeprefix(POLICIES).removesuffix(".toml"): data for name, data in files.items()},
        frozenset(one.sha256 for one in video if one.at in ("centre", "bucket")))


def lines(data: bytes) -> Iterator[bytes]:
    """The lines of a file, each of which ends. Raises BadRecord."""
    if data and not data.endswith(b"\n"):
        raise BadRecord(why=WITHIN_A_LINE)
    return iter(data[:-1].split(b"\n") if data else ())


def sealed_lines(data: bytes) -> list[Sealed]:
    """The records of a file. Raises BadRecord."""
    found: Iterable[bytes] = lines(data)
    return [read_sealed(line) for line in found]


def _header(file: BinaryIO, path: Path) -> tuple[str, int]:
    try:
        member = tarfile.TarInfo.frombuf(_exactly(file, BLOCK, path), "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        raise NoPack(path=path, why=NOT_TAR) from None
    if not member.isreg() or member.size < 0:
        raise PackBroken(path=path, why=NOT_PLAIN)
    return member.name, member.size


def _bytes(file: BinaryIO, size: int, path: Path) -> bytes:
    data = _exactly(file, size, path)
    _exactly(file, -size % BLOCK, path)
    return data


def _exactly(file: BinaryIO, size: int, path: Path) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise PackBroken(path=path, why=ENDS)
    return data
