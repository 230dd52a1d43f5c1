"""The state of an update on the disk: one small file, there whole or as it was before, and written without any room.

A release that fills the disk to the last block is put back all the same: what is noted goes into the blocks of a spare
file, which then changes places with the one before.
"""
from __future__ import annotations

import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

from provisioning.install.journal import sync_folder
from provisioning.install.said import InstallError
from provisioning.update.state import AT_REST, Phase, State

NAME = "update.json"
KNOWN = {field.name for field in dataclasses.fields(State)}
LARGEST = 1 << 20
BLOCKS = 1 << 16
"""Bytes of the file; what is noted is followed by blanks."""
ROOM = 1 << 20
"""Bytes that lie beside it from the switch on, for the units of the release that comes back."""


class AtWork(InstallError):
    """Another updater, or an installer, is at work on this machine."""


def load(path: Path) -> State:
    """The state; a new one where there is none. What a newer version noted besides matters no more once its update
    rests. Raises InstallError."""
    if not path.exists():
        return State()
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(LARGEST))
        if (phase := found["phase"]) not in get_args(Phase):
            raise ValueError(phase)
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in found.items() if key in KNOWN}
        if found.keys() - KNOWN and phase not in AT_REST:
            raise InstallError(f"{path} 由更新的版本写成：请由该版本完成更新，或把文件移到别处；运行的版本不变。",
                               f"{path} was written by a newer version: let that one end its update, or move the file "
                               "away; the release that runs stays.")
        return State(**fields)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise InstallError(f"{path} 已损坏：请把它移到别处；正在运行的版本保持不变。",
                           f"{path} is damaged: move it away; the release that runs stays.") from error


def save(path: Path, state: State) -> None:
    """Over a power cut, too, and on a full disk once it was saved twice. Raises OSError."""
    content = json.dumps(dataclasses.asdict(state), ensure_ascii=False, indent=1).encode().ljust(BLOCKS)
    spare, before = path.with_name(path.name + ".spare"), path.with_name(path.name + ".before")
    if spare.exists():
        before.unlink(missing_ok=True)
    elif before.exists():  # whoever was killed had no time to make it the spare one
        before.replace(spare)
    _write(spare, content)
    if path.exists():
        os.link(path, before)
    spare.replace(path)
    if before.exists():
        before.replace(spare)
    sync_folder(path.parent)


def keep_room(folder: Path) -> None:
    """Take the room now that going back may need. Raises OSError."""
    _write(folder / "room", bytes(ROOM))


def free_room(folder: Path) -> None:
    """It is needed, or not any more."""
    (folder / "room").unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Into the blocks that a file has."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(descriptor)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One updater or installer at a time; `folder`: theirs. Raises AtWork."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise AtWork("更新或安装正在进行：请稍候，用 `zaitang-update status` 查看进度。",
                     "An update or an installation is at work: wait; see `zaitang-update status`.") from None
    finally:
        os.close(handle)
