"""`zaitang-edge join`: a box asks a centre to certify it. `lock-keys`, `relock-keys`: lock its keys."""
from __future__ import annotations

import argparse
from pathlib import Path

from common.texts import N_, translate

WAITS = N_("the centre knows now that this box is here; somebody there approves it. Fingerprint of its key: {keyid}")
JOINED = N_("the box has joined the centre; nothing is left to carry")
SET = N_("box.toml has a section [sync] already; what the centre says belongs into it is:")
LOCKED = N_("the keys are locked now ({count} files); a copy made before is not, or opens as before")
LOCKED_BEFORE = N_("the keys are locked already, and the passphrase opens them")
BOTH = N_("both passphrases open the keys now ({count} files); `lock-keys` with the new one ends that")
MINUTE_S = 60.0


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    join = commands.add_parser("join", help="ask a centre to certify this box: its public keys go there")
    join.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of the box")
    join.add_argument("--centre", required=True, metavar="URL", help="as `zaitang-central box claim` printed it")
    join.add_argument("--token", required=True, metavar="T", help="from the same command; it can be used once")
    join.add_argument("--pin", required=True, metavar="FINGERPRINT", help="of the centre's root, from there too")
    join.add_argument("--serial", metavar="S", help="the serial number of this machine, where it does not tell it")
    join.add_argument("--wait", type=int, default=60, metavar="MINUTES",
                      help="for how long it waits for approval (default: %(default)s)")
    join.set_defaults(do=_join)
    lock = commands.add_parser("lock-keys", help="put the keys of a box under the passphrase that the machine holds; "
                                                 "`install-box --keys-passphrase-file` calls this")
    lock.add_argument("--box", type=Path, required=True, metavar="DIR")
    lock.set_defaults(do=_lock_keys)
    relock = commands.add_parser("relock-keys", help="lay the locked keys of a box under another passphrase, too; "
                                                     "`install-box --change-keys-passphrase` calls this")
    relock.add_argument("--box", type=Path, required=True, metavar="DIR")
    relock.add_argument("--new-passphrase-file", type=Path, required=True, metavar="FILE",
                        help="holds the new passphrase; the machine holds the old one")
    relock.set_defaults(do=_relock_keys)


def _join(args: argparse.Namespace) -> int:
    from edge.cli import CAMERAS_NEXT
    from edge.identity.join import join
    from edge.identity.serial import machine_serial
    from edge.keys import load_device_key
    from evidence.seal import keyid_of

    def waits() -> None:
        keyid = keyid_of(load_device_key(args.folder / "keys").public_key())
        print(translate(WAITS, args.lang, keyid=keyid), flush=True)

    serial = args.serial or machine_serial()
    joined = join(args.folder, args.centre, args.token, args.pin, serial, MINUTE_S * args.wait, waits)
    print(translate(JOINED, args.lang))
    if joined.to_set is not None:
        print(translate(SET, args.lang))
        print(joined.to_set, end="")
    print(translate(CAMERAS_NEXT, args.lang, folder=args.folder))
    return 0


def _lock_keys(args: argparse.Namespace) -> int:
    from edge.keys import lock_keys

    count = lock_keys(args.box / "keys", _given())
    print(translate(LOCKED if count else LOCKED_BEFORE, args.lang, count=count))
    return 0


def _relock_keys(args: argparse.Namespace) -> int:
    from edge.keys import relock_keys
    from edge.lock import read_passphrase

    count = relock_keys(args.box / "keys", _given(), read_passphrase(args.new_passphrase_file))
    print(translate(BOTH, args.lang, count=count))
    return 0


def _given() -> bytes:
    """The passphrase that the machine holds. Raises NoKeysPassphrase, BadKeyFile."""
    from edge.errors import NoKeysPassphrase
    from edge.lock import passphrase

    word = passphrase()
    if word is None:
        raise NoKeysPassphrase
    return word
