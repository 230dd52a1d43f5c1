"""`install-box`, `install-centre`: reads the command line, looks at the machine, has items placed or removed."""
from __future__ import annotations

import argparse
import dataclasses
import fcntl
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

from provisioning.install import apply, bundle
from provisioning.install.disk import trouble
from provisioning.install.ends import BACKUP_CREDENTIAL
from provisioning.install.host import Host
from provisioning.install.items import Item
from provisioning.install.journal import FOLDER, Journal
from provisioning.install.keys import BOX_KEYS, CENTRE_KEYS
from provisioning.install.machine import ONLY_ROOT, look, refusals
from provisioning.install.options import KEY, Options
from provisioning.install.plan import plan
from provisioning.install.release import read_source
from provisioning.install.said import InstallError, Said
from provisioning.install.system_options import system_options, with_session
from provisioning.install.user import BOX, CENTRE, HOME
from provisioning.install.words import ENDS, asked_language, no_clock, parser, too_old, wrong
from provisioning.release.key import MAX_PEM

TOP = Path(__file__).parents[2]
JOURNAL = f"{FOLDER}/installed.json"
LOG = "/var/log/zaitang-install.log"


def main(argv: Sequence[str] | None = None, root: Path = Path("/")) -> int:
    """Run one installation. Exit status: 0 done, 1 failed, 2 nothing can be done like this."""
    os.umask(0o022)
    args, unknown = parser(asked_language(argv)).parse_known_args(argv)
    if unknown:
        args.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        return _run(args, root)
    except InstallError as error:
        said = error.said
    except OSError as error:
        said = Said(f"{error.filename}：{error.strerror}。请排除后重新运行。",
                    f"{error.filename}: {error.strerror}. Put that right and run this again.")
    print(said.to(args.lang), file=sys.stderr)
    return 1


def _run(args: argparse.Namespace, root: Path) -> int:
    machine = look(root)
    # Who only asks what would be done need not be root, and has no passphrase at hand yet.
    asked = dataclasses.replace(machine, is_root=machine.is_root or args.dry_run)
    if args.uninstall:
        options, found = None, [] if asked.is_root else [ONLY_ROOT]
    else:
        options, first = _options(args, root), not Journal(root / JOURNAL[1:]).placed
        found = [*refusals(asked, args.end, first), *wrong(options, root, args.dry_run),
                 *too_old(options, machine.system), *no_clock(options, machine.is_pi)]
        disk = options.system.data_disk
        if disk and not found and (told := trouble(Host(root, machine, Journal(root / JOURNAL[1:])), disk)):
            found.append(told)
    for one in found:
        print(one.to(args.lang), file=sys.stderr)
    if found:
        return 2
    if args.dry_run:
        _show(Host(root, machine, Journal(root / JOURNAL[1:]), force=args.force), args, options)
        return 0
    with _alone(root), _log(root, args) as log:
        def note(line: str) -> None:
            print(line, file=log, flush=True)

        def say(sentence: Said) -> None:
            note(sentence.en)
            print(sentence.to(args.lang), flush=True)

        host = Host(root, machine, Journal(root / JOURNAL[1:]), force=args.force, say=say, note=note)
        return _place(host, options) if options else _uninstall(host, args.end)


def _place(host: Host, options: Options) -> int:
    kept = host.text(f"{CENTRE}/centre.toml")
    with bundle.checked(host, options) if options.source.bundle else nullcontext(options) as taken:
        placed = apply.install(host, _items(host, taken), taken.end)
    end = ENDS[options.end]
    if kept and (others := [name for name in options.names if f'"{name}"' not in kept]):
        host.say(Said(f"监管中心早已建好，--name {' '.join(others)} 没有生效："
                      f"请写入 {CENTRE}/centre.toml 中 [devices] 的 names，"
                      "再执行 systemctl restart zaitang-centre.target。",
                      f"The centre was made before, so --name {' '.join(others)} changes nothing: write it under names "
                      f"in [devices] of {CENTRE}/centre.toml, then systemctl restart zaitang-centre.target."))
    if not placed:
        host.say(Said(f"{end.zh}已安装完毕，无事可做。", f"{end.en} is installed: there is nothing to do."))
        return 0
    if host.machine.booted:
        host.run("systemctl", "daemon-reload")
    host.say(Said(f"{end.zh}已安装（{placed} 项）。日志：{LOG}", f"{end.en} is installed ({placed} items). Log: {LOG}"))
    host.say(Said("请重新启动本机：有些设置从下次开机起才生效。",
                  "Start the machine anew: some of it may hold only from the next start on."))
    if options.end == "box" and not host.at(f"{BOX}/box.toml").exists():
        host.say(Said("终端盒还没有名称：在它的屏幕上完成登记。",
                      "The box has no name yet: its screen says how it is claimed."))
    if options.end == "centre" and not host.at(BACKUP_CREDENTIAL).exists():
        host.say(Said("尚无备份口令，不会做备份：请加 --backup-passphrase-file 文件，再运行一次。",
                      "There is no passphrase for backups, so none will be made: run this again with "
                      "--backup-passphrase-file FILE."))
    return 0


def _items(host: Host, options: Options) -> list[Item]:
    """The plan, with what the journal of this run says of other ends: an installation of one may just have ended. A key
    that one of them brought is this end's, too: it would go with the other."""
    others, trusted = tuple(sorted(host.journal.installed() - {options.end})), host.at(KEY)
    key = trusted.read_bytes() if trusted.exists() else options.release_key
    return plan(host.machine, dataclasses.replace(options, others=others, release_key=key))


def _uninstall(host: Host, end: str) -> int:
    removed = apply.remove(host, end)
    if host.machine.booted and not host.journal.placed:
        # What ran once at the start of the machine and has ended is active until somebody stops it.
        host.run("systemctl", "stop", "zaitang-*")
    if host.machine.booted:
        host.run("systemctl", "daemon-reload")
    if not host.journal.placed:
        shutil.rmtree(host.at(FOLDER))
    host.say(Said(f"{ENDS[end].zh}已卸载（{removed} 项）。", f"{ENDS[end].en} is removed ({removed} items)."))
    if host.at(HOME).exists():
        host.say(Said(f"证据和密钥仍在 {HOME}，没有删除。确定不再需要时自行删除：rm -r {HOME} && userdel zaitang",
                      f"Evidence and keys are still in {HOME}. When they are surely not needed any more, remove them "
                      f"yourself: rm -r {HOME} && userdel zaitang"))
    credential = (BOX_KEYS if end == "box" else CENTRE_KEYS).credential
    if host.at(credential).exists():
        host.say(Said(f"打开密钥的口令仍加密保存在 {credential}。",
                      f"What opens the keys is still in {credential}, encrypted to this machine."))
    return 0


def _show(host: Host, args: argparse.Namespace, options: Options | None) -> None:
    """What would be done, and nothing else."""
    if options:
        lines = [Said(f"将完成：{item.says.zh}", f"would do: {item.says.en}")
                 for item in apply.missing(host, _items(host, options))]
    else:
        lines = [Said(f"将移除 {key}", f"would remove {key}") for key in reversed(list(host.journal.placed))
                 if host.journal.ends[key] == [args.end]]
    for line in dict.fromkeys(lines) or [Said("无事可做。", "There is nothing to do.")]:
        print(line.to(args.lang))


def _options(args: argparse.Namespace, root: Path) -> Options:
    shared = Options(args.end, read_source(TOP), lang=args.lang,
                     release_key=args.release_key and _read(args.release_key),
                     keys_file=args.keys_passphrase_file, change_keys=args.change_keys_passphrase,
                     system=system_options(vars(args), root, with_session(os.environ), args.end))
    if args.end == "box":
        return dataclasses.replace(shared, device=args.device, room=args.room, policy=args.policy, centre=args.centre,
                                   pin=re.sub(r"[\s:]", "", args.pin).lower(), console=args.console)
    return dataclasses.replace(shared, names=tuple(args.name), passphrase_file=args.passphrase_file,
                               backup_file=args.backup_passphrase_file)


def _read(key: Path) -> bytes:
    """Raises OSError."""
    with key.open("rb") as file:
        return file.read(MAX_PEM + 1)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Nobody else installs meanwhile. Raises InstallError."""
    folder = root / FOLDER[1:]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise InstallError("另一个安装正在进行：等它结束后再运行。",
                           "Another installation is going on: run this again when it has ended.") from None
    finally:
        os.close(descriptor)


@contextmanager
def _log(root: Path, args: argparse.Namespace) -> Iterator[TextIO]:
    path = root / LOG[1:]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    with os.fdopen(descriptor, "a", encoding="utf-8") as log:
        what = "removal" if args.uninstall else "installation"
        print(f"== {time.strftime('%Y-%m-%dT%H:%M:%S%z')} {what} of a {args.end} from {TOP}", file=log, flush=True)
        yield log
