"""Packages of Debian: from its archive, or from the `debs` of a bundle where there is no network."""
from __future__ import annotations

import fcntl
import hashlib
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from provisioning.install.host import Host
from provisioning.install.items import UNDO, Item
from provisioning.install.journal import Mark
from provisioning.install.said import InstallError, Said

LOCK_S = 300
APT = ("apt-get", "-y", "--no-install-recommends", "-o", f"DPkg::Lock::Timeout={LOCK_S}")


def read_list(path: Path) -> tuple[str, ...]:
    """The lines of a list: a package, or several with | where systems name it differently."""
    lines = ("".join(line.split("#", 1)[0].split()) for line in path.read_text().splitlines())
    return tuple(line for line in lines if line)


@dataclass(frozen=True)
class Packages(Item):
    """`lines`: as in a list; of each line one package. `debs`: a folder of .deb files that holds them and what they
    need; None: the archive that the machine is set up for."""

    kind: ClassVar[str] = "packages"
    lines: tuple[str, ...] = ()
    debs: Path | None = None

    def done(self, host: Host) -> bool:
        """One of each line is installed."""
        return not self.missing(host)

    def missing(self, host: Host) -> list[str]:
        """The lines of which nothing is installed."""
        there = installed(host)
        return [line for line in self.lines if there.isdisjoint(line.split("|"))]

    def do(self, host: Host) -> None:
        """Install what is missing, and what of its needs is too old."""
        _wait_for_dpkg(host)
        # What a kill or a power cut left half installed is brought to its end first.
        host.run("dpkg", "--configure", "-a")
        with tempfile.TemporaryDirectory() as place:
            archive = _of_folder(self.debs, Path(place)) if self.debs is not None else ()
            host.run(*APT, *archive, "update")
            host.run(*APT, *archive, "install", *self.lacking(host, archive))

    def lacking(self, host: Host, archive: tuple[str, ...] = ()) -> list[str]:
        """What is missing, by the names that apt knows here. `archive`: words that tell apt of another than its own."""
        missing = self.missing(host)
        known = _known([name for line in missing for name in line.split("|")], archive)
        return [_first_known(line, known) for line in missing]

    def mark(self, host: Host) -> Mark:
        """What was not there before we came."""
        old = host.journal.placed.get(self.key, {"names": []})["names"]
        new = [name for line in self.missing(host) for name in line.split("|")]
        return {"names": list(dict.fromkeys([*old, *new]))}


def _wait_for_dpkg(host: Host) -> None:
    """Until no other program installs packages. Raises InstallError after LOCK_S."""
    with host.at("/var/lib/dpkg/lock-frontend").open("a") as file:
        for _ in range(LOCK_S):
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError:
                time.sleep(1)
    raise InstallError("另一个程序一直在安装软件包：等它结束后再运行。",
                       "Another program goes on installing packages: run this again when it has ended.")


def installed(host: Host) -> set[str]:
    """The names of all packages that are installed."""
    found, name = set(), ""
    for line in host.text("/var/lib/dpkg/status").splitlines():
        key, _, value = line.partition(": ")
        if key == "Package":
            name = value
        elif key == "Status" and value.endswith(" installed"):
            found.add(name)
    return found


def _of_folder(debs: Path, place: Path) -> tuple[str, ...]:
    """What tells apt to know no archive but a folder of .deb files. Their hashes were checked with the bundle."""
    with (place / "Packages").open("w", encoding="utf-8") as index:
        for path in sorted(debs.glob("*.deb")):
            told = subprocess.run(["dpkg-deb", "-f", path], capture_output=True, text=True, check=False)
            if told.returncode:
                raise InstallError(f"{path} 不是完好的软件包。", f"{path} is no whole package.")
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            index.write(f"{told.stdout.rstrip()}\nFilename: ./debs/{path.name}\nSize: {path.stat().st_size}\n"
                        f"SHA256: {sha256}\n\n")
    (place / "debs").symlink_to(debs)
    (place / "sources.list").write_text(f"deb [trusted=yes] file:{place} ./\n")
    (place / "lists").mkdir()
    # A stick may be for root alone.
    return tuple(word for setting in (
        f"Dir::Etc::SourceList={place}/sources.list", "Dir::Etc::SourceParts=/dev/null",
        f"Dir::State::Lists={place}/lists", "APT::Sandbox::User=root") for word in ("-o", setting))


def _known(names: list[str], archive: tuple[str, ...]) -> set[str]:
    """Which of these the archive has."""
    asked = subprocess.run(["apt-cache", *archive, "pkgnames"], capture_output=True, text=True, check=False)
    return set(names) & set(asked.stdout.split())


def _first_known(line: str, known: set[str]) -> str:
    return next((name for name in line.split("|") if name in known), line.split("|")[0])


def _undo_packages(host: Host, name: str, mark: Mark) -> None:
    """Others may use by now what came with us: Debian is told that it may go when nothing needs it."""
    names = sorted(installed(host) & set(mark["names"]))
    if names:
        host.run("apt-mark", "auto", *names)
        host.say(Said("    安装的软件包未删除；不再需要时请运行 apt-get autoremove：" + " ".join(names),
                      "    The packages that came with it stay until `apt-get autoremove`: " + " ".join(names)))


UNDO["packages"] = _undo_packages
