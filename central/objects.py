"""Segment files by their hash: objects/ab/<sha256>.mp4. Written once, hashed coming in and before being shown."""
from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path

from central.errors import CannotRead, WrongSegmentBytes
from common.texts import N_

CHUNK = 1 << 20
PART = ".part"
"""How the name of a file ends that is not whole yet."""


class Objects:
    """A folder of files named by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checked: dict[str, tuple[int, int, int]] = {}
        self._lock = threading.Lock()

    def path(self, sha256: str) -> Path:
        """Where the file with this hash is, or would be."""
        return self._folder / sha256[:2] / f"{sha256}.mp4"

    def has(self, sha256: str) -> bool:
        """Whether a file of that name is here; its bytes are not looked at."""
        return self.path(sha256).is_file()

    def intact(self, sha256: str) -> bool:
        """Whether the file's bytes have that hash. Hashed again whenever the file's size or times differ."""
        path = self.path(sha256)
        try:
            with path.open("rb") as file:
                before = _mark(file.fileno())
                with self._lock:
                    if self._checked.get(sha256) == before:
                        return True
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                same = digest == sha256 and _mark(file.fileno()) == before
        except FileNotFoundError:
            return False
        except OSError as error:
            raise CannotRead(path=path, why=error.strerror) from None
        with self._lock:
            self._checked.pop(sha256, None)
            if same:
                self._checked[sha256] = before
        return same

    def receive(self, sha256: str, size: int) -> Incoming:
        """Begin to take in a file of that hash and size."""
        return Incoming(self.path(sha256), sha256, size)

    def put(self, sha256: str, size: int, chunks: Iterable[bytes]) -> None:
        """Take in a whole file. Raises WrongSegmentBytes; nothing stays of a refused one."""
        with self.receive(sha256, size) as incoming:
            for chunk in chunks:
                incoming.write(chunk)
            incoming.finish()


    def sweep(self) -> int:
        """Remove what killed uploads left; how many files. What is being written, here or by another process, is locked
        and stays. Raises CannotRead."""
        swept = 0
        for path in self._folder.glob(f"??/.*{PART}"):
            try:
                with path.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
            except (BlockingIOError, FileNotFoundError):
                continue
            except OSError as error:
                raise CannotRead(path=path, why=error.strerror) from None
            swept += 1
        return swept


class Incoming:
    """A file on its way in: create exclusively, lock, write, hash, fsync, rename, fsync the folder."""

    def __init__(self, path: Path, sha256: str, size: int) -> None:
        self._path, self._sha256, self._size = path, sha256, size
        self._hash, self._written = hashlib.sha256(), 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._temp = path.with_name(f".{sha256}.{secrets.token_hex(6)}{PART}")
        self._file = self._temp.open("xb")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def __enter__(self) -> Incoming:
        return self

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raises WrongSegmentBytes as soon as there are too many."""
        self._written += len(chunk)
        if self._written > self._size:
            raise WrongSegmentBytes(why=N_("there are too many"))
        self._hash.update(chunk)
        self._file.write(chunk)

    def finish(self) -> None:
        """All bytes came: check them and give the file its name. Raises WrongSegmentBytes."""
        if self._written != self._size:
            raise WrongSegmentBytes(why=N_("there are too few"))
        if self._hash.hexdigest() != self._sha256:
            raise WrongSegmentBytes(why=N_("their hash is another one"))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temp.rename(self._path)
        sync_folder(self._path.parent)

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._temp.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _mark(handle: int) -> tuple[int, int, int]:
    stat = os.fstat(handle)
    return (stat.st_ino, stat.st_size, stat.st_ctime_ns)
