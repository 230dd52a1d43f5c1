"""`zaitang-edge sheet CLASS BLOCK --box DIR --out FILE --by WHO`: the contact sheet of a recording, for a reviewer."""
from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from common.texts import N_

WRITTEN = N_("written: {file}")
REMOVED = N_("removed, as it was a page of an earlier sheet: {file}")
REMINDER = N_("It contains faces: show it to nobody else, and delete it after use. That it was made is on record.")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sheet` to the parser of `zaitang-edge`."""
    sheet = commands.add_parser("sheet", help="write the contact sheet of a recording, for a reviewer")
    sheet.add_argument("class_id", metavar="CLASS")
    sheet.add_argument("block", metavar="BLOCK", help="like 2026-03-02-am")
    sheet.add_argument("--box", type=Path, required=True, metavar="DIR")
    sheet.add_argument("--out", type=Path, required=True, metavar="FILE",
                       help="a PDF, or a PNG; of several pages one PNG each: FILE-2.png")
    sheet.add_argument("--by", type=str.strip, required=True, metavar="WHO",
                       help="who looks at the faces: it goes on record")
    sheet.set_defaults(do=_sheet)


def _sheet(args: argparse.Namespace) -> int:
    from common.texts import translate
    from edge.errors import CannotWrite
    from edge.rollcall.contact import told
    from edge.rollcall.draw import draw
    from edge.rollcall.errors import NobodyLooks, NotASheet
    from edge.rollcall.sheet import make_sheet
    from edge.storage.files import drop, replace
    from edge.vision.cli import check_json
    from edge.wiring import open_box
    from evidence.bodies import Look

    ending = args.out.suffix.lower()
    if ending not in (".pdf", ".png"):
        raise NotASheet(file=args.out)
    if not args.by:
        raise NobodyLooks()
    check_json(args.out)
    box = open_box(args.box)
    sheet = make_sheet(box, args.class_id, args.block)
    files = draw(told(sheet, box.config.device, args.by, args.lang), ending)
    # On record before there is anything to look at.
    box.store.append("look", Look(args.class_id, args.block, "sheet", args.by, sheet.rests_on))
    try:
        for number, data in enumerate(files, 1):
            path = args.out if number == 1 else args.out.with_stem(f"{args.out.stem}-{number}")
            replace(path, data)
            print(translate(WRITTEN, args.lang, file=path))
        for path in _stale(args.out, len(files)):
            drop(path)
            print(translate(REMOVED, args.lang, file=path), file=sys.stderr)
    except OSError as error:
        raise CannotWrite(folder=args.out.parent, why=error.strerror or str(error)) from None
    print(translate(REMINDER, args.lang), file=sys.stderr)
    return 0


def _stale(out: Path, count: int) -> Iterator[Path]:
    """The pages of an earlier, longer sheet beside a PNG: of its name with a number, and marked as a page of a sheet.
    Pictures of anybody else stay."""
    from edge.rollcall.draw import is_page

    if out.suffix.lower() != ".png":
        return
    numbered = re.compile(re.escape(out.stem) + r"-(\d{1,4})" + re.escape(out.suffix))
    for path in sorted(out.parent.iterdir()):
        match = numbered.fullmatch(path.name)
        if match and int(match[1]) > count and path.is_file() and is_page(path):
            yield path
