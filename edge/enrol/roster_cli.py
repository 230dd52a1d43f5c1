"""`zaitang-edge roster import`: a list of people for a box without a centre at hand, its numbers sealed to the centre.

A class is planned by the centre alone: an order is its signed record, and a box would vouch for its own class. So the
import makes no class. It checks the list, compares it with the plan where the box has one, and seals it to the centre
in a file that somebody carries there; `zaitang-central roster` makes the names of `class add` of it. The box keeps
neither number nor list in clear.
"""
from __future__ import annotations

import argparse
import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING

from common.reasons import AND
from common.texts import N_, translate

if TYPE_CHECKING:
    from edge.clock import Clock
    from edge.store import Store

FOLDER = "roster"
LONGEST_KEY = 1024
SEALED = N_("{count} people of class {class_id} are checked and sealed to the centre: carry {file} there")
NO_ORDER = N_("this box has no order for class {class_id} yet: the centre makes it from that file, and nobody can be "
              "enrolled before it came")
NUMBERED = N_("several people have the same name; they are told apart as （1）, （2） … by their rows: {names}")
IN_ORDER = N_("the list is in order ({count} people), but nothing was sealed:")
DELETE = N_("delete {file} now: it holds numbers in clear")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `roster` to the parser of `zaitang-edge`."""
    roster = commands.add_parser("roster", help="lists of people for a box without a centre at hand")
    actions = roster.add_subparsers(required=True, metavar="ACTION")
    load = actions.add_parser("import", help="check a list of people and seal it, with its numbers, to the centre")
    load.add_argument("--box", type=Path, required=True, metavar="DIR")
    load.add_argument("--class", dest="class_id", required=True, metavar="ID")
    load.add_argument("--file", type=Path, required=True, metavar="X.csv",
                      help="CSV in UTF-8 or GB18030 with the columns 姓名, 身份证号 and perhaps 角色")
    load.add_argument("--centre-key", metavar="KEY",
                      help="the centre's sealing key, as `zaitang-central sealing-key` prints it, or a file with it")
    load.set_defaults(do=_import)


def _import(args: argparse.Namespace) -> int:
    from common.sheets import public_key, seal_roster
    from edge.clock import SystemClock
    from edge.enrol.enrol import checked
    from edge.enrol.errors import ListInBox, NoCentreKey
    from edge.enrol.roster import MAX_BYTES, namesakes, read_roster
    from edge.errors import NotCertified
    from edge.storage.files import make_folder, read_plain, replace
    from edge.wiring import open_box

    class_id = checked(args.class_id)
    if args.file.resolve().is_relative_to(args.box.resolve()):
        raise ListInBox(file=args.file)
    try:
        box = open_box(args.box)
    except NotCertified:  # nothing can be sealed yet, but mistakes of the list need not wait for the centre
        found = read_roster(read_plain(args.file, MAX_BYTES + 1), _day(SystemClock()), {}, class_id)
        print(translate(IN_ORDER, args.lang, count=len(found)))
        raise
    key = box.config.enrol.centre_key
    if args.centre_key is not None:
        key = _said(args.centre_key)
    if key is None:
        raise NoCentreKey()
    public_key(key)  # a wrong one is told before a hundred rows are
    data = read_plain(args.file, MAX_BYTES + 1)
    planned = _planned(box.store, class_id)
    people = read_roster(data, _day(box.clock), planned or {}, class_id)
    sealed = seal_roster(people, key, class_id)
    out = box.folder / FOLDER / f"{class_id}.sealed"
    make_folder(out.parent)
    replace(out, sealed)
    print(translate(SEALED, args.lang, count=len(people), class_id=class_id, file=out))
    if same := namesakes(people):
        print(translate(NUMBERED, args.lang, names=AND[args.lang].join(same)))
    if planned is None:
        print(translate(NO_ORDER, args.lang, class_id=class_id))
    print(translate(DELETE, args.lang, file=args.file))
    return 0


def _day(clock: Clock) -> datetime.date:
    return datetime.datetime.fromtimestamp(clock.utc_us() / 1e6, datetime.UTC).date()


def _said(given: str) -> str:
    """A key as it was given: itself, or a file with it. Raises OSError."""
    from edge.storage.files import read_plain

    if re.fullmatch(r"[0-9a-f]{64}", given):
        return given
    return read_plain(Path(given), LONGEST_KEY).decode("ascii", "replace").strip()


def _planned(store: Store, class_id: str) -> dict[str, str] | None:
    """Name → role of the class as the centre planned it; None without an order, empty without names."""
    from edge.plans import newest_orders

    order = newest_orders(store.orders()).get(class_id)
    if order is None:
        return None
    names = store.names(class_id)
    return {names[one.person]: one.role for one in order.roster if one.person in names}
