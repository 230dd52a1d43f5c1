"""What should be on a machine that is a box or a centre: its items, in the order in which they are placed."""
from __future__ import annotations

from pathlib import Path

from provisioning.install.ends import end_items
from provisioning.install.items import File, Folder, Item, Link, Unit
from provisioning.install.keys import BOTH
from provisioning.install.lent import CREDENTIALS
from provisioning.install.machine import LOG_GROUP, Machine
from provisioning.install.options import KEY, USER, Options
from provisioning.install.packages import Packages, read_list
from provisioning.install.release import CURRENT, OPT, RELEASES, UPDATER, Release
from provisioning.install.said import Said
from provisioning.install.system import before_items, system_items
from provisioning.install.user import HOME, User

LENT_KEYS = "/run/zaitang-keys"
NAMES = " ".join(keys.name for keys in BOTH)
UNITS = "/etc/systemd/system"
COMMANDS = "/usr/local/bin"
COMMAND = f"""#!/bin/sh
# {{command}}, by root as the user that the services run as.
[ "$(id -u)" = 0 ] || exec {{command}} "$@"
set -- HOME={HOME} PYTHONNOUSERSITE=1 {{command}} "$@"
# What opens the keys, as systemd gives it to the services: in memory, in a folder that is root's.
for name in {NAMES}; do
  [ -e {CREDENTIALS}/$name ] || continue
  mkdir -p -m 755 {LENT_KEYS}
  (umask 077; systemd-creds decrypt --name=$name {CREDENTIALS}/$name - > {LENT_KEYS}/$$) &&
    chown {USER} {LENT_KEYS}/$$ && mv -f {LENT_KEYS}/$$ {LENT_KEYS}/$name || rm -f {LENT_KEYS}/$$
  set -- CREDENTIALS_DIRECTORY={LENT_KEYS} "$@"
done
set -- env "$@"
# Never in root's session, where it could type into root's terminal: in a terminal of its own, or with none where there
# is a pipe or a file, which that would change (runuser -c, which hands an interrupt on).
if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then exec runuser --pty -u {USER} -- "$@"; fi
exec runuser -s /bin/sh -c 'exec "$0" "$@"' -- {USER} "$@"
"""


def plan(machine: Machine, options: Options) -> list[Item]:
    """The items of a machine that nothing forbids (`refusals`). Of files it reads lists and names alone."""
    top, end = options.source.folder, options.end
    release, ends = f"{RELEASES}/{options.source.version}", tuple(sorted({end, *options.others}))
    return [
        _packages(machine, options),
        *before_items(machine, options),
        User(USER, Said("系统用户 zaitang", "The system's user zaitang"),
             groups=tuple(one for one in machine.groups if end == "box" or one == LOG_GROUP)),
        Folder(OPT, Said(f"文件夹 {OPT}", f"Folder {OPT}"), whole=True),
        Folder(RELEASES, Said(f"文件夹 {RELEASES}", f"Folder {RELEASES}"), whole=True),
        Folder("/etc/zaitang", Said("文件夹 /etc/zaitang", "Folder /etc/zaitang"), whole=True),
        *_key(options),
        Folder(HOME, Said(f"文件夹 {HOME}（证据）", f"Folder {HOME} (evidence)"), mode=0o700, owner=USER, keep=True),
        Release(release, Said(f"版本 {options.source.version}（需要几分钟）",
                              f"Release {options.source.version} (takes minutes)"),
                options.source, ends, machine.python, machine.is_pi and "box" in ends),
        *unit_items(top / "systemd", end),
        Link(CURRENT, Said(f"启用版本 {options.source.version}",
                           f"Release {options.source.version} is the current one"),
             target=f"releases/{options.source.version}"),
        Link(UPDATER, Said("由它更新", "It is what updates"), target=f"releases/{options.source.version}"),
        *_commands(end),
        *end_items(options),
        *system_items(machine, options),
        Unit(f"zaitang-{end}.target", Said("开机启动", "Starts when the machine starts")),
    ]


def _key(options: Options) -> list[Item]:
    """Whose releases this machine takes from now on. A later one comes by people's hands alone."""
    if options.release_key is None:
        return []
    return [File(KEY, Said("发布者的公钥", "The publisher's key"), content=options.release_key)]


def _packages(machine: Machine, options: Options) -> Packages:
    lines = read_list(options.source.folder / f"provisioning/apt-{options.end}.txt")
    python = (f"python{machine.python}", f"python{machine.python}-venv")
    camera = ("python3-picamera2",) if machine.is_pi and options.end == "box" else ()
    return Packages(options.end, Said("Debian 软件包（首次需要几分钟）", "Debian packages (the first time minutes)"),
                    lines=(*python, *lines, *camera), debs=options.source.debs)


def _commands(end: str) -> list[Item]:
    """Commands in the PATH. What root calls runs as our user: a file of root's in its folder would stop a service."""
    names = {"box": ("zaitang-edge", "zaitang-verify"), "centre": ("zaitang-central", "zaitang-verify")}[end]
    update = Link(f"{COMMANDS}/zaitang-update", Said("命令 zaitang-update", "Command zaitang-update"),
                  target=f"{UPDATER}/provisioning/zaitang-update")
    return [update, *(File(f"{COMMANDS}/{name}", Said(f"命令 {name}", f"Command {name}"), mode=0o755,
                 content=COMMAND.format(command=f"{CURRENT}/bin/{name}").encode()) for name in names)]


def unit_items(folder: Path, end: str) -> list[Item]:
    """The units of one end, and what holds for all of them. Each names its target, but for a service with a timer."""
    target = f"zaitang-{end}.target"
    units = [path for path in sorted(folder.glob("zaitang-*")) if path.is_file()]
    stems = {path.stem for path in units if path.name == target or target in path.read_text()}
    files = [path for path in units if path.stem in stems] + sorted(folder.glob("zaitang*-.service.d/*.conf"))
    return [File(f"{UNITS}/{path.relative_to(folder)}", Said(f"单元 {path.name}", f"Unit {path.name}"), source=path)
            for path in files]
