"""The files of sealed pictures behind roll calls: one for each roll call, on the first volume; how they go.

A file holds the pieces of one roll call of one segment, each behind its length. `Track.proof` is the SHA-256 of a
piece as it lies there. One person's pieces are overwritten where they lie: the others' stay, and so do their hashes.
"""
from __future__ import annotations

import contextlib
import hashlib
import io
import os
import struct
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from edge.storage.files import sync_folder
from edge.store import Store
from evidence.bodies import RollCall

FOLDER = "proofs"
LOCK = "proofs.lock"
"""In the run folder: held by whoever writes such files, and by whoever erases in them."""
WRITING = "rollcall.proofs"
"""The note: which file is written now, before its record. Empty: none."""
MAGIC = b"zaitang-proofs-1\n"
LARGEST, LARGEST_PIECE = 32_000_000, 1_000_000
"""Bytes of a file and of one picture; more is none of ours."""
_LENGTH = struct.Struct(">I")


def file_name(segment_file: str, call: RollCall) -> str:
    """The name of the pictures of a roll call, in the folder of their run: it begins like the segment's own."""
    return f"{Path(segment_file).stem}.{token(call.segment, call.pack_sha256, call.class_id, call.gallery)}.faces"


def token(segment: str, pack_sha256: str, class_id: str, gallery: Iterable[str] | None) -> str:
    """The part of that name which the record tells. There is one roll call of a segment, a pack and a class for the
    same people; of old records the people are not known."""
    of = [segment, pack_sha256, class_id, *(gallery or ())]
    return hashlib.sha256("/".join(of).encode()).hexdigest()[:32]


def packed(pieces: Collection[bytes]) -> bytes:
    """The bytes of a file of sealed pictures."""
    return MAGIC + b"".join(_LENGTH.pack(len(piece)) + piece for piece in pieces)


def places(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each piece lies in a file's bytes: offset and length. Stops at what is none of ours."""
    at = len(MAGIC)
    if not data.startswith(MAGIC):
        return
    while at + _LENGTH.size <= len(data):
        length = _LENGTH.unpack_from(data, at)[0]
        at += _LENGTH.size
        if not 0 < length <= LARGEST_PIECE or at + length > len(data):
            return
        yield at, length
        at += length


def read_file(path: Path) -> bytes:
    """The bytes of a file of pictures; none where it is gone or too large to be one. Raises OSError."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return b""
    return data if len(data) <= LARGEST else b""


def clear(store: Store, folder: Path) -> None:
    """Drop the file of pictures that was left before its record. Only while the lock is held and the volume is here.
    Raises OSError."""
    name = store.note(WRITING)
    if name:
        for path in (folder / name, (folder / name).with_suffix(".new")):
            wipe(path)
        store.put_note(WRITING, "")


def drop_with(folder: Path, segment_file: str) -> None:
    """Remove the pictures of every roll call of a segment, durably: its video goes, too. Raises OSError."""
    run = folder / Path(segment_file).parent
    gone = [path for path in _listed(run) if path.name.split(".")[0] == Path(segment_file).stem]
    for path in gone:
        path.unlink(missing_ok=True)
    if gone:
        _tidy(run)


def files_of(run: Path, tokens: Collection[str]) -> list[Path]:
    """The files of roll calls in the folder of a run, in order of their names."""
    return [path for path in _listed(run) if path.suffix == ".faces" and path.stem.rpartition(".")[2] in tokens]


def blank(path: Path, wanted: Collection[str], keep: Collection[str]) -> None:
    """Overwrite the pieces of a file whose hashes are `wanted`; the whole of it, and remove it, once none of `keep` is
    left. Raises OSError."""
    with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
        data, left = file.read(LARGEST), False
        for at, length in places(data):
            name = hashlib.sha256(data[at : at + length]).hexdigest()
            left = left or name in keep
            if name in wanted:
                os.pwrite(file.fileno(), bytes(length), at)
        os.fsync(file.fileno())
        if not left:
            wipe(path)


def wipe(path: Path) -> None:
    """Overwrite a file where it lies and remove it, durably; nothing where it is gone. Raises OSError."""
    try:
        with path.open("r+b", buffering=0) as file:
            size = file.seek(0, io.SEEK_END)
            os.pwrite(file.fileno(), bytes(min(size, LARGEST)), 0)
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)
    _tidy(path.parent)


def _tidy(run: Path) -> None:
    """Make removals in the folder of a run durable, and drop it once it is empty."""
    sync_folder(run)
    with contextlib.suppress(OSError):
        run.rmdir()
        sync_folder(run.parent)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
