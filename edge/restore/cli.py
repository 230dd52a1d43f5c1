"""`zaitang-edge restore FILE --box DIR`: a box with a new card gets back what its centre holds of it."""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from common.texts import N_, translate

if TYPE_CHECKING:
    from edge.restore.restore import Lost

BACK = N_("back at this box: chains: {chains}, records: {records}, orders: {orders}")
GOES_ON = N_("its chain goes on for the last of them, on record")
BESIDE = N_("this box has recorded already since it joined: they are kept beside its chain, which does not name them")
HERE = N_("all of it was here already: nothing changed")
ADOPTED = N_("the volume in {folder} survived and is this box's again")
ASIDE = N_("files on the second volume that no record names, put aside in its folder quarantine: {count}")
FOUND = N_("segments of before on its volumes: {count}")
LOST = N_(
    "video that is not at this box any more, class {class_id}: {files} files, recorded from {first} to {last} (UTC); "
    "{at_centre} of them are at the centre")
NO_CLASS = N_("(none)")
STATED = N_("that this box lost them is on record now")
LATER = N_("if a disk of before comes back: name it in box.toml ([storage] second), and give the same command again")
FACES = N_(
    "no faces came back, and no PINs: people enrol again, or their templates are moved from another box. Names come "
    "with the next sheet of the centre; names that had been erased at this box must be erased again")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `restore` to the parser of `zaitang-edge`."""
    restore = commands.add_parser(
        "restore", help="after its card died: give a box that joined anew what its centre holds of it")
    restore.add_argument("pack", type=Path, metavar="FILE",
                         help="from `zaitang-central box pack`; or the folder of an exported class, or a bag")
    restore.add_argument("--box", type=Path, required=True, metavar="DIR")
    restore.set_defaults(do=_restore)


def _restore(args: argparse.Namespace) -> int:
    from edge.child import none_of
    from edge.cli import ROLES
    from edge.restore.restore import restore
    from edge.wiring import open_box

    box = open_box(args.box)
    try:
        with none_of(box.run_folder, ("box", "storage-work", *ROLES)):
            done = restore(box, args.pack)
    finally:
        box.store.close()
    if done.chains:
        _say(args, BACK, chains=done.chains, records=done.records, orders=done.orders)
        _say(args, GOES_ON if done.goes_on else BESIDE)
    elif not done.adopted and not done.aside:
        _say(args, HERE)
    for folder in done.adopted.values():
        _say(args, ADOPTED, folder=folder)
    if done.chains or done.adopted:
        _say(args, FOUND, count=done.found)
    if done.aside:
        _say(args, ASIDE, count=done.aside)
    for lost in done.lost:
        _say_lost(args, lost)
    if done.lost:
        _say(args, STATED)
        _say(args, LATER)
    if done.chains:
        _say(args, FACES)
    return 0


def _say_lost(args: argparse.Namespace, lost: Lost) -> None:
    _say(args, LOST, class_id=lost.class_id or translate(NO_CLASS, args.lang), files=lost.files, first=lost.first[:16],
         last=lost.last[:16], at_centre=lost.at_centre)


def _say(args: argparse.Namespace, msgid: str, **params: object) -> None:
    print(translate(msgid, args.lang, **params))
