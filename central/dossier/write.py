"""Puts finished dossiers on the disk: the old one or the new one stands there, never half of one."""
from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from central.dossier.document import FILES
from central.dossier.errors import NotOurFolder
from central.errors import CannotWrite
from central.files import write_new
from central.parts import sync_folder

PART, OLD = ".part", ".old"
_OURS = re.compile(r"\.[a-z0-9][a-z0-9._-]{0,69}\.[0-9a-f]{8}(\.part|\.old)", re.ASCII)


def write_file(path: Path, data: bytes) -> None:
    """Put these bytes at `path`, instead of what is there. Raises CannotWrite."""
    fresh = _beside(path, PART)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(fresh, data)
        os.replace(fresh, path)
        sync_folder(path.parent)
    except OSError as error:
        raise CannotWrite(path=path, why=error.strerror or str(error)) from None
    finally:
        with contextlib.suppress(OSError):  # where its folder is no folder, too
            fresh.unlink()


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder of these files, instead of an earlier one of ours. Raises CannotWrite, NotOurFolder."""
    folder = folder.absolute()
    fresh, old = _beside(folder, PART), _beside(folder, OLD)
    try:
        if folder.exists() and not (folder.is_dir() and {one.name for one in folder.iterdir()} <= set(FILES)):
            raise NotOurFolder(folder=folder)
        fresh.mkdir(parents=True)
        for name, data in files.items():
            write_new(fresh / name, data)
        sync_folder(fresh)
        if folder.exists():
            folder.rename(old)
        _take_place(fresh, folder, old)
        sync_folder(folder.parent)
    except OSError as error:
        raise CannotWrite(path=folder, why=error.strerror or str(error)) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _take_place(fresh: Path, folder: Path, old: Path) -> None:
    try:
        fresh.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what a run that was ended left half-written among dossiers. Raises CannotWrite."""
    try:
        for path in [one for one in folder.iterdir() if _OURS.fullmatch(one.name)]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise CannotWrite(path=folder, why=error.strerror or str(error)) from None


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{ending}")
