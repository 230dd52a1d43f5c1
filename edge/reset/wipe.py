"""Removes all that a box holds, so that a power cut leaves nothing that looks whole: first the keys, without which
faces and names cannot be read, last the mark that says that it is being emptied."""
from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from edge.config import EMPTYING
from edge.errors import CannotWrite, WrongVolume
from edge.storage.files import replace, sync_folder
from edge.storage.proofs import FOLDER as PROOFS
from edge.storage.volume import FOREIGN, IDENTITY, MISSING

FIRST = ("keys", "zaitang.db", "zaitang.db-wal", "zaitang.db-shm")
OF_FIRST, OF_SECOND = ("segments", "journal", "quarantine", "incoming", PROOFS), ("segments", "incoming")
"""What a box puts on its volumes, beside their identity; what else lies on a disk of its own is somebody's."""


def begun(folder: Path) -> bool:
    """Whether the box in that folder is being emptied: then there is no way back."""
    return (folder / EMPTYING).exists()


def begin(folder: Path, volumes: Iterable[Path]) -> None:
    """Set the mark, with the folders of those volumes in it that may be another disk the next time, and what each is
    known by. Raises CannotWrite."""
    try:
        _mark(folder, [(_known_by(one), one) for one in volumes if _is_apart(one, folder)])
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None


def finish(folder: Path) -> None:
    """Remove everything, on disks of their own what the box put there; a mount point stays. Says the same after a cut.
    Raises WrongVolume where such a disk is not in its place, or another one is; CannotWrite."""
    try:
        lines = [line.partition(" ") for line in (folder / EMPTYING).read_text(encoding="utf-8").splitlines()]
        disks = [(known, Path(path)) for known, _, path in lines]
        for name in FIRST:
            _remove(folder / name)
        sync_folder(folder)
        while disks:
            _empty_disk(folder, disks)
        for path in sorted(folder.iterdir()):
            if path.name != EMPTYING and not os.path.ismount(path):
                _remove(path)
        sync_folder(folder)
        (folder / EMPTYING).unlink()
        sync_folder(folder)
    except OSError as error:
        raise CannotWrite(folder=error.filename or folder, why=error.strerror or str(error)) from None


def _is_apart(volume: Path, folder: Path) -> bool:
    return volume.parent != folder or volume.is_symlink() or os.path.ismount(volume)


def _mark(folder: Path, disks: Iterable[tuple[str, Path]]) -> None:
    replace(folder / EMPTYING, "".join(f"{known} {disk}\n" for known, disk in disks).encode())


def _known_by(disk: Path) -> str:
    """What tells a volume from any other, when its keys and the database are gone. Raises WrongVolume."""
    if not (disk / IDENTITY).is_file():
        raise WrongVolume(folder=disk, why=MISSING)
    return hashlib.sha256((disk / IDENTITY).read_bytes()).hexdigest()


def _empty_disk(folder: Path, disks: list[tuple[str, Path]]) -> None:
    """Empty the first of them and strike it from the mark; then goes what tells that it is the volume, without which
    nobody could tell an empty one from a disk that is away. A cut between leaves that file."""
    known, disk = disks.pop(0)
    if _known_by(disk) != known:
        raise WrongVolume(folder=disk, why=FOREIGN)
    for name in OF_FIRST if disk.parent == folder else OF_SECOND:
        _remove(disk / name)
    sync_folder(disk)
    _mark(folder, disks)
    _remove(disk / IDENTITY)
    sync_folder(disk)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)
