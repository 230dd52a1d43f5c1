"""Makes the release of a checked bundle beside the others, as the installer makes the first one."""
from __future__ import annotations

from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.packages import Packages, read_list
from provisioning.install.release import RELEASES, Release, Source
from provisioning.install.said import InstallError, Said


def build(host: Host, folder: Path, version: str, ends: tuple[str, ...]) -> None:
    """`folder`: of the bundle. Raises InstallError, OSError."""
    for end in ends:
        lines = read_list(folder / f"provisioning/apt-{end}.txt")
        lacks = Packages(end, Said("", ""), lines=lines).lacking(host)
        if lacks:
            names = " ".join(lacks)
            raise InstallError(f"新版本还需要系统软件包：请先运行 `sudo apt-get install {names}`，再重新安装此更新。"
                               "没有网络时，见 docs/updates。",
                               "The new release needs more packages of the system: run "
                               f"`sudo apt-get install {names}`, then take it again. Without a network: docs/updates.")
    what, source = Said(f"版本 {version}", f"Release {version}"), Source(folder, version, bundle=True)
    system = host.machine.is_pi and "box" in ends
    Release(f"{RELEASES}/{version}", what, source, tuple(sorted(ends)), host.machine.python, system).do(host)
