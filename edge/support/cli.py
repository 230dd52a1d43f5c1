"""`zaitang-edge support --box DIR --out FILE.zip`: what a helper needs to know of this box, and nothing of people."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from common.texts import N_, words
from evidence.errors import ZaitangError

WRITTEN = N_("{path} is written: the machine, what is installed, the doctor's words, settings without passwords, "
             "counts, the log of seven days. No name, face, number or video is in it; look into it before you send it")
UNOPENED = N_("{path} is written: the machine, what is installed, space, the log of seven days; of the box itself "
              "nothing, as it does not open")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `support` to the parser of `zaitang-edge`."""
    support = commands.add_parser("support", help="write a file for whoever helps, without personal data")
    support.add_argument("--box", type=Path, required=True, metavar="DIR")
    support.add_argument("--out", type=Path, required=True, metavar="FILE.zip",
                         help="a new file; - writes it to standard output")
    support.set_defaults(do=_support)


def _support(args: argparse.Namespace) -> int:
    from common.support import hand_over
    from edge.support.gather import parts, unopened
    from edge.wiring import open_ran

    try:
        box = open_ran(args.box)
    except ZaitangError as error:
        if not args.box.is_dir():
            raise
        print(words(error, args.lang), file=sys.stderr)
        hand_over(args.out, unopened(args.box, error), UNOPENED, args.lang)
        return 0
    try:
        found = parts(box)
    finally:
        box.store.close()
    hand_over(args.out, found, WRITTEN, args.lang)
    return 0
