"""What the installer placed on this machine, so that a removal takes exactly that: written before each step is done."""
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from provisioning.install.said import InstallError

FOLDER = "/var/lib/zaitang-install"
Mark = dict[str, Any]


class Journal:
    """Marks by an item's key, in the order in which the items were placed first, and for which ends each is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            text = path.read_text()
        except FileNotFoundError:
            text = '{"placed": {}}'
        try:
            entries = json.loads(text)["placed"]
            self.placed: dict[str, Mark] = {key: entry["mark"] for key, entry in entries.items()}
            self.ends: dict[str, list[str]] = {key: entry["ends"] for key, entry in entries.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InstallError(f"{path} 已损坏：请把它移到别处，再重新运行安装。",
                               f"{path} is damaged: move it away and run this again.") from error

    def installed(self) -> frozenset[str]:
        """The ends for which anything was placed."""
        return frozenset(end for ends in self.ends.values() for end in ends)

    def put(self, key: str, mark: Mark, end: str) -> None:
        """Note that an item is about to be placed, or is there, for an end."""
        ends = list(dict.fromkeys([*self.ends.get(key, []), end]))
        if self.placed.get(key) != mark or self.ends.get(key) != ends:
            self.placed[key], self.ends[key] = mark, ends
            self._write()

    def drop(self, key: str, end: str) -> None:
        """Note that an end needs an item no more. The last one takes the entry with it."""
        self.ends[key] = [one for one in self.ends[key] if one != end]
        if not self.ends[key]:
            del self.ends[key], self.placed[key]
        self._write()

    def _write(self) -> None:
        entries = {key: {"ends": self.ends[key], "mark": mark} for key, mark in self.placed.items()}
        write_whole(self._path, json.dumps({"placed": entries}, ensure_ascii=False, indent=1).encode(), 0o600)


def write_whole(path: Path, content: bytes, mode: int, owner: tuple[int, int] | None = None) -> None:
    """A file is there whole or not at all, over a power cut too."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if owner:
            os.fchown(descriptor, *owner)
        os.fchmod(descriptor, mode)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """What is named in a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
