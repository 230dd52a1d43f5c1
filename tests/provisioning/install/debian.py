"""A Debian of its own for a test: made by debootstrap in memory, entered or booted by systemd-nspawn."""
from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
INCLUDED = "systemd-sysv,dbus,python3,ca-certificates"
PINNED = ("build.txt", "box.txt", "centre.txt")
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
TARGET = "[Unit]\nRequires=multi-user.target try.service\nAfter=try.service\n"
SERVICE = ("[Unit]\nAfter=multi-user.target\n[Service]\nType=oneshot\n"
           "ExecStart=/bin/sh /root/try.sh\nExecStopPost=systemctl --no-block poweroff\n")


@dataclass(frozen=True)
class Debian:
    """`root`: its root folder, above one that all tests share; `changed`: what came to lie over that."""

    root: Path
    changed: Path
    wheels: Path

    def at(self, path: str) -> Path:
        """Where a path of it lies here."""
        return self.root / path.lstrip("/")

    def run(self, *words: str) -> str:
        """What a command in it says. It must end with 0."""
        done = subprocess.run([*self.nspawn(), *words], capture_output=True, text=True, timeout=400, check=False,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def killed(self, after: str, more_s: float, *words: str) -> None:
        """Everything in it ends by SIGKILL, so many seconds after the command said something."""
        with subprocess.Popen([*self.nspawn(), *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              stdin=subprocess.DEVNULL) as child:
            assert child.stdout is not None
            assert any(after in line for line in child.stdout), f"it never said {after}"
            time.sleep(more_s)
            # The command is the first process in there: with it the kernel ends all others.
            first = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()[0]
            os.kill(int(first), signal.SIGKILL)
            child.stdout.read()
            assert child.wait(30) != 0

    def boot(self, script: str) -> None:
        """Boot it without a network, run a script when everything has started, switch it off."""
        units = self.at("/etc/systemd/system")
        (units / "try.target").write_text(TARGET)
        (units / "try.service").write_text(SERVICE)
        self.at("/root/try.sh").write_text(script)
        done = subprocess.run([*self.nspawn(), "--boot", "--private-network", "--", "--unit=try.target"], timeout=200,
                              capture_output=True, check=False, stdin=subprocess.DEVNULL)
        for name in ("try.target", "try.service"):
            (units / name).unlink()
        assert done.returncode == 0, done.stdout[-3000:]

    def seen(self, *below: str) -> dict[str, int]:
        """When each file below some folders was written, in nanoseconds."""
        return {str(path): path.lstat().st_mtime_ns for folder in below for path in self.changed.glob(f"{folder}/**/*")
                if not path.is_dir()}

    def nspawn(self) -> list[str]:
        """How it is entered, or booted."""
        proxies = [f"--setenv={name}={os.environ[name]}" for name in PROXIES if name in os.environ]
        return ["systemd-nspawn", "--quiet", f"--directory={self.root}", "--register=no", "--keep-unit", *proxies,
                f"--bind-ro={PROJECT}:/src", f"--bind-ro={self.wheels}:/wheels", "--bind-ro=/etc/resolv.conf"]


@contextlib.contextmanager
def bare_debian(folder: Path, wheels: bool = True) -> Iterator[Path]:
    """A Debian 12 in memory at `folder`/base, and at `folder`/wheels what its pip installs, if that does not come in a
    bundle. Skips where that is not to be had."""
    _skip_where_impossible()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20g", "tmpfs", folder]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nobody may mount anything here")
    try:
        (folder / "wheels").mkdir()
        if wheels:
            _get_wheels(folder / "wheels")
        _bootstrap(folder / "base")
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def debian(bare: Path, name: str) -> Iterator[Debian]:
    """One that begins as the bare one and keeps its own changes until it is left."""
    folder = bare / name
    for part in ("root", "changed", "work"):
        (folder / part).mkdir(parents=True)
    options = f"lowerdir={bare}/base,upperdir={folder}/changed,workdir={folder}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, folder / "root"], check=True)
    try:
        yield Debian(folder / "root", folder / "changed", bare / "wheels")
    finally:
        subprocess.run(["umount", folder / "root"], check=True)
        shutil.rmtree(folder)


def _skip_where_impossible() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may make a Debian of its own")
    for program in ("debootstrap", "systemd-nspawn"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    if sys.version_info[:2] != (3, 11):
        pytest.skip("Debian 12 has Python 3.11, and this pip brings packages of another")


def _get_wheels(folder: Path) -> None:
    """As this machine gets its packages, so that nothing of its set-up gets into the Debian."""
    pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-d", folder)
    for name in PINNED:
        subprocess.run([*pip, "-r", PROJECT / "provisioning/requirements" / name], check=True, capture_output=True,
                       timeout=300)


def _bootstrap(root: Path) -> None:
    done = subprocess.run(["debootstrap", "--variant=minbase", f"--include={INCLUDED}", "bookworm", root],
                          capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    shutil.copytree("/etc/apt/apt.conf.d", root / "etc/apt/apt.conf.d", dirs_exist_ok=True)
    (root / "etc/pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    (root / "etc/dpkg/dpkg.cfg.d/memory").write_text("force-unsafe-io\n")
    (root / "root/passphrase").write_text("a long passphrase\n")
