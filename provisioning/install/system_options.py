"""What an operator says about the machine itself, remembered from one run to the next, and what the machine says."""
from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from provisioning.install import firewall
from provisioning.install.said import InstallError, Said

REMEMBERED = "/etc/zaitang/machine.json"
RTCS = ("pi5", "ds3231", "pcf8523", "pcf85063a", "rv3028")
"""`pi5`: the clock of a Raspberry Pi 5 with the rechargeable cell made for it; others: chips on I2C."""
TURNS = (0, 90, 180, 270)
SSH, MOST_ABOVE = "SSH_CONNECTION", 32
"""Client, its port, server, its port: what sshd tells whoever comes; so many processes above us are asked for it."""
_BOTH = (
    ("--admin-net", {"action": "append", "metavar": "NET"}, Said(
        "允许通过 SSH 维护的网段，可重复", "a network that may come by SSH; may be repeated")),
    ("--metrics-net", {"action": "append", "metavar": "NET"}, Said(
        "允许读取指标的网段，可重复", "a network that may read metrics; may be repeated")),
    ("--ntp", {"action": "append", "metavar": "SERVER"}, Said(
        "另外使用的时间服务器，可重复", "a time server beside those of the system; may be repeated")),
    ("--data-disk", {"metavar": "LABEL"}, Said(
        "存放 /var/lib/zaitang 的磁盘卷标", "label of the disk that takes /var/lib/zaitang")))
WORDS = {
    "box": (
        *_BOTH,
        ("--rtc", {"choices": RTCS}, Said(
            "树莓派的电池时钟；pi5 仅限其专用可充电电池",
            "battery clock of a Raspberry Pi; pi5: only with its own rechargeable cell")),
        ("--rotate", {"type": int, "choices": TURNS}, Said("屏幕旋转角度", "degrees by which the screen is turned")),
        ("--kiosk", {"action": argparse.BooleanOptionalAction}, Said(
            "开机后在屏幕上显示终端页面", "show the terminal's page on the screen from the start on"))),
    "centre": _BOTH}
"""The words of each end. What is not said is as it was said the last time."""
CENTRE_TOML, BOX_TOML = "var/lib/zaitang/centre/centre.toml", "var/lib/zaitang/box/box.toml"
Asked = Mapping[str, object]


@dataclass(frozen=True)
class SystemOptions:
    """`admin_net`: networks that may come by SSH (none: those of the house to a box, all to a centre); `metrics_net`:
    that may read metrics; `ntp`: time servers beside those of the system; `rtc`: one of RTCS; `rotate`: degrees by
    which the screen is turned; `data_disk`: label of the disk that takes /var/lib/zaitang.

    What the machine says: `ssh_ports`, `ports` of a centre, `metrics_ports`, each of TCP."""

    admin_net: tuple[str, ...] = ()
    metrics_net: tuple[str, ...] = ()
    ntp: tuple[str, ...] = ()
    rtc: str = ""
    rotate: int = 0
    kiosk: bool = True
    data_disk: str = ""
    ssh_ports: tuple[int, ...] = (22,)
    ports: tuple[int, ...] = (firewall.CONSOLE, firewall.DEVICES, firewall.BROKER)
    metrics_ports: tuple[int, ...] = ()


ASKED = tuple(one.name for one in fields(SystemOptions) if not one.name.endswith("ports"))


def system_options(asked: Asked, root: Path, environ: Mapping[str, str], end: str) -> SystemOptions:
    """What is said now, else what was said before, and what the machine says. `asked`: by the names of the words, None
    where nothing was said. Raises InstallError: for a word that cannot be, and before somebody locks himself out."""
    before = remembered(_text(root / REMEMBERED[1:]))
    said = {key: asked[key] if asked.get(key) is not None else before[key]
            for key in ASKED if asked.get(key) is not None or key in before}
    options = _checked(said)
    ssh = [*(root / "etc/ssh/sshd_config.d").glob("*.conf"), root / "etc/ssh/sshd_config"]
    tomls = [_text(root / CENTRE_TOML), _text(root / BOX_TOML)]
    options = replace(
        options, ssh_ports=firewall.ssh_ports("\n".join(map(_text, ssh))), ports=firewall.centre_ports(tomls[0]),
        metrics_ports=tuple(sorted({port for text in tomls if (port := firewall.metrics_port(text))})))
    if not asked.get("uninstall"):
        _not_locked_out(options, environ.get(SSH, ""), end)
    return options


def with_session(environ: Mapping[str, str], proc: Path = Path("/proc"), pid: int | None = None) -> dict[str, str]:
    """The environment, with how we came by SSH: sudo keeps that from us, so the processes above are asked."""
    pid = os.getppid() if pid is None else pid
    for _ in range(MOST_ABOVE):
        if SSH in environ or pid <= 1:
            break
        told = re.search(rf"(?:^|\0){SSH}=([^\0]*)", _text(proc / str(pid) / "environ"))
        environ = environ if told is None else {**environ, SSH: told[1]}
        found = re.search(r"^PPid:\s*(\d+)$", _text(proc / str(pid) / "status"), re.M)
        pid = int(found[1]) if found else 0
    return dict(environ)


def admin(options: SystemOptions, end: str) -> tuple[str, ...]:
    """Who may come by SSH. A centre often stands far from who looks after it, and its SSH was there before us."""
    return options.admin_net or (firewall.LOCAL if end == "box" else firewall.ANYWHERE)


def remembered(text: str) -> dict[str, object]:
    """What was said before, by `memory`; nothing if there is no memory or it is broken."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {key: value for key, value in found.items() if key in ASKED} if isinstance(found, dict) else {}


def memory(options: SystemOptions) -> bytes:
    """What the next run remembers."""
    return (json.dumps({key: getattr(options, key) for key in ASKED}, indent=1) + "\n").encode()


def _checked(said: Asked) -> SystemOptions:
    admin_net, metrics_net = (_networks(_words(said.get(key))) for key in ("admin_net", "metrics_net"))
    ntp, rtc, disk = tuple(_words(said.get("ntp"))), str(said.get("rtc", "")), str(said.get("data_disk", ""))
    for server in ntp:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,253}", server):
            raise InstallError(f"“{server}”不是时间服务器的名称或地址。",
                               f"“{server}” is no name or address of a time server.")
    if disk and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,15}", disk):
        raise InstallError(f"卷标“{disk}”不可用：请用 1 至 16 个字母、数字或 . _ -。",
                           f"“{disk}” cannot be a label: use 1 to 16 letters, digits or . _ -.")
    rotate = said.get("rotate", 0)
    return SystemOptions(
        admin_net=admin_net, metrics_net=metrics_net, ntp=ntp, rtc=rtc if rtc in RTCS else "", data_disk=disk,
        kiosk=said.get("kiosk") is not False, rotate=rotate if isinstance(rotate, int) and rotate in TURNS else 0)


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []


def _networks(words: list[str]) -> tuple[str, ...]:
    try:
        return firewall.networks(words)
    except ValueError as error:
        raise InstallError(f"不是网段：{error}。请写成 10.1.2.0/24 的形式。",
                           f"That is no network: {error}. Write it like 10.1.2.0/24.") from None


def _not_locked_out(options: SystemOptions, connection: str, end: str) -> None:
    client, _, _, port = (*connection.split(), "", "", "", "")[:4]
    if port.isdecimal() and int(port) not in options.ssh_ports:
        raise InstallError(f"您通过 SSH 连接的是端口 {port}，而 sshd 的配置没有写明它，下次就连不上了："
                           f"请在 /etc/ssh/sshd_config 中写明 Port {port}。",
                           f"You came by SSH at port {port}, which the configuration of sshd does not name, and the "
                           f"next time you will not come in: write Port {port} into /etc/ssh/sshd_config.")
    if not firewall.lets_in(admin(options, end), client):
        raise InstallError(f"您从 {client} 通过 SSH 连接，而 --admin-net 不包含它：请用 --admin-net 加上该网段，"
                           "否则下次就连不上了。",
                           f"You came by SSH from {client}, which is in no --admin-net: name its network by "
                           "--admin-net, or the next time you will not come in.")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
