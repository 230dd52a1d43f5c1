"""`zaitang-edge support --box DIR --out FILE.zip`: what a helper needs to know of this box, and nothing of people."""
from __future__ import annotations

import argparse
from pathlib import Path

from common.texts import N_

WRITTEN = N_("{path} is written: the machine, what is installed, the doctor's words, settings without passwords, "
             "counts, the log of seven days. No name, face, number or video is in it; look into it before you send it")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `support` to the parser of `zaitang-edge`."""
    support = commands.add_parser("support", help="write a file for whoever helps, without personal data")
    support.add_argument("--box", type=Path, required=True, metavar="DIR")
    support.add_argument("--out", type=Path, required=True, metavar="FILE.zip",
                         help="a new file; - writes it to standard output")
    support.set_defaults(do=_support)


def _support(args: argparse.Namespace) -> int:
    from common.support import hand_over
    from edge.support.gather import parts
    from edge.wiring import open_ran

    box = open_ran(args.box)
    try:
        found = parts(box)
    finally:
        box.store.close()
    hand_over(args.out, found, WRITTEN, args.lang)
    return 0
