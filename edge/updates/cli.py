"""`zaitang-edge busy`, `schema`, `update-failed`: what an update asks before it touches a box, and what it states."""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

from common.texts import N_, translate

if TYPE_CHECKING:
    from edge.updates.quiet import Quiet

WITHIN_MIN = 15
MOST_MIN = 24 * 60
SAID = {
    "": N_("the box is quiet: nothing is recorded, no class is open, and none begins within {minutes} minutes"),
    "recording": N_("the box is recording"),
    "open": N_("a class is open at the box"),
    "plan": N_("by its plan a class begins at {begins} (UTC)"),
}
SCHEMA = N_("this release writes databases of schema {writes} and opens {opens}; the box has {database}")
NONE_YET = N_("none yet")
OPENED = N_("it opened a copy of the database")
STATED = N_("stated for the centre")
NEVER_RAN = N_("it has no database; this box never ran")
WHYS = ("processes", "doctor", "starts", "asked")
"""Why a release did not hold: its processes do not stay up; something ails the box that did not before; the machine was
started twice without it holding; somebody asked for the one before."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the parser of `zaitang-edge`."""
    busy = commands.add_parser("busy", help="whether anything is recorded, open, or about to begin; 0: it is quiet, "
                                            "1: it is not, or nobody can tell")
    busy.add_argument("--box", type=Path, required=True, metavar="DIR")
    busy.add_argument("--within", type=_minutes, default=WITHIN_MIN, metavar="MINUTES",
                      help="how soon a class of the plan may begin (default: %(default)s)")
    busy.add_argument("--json", action="store_true", help="for programs")
    busy.set_defaults(do=_busy)
    schema = commands.add_parser("schema", help="which database this box has, and which ones this release opens")
    schema.add_argument("--box", type=Path, required=True, metavar="DIR")
    schema.add_argument("--try", action="store_true", dest="try_copy", help="open a copy of the database, and throw it "
                                                                           "away")
    schema.add_argument("--json", action="store_true", help="for programs")
    schema.set_defaults(do=_schema)
    failed = commands.add_parser("update-failed", help="state for the centre that a release did not hold on this box")
    failed.add_argument("--box", type=Path, required=True, metavar="DIR")
    failed.add_argument("--release", type=_release, required=True, metavar="VERSION", help="which release")
    failed.add_argument("--back-to", type=_release, metavar="VERSION",
                        help="the release that runs again; without it: the one that did not hold stays")
    failed.add_argument("--why", choices=WHYS, required=True, help="why it did not hold (docs/updates.md)")
    failed.set_defaults(do=_failed)


def _minutes(text: str) -> int:
    if not 0 <= int(text) <= MOST_MIN:
        raise ValueError(text)
    return int(text)


def _release(text: str) -> str:
    if not 0 < len(text) <= 64 or not all(one.isascii() and (one.isalnum() or one in ".+-_") for one in text):
        raise ValueError(text)
    return text


def _busy(args: argparse.Namespace) -> int:
    from edge.config import BOX_FILE
    from edge.errors import BadBox
    from edge.updates.quiet import look

    if not (args.box / BOX_FILE).is_file():
        raise BadBox(folder=args.box, why=NEVER_RAN)
    quiet = look(args.box, args.within)
    print(json.dumps(dataclasses.asdict(quiet)) if args.json else _said(quiet, args))
    return int(quiet.busy)


def _said(quiet: Quiet, args: argparse.Namespace) -> str:
    return translate(SAID[quiet.why], args.lang, minutes=args.within, begins=quiet.begins)


def _schema(args: argparse.Namespace) -> int:
    from edge.updates.schema import schema, try_copy

    found = schema(args.box)
    if args.try_copy:
        try_copy(args.box)
    if args.json:
        print(json.dumps(dataclasses.asdict(found)))
        return 0
    database = translate(NONE_YET, args.lang) if found.database is None else found.database
    print(translate(SCHEMA, args.lang, writes=found.writes, opens=", ".join(map(str, found.opens)), database=database))
    if args.try_copy:
        print(translate(OPENED, args.lang))
    return 0


def _failed(args: argparse.Namespace) -> int:
    from edge.errors import BadBox
    from edge.updates.said import Failed, state_failed
    from edge.wiring import DATABASE, open_box

    if not (args.box / DATABASE).is_file():
        raise BadBox(folder=args.box, why=NEVER_RAN)
    box = open_box(args.box)
    with contextlib.closing(box.store):
        state_failed(box.store, Failed(args.release, args.back_to, args.why))
    print(translate(STATED, args.lang))
    return 0
