"""`zaitang-central dossier`, `check-dossier`, `export-all`: dossiers of classes, and whether paper holds."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common.texts import N_, translate, words

WRITTEN = N_("The dossier of class {class_id} is in {path}. That it was made is on record.")
NAMES = N_("It names people: show it to nobody who need not see it.")
HOLDS = N_("The paper holds: this centre signed the tree of {size} records at {signed}, its tree still begins with it,"
           " and these records give the findings of class {class_id} that the paper names.")
NOBODY_ELSE = N_("This was the centre's own word. For one that does not rest on the centre alone, check its tree with a"
                 " witness: zaitang-verify.")
EXPORTED = N_("Classes exported: {written}; unchanged since the last run: {skipped}; failed: {failed}")
NONE = N_("No class is wanted: nothing was written.")
FAILED = N_("{class_id}: {why}")
EXPORTING = N_("classes")


def add_commands(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the parser of `zaitang-central`. `command` adds one that works in a centre's folder."""
    dossier = command(commands, "dossier", _dossier, "write the dossier of a class, for a subsidy file")
    dossier.add_argument("class_id", metavar="CLASS")
    dossier.add_argument("--to", type=Path, required=True, metavar="FILE",
                         help="a file that ends in .pdf, .xlsx or .json; without an ending, a new folder of CSV")
    check = command(commands, "check-dossier", _check, "check a dossier on paper against this centre's records")
    check.add_argument("file", type=Path, metavar="FILE",
                       help="the text of the code on the dossier; - reads it from the standard input")
    every = command(commands, "export-all", _export_all, "write classes for another system; run again, it goes on")
    every.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder to write to")
    every.add_argument("--format", choices=("json", "csv"), required=True,
                       help="a file, or a folder of tables, for each")
    every.add_argument("--institution", metavar="ID", help="only classes of this institution")
    every.add_argument("--region", metavar="CODE", help="only of this region, like 411200; zeros at the end: all below")
    every.add_argument("--since", metavar="DATE", help="only with a class-hour on this day or later, like 2026-03-02")
    every.add_argument("--until", metavar="DATE", help="only with a class-hour on this day or earlier")


def _dossier(args: argparse.Namespace) -> None:
    from central.dossier.made import make
    from central.wiring import open_centre

    make(open_centre(args.centre), args.class_id, args.to, args.lang)
    print(translate(WRITTEN, args.lang, class_id=args.class_id, path=args.to))
    print(translate(NAMES, args.lang), file=sys.stderr)


def _check(args: argparse.Namespace) -> None:
    from central.dossier.proof import MOST, check_code, read_code
    from central.errors import CannotRead
    from central.wiring import open_centre
    from evidence.times import utc_text

    try:
        if str(args.file) == "-":
            data = sys.stdin.buffer.read(4 * MOST)
        else:
            with args.file.open("rb") as file:
                data = file.read(4 * MOST)
    except OSError as error:
        raise CannotRead(path=args.file, why=error.strerror) from None
    code = read_code(data.decode("utf-8-sig", "replace"))
    check_code(open_centre(args.centre), code)
    print(translate(HOLDS, args.lang, size=code.size, signed=utc_text(code.signed_us), class_id=code.class_id))
    print(translate(NOBODY_ELSE, args.lang), file=sys.stderr)


def _export_all(args: argparse.Namespace) -> int:
    from central.dossier.bulk import chosen, export_all, wanted
    from central.dossier.errors import SomeNotWritten
    from central.dossier.progress import Bar
    from central.wiring import open_centre

    want, counts = wanted(args.institution, args.region, args.since, args.until), dict.fromkeys(
        ("written", "skipped", "failed"), 0)
    centre = open_centre(args.centre)
    classes = chosen(centre, want)
    if not classes:
        print(translate(NONE, args.lang))
        return 0
    bar, failed = Bar(sys.stderr, len(classes), translate(EXPORTING, args.lang)), []
    try:
        for done in export_all(centre, classes, args.to, args.format, args.lang):
            counts[done.what] += 1
            if done.error is not None:
                failed.append(done)
            bar.advance()
    finally:
        bar.close()
    for done in failed:
        why = words(done.error, args.lang)
        print(translate(FAILED, args.lang, class_id=done.class_id, why=why), file=sys.stderr)
    print(translate(EXPORTED, args.lang, **counts))
    if failed:
        raise SomeNotWritten(count=len(failed))
    return 0
