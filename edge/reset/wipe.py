"""Removes all that a box holds, so that a power cut leaves nothing that looks whole: first the keys, without which
faces and names cannot be read, last the mark that says that it is being emptied."""
from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from edge.config import EMPTYING
from edge.errors import CannotWrite
from edge.storage.files import sync_folder
from edge.storage.volume import IDENTITY

FIRST = ("keys", "zaitang.db", "zaitang.db-wal", "zaitang.db-shm")
OF_SECOND = ("segments", "incoming", IDENTITY)
"""What a box puts on its second volume; what else lies there is somebody's."""


def begun(folder: Path) -> bool:
    """Whether the box in that folder is being emptied: then there is no way back."""
    return (folder / EMPTYING).exists()


def begin(folder: Path, others: Iterable[Path]) -> None:
    """Set the mark, with the folders of other volumes in it. Raises CannotWrite."""
    try:
        handle = os.open(folder / EMPTYING, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("".join(f"{other}\n" for other in others))
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)
    except OSError as error:
        raise CannotWrite(folder=folder, why=error.strerror or str(error)) from None


def finish(folder: Path) -> None:
    """Remove everything, on other volumes what the box put there; what is a mount point is emptied and stays. Says the
    same after a cut. Raises CannotWrite."""
    try:
        others = [Path(line) for line in (folder / EMPTYING).read_text(encoding="utf-8").splitlines()]
        for name in FIRST:
            _remove(folder / name)
        sync_folder(folder)
        for other in others:
            if other.is_dir():
                for name in OF_SECOND:
                    _remove(other / name)
                sync_folder(other)
        for path in sorted(folder.iterdir()):
            if path.name != EMPTYING:
                _remove(path)
        sync_folder(folder)
        (folder / EMPTYING).unlink()
        sync_folder(folder)
    except OSError as error:
        raise CannotWrite(folder=error.filename or folder, why=error.strerror or str(error)) from None


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
