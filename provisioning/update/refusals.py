"""Why this machine takes no bundle now, or cannot go back, whatever the bundle is."""
from __future__ import annotations

import shutil
from itertools import islice
from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.said import InstallError, Said
from provisioning.release.sums import MAX_FILES
from provisioning.update.ends import BOX, Ends
from provisioning.update.releases import Releases
from provisioning.update.state import State, before

OPT, STATE = "/opt/zaitang", "/var/lib/zaitang-install"
MB = 1_000_000
ROOM_TIMES, SPARE = 4, 1000 * MB
"""What must be free: so many times the bundle, for its copy and the release, and what is recorded meanwhile."""
UNKNOWN = Said(f"{BOX.folder} 中没有 {BOX.made}，却有别的内容，或无法查看：无法得知是否正在上课。请把它放回原处。",
               f"{BOX.folder} has no {BOX.made}, and yet holds other things or cannot be looked at: nobody can tell "
               "whether a class runs. Put it back where it was.")


class Refused(InstallError):
    """A bundle that is not taken."""


def refuse_full(host: Host, bundle: Path) -> None:
    """A machine on which the copy and the release might fill the disk, where a recording needs the room. Raises
    Refused, OSError."""
    size = bundle.stat().st_size if bundle.is_file() else sum(
        entry.stat().st_size for entry in islice(bundle.rglob("*"), 2 * MAX_FILES) if entry.is_file())
    need = ROOM_TIMES * size + SPARE
    for place in (OPT, STATE):
        if (free := shutil.disk_usage(host.at(place)).free) < need:
            raise Refused(f"空间不足：{place} 所在磁盘须有 {need // MB} MB 空闲，现有 {free // MB} MB。"
                          "请腾出空间后重新安装此更新。",
                          f"There is no room: {need // MB} MB must be free where {place} lies, and {free // MB} MB "
                          "are. Make room and take it again.")


def refuse_machine(ends: Ends, current: str) -> None:
    """A machine on which nothing would be proved, or nobody knows what is newer. Raises Refused."""
    if not ends.here:
        raise Refused("本机没有安装终端盒或监管中心：请用 install-box 或 install-centre 安装。",
                      "Neither a box nor a centre is installed on this machine: use install-box or install-centre.")
    if place := ends.lacks_disk():
        raise Refused(f"应挂载在 {place} 的数据盘没有挂载，无法得知本机是否空闲：请先接好数据盘。",
                      f"The disk that belongs at {place} is not mounted, and nobody can tell whether this machine is "
                      "quiet: mount it first.")
    if ends.has_box() is None:
        raise Refused(*UNKNOWN)
    if not current:
        raise Refused("/opt/zaitang/current 没有指向任何版本：请先让它指向 /opt/zaitang/releases 中的一个版本。",
                      "/opt/zaitang/current leads to no release: let it lead to one of /opt/zaitang/releases first.")


def refuse_back(state: State, current: str, releases: Releases, ends: Ends) -> str:
    """The release to which this machine can go back now. Raises Refused."""
    to = before(current, releases.whole(), state.broken)
    if not to:
        raise Refused("本机没有可退回的版本。", "There is no release on this machine to go back to.")
    if not ends.reads(to):
        raise Refused(f"版本 {to} 打不开现在的数据库，无法退回。",
                      f"Release {to} does not open the database as it is now: there is no way back to it.")
    return to
