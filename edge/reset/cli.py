"""`zaitang-edge reset --box DIR --confirm DEVICE`: empties a box, if its centre has said that it may."""
from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from common.texts import N_, translate
from evidence.errors import BadInput

WHY = {
    "no_word": N_("the centre has not said that this box may be emptied: `zaitang-central order release BOX`"),
    "other_chain": N_("the word of the centre is about what this box was before its chain began anew: ask for another"),
    "over": N_("the word of the centre is over: ask for another"),
    "since": N_("{count} records were made since the word of the centre ({kinds}): ask for another"),
    "waiting": N_("{count} records have no receipt of the centre yet: let the box run until it has them"),
    "past": N_("{count} records of before its chain began anew have no receipt of the centre, and are not sent any "
               "more: they may be at this box alone, keep its disk"),
    "held": N_("a dispute or a hold keeps {count} video files whose time was over: wait until that is over"),
    "faces": N_("a dispute or a hold of {count} classes keeps their faces and pictures, which nobody else has: wait "
                "until that is over"),
    "open": N_("a class is open: end it at the terminal"),
    "unsealed": N_("{count} recordings were not finished: let the box run, it records what is whole of them"),
    "aside": N_("{count} files that no record names were put aside (video/quarantine): look at them, and take them "
                "elsewhere"),
    "unknown": N_("{count} files among the video are named by no record: let the box run, it puts them aside"),
}
EMPTIED = N_("the box is empty: keys, faces, records and video are gone. It begins like a new one. The centre goes on "
             "to believe its old key: `zaitang-central box revoke {device}` ends that")


class NotEmptied(BadInput):
    text = "nothing was removed: {why}"


class NotNamed(BadInput):
    text = "nothing was removed: this box is {device}; say so with --confirm {device}"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `reset` to the parser of `zaitang-edge`."""
    reset = commands.add_parser("reset", help="empty this box for good, once the centre has said that it may")
    reset.add_argument("--box", type=Path, required=True, metavar="DIR")
    reset.add_argument("--confirm", metavar="DEVICE", help="the name of this box: it is meant")
    reset.set_defaults(do=_reset)


def _reset(args: argparse.Namespace) -> int:
    from edge.reset.wipe import begun, finish

    folder = args.box.resolve()
    if begun(folder):
        finish(folder)
    else:
        _empty(folder, args.confirm, args.lang)
    print(translate(EMPTIED, args.lang, device=args.confirm or "BOX"))
    return 0


def _empty(folder: Path, confirm: str | None, lang: str) -> None:
    """With nothing of the box running: ask everything, set the mark, remove."""
    from edge.child import none_of
    from edge.cli import ROLES
    from edge.reset.gather import facts, volumes_of
    from edge.reset.judge import refusals
    from edge.reset.wipe import begin, finish
    from edge.wiring import open_ran

    box = open_ran(folder)
    with contextlib.ExitStack() as alone:
        alone.callback(box.store.close)
        alone.enter_context(none_of(box.run_folder, ("box", *ROLES)))
        if confirm != box.config.device:
            raise NotNamed(device=box.config.device)
        volumes = volumes_of(box)
        said = [translate(WHY[code], lang, **params) for code, params in refusals(facts(box, volumes))]
        if said:
            raise NotEmptied(why="; ".join(said))
        box.store.close()
        begin(folder, [one.folder for one in volumes])
        finish(folder)
