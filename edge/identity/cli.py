"""`zaitang-edge join`: a box asks a centre to certify it."""
from __future__ import annotations

import argparse
from pathlib import Path

from common.texts import N_, translate

WAITS = N_("the centre knows now that this box is here; somebody there approves it. Fingerprint of its key: {keyid}")
JOINED = N_("the box has joined the centre; nothing is left to carry")
SET = N_("box.toml has a section [sync] already; what the centre says belongs into it is:")
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
