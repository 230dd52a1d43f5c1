"""Lines of ours in a file of somebody else, between two marks: nothing else of it is touched."""
from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import ClassVar

from provisioning.install.host import Host
from provisioning.install.items import UNDO, Item
from provisioning.install.journal import Mark
from provisioning.install.said import InstallError

BEGIN, END = "# >>> zaitang", "# <<< zaitang"
_BLOCK = re.compile(rf"^{BEGIN}\n.*?^{END}\n", re.M | re.S)


@dataclass(frozen=True)
class Block(Item):
    """`name`: the file, which must be there; `lines`: what stands between the marks, at its end at first."""

    kind: ClassVar[str] = "block"
    lines: tuple[str, ...] = ()

    def done(self, host: Host) -> bool:
        """Our lines stand there once."""
        return _BLOCK.findall(_read(host, self.name)) == [self._text()]

    def do(self, host: Host) -> None:
        """Put them there. Raises InstallError where there is no such file."""
        if not host.at(self.name).is_file():
            raise InstallError(f"没有 {self.name}：启动分区挂载了吗？",
                               f"There is no {self.name}: is the boot partition mounted?")
        _write(host, self.name, with_block(_read(host, self.name), self._text()))

    def _text(self) -> str:
        return "\n".join((BEGIN, *self.lines, END)) + "\n"


def with_block(text: str, block: str) -> str:
    """A text with our block in place of the one before, else at its end; an empty one takes it out."""
    found = _BLOCK.search(text)
    if found:
        return text[:found.start()] + block + _BLOCK.sub("", text[found.end():])
    return text + ("" if text.endswith("\n") or not text else "\n") + block


def _read(host: Host, name: str) -> str:
    """Every byte of it as it is: neither ends of lines nor letters of another encoding change."""
    path = host.at(name)
    return path.read_bytes().decode(errors="surrogateescape") if path.is_file() else ""


def _write(host: Host, name: str, text: str) -> None:
    """In place, from where it changes on. On the FAT of a boot partition a rename that a power cut ends leaves two
    names of one content, and whoever then writes to one of them takes it away from the other."""
    path, content = host.at(name), text.encode(errors="surrogateescape")
    old = path.read_bytes()
    differs = (at for at, (one, other) in enumerate(zip(old, content, strict=False)) if one != other)
    same = next(differs, min(len(old), len(content)))
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(descriptor, content[same:], same)
        os.ftruncate(descriptor, len(content))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _undo_block(host: Host, name: str, mark: Mark) -> None:
    if _BLOCK.search(_read(host, name)):
        _write(host, name, with_block(_read(host, name), ""))


UNDO["block"] = _undo_block
