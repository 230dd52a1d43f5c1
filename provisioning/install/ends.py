"""The folder of a box or of a centre, made by their own commands as the user that they run as."""
from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.items import Command, File, Folder, Item
from provisioning.install.keys import BOX_KEYS, CENTRE_KEYS, keys_item
from provisioning.install.lent import AS_USER, CREDENTIALS, lent_to_user, sealed
from provisioning.install.options import USER, Options
from provisioning.install.release import CURRENT
from provisioning.install.said import InstallError, Said
from provisioning.install.user import BOX, CENTRE, HOME

BACKUP = f"{HOME}/backup"
NEW_CENTRE = f"{CENTRE}.new"
BACKUP_CREDENTIAL = f"{CREDENTIALS}/zaitang.backup"
MODELS = f"{HOME}/.local/share/zaitang/models"
TOLD = "/etc/zaitang/box-centre.toml"


def end_items(options: Options) -> list[Item]:
    """What a box or a centre has beside its programs."""
    mirror = options.source.folder / "packs"
    packs = [_packs(mirror)] if options.source.bundle and options.end == "box" and mirror.is_dir() else []
    if options.end == "box":
        return [*packs, *([_told(options)] if options.centre else []), *([_box(options)] if options.device else []),
                *([keys_item(BOX_KEYS, options, options.keys_file)] if options.keys_file else [])]
    backups = Folder(BACKUP, Said("备份文件夹", "Folder of backups"), mode=0o700, owner=USER, keep=True)
    made: list[Item] = [_quiet_mosquitto(), backups]
    if options.passphrase_file:
        made.append(_centre(options, options.passphrase_file))
    if options.keys_file:
        made.append(keys_item(CENTRE_KEYS, options, options.keys_file))
    if options.backup_file:
        made.append(_backup(options.backup_file))
    return made


def _told(options: Options) -> Item:
    """Of whom a box asks at its first boot. Nothing in it is secret, and it is believed because root wrote it."""
    said = {"centre": options.centre, "pin": options.pin, "console": options.console}
    lines = [f'{name} = "{value}"\n' for name, value in said.items() if value]
    return File(TOLD, Said("终端盒的监管中心", "The centre of the box"), content="".join(lines).encode())


def _box(options: Options) -> Item:
    words = ["init", BOX, "--lang", options.lang, "--device", options.device, "--room", options.room]
    words += ["--policy", options.policy] if options.policy else []
    return Command("box", Said(f"终端盒 {options.device}", f"Box {options.device}"),
                   check=lambda host: host.at(f"{BOX}/box.toml").exists(),
                   act=lambda host: _made(host, BOX, f"{CURRENT}/bin/zaitang-edge", *words))


def _centre(options: Options, passphrase: Path) -> Item:
    def act(host: Host) -> None:
        # Two steps, each whole or not at all: a centre whose file of settings is not ours yet is told by its name. One
        # that a kill left there was nobody's yet; it is made anew, so that what people have to note of it is told.
        host.run(*AS_USER, "rm", "-rf", NEW_CENTRE)
        # So its keys never lie open; the item that keeps this passphrase comes next.
        keys = {CENTRE_KEYS.name: options.keys_file} if options.keys_file else {}
        with lent_to_user(host, {"secret": passphrase, **keys}) as lent:
            _made(host, NEW_CENTRE, f"CREDENTIALS_DIRECTORY={lent}", f"{CURRENT}/bin/zaitang-central", "init",
                  NEW_CENTRE, "--lang", options.lang, "--passphrase-file", str(lent / "secret"))
        path = host.at(f"{NEW_CENTRE}/centre.toml")
        with _rights_of_user(host):
            path.write_text(centre_toml(path.read_text(encoding="utf-8"), options.names), encoding="utf-8")
        host.run(*AS_USER, "mv", "-T", NEW_CENTRE, CENTRE)

    return Command("centre", Said("监管中心：密钥、数据库、centre.toml", "The centre: keys, database, centre.toml"),
                   check=lambda host: host.at(f"{CENTRE}/centre.toml").exists(), act=act)


def centre_toml(text: str, names: tuple[str, ...]) -> str:
    """The settings of a new centre whose boxes are on other machines: by TLS, reached by these names."""
    listed = ", ".join(f'"{name}"' for name in (*names, "localhost", "127.0.0.1"))
    for section, key, value in (("broker", "port", "8883"), ("broker", "tls", "true"),
                                ("devices", "host", '"0.0.0.0"'), ("devices", "names", f"[{listed}]")):
        place = rf"(^\[{section}\]\n(?:[^\[\n].*\n)*?{key} = ).*$"
        text, count = re.subn(place, rf"\g<1>{value}", text, count=1, flags=re.M)
        if not count:
            raise InstallError(f"centre.toml 中没有 [{section}] {key}。", f"centre.toml has no [{section}] {key}.")
    return text


def _quiet_mosquitto() -> Item:
    """Debian starts the broker that came with its package, without certificates; ours is run by `zaitang-broker`."""
    unit = "mosquitto.service"

    def check(host: Host) -> bool:
        ours = "mosquitto" in host.journal.placed.get("packages:centre", {"names": []})["names"]
        return not ours or not host.succeeds("systemctl", f"--root={host.root}", "is-enabled", "--quiet", unit)

    def act(host: Host) -> None:
        host.run("systemctl", f"--root={host.root}", "disable", unit)
        if host.machine.booted:
            host.run("systemctl", "stop", unit)

    return Command("mosquitto", Said("Debian 自带的消息代理停用", "Debian's own broker is off"), check=check, act=act)


def _backup(passphrase: Path) -> Item:
    def act(host: Host) -> None:
        sealed(host, passphrase, BACKUP_CREDENTIAL, "backup").replace(host.at(BACKUP_CREDENTIAL))

    return Command("backup", Said("备份口令（加密保存在本机）", "The passphrase of backups, encrypted to this machine"),
                   check=lambda host: host.at(BACKUP_CREDENTIAL).exists(), act=act,
                   undo_words=("rm", "-f", BACKUP_CREDENTIAL))


def _packs(mirror: Path) -> Item:
    """Model packs of the bundle, taken by the box's own command, which checks every file."""
    files = {path.name for path in mirror.iterdir() if path.suffix != ".toml"}

    def act(host: Host) -> None:
        with _readable(mirror) as copy:
            for pack in _brought(host, files):
                host.run(*AS_USER, f"ZAITANG_MODEL_MIRROR={copy}", f"{CURRENT}/bin/zaitang-edge", "models",
                         "fetch", pack)

    def check(host: Host) -> bool:
        return all(any(host.at(MODELS).glob(f"*/{name}")) for name in files)

    return Command("packs", Said("模型包", "Model packs"), check=check, act=act)


def _brought(host: Host, files: set[str]) -> list[str]:
    """The packs whose first file, the detector that is theirs alone, is among these."""
    manifests = sorted(host.at(CURRENT).glob("lib/python*/site-packages/models/*.toml"))
    first = {path.stem: re.search(r'^name = "([^"]+)"', path.read_text(encoding="utf-8"), re.M) for path in manifests}
    return [pack for pack, name in first.items() if name and name[1] in files]


def _made(host: Host, folder: str, *words: str) -> None:
    # What a kill left: the commands make a folder under such a name, and rename it.
    for left in host.at(HOME).glob(f".{Path(folder).name}.*.part"):
        shutil.rmtree(left)
    for line in host.run(*AS_USER, *words):
        shown = line.replace(NEW_CENTRE, CENTRE)
        host.say(Said(f"    {shown}", f"    {shown}"))


@contextmanager
def _rights_of_user(host: Host) -> Iterator[None]:
    """What is read and written meanwhile is so by the user's rights: no link in its folder leads to what is root's."""
    (user, group), groups = host.ids(USER), os.getgroups()
    os.setgroups([])
    os.setegid(group)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


@contextmanager
def _readable(folder: Path) -> Iterator[Path]:
    """A copy that everybody may read: a stick may be for root alone."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(folder, Path(name) / "pack")
        os.chmod(name, 0o755)
        yield Path(name) / "pack"
