"""Writing files so that they survive a power cut: create exclusively, write, fsync the file, fsync its folder."""
from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from common.texts import N_

PIECE = 1 << 20
PRIVATE = 0o600
"""What a box keeps shows people or names them."""
NOT_PLAIN = N_("it is not a plain file")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_handle(handle)
    finally:
        os.close(handle)


def sync_handle(folder: int) -> None:
    """The same for an open folder. Network file systems that cannot do it say EINVAL; their server sees to it."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def read_plain(path: Path, most: int) -> bytes:
    """The first `most` bytes of a file. Raises OSError, also for a pipe or a device, which may never answer or end."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, NOT_PLAIN, str(path))
        return file.read(most)


def write_new(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Create `path`, which must not exist, with these bytes; durable when it returns, gone again when it fails."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        sync_folder(path.parent)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def replace(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Put these bytes at `path`, old or new but never half; durable when it returns. Nothing else is left when it
    fails."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    write_new(fresh, data, mode)
    try:
        os.rename(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, each durable in its own parent."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for item in reversed(missing):
        item.mkdir(exist_ok=True)
        sync_folder(item.parent)


class AppendFile:
    """A new file that only grows. `size` counts the bytes written; `sync` makes them durable."""

    def __init__(self, path: Path) -> None:
        """Create `path` exclusively and durably. Raises OSError."""
        self.path = path
        self.size = 0
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, PRIVATE)
        sync_folder(path.parent)

    def write(self, data: bytes) -> None:
        """Append all of `data`. Raises OSError; then an unknown part of it was written."""
        view = memoryview(data)
        while view:
            written = os.write(self._handle, view)
            self.size += written
            view = view[written:]

    def sync(self) -> None:
        """Make everything written durable. Raises OSError."""
        os.fdatasync(self._handle)

    def close(self) -> None:
        os.close(self._handle)


def truncate(path: Path, size: int) -> None:
    """Cut a file to its first `size` bytes, durably."""
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(handle, size)
        os.fsync(handle)
    finally:
        os.close(handle)


def drop(path: Path) -> None:
    """Remove a file, if it is there, durably; its folder too once that is empty."""
    if not path.parent.is_dir():
        return
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
    if not any(path.parent.iterdir()):
        path.parent.rmdir()
        sync_folder(path.parent.parent)


def read_cold(path: Path) -> Iterator[bytes]:
    """A file's bytes in pieces, as the disk gives them back: not from the cache, and without filling it."""
    with path.open("rb", buffering=0) as file:
        handle, at = file.fileno(), 0
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        while data := file.read(PIECE):
            yield data
            os.posix_fadvise(handle, at, len(data), os.POSIX_FADV_DONTNEED)
            at += len(data)


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
