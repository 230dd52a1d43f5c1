"""A release: a folder with its own environment of Python, made beside the others and there whole or not at all."""
from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from provisioning.install.host import Host
from provisioning.install.items import Item
from provisioning.install.journal import Mark, sync_folder
from provisioning.install.said import InstallError

OPT = "/opt/zaitang"
CURRENT = f"{OPT}/current"
RELEASES = f"{OPT}/releases"
UPDATER = f"{OPT}/updater"
"""The newest release that held: it is the one that updates (docs/updates.md)."""
PACKAGES = ("evidence", "verify", "common", "edge", "central", "models")
# Tests that come with MediaPipe are no Python.
NO_TESTS = "/tests?/"
ENDS = "ends"
"""The file of a release that says for which ends it has packages; written last."""
HLS = "provisioning/npm/node_modules/hls.js"
REQUIREMENTS = {"box": "box.txt", "centre": "centre.txt"}
PROOF = {"box": "import edge.wiring", "centre": "import central.wiring"}
"""What must succeed before a release is taken: everything that its processes load."""


@dataclass(frozen=True)
class Source:
    """What is installed: a checkout, or a `bundle` that brings everything with it. `folder`: its top."""

    folder: Path
    version: str
    bundle: bool

    @property
    def debs(self) -> Path | None:
        """Where its packages of Debian are."""
        return self.folder / "debs" if self.bundle and any(self.folder.glob("debs/*.deb")) else None


def read_source(folder: Path) -> Source:
    """What lies in a folder. Raises InstallError."""
    bundle = (folder / "release.toml").is_file()
    told = folder / ("release.toml" if bundle else "pyproject.toml")
    # tomllib came with Python 3.11, and this runs on 3.10.
    text = told.read_text(encoding="utf-8") if told.is_file() else ""
    found = re.search(r'^version *= *"([A-Za-z0-9][A-Za-z0-9.+_-]{0,63})"', text, re.M)
    if not found:
        raise InstallError(f"{folder} 不是安装包，也不是本项目的文件夹。",
                           f"{folder} is neither a bundle nor this project's folder.")
    return Source(folder, found[1], bundle)


@dataclass(frozen=True)
class Release(Item):
    """`name`: its folder below RELEASES; `ends`: for which it has the packages. It goes with OPT, so that the journal
    needs no word of it."""

    kind: ClassVar[str] = "release"
    source: Source
    ends: tuple[str, ...]
    python: str
    system_packages: bool = False

    def done(self, host: Host) -> bool:
        """It is there, and so it is whole; for all ends."""
        return set(self.ends) <= set(host.text(f"{self.name}/{ENDS}").split())

    def do(self, host: Host) -> None:
        """Make it under another name, try it, rename it. Raises InstallError."""
        if not self.ends:
            raise InstallError("没有说明为哪一端安装：终端盒还是监管中心。",
                               "For no end is no release: a box or a centre is meant.")
        final, part = host.at(self.name), host.at(self.name + ".part")
        _drop(part)
        # -I: nothing of the folder that somebody stands in, where anybody may have laid a module.
        host.run(f"python{self.python}", "-I", "-m", "venv", *["--system-site-packages"] * self.system_packages, part)
        self._packages(host, part)
        _copy_files(self.source.folder, part)
        _readdress(part, final)
        host.run(part / "bin/python", "-I", "-m", "compileall", "-q", "-x", NO_TESTS, "-s", part, "-p", final,
                 part / "lib")
        for end in self.ends:
            host.run(part / "bin/python", "-I", "-c", PROOF[end])
        (part / ENDS).write_text(" ".join(self.ends) + "\n")
        os.sync()
        # One for another end alone makes room. Whoever comes between finds none, and makes it again.
        _drop(host.at(self.name + ".old"))
        if final.exists():
            final.rename(host.at(self.name + ".old"))
        part.rename(final)
        sync_folder(final.parent)
        _drop(host.at(self.name + ".old"))

    def mark(self, host: Host) -> Mark | None:
        """None: it goes with OPT."""
        return None

    def _packages(self, host: Host, part: Path) -> None:
        pip = (part / "bin/pip", "--disable-pip-version-check", "install", "--no-deps", "--no-compile")
        pinned = self.source.folder / "provisioning/requirements"
        lists = [pinned / REQUIREMENTS[end] for end in self.ends]
        if self.source.bundle:
            offline = ("--no-index", "--find-links", self.source.folder / "wheels")
            for file in lists:
                host.run(*pip, *offline, "--require-hashes", "-r", file)
            host.run(*pip, *offline, f"zaitang=={self.source.version}")
            return
        host.run(*pip, "--require-hashes", "-r", pinned / "build.txt")
        for file in lists:
            host.run(*pip, "--require-hashes", "--no-build-isolation", "-r", file)
        copy = part / "source"
        for name in PACKAGES:
            shutil.copytree(self.source.folder / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy2(self.source.folder / name, copy / name)
        host.run(*pip, "--no-build-isolation", copy)
        shutil.rmtree(copy)


def _copy_files(source: Path, part: Path) -> None:
    """What a release brings beside Python: units, this installer, the player of the console."""
    leave = shutil.ignore_patterns("__pycache__", "node_modules", "demo")
    for name in ("systemd", "provisioning"):
        shutil.copytree(source / name, part / name, ignore=leave)
        # A stick may be for root alone; the screen's user reads its page here.
        for path in (part / name, *(part / name).rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    if (source / HLS).is_dir():
        shutil.copytree(source / HLS, part / HLS)


def _readdress(part: Path, final: Path) -> None:
    """Scripts of an environment name its folder: here the one that it will have."""
    for path in [*part.glob("bin/*"), part / "pyvenv.cfg"]:
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if os.fsencode(part) in content:
            path.write_bytes(content.replace(os.fsencode(part), os.fsencode(final)))


def _drop(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
