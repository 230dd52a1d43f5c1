"""A disk of its own for what is kept: found by its label, mounted, never formatted."""
from __future__ import annotations

import subprocess
from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.items import Command, File, Item
from provisioning.install.said import InstallError, Said

PLACE, UNIT, BACK = "/var/lib/zaitang", "var-lib-zaitang.mount", "disk-zaitang.service"
GOOD = ("ext4", "xfs", "btrfs")
"""File systems that keep a name and what it names over a power cut."""
MOUNT = """\
[Unit]
Description=The disk of Zaitang: what is recorded
# Without it nothing of ours starts: a recording must not go to the card instead.
[Mount]
What=/dev/disk/by-label/{label}
Where=/var/lib/zaitang
Options=noatime,nosuid,nodev

# A disk that comes late, or whose plug was loose, is mounted as soon as it is there.
[Install]
WantedBy=local-fs.target {device}
"""


def disk_items(label: str, files: Path) -> list[Item]:
    """What mounts the disk with that label at /var/lib/zaitang; before anything is put there. `files`: the system's."""
    says = Said(f"数据盘 {label}", f"The disk {label}")
    mount = MOUNT.format(label=label, device="dev-disk-by\\x2dlabel-" + label.replace("-", "\\x2d") + ".device")
    return [
        Command(f"disk {label}", Said(f"数据盘 {label} 可用", f"The disk {label} can be used"),
                check=lambda host: trouble(host, label) is None, act=lambda host: _refuse(host, label)),
        File(f"/etc/systemd/system/{UNIT}", says, content=mount.encode()),
        File(f"/etc/systemd/system/{BACK}", Said(f"{says.zh}恢复后继续运行", f"{says.en} is back: everything goes on"),
             source=files / BACK),
        Command("mount", Said(f"{says.zh}挂载到 {PLACE}", f"{says.en} is mounted at {PLACE}"),
                check=lambda host: _is_mounted(host, label) and host.succeeds("systemctl", "is-enabled", "-q", BACK),
                act=_mount, undo_words=("systemctl", "disable", UNIT, BACK)),
    ]


def _mount(host: Host) -> None:
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "enable", BACK)
    host.run("systemctl", "enable", "--now", UNIT)


def _is_mounted(host: Host, label: str) -> bool:
    return host.machine.booted and host.succeeds("findmnt", "-rn", "-S", f"LABEL={label}", "-M", PLACE)


def _refuse(host: Host, label: str) -> None:
    if (told := trouble(host, label)) is not None:
        raise InstallError(*told)


def trouble(host: Host, label: str) -> Said | None:
    """Why the disk cannot be used."""
    device = host.at(f"/dev/disk/by-label/{label}")
    if _is_mounted(host, label):
        return None
    if not host.machine.booted:
        return Said("--data-disk 只能在已启动的机器上使用。", "--data-disk needs a machine that runs.")
    if not device.exists():
        return Said(f"没有卷标为 {label} 的磁盘。用 lsblk -f 查看；新磁盘请自行格式化（会清空该盘）："
                    f"mkfs.ext4 -L {label} /dev/…",
                    f"There is no disk with the label {label}. lsblk -f lists them; a new one you format yourself, "
                    f"which wipes it: mkfs.ext4 -L {label} /dev/…")
    if (found := _kind(str(device))) not in GOOD:
        return Said(f"磁盘 {label} 的文件系统是 {found or '?'}：需要 {'、'.join(GOOD)} 之一。",
                    f"The disk {label} has {found or '?'}: it takes one of {', '.join(GOOD)}.")
    place = host.at(PLACE)
    if place.is_dir() and any(place.iterdir()):
        return Said(f"{PLACE} 中已有内容，会被磁盘遮住：请先停止服务，把它移到磁盘 {label} 上。",
                    f"{PLACE} is not empty, and the disk would hide what lies there: stop everything and move it to "
                    f"the disk {label} first.")
    return None


def _kind(device: str) -> str:
    try:
        return subprocess.run(["lsblk", "-ndo", "FSTYPE", device], capture_output=True, text=True, timeout=30,
                              check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
