"""The folder of a box or of a centre, made by their own commands as the user that they run as."""
from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.items import Command, File, Folder, Item
from provisioning.install.options import USER, Options
from provisioning.install.release import CURRENT
from provisioning.install.said import InstallError, Said
from provisioning.install.user import HOME

BOX, CENTRE, BACKUP = f"{HOME}/box", f"{HOME}/centre", f"{HOME}/backup"
NEW_CENTRE = f"{CENTRE}.new"
CREDENTIALS = "/etc/credstore.encrypted"
BACKUP_CREDENTIAL = f"{CREDENTIALS}/zaitang.backup"
KEYS_CREDENTIAL = f"{CREDENTIALS}/zaitang.keys"
LOCKED = b"zaitang-locked-1\n"
"""How a key begins that the box's own command put under the passphrase."""
BESIDE = ".next"
"""How the name ends of what it lays beside, while the passphrase is changed."""
MODELS = f"{HOME}/.local/share/zaitang/models"
LENT = "/run/zaitang-install"
TOLD = "/etc/zaitang/box-centre.toml"
AS_USER = ("setsid", "--wait", "runuser", "-u", USER, "--", "setpriv", "--pdeathsig", "KILL", "--",
           "env", f"HOME={HOME}", "PYTHONNOUSERSITE=1")
"""In a session of its own, or it could type into the terminal of root (TIOCSTI). It ends with us all the same."""


def end_items(options: Options) -> list[Item]:
    """What a box or a centre has beside its programs."""
    mirror = options.source.folder / "packs"
    packs = [_packs(mirror)] if options.source.bundle and options.end == "box" and mirror.is_dir() else []
    if options.end == "box":
        return [*packs, *([_told(options)] if options.centre else []), *([_box(options)] if options.device else []),
                *([_keys(options, options.keys_file)] if options.keys_file else [])]
    backups = Folder(BACKUP, Said("备份文件夹", "Folder of backups"), mode=0o700, owner=USER, keep=True)
    made: list[Item] = [_quiet_mosquitto(), backups]
    if options.passphrase_file:
        made.append(_centre(options, options.passphrase_file))
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
        with _lent(host, {"secret": passphrase}) as lent:
            _made(host, NEW_CENTRE, f"{CURRENT}/bin/zaitang-central", "init", NEW_CENTRE, "--lang", options.lang,
                  "--passphrase-file", str(lent / "secret"))
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
        _sealed(host, passphrase, BACKUP_CREDENTIAL, "backup").replace(host.at(BACKUP_CREDENTIAL))

    return Command("backup", Said("备份口令（加密保存在本机）", "The passphrase of backups, encrypted to this machine"),
                   check=lambda host: host.at(BACKUP_CREDENTIAL).exists(), act=act,
                   undo_words=("rm", "-f", BACKUP_CREDENTIAL))


def _keys(options: Options, passphrase: Path) -> Item:
    """It stays when the box is removed, as the keys do that it opens."""
    def act(host: Host) -> None:
        # No state of the firmware: an update of that must not take the keys away.
        part = _sealed(host, passphrase, KEYS_CREDENTIAL, "zaitang.keys", "--tpm2-pcrs=")
        try:
            if not _opens(host, part, passphrase):
                raise InstallError("systemd-creds 打不开它刚加密的口令：密钥保持原样。",
                                   "systemd-creds does not open what it has just encrypted: the keys stay as they are.")
            changes = host.at(KEYS_CREDENTIAL).exists() and (options.change_keys or _changing(host))
            # Before the credential gets its name. Either both it and the one that is there open the keys from here on,
            # or another passphrase than that of keys that are locked is refused.
            (_relock if changes else _lock)(host, passphrase, options.lang)
            part.replace(host.at(KEYS_CREDENTIAL))
            _sync(host.at(CREDENTIALS))
            if changes:
                _lock(host, passphrase, options.lang)
        finally:
            part.unlink(missing_ok=True)

    def check(host: Host) -> bool:
        # One that does not open any more, as after a TPM was cleared, is made anew.
        credential = host.at(KEYS_CREDENTIAL)
        if not credential.exists() or not _opens(host, credential, passphrase):
            return False
        return not _changing(host) and all(
            (folder / "device.pem").read_bytes().startswith(LOCKED) for folder in _key_folders(host))

    return Command("keys", Said("密钥的口令（加密保存在本机），密钥随之加密",
                                "The passphrase of the keys, encrypted to this machine, and the keys under it"),
                   check=check, act=act)


def _key_folders(host: Host) -> list[Path]:
    """Of a box, and of one that its centre has not approved yet."""
    return [path.parent for path in (host.at(f"{BOX}/keys/device.pem"), host.at(f"{BOX}/.new/keys/device.pem"))
            if path.is_file()]


def _changing(host: Host) -> bool:
    """Whether a change of the passphrase was cut off."""
    return any(any(folder.glob(f"*{BESIDE}")) for folder in _key_folders(host))


def _lock(host: Host, passphrase: Path, lang: str) -> None:
    folders = _key_folders(host)
    with _lent(host, {"zaitang.keys": passphrase}) as lent:
        for folder in folders:
            _of_keys(host, lent, lang, "lock-keys", folder)
    if folders:
        host.say(Said("    密钥已加密。没有课程时重启终端盒的服务：systemctl restart zaitang-box.target",
                      "    The keys are locked. While no class runs: systemctl restart zaitang-box.target"))


def _relock(host: Host, passphrase: Path, lang: str) -> None:
    """Both the passphrase that this machine holds and this one open the keys from now on. Raises InstallError."""
    with tempfile.TemporaryDirectory(dir=host.at("/run")) as name:
        old = Path(name, "old")
        if not host.succeeds("systemd-creds", "decrypt", "--name=zaitang.keys", host.at(KEYS_CREDENTIAL), old):
            raise InstallError("本机打不开现有的口令：请先用 --keys-passphrase-file 给出原口令，"
                               "不加 --change-keys-passphrase。",
                               "This machine does not open the passphrase that it holds: give that one first, by "
                               "--keys-passphrase-file without --change-keys-passphrase.")
        with _lent(host, {"zaitang.keys": old, "new": passphrase}) as lent:
            for folder in _key_folders(host):
                _of_keys(host, lent, lang, "relock-keys", folder, "--new-passphrase-file", str(lent / "new"))


def _of_keys(host: Host, lent: Path, lang: str, command: str, folder: Path, *more: str) -> None:
    box = f"/{folder.parent.relative_to(host.root)}"
    host.run(*AS_USER, f"CREDENTIALS_DIRECTORY={lent}", f"{CURRENT}/bin/zaitang-edge", "--lang", lang, command,
             "--box", box, *more)


def _sealed(host: Host, secret: Path, credential: str, name: str, *how: str) -> Path:
    """Where a file lies, encrypted to this machine: beside the place of the credential."""
    host.at(CREDENTIALS).mkdir(mode=0o700, exist_ok=True)
    part = host.at(f"{credential}.part")
    part.unlink(missing_ok=True)
    host.run("systemd-creds", "encrypt", "--with-key=auto", *how, f"--name={name}", secret, part)
    part.chmod(0o600)
    _sync(part)
    return part


def _sync(path: Path) -> None:
    """What it is survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _opens(host: Host, credential: Path, secret: Path) -> bool:
    """Whether this machine opens it, and finds what the file holds."""
    with tempfile.TemporaryDirectory(dir=host.at("/run")) as name:
        opened = Path(name, "opened")
        return (host.succeeds("systemd-creds", "decrypt", "--name=zaitang.keys", credential, opened)
                and opened.read_bytes() == secret.read_bytes())


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
def _lent(host: Host, secrets: Mapping[str, Path]) -> Iterator[Path]:
    """A folder with copies of secrets, by their names in it, that the user may read: for a moment, in memory."""
    folder = host.at(LENT)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    try:
        for name, secret in secrets.items():
            (folder / name).write_bytes(secret.read_bytes())
        for path in (*folder.iterdir(), folder):
            os.chown(path, *host.ids(USER))
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _readable(folder: Path) -> Iterator[Path]:
    """A copy that everybody may read: a stick may be for root alone."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(folder, Path(name) / "pack")
        os.chmod(name, 0o755)
        yield Path(name) / "pack"
