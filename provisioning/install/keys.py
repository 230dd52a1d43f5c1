"""The keys of a box or of a centre under a passphrase: the end's own commands lock them, systemd keeps the passphrase.

It is encrypted to this machine, and handed to the units and to what root calls. Both stay when an end is removed."""
from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from provisioning.install.host import Host
from provisioning.install.items import Command, Item
from provisioning.install.lent import AS_USER, CREDENTIALS, lent_to_user, sealed, synced
from provisioning.install.options import Options
from provisioning.install.release import CURRENT
from provisioning.install.said import InstallError, Said
from provisioning.install.user import BOX, CENTRE

LOCKED = b"zaitang-locked-1\n"
"""How a key begins that the end's own command put under the passphrase."""
BESIDE = ".next"
"""How the name ends of what it lays beside, while the passphrase is changed."""


@dataclass(frozen=True)
class Keys:
    """Those of one end. `program`, `option`: its command, and by which that takes its folder; `name`: of the
    credential; `homes`: where it may be; `secret`: what the files are called; `first`: the one that is always there;
    `restart`: what to say when they are locked."""

    program: str
    option: str
    name: str
    homes: tuple[str, ...]
    secret: tuple[str, ...]
    first: str
    restart: Said

    @property
    def credential(self) -> str:
        """Where systemd looks for it."""
        return f"{CREDENTIALS}/{self.name}"

    def folders(self, host: Host) -> list[Path]:
        """Of an end that is here."""
        return [folder for home in self.homes if ((folder := host.at(f"{home}/keys")) / self.first).is_file()]

    def files(self, folder: Path) -> list[Path]:
        """The secret ones."""
        return [path for one in self.secret for path in folder.glob(one) if path.is_file()]


BOX_KEYS = Keys(
    # The second home: of a box that its centre has not approved yet.
    "zaitang-edge", "--box", "zaitang.keys", (BOX, f"{BOX}/.new"), ("data.key", "sealing.pem", "device.pem"),
    "device.pem", Said("    密钥已加密。没有课程时重启终端盒的服务：systemctl restart zaitang-box.target",
                       "    The keys are locked. While no class runs: systemctl restart zaitang-box.target"))
CENTRE_KEYS = Keys(
    "zaitang-central", "--centre", "zaitang.centre-keys", (CENTRE,),
    ("names.key", "sealing.key", "accounts.key", "people.key", "ca.pem", "tls-ca.pem", "tls-ca-*.pem", "centre.key"),
    "centre.key", Said("    密钥已加密。重启监管中心的服务：systemctl restart zaitang-centre.target",
                       "    The keys are locked. Now: systemctl restart zaitang-centre.target"))
BOTH = (BOX_KEYS, CENTRE_KEYS)


def keys_item(keys: Keys, options: Options, passphrase: Path) -> Item:
    """The passphrase is kept, and the keys lie under it."""
    def act(host: Host) -> None:
        # No state of the firmware: an update of that must not take the keys away.
        part = sealed(host, passphrase, keys.credential, keys.name, "--tpm2-pcrs=")
        try:
            if not _opens(host, keys, part, passphrase):
                raise InstallError("systemd-creds 打不开它刚加密的口令：密钥保持原样。",
                                   "systemd-creds does not open what it has just encrypted: the keys stay as they are.")
            changes = host.at(keys.credential).exists() and (options.change_keys or _changing(host, keys))
            # Before the credential gets its name. Either both it and the one that is there open the keys from here on,
            # or another passphrase than that of keys that are locked is refused.
            (_relock if changes else _lock)(host, keys, passphrase, options.lang)
            part.replace(host.at(keys.credential))
            synced(host.at(CREDENTIALS))
            if changes:
                _lock(host, keys, passphrase, options.lang)
        finally:
            part.unlink(missing_ok=True)

    def check(host: Host) -> bool:
        # One that does not open any more, as after a TPM was cleared, is made anew.
        credential = host.at(keys.credential)
        if not credential.exists() or not _opens(host, keys, credential, passphrase):
            return False
        return not _changing(host, keys) and all(
            _is_locked(path) for folder in keys.folders(host) for path in keys.files(folder))

    return Command("keys" if keys is BOX_KEYS else "centre-keys",
                   Said("密钥的口令（加密保存在本机），密钥随之加密",
                        "The passphrase of the keys, encrypted to this machine, and the keys under it"),
                   check=check, act=act)


def _is_locked(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(LOCKED)) == LOCKED


def _changing(host: Host, keys: Keys) -> bool:
    """Whether a change of the passphrase was cut off."""
    return any(any(folder.glob(f"*{BESIDE}")) for folder in keys.folders(host))


def _lock(host: Host, keys: Keys, passphrase: Path, lang: str) -> None:
    folders = keys.folders(host)
    with lent_to_user(host, {keys.name: passphrase}) as lent:
        for folder in folders:
            _call(host, keys, lent, lang, "lock-keys", folder)
    if folders:
        host.say(keys.restart)


def _relock(host: Host, keys: Keys, passphrase: Path, lang: str) -> None:
    """Both the passphrase that this machine holds and this one open the keys from now on. Raises InstallError."""
    with tempfile.TemporaryDirectory(dir=host.at("/run")) as name:
        old = Path(name, "old")
        if not host.succeeds("systemd-creds", "decrypt", f"--name={keys.name}", host.at(keys.credential), old):
            raise InstallError("本机打不开现有的口令：请先用 --keys-passphrase-file 给出原口令，"
                               "不加 --change-keys-passphrase。",
                               "This machine does not open the passphrase that it holds: give that one first, by "
                               "--keys-passphrase-file without --change-keys-passphrase.")
        with lent_to_user(host, {keys.name: old, "new": passphrase}) as lent:
            for folder in keys.folders(host):
                _call(host, keys, lent, lang, "relock-keys", folder, "--new-passphrase-file", str(lent / "new"))


def _call(host: Host, keys: Keys, lent: Path, lang: str, command: str, folder: Path, *more: str) -> None:
    home = f"/{folder.parent.relative_to(host.root)}"
    host.run(*AS_USER, f"CREDENTIALS_DIRECTORY={lent}", f"{CURRENT}/bin/{keys.program}", "--lang", lang, command,
             keys.option, home, *more)


def _opens(host: Host, keys: Keys, credential: Path, secret: Path) -> bool:
    """Whether this machine opens it, and finds what the file holds."""
    with tempfile.TemporaryDirectory(dir=host.at("/run")) as name:
        opened = Path(name, "opened")
        return (host.succeeds("systemd-creds", "decrypt", f"--name={keys.name}", credential, opened)
                and opened.read_bytes() == secret.read_bytes())
