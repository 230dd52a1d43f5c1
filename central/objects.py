"""Files of boxes by their hash: objects/ab/<sha256>.mp4, sheets below objects/sheets/. Written once, hashed coming in
and before being shown.

What is not whole yet is in objects/incoming/ (parts.py): on the same file system, so that it gets its place at once."""
from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from central.errors import CannotRead
from central.parts import ASIDE, UNREADABLE, Parts, names_aside, sync_folder


class Objects:
    """A folder of files named by their SHA-256, with one ending."""

    def __init__(self, folder: Path, ending: str = ".mp4") -> None:
        self.folder, self._ending = folder, ending
        self.parts = Parts(folder / "incoming")
        self._checked: dict[str, tuple[int, int, int]] = {}
        self._lock = threading.Lock()

    def path(self, sha256: str) -> Path:
        """Where the file with this hash is, or would be."""
        return self.folder / sha256[:2] / f"{sha256}{self._ending}"

    def all(self) -> set[str]:
        """The hashes in the names of all files that are here. Raises CannotRead."""
        try:
            return {path.stem for path in self.folder.glob(f"??/*{self._ending}")}
        except OSError as error:
            raise CannotRead(path=self.folder, why=error.strerror) from None

    def aside(self, sha256: str | None = None) -> list[str]:
        """The names of the changed files that were put aside, or of those with this hash. Raises CannotRead."""
        try:
            return names_aside(self.folder, sha256)
        except OSError as error:
            raise CannotRead(path=self.folder, why=error.strerror) from None

    def bytes_aside(self) -> list[int]:
        """How many bytes each of them has. Raises CannotRead."""
        try:
            return [(self.folder / ASIDE / name).stat().st_size for name in names_aside(self.folder)]
        except OSError as error:
            raise CannotRead(path=self.folder / ASIDE, why=error.strerror) from None

    def forget(self, sha256: str) -> None:
        """Remove a file, and what was put aside of it, durably: nothing of it may lie here. Raises CannotRead,
        OSError."""
        if self.has(sha256):
            self.drop(sha256)
        self.drop_aside(sha256)

    def drop_aside(self, sha256: str) -> None:
        """Remove what was put aside of a file, durably. Raises CannotRead, OSError."""
        if names := self.aside(sha256):
            for name in names:
                (self.folder / ASIDE / name).unlink(missing_ok=True)
            sync_folder(self.folder / ASIDE)

    def drop(self, sha256: str) -> None:
        """Remove a file, durably. Raises OSError."""
        path = self.path(sha256)
        path.unlink(missing_ok=True)
        sync_folder(path.parent)

    def has(self, sha256: str) -> bool:
        """Whether a file of that name is here; its bytes are not looked at."""
        return self.path(sha256).is_file()

    def intact(self, sha256: str) -> bool:
        """Whether the file's bytes have that hash; those that the disk cannot read any more have not. Hashed again
        whenever the file's size or times differ. Raises CannotRead."""
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
            if error.errno in UNREADABLE:
                return False
            raise CannotRead(path=path, why=error.strerror) from None
        with self._lock:
            self._checked.pop(sha256, None)
            if same:
                self._checked[sha256] = before
        return same


def _mark(handle: int) -> tuple[int, int, int]:
    stat = os.fstat(handle)
    return (stat.st_ino, stat.st_size, stat.st_ctime_ns)
