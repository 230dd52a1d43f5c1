"""Words of ours in the one line that the firmware of a Raspberry Pi hands to the kernel: nothing else of it changes."""
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from provisioning.install.host import Host
from provisioning.install.items import UNDO, Item
from provisioning.install.journal import Mark, write_whole
from provisioning.install.said import InstallError


@dataclass(frozen=True)
class KernelLine(Item):
    """`name`: the file, which must be there; `words`: at its end, for of words that contradict each other the kernel
    takes the later one, and the firmware's own come before the file."""

    kind: ClassVar[str] = "kernel-line"
    words: tuple[str, ...] = ()

    def done(self, host: Host) -> bool:
        """All of them stand in it."""
        return set(self.words) <= set(_read(host, self.name).split())

    def do(self, host: Host) -> None:
        """Put those that lack there. Raises InstallError where there is no such file."""
        if not host.at(self.name).is_file():
            raise InstallError(f"没有 {self.name}：启动分区挂载了吗？",
                               f"There is no {self.name}: is the boot partition mounted?")
        line = _read(host, self.name)
        _write(host, self.name, " ".join((line.strip(), *self._lacking(line))) + "\n")

    def mark(self, host: Host) -> Mark:
        """Only words that we put there are ours."""
        known = host.journal.placed.get(self.key, {"words": []})["words"]
        return {"words": list(dict.fromkeys([*known, *self._lacking(_read(host, self.name))]))}

    def _lacking(self, line: str) -> list[str]:
        return [word for word in self.words if word not in line.split()]


def _read(host: Host, name: str) -> str:
    path = host.at(name)
    return path.read_bytes().decode(errors="surrogateescape") if path.is_file() else ""


def _write(host: Host, name: str, text: str) -> None:
    # With the mode that it has: on the FAT of a boot partition no other can be set.
    write_whole(host.at(name), text.encode(errors="surrogateescape"), host.at(name).stat().st_mode & 0o7777)


def _undo(host: Host, name: str, mark: Mark) -> None:
    line = _read(host, name)
    if set(mark["words"]) & set(line.split()):
        theirs = (word for word in line.split(" ") if word.strip() not in mark["words"])
        _write(host, name, " ".join(theirs).strip() + "\n")


UNDO["kernel-line"] = _undo
