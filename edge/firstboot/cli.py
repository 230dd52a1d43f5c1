"""`zaitang-edge first-boot`: reads the command line."""
from __future__ import annotations

import argparse
from pathlib import Path

from common.texts import N_, translate

DONE = N_("the box in {folder} has joined its centre; nothing is left to do here")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    first = commands.add_parser("first-boot", help="show the code of a new box on its screen until its centre takes it")
    first.add_argument("--box", type=Path, required=True, metavar="DIR", help="the folder that becomes the box")
    first.add_argument("--told", type=Path, metavar="FILE",
                       help="what the box is told of its centre (default: /etc/zaitang/box-centre.toml)")
    first.add_argument("--host", default="127.0.0.1", help="where the page is served (default: %(default)s)")
    first.add_argument("--port", type=int, default=8080, help="its port (default: %(default)s); 0: a free one")
    first.add_argument("--serial", metavar="S", help="the serial number of this machine, where it does not tell it")
    first.set_defaults(do=_first_boot)


def _first_boot(args: argparse.Namespace) -> int:
    from edge.firstboot.process import run
    from edge.firstboot.told import FILE
    from edge.identity.errors import JoinedAlready

    try:
        run(args.box.absolute(), args.told or FILE, args.host, args.port, args.serial, args.lang)
    except JoinedAlready:
        print(translate(DONE, args.lang, folder=args.box))
    return 0
