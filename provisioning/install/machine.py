"""What machine this is, and whether a box or a centre may be installed on it. Reads, changes nothing."""
from __future__ import annotations

import os
import platform
import struct
from dataclasses import dataclass
from pathlib import Path

from provisioning.install.said import Said

GB = 10**9
DISK = {"box": 8 * GB, "centre": 4 * GB}
"""What must be free below /opt and /var for a first installation, video not counted."""
ARCHES = ("x86_64", "aarch64")
# The Python that each system brings, or that its own archive has beside it.
SYSTEMS = {("debian", "12"): "3.11", ("debian", "13"): "3.13", ("ubuntu", "22.04"): "3.11", ("ubuntu", "24.04"): "3.12"}
ONLY_ROOT = Said("安装需要 root 权限：请在命令前加 sudo。只看会做什么，请加 --dry-run。",
                 "Only root may install: put sudo before the command. --dry-run only shows what it would do.")
JETPACK = ("ubuntu", "22.04")
GROUPS = ("video", "render", "audio", "gpio", "i2c", "dialout", "plugdev")
"""Groups that may open cameras, sound, lamp and button, where a system has them."""
LOG_GROUP = "systemd-journal"
"""It may read the log, which a file for support holds (`zaitang-edge support`, `zaitang-central support`)."""


@dataclass(frozen=True)
class Machine:
    """`board`: `pi4`, `pi5`, `pi` (another Raspberry Pi), `jetson` or `pc`; `system`: as /etc/os-release says;
    `groups`: those of GROUPS and LOG_GROUP that there are; `booted`: systemd runs here (not so in a chroot)."""

    board: str
    system: tuple[str, str]
    arch: str
    bits: int
    free_bytes: int
    groups: tuple[str, ...] = ()
    is_root: bool = True
    booted: bool = False

    @property
    def python(self) -> str:
        """The Python that releases run on here, such as `3.11`. Only where `refusals` has none."""
        return SYSTEMS[self.system]

    @property
    def is_pi(self) -> bool:
        """Whether libcamera comes with the system."""
        return self.board.startswith("pi")


def look(root: Path = Path("/")) -> Machine:
    """The machine that has its system at `root`."""
    release = _os_release(_text(root / "etc/os-release"))
    groups = {line.split(":", 1)[0] for line in _text(root / "etc/group").splitlines()}
    return Machine(
        board=board_of(_text(root / "proc/device-tree/model"), (root / "etc/nv_tegra_release").exists()),
        system=(release.get("ID", ""), release.get("VERSION_ID", "")), arch=platform.machine(),
        bits=8 * struct.calcsize("P"), free_bytes=_free(root),
        groups=tuple(one for one in (*GROUPS, LOG_GROUP) if one in groups),
        is_root=os.geteuid() == 0, booted=root == Path("/") and (root / "run/systemd/system").is_dir())


def board_of(model: str, tegra: bool) -> str:
    """The board by what the device tree calls it."""
    if "Raspberry Pi" in model:
        return next((name for word, name in (("Pi 5", "pi5"), ("Module 5", "pi5"), ("Pi 4", "pi4"), ("Module 4", "pi4"))
                     if word in model), "pi")
    return "jetson" if tegra or "Orin" in model else "pc"


def refusals(machine: Machine, end: str, first: bool) -> list[Said]:
    """Why nothing can be installed here, and what to do. `first`: nothing of ours takes up space yet."""
    found = []
    if machine.bits != 64 or machine.arch not in ARCHES:
        here = f"{machine.bits} 位 {machine.arch}"
        found.append(Said(
            f"本机系统是 {here}：需要 64 位系统（x86_64 或 aarch64）。树莓派请重新写入 64 位的 Raspberry Pi OS。",
            f"This system is {machine.bits}-bit {machine.arch}: a 64-bit one is needed (x86_64 or aarch64). "
            "On a Raspberry Pi write the 64-bit Raspberry Pi OS to the card anew."))
    if machine.system not in SYSTEMS:
        name = " ".join(machine.system).strip() or "?"
        found.append(Said(
            f"不支持本机系统（{name}）：请用 Debian 12 或 13、64 位 Raspberry Pi OS、"
            "Ubuntu 22.04 或 24.04、JetPack 6。",
            f"This system ({name}) is not supported: use Debian 12 or 13, Raspberry Pi OS (64-bit), "
            "Ubuntu 22.04 or 24.04, or JetPack 6."))
    if machine.board == "pi" and end == "box":
        found.append(Said("这块树莓派太旧：终端盒需要 Pi 4 或 Pi 5。",
                          "This Raspberry Pi is too old: a box needs a Pi 4 or a Pi 5."))
    if machine.board == "jetson" and machine.system != JETPACK:
        found.append(Said("Jetson 需要 JetPack 6（Ubuntu 22.04）：请先升级。",
                          "A Jetson needs JetPack 6 (Ubuntu 22.04): bring it up to that first."))
    if end == "centre" and machine.system == JETPACK:
        found.append(Said("Ubuntu 22.04 的 systemd 太旧，无法加密保存监管中心的口令：请用 Ubuntu 24.04 或 Debian。",
                          "The systemd of Ubuntu 22.04 is too old to keep a centre's passphrases encrypted: "
                          "use Ubuntu 24.04, or Debian 12 or 13."))
    if first and machine.free_bytes < DISK[end]:
        need, free = DISK[end] / GB, machine.free_bytes / GB
        found.append(Said(f"磁盘剩余 {free:.1f} GB，安装需要 {need:.0f} GB：请换更大的存储卡或清理磁盘。",
                          f"{free:.1f} GB of the disk are free and {need:.0f} GB are needed: take a larger card, "
                          "or make room."))
    if not machine.is_root:
        found.append(ONLY_ROOT)
    return found


def _os_release(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key: value.strip().strip("\"'") for key, _, value in pairs}


def _free(root: Path) -> int:
    return min(os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
               for place in (root / "opt", root / "var", root) if place.is_dir())


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").rstrip("\0")
    except OSError:
        return ""
