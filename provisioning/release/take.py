"""A bundle from a stick as a copy of one's own, from its folder or its .tar: nothing lands outside of the copy, and
what is checked afterwards is what is used."""
from __future__ import annotations

import contextlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from provisioning.release.check import PIECE, open_plain
from provisioning.release.errors import (
    BadPath,
    BadRelease,
    CannotRead,
    CannotWrite,
    NoBundle,
    NotATar,
    NotPlain,
    OutOfOrder,
    TooMuch,
)
from provisioning.release.sums import MAX_BYTES, MAX_FILE, MAX_FILES, SUMS, folders, safe_path

Found = Iterator[tuple[str, int, bool, IO[bytes]]]
"""Path below the bundle's top, bytes, whether it is a program, content."""


def take(source: Path, target: Path) -> Path:
    """Copy a bundle, a folder or a .tar, to `target`, which must not be there yet; nobody else should reach it. It is
    there whole or not at all. Raises BadRelease; what is signed in it says `check_bundle` afterwards."""
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    found = _of_folder(source) if source.is_dir() else _of_tar(source)
    try:
        part.mkdir(mode=0o700, parents=True)
        _write(found, part)
        if not (part / SUMS).is_file():
            raise NoBundle(folder=source, file=SUMS)
        for folder, _, _ in os.walk(part):
            _sync(Path(folder))
        part.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise CannotWrite(file=target, why=error.strerror) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _write(found: Found, part: Path) -> None:
    """Raises BadPath, OutOfOrder, TooMuch, CannotWrite, and what reading raises."""
    written: set[str] = set()
    left = MAX_BYTES
    for name, size, program, content in found:
        if not safe_path(name):
            raise BadPath(path=ascii(name)[1:-1][:255])
        if name in written or written & folders([name]) or (part / name).exists():
            raise OutOfOrder(path=name)
        left -= size
        if size > MAX_FILE or left < 0 or len(written) >= MAX_FILES:
            raise TooMuch(what=name, most=min(MAX_FILE, MAX_BYTES))
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        with (part / name).open("xb") as file:
            _copy(content, file, size, name)
            os.fchmod(file.fileno(), 0o755 if program else 0o644)
            file.flush()
            os.fsync(file.fileno())
        written.add(name)


def _sync(folder: Path) -> None:
    """What is named in it is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(content: IO[bytes], file: IO[bytes], size: int, name: str) -> None:
    while size:
        piece = _read(content, min(size, PIECE), name)
        if not piece:
            raise CannotRead(file=name, why="EOF")
        file.write(piece)
        size -= len(piece)


def _read(content: IO[bytes], most: int, name: str) -> bytes:
    """Raises CannotRead: the stick's error, not the disk's."""
    try:
        return content.read(most)
    except (OSError, tarfile.TarError) as error:
        raise CannotRead(file=name, why=str(error)) from None


def _of_folder(top: Path) -> Found:
    todo, seen = [""], 0
    while todo:
        inside = todo.pop()
        with _reading(top / inside), os.scandir(top / inside) as entries:
            for entry in entries:
                seen += 1
                name = f"{inside}/{entry.name}" if inside else entry.name
                if seen > 2 * MAX_FILES:
                    raise TooMuch(what=top, most=MAX_FILES)
                if entry.is_dir(follow_symlinks=False) and safe_path(name):
                    todo.append(name)
                elif entry.is_dir(follow_symlinks=False):
                    raise BadPath(path=ascii(name)[1:-1][:255])
                else:
                    with open(open_plain(Path(entry.path)), "rb") as file:
                        told = os.fstat(file.fileno())
                        yield name, told.st_size, bool(told.st_mode & 0o100), file


def _of_tar(path: Path) -> Found:
    """Without compression, which could hide any size. All lies in one folder, whose name does not matter."""
    top, seen = None, 0
    with (open(open_plain(path), "rb") as file, _reading(path),
          tarfile.open(fileobj=_InPieces(file), mode="r:") as archive):
        for member in archive:
            seen += 1
            first, _, name = member.name.partition("/")
            top = top or first
            if seen > 2 * MAX_FILES:
                raise TooMuch(what=path, most=MAX_FILES)
            if first != top or not safe_path(first) or (name and not safe_path(name)):
                raise BadPath(path=ascii(member.name)[1:-1][:255])
            if member.isdir():
                continue
            # A sparse file is a plain one to tarfile, and could be of any size on the disk.
            if not member.isreg() or member.issparse() or not name:
                raise NotPlain(file=ascii(member.name)[1:-1][:255])
            content = archive.extractfile(member)
            assert content is not None  # of a plain file there always is
            yield name, member.size, bool(member.mode & 0o100), content


class _InPieces(io.BufferedIOBase):
    """What tarfile reads, in pieces as we take them: a header may say that it is of any size, and tarfile would read
    all of it into memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int | None = -1) -> bytes:
        """Raises tarfile.ReadError."""
        if size is None or not 0 <= size <= PIECE:
            raise tarfile.ReadError("too much at once")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of the file."""
        return self._file.tell()


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Errors of the stick in words. Raises NotATar, CannotRead."""
    try:
        yield
    except BadRelease:
        raise
    except OSError as error:
        raise CannotRead(file=path, why=error.strerror) from None
    except (tarfile.TarError, ValueError, OverflowError, RecursionError):
        raise NotATar(file=path) from None
