"""The words of `install-box` and `install-centre`: which there are, and what is wrong with those that were said."""
from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from provisioning.install.machine import JETPACK
from provisioning.install.options import KEY, Options
from provisioning.install.release import CURRENT
from provisioning.install.said import Said, own_language
from provisioning.install.system_options import WORDS
from provisioning.install.user import CENTRE
from provisioning.release.errors import BadRelease
from provisioning.release.key import fingerprint, read_key

ENDS = {"box": Said("终端盒", "The box"), "centre": Said("监管中心", "The centre")}
DEVICE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
BOXES = re.compile(r"https://[A-Za-z0-9.:\[\]-]{1,255}(:[0-9]{1,5})?/?")
CONSOLE = re.compile(r"https://[A-Za-z0-9.:\[\]-]{1,255}/?")
PIN = re.compile(r"[0-9a-f]{64}")
LEAST, MOST = 12, 1024
"""Bytes of a passphrase: as the centre asks for them, and as keys that lie locked take them."""
BOTH = (
    ("--dry-run", {"action": "store_true"}, Said("只显示会做什么", "only show what would be done")),
    ("--uninstall", {"action": "store_true"}, Said("移除所安装的；证据保留", "remove what was placed; evidence stays")),
    ("--release-key", {"type": Path, "metavar": "FILE"}, Said(
        "签署安装包的公钥（release.pem）；首次用安装包安装时必须给出",
        "the public key of who signed the bundle (release.pem); a first installation from a bundle needs it")),
    ("--force", {"action": "store_true"}, Said("替换有人改动过的文件，原文件另存为 .zaitang-old",
                                               "replace files that somebody changed; theirs stay as .zaitang-old")),
    ("--keys-passphrase-file", {"type": Path, "metavar": "FILE"}, Said(
        "内含密钥口令的文件：密钥用它加密，它本身加密保存在本机；请另行保管",
        "holds a passphrase: the keys are locked with it, and it is kept encrypted to this machine; keep it "
        "yourself, too")),
    ("--change-keys-passphrase", {"action": "store_true"}, Said(
        "密钥已用另一口令加密：改用 --keys-passphrase-file 中的口令",
        "the keys are locked with another passphrase: take the one of --keys-passphrase-file from now on")))
OWN = {
    "box": (
        ("--device", {"default": "", "metavar": "ID"}, Said("终端盒名称；不给出则由首次开机登记",
                                                            "the box's name; without it the first boot asks")),
        ("--room", {"default": "", "metavar": "TEXT"}, Said("所在教室", "the room")),
        ("--policy", {"default": "", "metavar": "ID"}, Said("适用的政策", "whose rules hold")),
        ("--centre", {"default": "", "metavar": "URL"}, Said(
            "监管中心接收终端盒的地址，如 https://centre.example:8471；须与 --pin 一起给出",
            "where the centre takes boxes, like https://centre.example:8471; together with --pin")),
        ("--pin", {"default": "", "metavar": "FINGERPRINT"}, Said(
            "监管中心根证书的指纹", "the fingerprint of the centre's root")),
        ("--console", {"default": "", "metavar": "URL"}, Said(
            "手机打开的控制台地址", "the address of the console that telephones open"))),
    "centre": (
        ("--name", {"action": "append", "default": [], "metavar": "NAME"}, Said(
            "终端盒连接本中心所用的名称或地址，可重复",
            "a name or address by which boxes reach this centre; may be repeated")),
        ("--passphrase-file", {"type": Path, "metavar": "FILE"}, Said(
            "内含根密钥口令的文件", "holds the passphrase of the root's key")),
        ("--backup-passphrase-file", {"type": Path, "metavar": "FILE"}, Said(
            "内含备份口令的文件", "holds the passphrase of backups")))}


def parser(lang: str) -> argparse.ArgumentParser:
    """What the command line is read by; `parser` of what it reads is that of the one end. `lang`: of its help."""
    made = argparse.ArgumentParser(prog="install")
    ends = made.add_subparsers(dest="end", required=True)
    about = Said("安装；可反复运行，已完成的不再动。",
                 "Installs; may be run again and again: what is done is left alone.")
    for end, own in OWN.items():
        one = ends.add_parser(end, prog=f"install-{end}", description=about.to(lang))
        one.set_defaults(parser=one)
        for word, how, says in (*BOTH, *own, *WORDS[end]):
            one.add_argument(word, help=says.to(lang), **how)
        one.add_argument("--lang", choices=("zh", "en"), default=lang, help=Said("提示语言", "language").to(lang))
    return made


def asked_language(argv: Sequence[str] | None) -> str:
    """What `--lang` says, before anything else is read; else that of the locale."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    early.add_argument("--lang", default="")
    said = str(early.parse_known_args(sys.argv[1:] if argv is None else list(argv))[0].lang)
    return said if said in ("zh", "en") else own_language()


def wrong(options: Options, root: Path, dry: bool) -> list[Said]:
    """What is wrong with what the operator said, and what to say instead."""
    current, found = root / CURRENT[1:], []
    if current.is_symlink() and (there := Path(os.readlink(current)).name) != options.source.version:
        found.append(Said(f"本机已装版本 {there}：换成 {options.source.version} 请用更新，不要重新安装。",
                          f"Release {there} is installed here: {options.source.version} comes by an update, "
                          "not by an installation."))
    if options.device and not DEVICE.fullmatch(options.device):
        found.append(Said("--device 只能用小写字母、数字和 . _ -，不超过 64 个字符。",
                          "--device takes up to 64 of a-z 0-9 . _ -, beginning with a letter or digit."))
    if (options.room or options.policy) and not options.device:
        found.append(Said("--room 和 --policy 须与 --device 一起给出；由监管中心认领的终端盒，在认领时填写。",
                          "--room and --policy belong together with --device; of a box that is claimed they are said "
                          "at the claim."))
    if bool(options.centre) != bool(options.pin):
        found.append(Said("--centre 和 --pin 须一起给出。", "--centre and --pin belong together."))
    if options.centre and not BOXES.fullmatch(options.centre):
        found.append(Said("--centre 应如 https://centre.example:8471。",
                          "--centre is an address like https://centre.example:8471."))
    if options.pin and not PIN.fullmatch(options.pin):
        found.append(Said("--pin 是 64 位十六进制的指纹。", "--pin is a fingerprint of 64 hex digits."))
    if options.console and not (options.centre and CONSOLE.fullmatch(options.console)):
        found.append(Said("--console 应如 https://centre.example，且须与 --centre 一起给出。",
                          "--console is an address like https://centre.example, together with --centre."))
    if options.change_keys and not options.keys_file:
        found.append(Said("--change-keys-passphrase 须与 --keys-passphrase-file 一起给出，后者内含新口令。",
                          "--change-keys-passphrase belongs together with --keys-passphrase-file, which holds the new "
                          "passphrase."))
    found += [Said(f"--name {name} 不是机器的名称或地址。", f"--name {name} is no name or address of a machine.")
              for name in options.names if not NAME.fullmatch(name)]
    found += _other_key(options, root / KEY[1:])
    trusted = (root / KEY[1:]).exists() or options.release_key
    if options.source.bundle and not (trusted or dry):
        found.append(Said("请用 --release-key 指明发布者的公钥文件 release.pem：它不应与安装包来自同一个 U 盘。",
                          "Name the publisher's public key, release.pem, with --release-key: it should not come on the "
                          "same stick as the bundle."))
    made = (root / CENTRE[1:] / "centre.toml").exists()
    if options.end == "centre" and not (options.passphrase_file or dry or made):
        found.append(Said("请把根密钥的口令（至少 12 个字符）写入只有 root 能读的文件，并用 --passphrase-file 指明。",
                          "Write a passphrase for the root's key (12 characters at least) into a file that only root "
                          "may read, and name it with --passphrase-file."))
    return found + [told for path in (options.passphrase_file, options.backup_file, options.keys_file)
                    if path and (told := _no_passphrase(path))]


def _other_key(options: Options, trusted: Path) -> list[Said]:
    """A key beside a bundle that is the publisher's may be anybody's: it would be silently whose updates are taken."""
    if not options.release_key:
        return []
    try:
        read_key(options.release_key)
    except BadRelease as error:
        return [Said(f"--release-key：{error.words('zh')}", f"--release-key: {error.words('en')}")]
    if not trusted.exists():
        return []
    kept = trusted.read_bytes()
    if kept.split() == options.release_key.split():
        return []
    try:
        told = fingerprint(read_key(kept))
    except BadRelease:
        told = "-"
    return [Said(f"本机只接受另一公钥签署的版本（指纹 {told}），--release-key 不会替换它。确需更换时，"
                 f"由 root 把新公钥放入 {KEY}。",
                 f"This machine takes releases of another key (fingerprint {told}); --release-key does not replace it. "
                 f"If that is meant, root puts the new one into {KEY}.")]


def too_old(options: Options, system: tuple[str, str]) -> list[Said]:
    """What this system cannot do of what was said: a passphrase that its systemd does not encrypt would lie beside the
    keys that it opens."""
    if not options.keys_file or system != JETPACK:
        return []
    return [Said("Ubuntu 22.04（JetPack 6）的 systemd 太旧，无法加密保存密钥口令：请不要给出 --keys-passphrase-file。",
                 "The systemd of Ubuntu 22.04 (JetPack 6) is too old to keep the passphrase of the keys encrypted: "
                 "leave --keys-passphrase-file away.")]


def no_clock(options: Options, is_pi: bool) -> list[Said]:
    """A battery clock is told to the firmware of a Raspberry Pi: elsewhere nothing would come of it."""
    if not options.system.rtc or is_pi:
        return []
    return [Said("--rtc 只用于树莓派：请不要给出。", "--rtc is for a Raspberry Pi alone: leave it away.")]


def _no_passphrase(path: Path) -> Said | None:
    if not path.is_file():
        return Said(f"没有文件 {path}。", f"There is no file {path}.")
    with path.open("rb") as file:
        length = len(file.read(MOST + 2).split(b"\n", 1)[0].rstrip(b"\r"))
    if length < LEAST:
        return Said(f"{path} 中没有至少 {LEAST} 个字符的口令。",
                    f"{path} holds no passphrase of {LEAST} characters or more.")
    if length > MOST:
        return Said(f"{path} 的第一行超过 {MOST} 个字节：请给出较短的口令。",
                    f"The first line of {path} has more than {MOST} bytes: give a shorter passphrase.")
    return None
