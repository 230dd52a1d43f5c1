"""A folder from somebody else, read without trusting it: plain files only, no links, bounded in number and size."""
from __future__ import annotations

import contextlib
import copy
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from evidence.errors import VerificationError
from verify.errors import FileRefused, NotEvidence

MAX_FILES = 1_000_000
MAX_DEPTH = 12
CHUNK = 1 << 20


class Folder:
    """The plain files under `path`, found once. `refused` holds what is no plain file."""

    def __init__(self, path: Path, below: str = "") -> None:
        """`below`: look only into this part of the folder. Raises NotEvidence."""
        self.path = path
        self.sizes: dict[str, int] = {}
        self.refused: dict[str, VerificationError] = {}
        self.digests: dict[str, str] = {}
        """Hex SHA-256 of the files that were read to their ends, so that none is read for it once more."""
        self._elsewhere: dict[str, Path] = {}
        start = path / below
        try:
            if start.is_symlink() and below:
                self._refuse(below, "it is a link")
            elif start.is_dir():
                self._walk(start, below, 0)
        except OSError as error:
            raise NotEvidence(path=shown(str(path)), why=error.strerror or str(error)) from None

    def look_again(self) -> None:
        """Take the sizes again: files that were being written have grown. Later files are left out."""
        self.digests.clear()
        for name in self.sizes:
            with contextlib.suppress(FileNotFoundError):
                self.sizes[name] = os.stat(self.path / name, follow_symlinks=False).st_size

    def add(self, path: Path, below: str, name: str) -> None:
        """Take in the part `below` of another folder, as if it lay here under `name`; what lies here counts first.

        Raises NotEvidence."""
        other = Folder(path, below)
        for found in other.sizes:
            shown_as = name + found[len(below):]
            if shown_as not in self.sizes:
                self._elsewhere[shown_as] = path / found
                self._add(shown_as, other.sizes[found])
        for found, error in other.refused.items():
            self.refused.setdefault(name + found[len(below):], error)

    def part(self, below: str) -> Folder:
        """The files below `below/`, as a folder of their own that was found at the same moment."""
        part, cut = copy.copy(self), len(below) + 1
        part.path, part.digests, part._elsewhere = self.path / below, {}, {}
        part.sizes = {name[cut:]: size for name, size in self.sizes.items() if name.startswith(f"{below}/")}
        part.refused = {name[cut:]: error for name, error in self.refused.items() if name.startswith(f"{below}/")}
        return part

    def under(self, prefix: str) -> list[str]:
        """The names of the plain files that begin with `prefix`, sorted."""
        return sorted(name for name in self.sizes if name.startswith(prefix))

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a small file. Raises FileRefused when it is larger or unreadable."""
        with self.open(name) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise FileRefused(file=shown(name), why=f"more than {limit} bytes")
        return data

    def open(self, name: str) -> _File:
        """A file for reading; links are not followed. Raises FileRefused."""
        return _File(self._elsewhere.get(name, self.path / name), name, self.digests)

    def sha256(self, name: str, advance: Callable[[int], None]) -> str:
        """Lower-case hex SHA-256 of a file; `advance` is told how many bytes were read for it. Raises FileRefused."""
        if name not in self.digests:
            with self.open(name) as file:
                file.hash_all(advance)
        return self.digests[name]

    def _walk(self, folder: Path, prefix: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._refuse(prefix, "nested too deep")
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                name = f"{prefix}/{entry.name}" if prefix else entry.name
                if entry.is_symlink():
                    self._refuse(name, "it is a link")
                elif entry.is_dir(follow_symlinks=False):
                    self._walk(folder / entry.name, name, depth + 1)
                elif entry.is_file(follow_symlinks=False):
                    self._add(name, entry.stat(follow_symlinks=False).st_size)
                else:
                    self._refuse(name, "it is not a plain file")

    def _add(self, name: str, size: int) -> None:
        self.sizes[name] = size
        self._bound()

    def _refuse(self, name: str, why: str) -> None:
        self.refused[name] = FileRefused(file=shown(name), why=why)
        self._bound()

    def _bound(self) -> None:
        if len(self.sizes) + len(self.refused) > MAX_FILES:
            raise NotEvidence(path=shown(str(self.path)), why=f"more than {MAX_FILES} files")


class _File:
    """A plain file, opened without following a link; its errors are ours. When all of it was read from the beginning,
    its SHA-256 is in `digests`."""

    def __init__(self, path: Path, name: str, digests: dict[str, str]) -> None:
        self._name, self._digests, self._hash = name, digests, hashlib.sha256()
        try:
            handle = os.open(path, _flags())
        except OSError as error:
            raise FileRefused(file=shown(name), why=error.strerror or str(error)) from None
        self._file = os.fdopen(handle, "rb")
        found = os.fstat(handle)
        self._size = found.st_size
        if not stat.S_ISREG(found.st_mode):
            self._file.close()
            raise FileRefused(file=shown(name), why="it is not a plain file")

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """The next bytes: fewer than `size` only at the end."""
        with self._refusing():
            data = self._file.read(size)
        self._took(data, ended=len(data) < size)
        return data

    def lines(self, limit: int) -> Iterator[bytes]:
        """The lines with their ends; one that is longer than `limit` bytes is the last, cut there."""
        with self._refusing():
            while line := self._file.readline(limit + 1):
                self._took(line)
                yield line
                if len(line) > limit:
                    return
        self._took(b"", ended=True)

    def hash_all(self, advance: Callable[[int], None]) -> None:
        """Read all of it for its hash alone, through one buffer."""
        buffer = memoryview(bytearray(max(1, min(CHUNK, self._size))))
        with self._refusing():
            while count := self._file.raw.readinto(buffer):
                self._hash.update(buffer[:count])
                advance(count)
        self._took(b"", ended=True)

    def _took(self, data: bytes, ended: bool = False) -> None:
        self._hash.update(data)
        if ended:
            self._digests[self._name] = self._hash.hexdigest()

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FileRefused(file=shown(self._name), why=error.strerror or str(error)) from None


def _flags() -> int:
    """How a file is opened: no link is followed, no pipe waited for, and its bytes are as they lie there. Not every
    system has all of these; links were looked for before."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT"):
        flags |= getattr(os, name, 0)
    return flags


def shown(name: str) -> str:
    """A name from somebody else's folder as it may go to a terminal: without control characters or broken text."""
    if name.isprintable():
        return name
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
                   for char in name)
