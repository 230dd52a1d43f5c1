"""`zaitang-edge accept`: checks a box where it stands, and writes the sheet of it."""
from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from common.texts import N_, translate

SAID = N_("[{state}] {about}: {said}")
WRITTEN = N_("written: {path}")
STDOUT = Path("-")
SECONDS, LEAST, MOST = 60, 5, 600


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    accept = commands.add_parser("accept", help="check a box where it stands: cameras, a test recording, its state; 1: "
                                 "something is to mend")
    accept.add_argument("--box", type=Path, required=True, metavar="DIR")
    accept.add_argument("--seconds", type=int, default=SECONDS, metavar="N",
                        help="length of the test recording (default: %(default)s)")
    accept.add_argument("--out", type=Path, metavar="SHEET.html",
                        help="write the sheet to be printed; - writes it to standard output")
    accept.add_argument("--only-sheet", action="store_true", help="check nothing: write the sheet of the last check")
    accept.set_defaults(do=_accept)


def _accept(args: argparse.Namespace) -> int:
    from edge.handover.errors import BadSeconds
    from edge.handover.examine import check
    from edge.handover.results import Result
    from edge.handover.sheet import Line, read_sheet, said, sheet_html
    from edge.wiring import open_box

    def told(result: Result) -> None:
        line = said(Line(result.step, result.state, result.says, result.params), args.lang)
        print(translate(SAID, args.lang, state=line["shown"], about=line["about"], said=line["says"]), flush=True,
              file=sys.stderr if args.out == STDOUT else sys.stdout)

    if not LEAST <= args.seconds <= MOST:
        raise BadSeconds(least=LEAST, most=MOST)
    if args.only_sheet:
        sheet = read_sheet(args.box)
    else:
        box = open_box(args.box)
        with contextlib.closing(box.store):
            sheet = check(box, args.seconds, told)
    if args.out is not None:
        _write(args.out, sheet_html(sheet, args.lang).encode(), args.lang)
    return int(any(one.state == "bad" for one in (*sheet.doctor, *sheet.results)))


def _write(path: Path, page: bytes, lang: str) -> None:
    """Raises CannotWrite."""
    from edge.errors import CannotWrite
    from edge.storage.files import replace

    try:
        if path != STDOUT:
            replace(path, page)
            print(translate(WRITTEN, lang, path=path))
        else:
            sys.stdout.buffer.write(page)
            sys.stdout.flush()
    except OSError as error:
        raise CannotWrite(folder=path.parent, why=error.strerror or str(error)) from None
