"""Removes all that a box holds, so that a power cut leaves nothing that looks whole: first the keys, without which
faces and names cannot be read, last the mark that says that it is being emptied."""
from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from edge.config import EMPTYING
from edge.errors import CannotWrite, WrongVolume
from edge.storage.files import replace, sync_folder
from edge.storage.volume import IDENTITY, MISSING

FIRST = ("keys", "zaitang.db", "zaitang.db-wal", "zaitang.db-shm")
OF_SECOND = ("segments", "incoming")
"""What a box puts on its second volume, beside its identity; what else lies there is somebody's."""


def begun(folder: Path) -> bool:
    """Whether the box in that folder is being emptied: then there is no way back."""
    return (folder / EMPTYING).exists()


def begin(folder: Path, others: Iterable[Path]) -> None:
    """Set the mark, with the folders of other volumes in it. Raises CannotWrite."""
    try:
        _mark(folder, others)
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None


def finish(folder: Path) -> None:
    """Remove everything, on other volumes what the box put there; what is a mount point is emptied and stays. Says the
    same after a cut. Raises WrongVolume of another volume that is not in its place, CannotWrite."""
    try:
        others = [Path(line) for line in (folder / EMPTYING).read_text(encoding="utf-8").splitlines()]
        for name in FIRST:
            _remove(folder / name)
        sync_folder(folder)
        while others:
            _empty_other(folder, others)
        for path in sorted(folder.iterdir()):
            if path.name != EMPTYING:
                _remove(path)
        sync_folder(folder)
        (folder / EMPTYING).unlink()
        sync_folder(folder)
    except OSError as error:
        raise CannotWrite(folder=error.filename or folder, why=error.strerror or str(error)) from None


def _mark(folder: Path, others: Iterable[Path]) -> None:
    replace(folder / EMPTYING, "".join(f"{other}\n" for other in others).encode())


def _empty_other(folder: Path, others: list[Path]) -> None:
    """Empty the first of them and strike it from the mark; then goes what tells that it is the volume, without which
    nobody could tell an empty one from a disk that is away. A cut between leaves that file."""
    other = others.pop(0)
    if not (other / IDENTITY).is_file():
        raise WrongVolume(folder=other, why=MISSING)
    for name in OF_SECOND:
        _remove(other / name)
    sync_folder(other)
    _mark(folder, others)
    _remove(other / IDENTITY)
    sync_folder(other)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file() or not path.is_dir():
        path.unlink(missing_ok=True)
    elif os.path.ismount(path):
        _empty(path)
    else:
        shutil.rmtree(path)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        _remove(path)
    sync_folder(folder)
