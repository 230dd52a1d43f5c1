"""Files on their way in: what has come of each from each box lies in incoming/ until it is whole, and matches its hash.

A part outlives a cut and a restart of either end. It is not synced before it is whole: after a power cut it may hold
anything, and then its hash is another one and it begins anew.
"""
from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import math
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from central.errors import CannotRead, PartBusy, WrongSegmentBytes
from common.texts import N_

ENDING = ".part"
ASIDE = "aside"
"""The folder beside those of the objects, in which changed files are kept when they are sent again."""
HEX = 64
"""Characters of a SHA-256."""
_NAME = re.compile(r"[0-9a-f]{64}\.[1-9][0-9]{0,8}")
KEEP_S = 7 * 24 * 3600
"""Seconds after its last byte until a part that nobody goes on with is removed."""
UNREADABLE = (errno.EIO, errno.EBADMSG, errno.ENODATA, errno.EUCLEAN)
"""What a disk says whose sectors have gone bad: the file is there, and its bytes are not."""


class Parts:
    """A folder of parts, each named by hash and box: no box can spoil what another one sends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str, device: str) -> Path:
        """Where the part of that file from that box is, or would be."""
        return self._folder / f"{sha256}.{device}{ENDING}"

    def received(self, sha256: str, device: str) -> int:
        """How many of its bytes are here. Raises CannotRead."""
        path = self.path(sha256, device)
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise CannotRead(path=path, why=error.strerror) from None

    def moved(self, sha256: str, device: str) -> tuple[int, int] | None:
        """How long ago the last byte of a part came (microseconds, by this machine's clock), and how many are here;
        None without a part. Raises CannotRead."""
        path = self.path(sha256, device)
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CannotRead(path=path, why=error.strerror) from None
        return max(0, (time.time_ns() - stat.st_mtime_ns) // 1000), stat.st_size

    def open(self, sha256: str, device: str, size: int, goal: Path) -> Part:
        """Go on with a file of `size` bytes that will lie at `goal`. Raises PartBusy, OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return Part(self.path(sha256, device), sha256, size, goal)

    def drop(self, sha256: str, device: str) -> None:
        """Forget the part: its file came another way. Raises OSError."""
        self.path(sha256, device).unlink(missing_ok=True)

    def sweep(self, now_s: float) -> int:
        """Remove parts that nobody went on with for long; how many. What is being written is locked, and stays.

        `now_s`: seconds since the epoch. Raises CannotRead."""
        return sum(_remove(path, now_s - KEEP_S) for path in self._folder.glob(f"*{ENDING}"))

    def make_room(self, sha256: str, device: str, size: int, most: int) -> None:
        """Remove other parts of a box until what it keeps here fits into `most` bytes, with this file of `size` bytes
        whole. The newest go first: to the oldest the box comes back soonest. What is being written stays.

        Raises CannotRead."""
        others = [(stat.st_mtime, stat.st_size, path) for path, stat in self._of(device)
                  if path != self.path(sha256, device)]
        held = sum(length for _, length, _ in others)
        for _, length, path in sorted(others, reverse=True):
            if held + size <= most:
                return
            held -= length if _remove(path) else 0

    def _of(self, device: str) -> Iterator[tuple[Path, os.stat_result]]:
        ending = f".{device}{ENDING}"
        for path in self._folder.glob(f"*{ending}"):
            if path.name[HEX:] == ending:  # not those of a box whose name ends alike
                with contextlib.suppress(FileNotFoundError):
                    yield path, path.stat()


class Part:
    """One part, open and locked. `size`: bytes that are here."""

    def __init__(self, path: Path, sha256: str, whole: int, goal: Path) -> None:
        self._path, self._sha256, self._whole, self._goal = path, sha256, whole, goal
        self._file = path.open("a+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_still(path, self._file.fileno()):
                raise BlockingIOError
        except BlockingIOError:
            self._file.close()
            raise PartBusy() from None
        self.size = os.fstat(self._file.fileno()).st_size
        if self.size > whole:
            self._file.truncate(0)
            self.size = 0

    def __enter__(self) -> Part:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raises WrongSegmentBytes, with nothing left of the part, when there are too many; OSError."""
        if self.size + len(chunk) > self._whole:
            self._refuse(N_("there are too many"))
        view = memoryview(chunk)
        while view:
            written = self._file.write(view)
            self.size += written
            view = view[written:]

    def finish(self, opens: Callable[[bytes], bool] | None = None) -> None:
        """All bytes are here: check them, make them durable, give the file its place. `opens`: whether they are what
        this centre can open. What lay there with other bytes is put aside (`names_aside`). Raises WrongSegmentBytes,
        with nothing left of the part, and OSError."""
        self._file.seek(0)
        if hashlib.file_digest(self._file, "sha256").hexdigest() != self._sha256:
            self._refuse(N_("their hash is another one"))
        if opens is not None:
            self._file.seek(0)
            if not opens(self._file.readall()):
                self._refuse(N_("they are not sealed to this centre for this order"))
        os.fsync(self._file.fileno())
        self._goal.parent.mkdir(parents=True, exist_ok=True)
        self._put_aside()
        self._path.rename(self._goal)
        sync_place(self._goal)

    def _put_aside(self) -> None:
        """Keep a changed file, for whoever asks how it came to be; one that another box brought meanwhile is as good
        as ours."""
        try:
            with self._goal.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == self._sha256:
                    return
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno not in UNREADABLE:
                raise
        objects = self._goal.parent.parent
        (objects / ASIDE).mkdir(exist_ok=True)
        number = 1 + max((int(name[HEX + 1:]) for name in names_aside(objects, self._sha256)), default=0)
        aside = objects / ASIDE / f"{self._sha256}.{number}"
        self._goal.rename(aside)
        sync_place(aside)

    def _refuse(self, why: str) -> None:
        self._path.unlink()
        raise WrongSegmentBytes(why=why)


def names_aside(objects: Path, sha256: str | None = None) -> list[str]:
    """The names of the changed files that were put aside in a folder of objects, or of those with this hash; its hash
    and a number make a name. Raises OSError."""
    found = [path.name for path in (objects / ASIDE).glob(f"{sha256 or '*'}.*")]
    return sorted(name for name in found if _NAME.fullmatch(name))


def _remove(path: Path, before_s: float = math.inf) -> bool:
    """Remove a part that nobody is writing and whose last byte came before that moment; whether it was. Raises
    CannotRead."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_mtime >= before_s:
                return False
            path.unlink()
            return True
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError as error:
        raise CannotRead(path=path, why=error.strerror) from None


def sync_place(path: Path) -> None:
    """Make the name of an object durable, and that of its folder, which may be new. Raises OSError."""
    sync_folder(path.parent.parent)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_still(path: Path, handle: int) -> bool:
    """Whether the name still leads to the open file: whoever held it before may have finished or removed it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
