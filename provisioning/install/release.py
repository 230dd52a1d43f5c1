"""A release: a folder with its own environment of Python, made beside the others and there whole or not at all."""
from __future__ import annotations

import ctypes
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
PART = ".part"
"""What the name of one ends with that is being made, or was replaced."""
AT_FDCWD, RENAME_EXCHANGE = -100, 2
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
        """It is there, and so it is whole; for all ends. Nothing that a kill left takes up room."""
        return self._is_there(host) and not host.at(self.name + PART).exists()

    def do(self, host: Host) -> None:
        """Make it under another name, try it, rename it. Raises InstallError."""
        if not self.ends:
            raise InstallError("没有说明为哪一端安装：终端盒还是监管中心。",
                               "For no end is no release: a box or a centre is meant.")
        part = host.at(self.name + PART)
        _drop(part)
        if self._is_there(host):
            return
        try:
            self._make(host, part)
            _take_the_place(part, host.at(self.name))
        finally:
            # Half a release must not keep the disk full, where a recording needs the room.
            _drop(part)

    def mark(self, host: Host) -> Mark | None:
        """None: it goes with OPT."""
        return None

    def _is_there(self, host: Host) -> bool:
        return set(self.ends) <= set(host.text(f"{self.name}/{ENDS}").split())

    def _make(self, host: Host, part: Path) -> None:
        """All of it, in a folder that is called otherwise, and on the disk."""
        final = host.at(self.name)
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


def _take_the_place(part: Path, final: Path) -> None:
    """Under its name, where links may lead already, is one or the other at every moment: they change places in one
    step. Raises InstallError where the file system has no such step."""
    if not final.exists():
        part.rename(final)
    elif error := _exchange(part, final):
        raise InstallError(
            f"{final} 无法一步换成也供另一端使用的版本（{os.strerror(error)}）：原版本保持不变。"
            f"请把 {OPT} 放在 ext4、xfs 或 btrfs 上，再重新运行。",
            f"{final} cannot be replaced in one step by the one that serves both ends ({os.strerror(error)}): it stays "
            f"as it is. Let {OPT} lie on ext4, xfs or btrfs, and run this again.")
    sync_folder(final.parent)


def _exchange(one: Path, other: Path) -> int:
    """Swap the names of two folders in one step, which Python has no word for (renameat2); 0, or the error's number."""
    libc = ctypes.CDLL(None, use_errno=True)
    failed = libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE)
    return ctypes.get_errno() if failed else 0


def _drop(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
