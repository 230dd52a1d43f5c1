"""What the machine of a box or a centre needs beside our processes: its clock, who may connect, its screen, its memory
and its logs. docs/machine.md says why, for people; the files below provisioning/system say it for themselves.
"""
from __future__ import annotations

from provisioning.install import firewall
from provisioning.install.block import Block
from provisioning.install.disk import disk_items
from provisioning.install.items import File, Item, Unit
from provisioning.install.kernel_line import KernelLine
from provisioning.install.machine import Machine
from provisioning.install.options import Options
from provisioning.install.packages import Packages, read_list
from provisioning.install.said import Said
from provisioning.install.settled import SETTLED, Settled
from provisioning.install.system_options import REMEMBERED, admin, memory
from provisioning.install.user import User

UNITS = "/etc/systemd/system"
FIREWALL, FIREWALL_UNIT = "/etc/zaitang/firewall.nft", "nftables-zaitang.service"
KIOSK, KIOSK_USER = "zaitang-kiosk.service", "zaitang-kiosk"
BOOT_CONFIG, BOOT_LINE = "/boot/firmware/config.txt", "/boot/firmware/cmdline.txt"
MEMORY_LIMITS = "cgroup_enable=memory"
"""The firmware of a Raspberry Pi switches limits of memory off, and systemd would set ours in vain."""
PI_WATCHDOG_S, WATCHDOG_S = 15, 60
"""Seconds after which a machine whose systemd says nothing is started anew; the timer of a Raspberry Pi ends there."""


def before_items(machine: Machine, options: Options) -> list[Item]:
    """What must be there before the first folder of ours: the disk that takes it."""
    files = options.source.folder / "provisioning/system"
    return disk_items(options.system.data_disk, files) if options.system.data_disk else []


def system_items(machine: Machine, options: Options) -> list[Item]:
    """The rest, in the order in which it is placed."""
    made = [*_remembered(options), *_clock(options), *_firewall(options), *_logs(options)]
    if "box" in (options.end, *options.others):
        made += [*_memory(machine, options), *_upkeep(machine, options), *_devices(machine, options),
                 *_kiosk(machine, options)]
    files = tuple(item for item in made if isinstance(item, File))
    return [*made, Settled(SETTLED, Said("新设置生效", "What runs goes by it"), files)]


def has_kiosk(machine: Machine, options: Options) -> bool:
    """Whether the page is shown on the screen. On Ubuntu, so on a Jetson, the browser is a snap, which no unit can shut
    in: there somebody opens the page by hand."""
    return options.system.kiosk and machine.system[0] == "debian" and "box" in (options.end, *options.others)


def _remembered(options: Options) -> list[Item]:
    return [File(REMEMBERED, Said("本机的设置，供下次安装沿用", "What was said about this machine, for the next run"),
                 content=memory(options.system))]


def _clock(options: Options) -> list[Item]:
    servers = "".join(f"server {server} iburst prefer\n" for server in options.system.ntp)
    made: list[Item] = [
        _file(options, "/etc/chrony/conf.d/zaitang.conf", "chrony.conf", "校时：chrony", "The clock: chrony")]
    if servers:
        made.append(File("/etc/chrony/sources.d/zaitang.sources",
                         Said("本单位的时间服务器", "Time servers of the institution"), content=servers.encode()))
    # Debian starts it; in a container, which cannot set a clock, it stays off.
    return [*made, Unit("chrony.service", Said("校时已启用", "The clock is set by the network"), started=False)]


def _firewall(options: Options) -> list[Item]:
    system, ends = options.system, (options.end, *options.others)
    said = Said("防火墙：谁可以连接本机", "Who may connect to this machine")
    # Where both ends are, what the centre lets in counts.
    end = "centre" if "centre" in ends else "box"
    rules = firewall.rules(ends, admin(system, end), system.ssh_ports, system.ports if end == "centre" else (),
                           system.metrics_net, system.metrics_ports)
    return [File(FIREWALL, said, content=rules.encode()),
            _file(options, f"{UNITS}/{FIREWALL_UNIT}", FIREWALL_UNIT, *said),
            Unit(FIREWALL_UNIT, Said("防火墙已启用", "The firewall is on"))]


def _logs(options: Options) -> list[Item]:
    return [
        _file(options, "/etc/systemd/journald.conf.d/zaitang.conf", "journald.conf",
              "日志大小上限", "Logs have a limit"),
        _file(options, "/etc/sysctl.d/60-zaitang.conf", "sysctl.conf",
              "内核出错后自动重启", "A kernel that fails starts again"),
    ]


def _memory(machine: Machine, options: Options) -> list[Item]:
    """What keeps a card alive: swap and temporary files in memory, and little that waits to be written; and that the
    limits of our units hold."""
    made: list[Item] = [
        _file(options, f"{UNITS}/system.slice.d/zaitang.conf", "slice.conf",
              "内存留给录像", "Memory is kept for recording"),
        *([KernelLine(BOOT_LINE, Said("各进程的内存上限（下次启动起）", "Limits of memory, from the next start on"),
                      words=(MEMORY_LIMITS,))] if machine.is_pi else []),
        _file(options, "/etc/sysctl.d/61-zaitang-box.conf", "sysctl-box.conf",
              "写盘等待时间短", "Nothing waits long for the disk"),
        _file(options, f"{UNITS}/tmp.mount", "tmp.mount", "临时文件放在内存中", "Temporary files lie in memory"),
        # Not now: what runs has files there.
        Unit("tmp.mount", Said("临时文件放在内存中（下次启动起）",
                               "Temporary files lie in memory from the next start on"), started=False),
    ]
    zram = Said("交换空间在内存中压缩", "Swap is compressed memory")
    if machine.board == "jetson":
        return made  # NVIDIA's system has its own.
    if machine.is_pi and machine.system == ("debian", "13"):
        return [*made, _file(options, "/etc/rpi/swap.conf.d/60-zaitang.conf", "rpi-swap.conf", *zram)]
    made += [Packages("zram", zram, lines=("systemd-zram-generator",), debs=options.source.debs),
             _file(options, "/etc/systemd/zram-generator.conf.d/60-zaitang.conf", "zram.conf", *zram)]
    if machine.is_pi:
        made.append(Unit("dphys-swapfile.service", Said("存储卡上不再有交换文件", "No swap on the card"),
                         enabled=False))
    return made


def _upkeep(machine: Machine, options: Options) -> list[Item]:
    seconds = PI_WATCHDOG_S if machine.is_pi else WATCHDOG_S
    night = Said("系统更新只在夜间进行", "Upgrades of the system come at night")
    return [
        File("/etc/systemd/system.conf.d/zaitang.conf", Said("硬件看门狗", "The watchdog of the machine"),
             content=f"# A machine that hangs starts again.\n[Manager]\nRuntimeWatchdogSec={seconds}\n".encode()),
        *(_file(options, f"{UNITS}/{timer}.timer.d/zaitang.conf", "apt-night.conf", *night)
          for timer in ("apt-daily", "apt-daily-upgrade")),
    ]


def _devices(machine: Machine, options: Options) -> list[Item]:
    made: list[Item] = [
        _file(options, "/etc/udev/rules.d/70-zaitang.rules", "udev.rules", "摄像头不休眠", "Cameras do not sleep")]
    if "gpio" not in machine.groups:
        made.append(_file(options, "/etc/udev/rules.d/71-zaitang-gpio.rules", "udev-gpio.rules",
                          "按钮、指示灯和蜂鸣器的权限", "Button, lamp and buzzer belong to the box"))
    if options.system.rtc and machine.is_pi:
        made.append(Block(BOOT_CONFIG, Said("电池时钟（下次启动起）", "The battery clock, from the next start on"),
                          lines=rtc_lines(options.system.rtc)))
    return made


def rtc_lines(rtc: str) -> tuple[str, ...]:
    """What the firmware of a Raspberry Pi must know of a battery clock. Only the cell that is made for the Pi 5 may be
    charged, to 3 V: any other bursts."""
    return ("[all]", "dtparam=rtc_bbat_vchg=3000000" if rtc == "pi5" else f"dtoverlay=i2c-rtc,{rtc}")


def _kiosk(machine: Machine, options: Options) -> list[Item]:
    if not has_kiosk(machine, options):
        return []
    top, page = options.source.folder, Said("屏幕显示终端页面", "The page of the box on its screen")
    made: list[Item] = [
        Packages("kiosk", Said("屏幕显示所需的软件包", "Packages for the screen"),
                 lines=read_list(top / "provisioning/apt-kiosk.txt"), debs=options.source.debs),
        User(KIOSK_USER, Said("屏幕浏览器的系统用户", "The user of the browser on the screen")),
        *(File(f"{UNITS}/{name}", page, source=top / "systemd" / name) for name in (KIOSK, f"{KIOSK}.d/sandbox.conf")),
        *(_file(options, f"/etc/{name}/policies/managed/zaitang.json", "kiosk/policy.json",
                "浏览器只能打开本机页面", "The browser opens nothing but the page of the box")
          for name in ("chromium", "chromium-browser")),
    ]
    if options.system.rotate:
        made.append(File("/etc/zaitang/kiosk.env", Said("屏幕旋转", "The screen is turned"),
                         content=f"ZAITANG_ROTATE={options.system.rotate}\n".encode()))
    # Not now: who sits in front of the screen may be the one who installs.
    later = Said(f"{page.zh}（下次启动起）", f"{page.en}, from the next start on")
    return [*made, Unit("seatd.service", page), Unit(KIOSK, later, started=False)]


def _file(options: Options, name: str, source: str, zh: str, en: str) -> File:
    return File(name, Said(zh, en), source=options.source.folder / "provisioning/system" / source)
