"""What an installation consists of: single things that are there or not, can be placed, and can be taken away again.

`done` only looks. `do` may be killed anywhere and is run again. What `undo` of this file takes away is what the
journal's mark says, so that it needs neither the release nor the plan by which the thing was placed.
"""
from __future__ import annotations

import hashlib
import os
import shutil
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from provisioning.install.host import Host
from provisioning.install.journal import Mark, sync_folder, write_whole
from provisioning.install.said import InstallError, Said

ASIDE, BEFORE = ".zaitang-new", ".zaitang-old"
"""Where ours lies beside a file that somebody changed; where theirs lies after --force."""


@dataclass(frozen=True)
class Item(ABC):
    """`name`: a path, or what else tells it from others of its kind; `says`: what it is, for people."""

    kind: ClassVar[str]
    name: str
    says: Said

    @property
    def key(self) -> str:
        """By which the journal knows it."""
        return f"{self.kind}:{self.name}"

    @abstractmethod
    def done(self, host: Host) -> bool:
        """Whether there is nothing to do."""

    @abstractmethod
    def do(self, host: Host) -> None:
        """Place it. Raises InstallError with what to do."""

    def mark(self, host: Host) -> Mark | None:
        """What must be known to take it away again, before it is placed; None: it stays."""
        return host.journal.placed.get(self.key, {})


@dataclass(frozen=True)
class Folder(Item):
    """`keep`: it stays when everything is removed, because of what may lie in it; `whole`: it goes with all of it."""

    kind: ClassVar[str] = "folder"
    mode: int = 0o755
    owner: str = "root"
    keep: bool = False
    whole: bool = False

    def done(self, host: Host) -> bool:
        """It is there, with its owner and mode."""
        path = host.at(self.name)
        return path.is_dir() and not path.is_symlink() and _stands(host, self.name, self.mode, self.owner)

    def do(self, host: Host) -> None:
        """Make it, or set owner and mode."""
        path = host.at(self.name)
        path.mkdir(exist_ok=True, parents=True)
        _settle(host, path, self.mode, self.owner)

    def mark(self, host: Host) -> Mark | None:
        """Only one that we make is ours, and the folders above it that come with it."""
        known = self.key in host.journal.placed
        if self.keep or (host.at(self.name).is_dir() and not known):
            return None
        return {"whole": self.whole, "folders": _folders(host, self)}


@dataclass(frozen=True)
class File(Item):
    """A file whose every byte is ours: `content`, or that of the file `source`."""

    kind: ClassVar[str] = "file"
    content: bytes = b""
    source: Path | None = None
    mode: int = 0o644
    owner: str = "root"

    def bytes(self) -> bytes:
        """What it should hold."""
        return self.content if self.source is None else self.source.read_bytes()

    def done(self, host: Host) -> bool:
        """It holds what it should; or somebody changed it, and ours lies beside it."""
        wanted = _sha(self.bytes())
        if self._foreign(host) and not host.force:
            return _sha_of(host.at(self.name + ASIDE)) == wanted
        return _sha_of(host.at(self.name)) == wanted and _stands(host, self.name, self.mode, self.owner)

    def do(self, host: Host) -> None:
        """Write it, or lay it beside one that somebody changed."""
        path = host.at(self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._foreign(host):
            if host.force:
                shutil.copy2(path, host.at(self.name + BEFORE))
            else:
                host.say(Said(f"    {self.name} 已有人改动：保留原样，新版放在 {self.name}{ASIDE}（--force 则替换）",
                              f"    {self.name} was changed by somebody: it stays, and ours lies in {self.name}{ASIDE} "
                              "(--force replaces it)"))
                path = host.at(self.name + ASIDE)
        write_whole(path, self.bytes(), self.mode, host.ids(self.owner) if host.owns else None)
        if path == host.at(self.name):
            host.at(self.name + ASIDE).unlink(missing_ok=True)

    def mark(self, host: Host) -> Mark:
        """By which hashes it is ours, and which folders come with it."""
        old = host.journal.placed.get(self.key, {"sha256": []})
        hashes = list(dict.fromkeys([_sha(self.bytes()), *old["sha256"]]))[:4]
        return {"sha256": hashes, "folders": _folders(host, self)}

    def _foreign(self, host: Host) -> bool:
        known = host.journal.placed.get(self.key, {"sha256": []})["sha256"]
        return _sha_of(host.at(self.name)) not in (None, _sha(self.bytes()), *known)


@dataclass(frozen=True)
class Link(Item):
    """A symbolic link, replaced in one step."""

    kind: ClassVar[str] = "link"
    target: str = ""

    def done(self, host: Host) -> bool:
        """It points there."""
        path = host.at(self.name)
        return path.is_symlink() and os.readlink(path) == self.target

    def do(self, host: Host) -> None:
        """Point it there. Raises InstallError where something else has its name."""
        path = host.at(self.name)
        if path.exists() and not path.is_symlink():
            raise InstallError(f"{self.name} 已被占用：请移开后重新运行。",
                               f"Something else is at {self.name}: move it away and run this again.")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        part.symlink_to(self.target)
        part.replace(path)
        sync_folder(path.parent)

    def mark(self, host: Host) -> Mark:
        """Which folders come with it."""
        return {"folders": _folders(host, self)}


@dataclass(frozen=True)
class Unit(Item):
    """A unit of systemd that is enabled and, where systemd runs and `started`, active; or disabled and stopped."""

    kind: ClassVar[str] = "unit"
    enabled: bool = True
    started: bool = True

    def done(self, host: Host) -> bool:
        """It is as it should be."""
        asked = [host.succeeds("systemctl", f"--root={host.root}", "is-enabled", "--quiet", self.name)]
        if host.machine.booted and self.started:
            asked.append(host.succeeds("systemctl", "is-active", "--quiet", self.name))
        return all(asked) if self.enabled else not any(asked)

    def do(self, host: Host) -> None:
        """Enable and start it, or disable and stop it."""
        host.run("systemctl", f"--root={host.root}", "enable" if self.enabled else "disable", self.name)
        if host.machine.booted:
            host.run("systemctl", "daemon-reload")
            if self.started:
                host.run("systemctl", "start" if self.enabled else "stop", self.name)

    def mark(self, host: Host) -> Mark:
        """Which way it was turned."""
        return {"enabled": self.enabled}


@dataclass(frozen=True)
class Command(Item):
    """What no other item can say. `undo_words`: a program with its words that takes it back; none: it stays."""

    kind: ClassVar[str] = "command"
    check: Callable[[Host], bool] = field(default=lambda _: False)
    act: Callable[[Host], None] = field(default=lambda _: None)
    undo_words: tuple[str, ...] = ()

    def done(self, host: Host) -> bool:
        """As `check` says."""
        return self.check(host)

    def do(self, host: Host) -> None:
        """As `act` does."""
        self.act(host)

    def mark(self, host: Host) -> Mark | None:
        """What takes it back."""
        return {"undo": list(self.undo_words)} if self.undo_words else None


def undo(host: Host, key: str, mark: Mark) -> None:
    """Take away what the journal says was placed. What somebody changed since stays, and is named."""
    kind, _, name = key.partition(":")
    UNDO[kind](host, name, mark)


def _undo_folder(host: Host, name: str, mark: Mark) -> None:
    path = host.at(name)
    if path.is_dir() and mark["whole"]:
        shutil.rmtree(path)
    elif path.is_dir() and any(path.iterdir()):
        host.say(Said(f"    {name} 中还有文件，保留", f"    {name} is not empty and stays"))
    elif path.is_dir():
        path.rmdir()
    _remove_folders(host, mark["folders"])


def _undo_file(host: Host, name: str, mark: Mark) -> None:
    path, before = host.at(name), host.at(name + BEFORE)
    host.at(name + ASIDE).unlink(missing_ok=True)
    if _sha_of(path) in mark["sha256"]:
        if before.is_file():
            before.replace(path)
        else:
            path.unlink()
    elif path.exists():
        host.say(Said(f"    {name} 已有人改动，保留", f"    {name} was changed by somebody and stays"))
    _remove_folders(host, mark["folders"])


def _undo_link(host: Host, name: str, mark: Mark) -> None:
    path = host.at(name)
    if path.is_symlink():
        path.unlink()
    _remove_folders(host, mark["folders"])


def _undo_unit(host: Host, name: str, mark: Mark) -> None:
    if not mark["enabled"]:
        return
    if host.machine.booted:
        host.run("systemctl", "stop", name)
    host.run("systemctl", f"--root={host.root}", "disable", name)


def _undo_command(host: Host, name: str, mark: Mark) -> None:
    host.run(*mark["undo"])


UNDO: dict[str, Callable[[Host, str, Mark], None]] = {
    "folder": _undo_folder, "file": _undo_file, "link": _undo_link, "unit": _undo_unit, "command": _undo_command}
"""By kind. Other files of this package add their own."""


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sha_of(path: Path) -> str | None:
    try:
        return _sha(path.read_bytes())
    except OSError:
        return None


def _stands(host: Host, name: str, mode: int, owner: str) -> bool:
    found = host.at(name).lstat()
    if stat.S_IMODE(found.st_mode) != mode:
        return False
    try:
        return not host.owns or (found.st_uid, found.st_gid) == host.ids(owner)
    except InstallError:
        return False


def _settle(host: Host, path: Path, mode: int, owner: str) -> None:
    """Of the folder itself: who owns the one above may have laid a link there, to what is root's."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise InstallError(f"{path} 不是普通文件夹（可能是链接）：请移开后重新运行。",
                           f"{path} is no plain folder, perhaps a link: move it away and run this again.") from error
    try:
        if host.owns:
            os.fchown(descriptor, *host.ids(owner))
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def _folders(host: Host, item: Item) -> list[str]:
    """Folders above it that are not there yet, or that came with it before."""
    known = host.journal.placed.get(item.key, {"folders": []})["folders"]
    missing = [str(parent) for parent in Path(item.name).parents if not host.at(str(parent)).exists()]
    return list(dict.fromkeys([*known, *missing]))


def _remove_folders(host: Host, names: list[str]) -> None:
    for name in sorted(names, key=len, reverse=True):
        path = host.at(name)
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
