"""The unfinished bag on the disk: each file is written beside it, hashed meanwhile, synced, then given its place."""
from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from central.archive.errors import PullDamaged, PullRuns
from central.archive.plan import NAME, Piece
from central.parts import sync_folder

CHUNK = 1 << 18
BAG, BEFORE, PARTS, LOCK, BEGUN = "bag", "before", "parts", "lock", "begun.json"
SEGMENTS = "data/class/segments"


def work_folder(target: Path) -> Path:
    """Where an archive lies while it is made."""
    return target.with_name(f".{target.name}.pull")


class Pieces:
    """The folder of one pull."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bag, self._parts = folder, folder / BAG, folder / PARTS

    def clear(self) -> None:
        """Forget what was decided, if anything was. Raises OSError."""
        if self.folder.exists():
            for name in (NAME, BEGUN):
                (self.folder / name).unlink(missing_ok=True)
            sync_folder(self.folder)

    def empty(self) -> None:
        """Remove all that was written but the video. Raises OSError."""
        for path in self._all():
            if not path.relative_to(self.bag).as_posix().startswith(f"{SEGMENTS}/"):
                path.unlink()

    def begin(self) -> None:
        """Make the folders, without what was half written before; nobody else looks into a bag, for it holds names and
        pictures of people. Raises OSError."""
        self.bag.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(self._parts, ignore_errors=True)
        self._parts.mkdir()

    def has(self, piece: Piece) -> bool:
        """Whether it has its place: then it was hashed and synced before."""
        try:
            return (self.bag / piece.path).stat().st_size == piece.size
        except FileNotFoundError:
            return False

    def put(self, path: str, data: bytes) -> Piece:
        """Write a small file. Raises OSError."""
        return self.copy(path, iter([data]))

    def copy(
        self, path: str, chunks: Iterator[bytes | memoryview], right: Callable[[str], object] = lambda _: None,
    ) -> Piece:
        """Write a file; `right` gets the hash before it has its place, and raises where that is another one. Raises
        OSError."""
        part, goal = self._parts / hashlib.sha256(path.encode()).hexdigest(), self.bag / path
        digest, size = hashlib.sha256(), 0
        try:
            with part.open("wb", buffering=0) as file:
                for chunk in chunks:
                    digest.update(chunk)
                    _write_all(file.fileno(), chunk)
                    size += len(chunk)
                os.fsync(file.fileno())
            right(digest.hexdigest())
            goal.parent.mkdir(parents=True, exist_ok=True)
            part.rename(goal)
        finally:
            part.unlink(missing_ok=True)
        return Piece(path, digest.hexdigest(), size)

    def check(self, pieces: Collection[Piece]) -> None:
        """Read small files again. Raises PullDamaged."""
        for piece in pieces:
            try:
                with (self.bag / piece.path).open("rb") as file:
                    same = hashlib.file_digest(file, "sha256").hexdigest() == piece.sha256
            except FileNotFoundError:
                same = False
            if not same:
                raise PullDamaged(file=piece.path)

    def leave_only(self, paths: Collection[str]) -> None:
        """Remove what is none of these: of an earlier plan. Raises OSError."""
        for path in self._all():
            if path.relative_to(self.bag).as_posix() not in paths:
                path.unlink()
        for folder in sorted((one for one in self.bag.rglob("*") if one.is_dir()), reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()

    def finish(self, target: Path) -> None:
        """Make all names durable, and give the bag its place, which one that lacks files may have. Raises OSError."""
        for folder in (self.bag, *(one for one in self.bag.rglob("*") if one.is_dir())):
            sync_folder(folder)
        if target.exists():
            target.rename(self.folder / BEFORE)
        self.bag.rename(target)
        sync_folder(target.parent)

    def remove(self) -> None:
        """Leave nothing of the pull; its lock goes last. Raises OSError."""
        for path in sorted(self.folder.iterdir(), key=lambda one: one.name == LOCK):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        self.folder.rmdir()

    def _all(self) -> list[Path]:
        return [path for path in self.bag.rglob("*") if not path.is_dir()]


@contextmanager
def locked(folder: Path) -> Iterator[Pieces]:
    """The folder of a pull, made if it is not there, held by nobody else. Raises PullRuns, OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat((folder / LOCK).stat(), os.fstat(lock.fileno())):
                raise BlockingIOError  # whoever had it has just finished
        except (BlockingIOError, FileNotFoundError):
            raise PullRuns(folder=folder) from None
        yield Pieces(folder)


def _write_all(handle: int, chunk: bytes | memoryview) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(handle, view):]
