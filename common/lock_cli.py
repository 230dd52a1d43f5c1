"""`lock-keys` and `relock-keys` of a box and of a centre: its secret keys come under a passphrase, or under another."""
from __future__ import annotations

import argparse
import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from common.texts import N_, translate

if TYPE_CHECKING:
    from common.lock import Lock

LOCKED = N_("the keys are locked now ({count} files); a copy made before is not, or opens as before")
LOCKED_BEFORE = N_("the keys are locked already, and the passphrase opens them")
BOTH = N_("both passphrases open the keys now ({count} files); `lock-keys` with the new one ends that")


def add_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], option: str, lock_of_end: Callable[[], Lock],
) -> None:
    """Add both. `option`: by which the end takes its folder."""
    lock = commands.add_parser("lock-keys", help="put the secret keys under the passphrase that the machine holds; the "
                                                 "installer calls this (--keys-passphrase-file)")
    lock.set_defaults(do=functools.partial(_lock_keys, lock_of_end))
    relock = commands.add_parser("relock-keys", help="lay the locked keys under another passphrase, too; the installer "
                                                     "calls this (--change-keys-passphrase)")
    relock.add_argument("--new-passphrase-file", type=Path, required=True, metavar="FILE",
                        help="holds the new passphrase; the machine holds the old one")
    relock.set_defaults(do=functools.partial(_relock_keys, lock_of_end))
    for one in (lock, relock):
        one.add_argument(option, dest="folder", type=Path, required=True, metavar="DIR")


def _lock_keys(lock_of_end: Callable[[], Lock], args: argparse.Namespace) -> int:
    lock = lock_of_end()
    count = lock.lock_keys(args.folder / "keys", lock.given())
    print(translate(LOCKED if count else LOCKED_BEFORE, args.lang, count=count))
    return 0


def _relock_keys(lock_of_end: Callable[[], Lock], args: argparse.Namespace) -> int:
    lock = lock_of_end()
    count = lock.relock_keys(args.folder / "keys", lock.given(), lock.read_passphrase(args.new_passphrase_file))
    print(translate(BOTH, args.lang, count=count))
    return 0
