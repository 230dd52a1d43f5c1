"""`zaitang-central keep plan|apply`: what video stays until when and why, and removing what may go."""
from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.texts import N_, translate

if TYPE_CHECKING:
    from central.keeping.plan import KeepPlan

HEADINGS = [N_("Class"), N_("Files"), N_("Size"), N_("Kept until"), N_("What becomes of it"), N_("Why")]
NOTHING = N_("No video lies here to stay.")
TOTAL = N_("May go: {files} files, {size}. Nothing was changed: `keep apply` removes.")
REMOVED = N_("Removed: {files} files, {size}.")
CERTIFIED = N_("A certificate is on record for {files} more files; they go with the next `keep apply`, once a witness"
               " or a box has seen a signed tree that holds it.")
WAITING = N_("Waiting for a witness or a box to see their certificate: {files} files.")
STAY = N_("Certified before, and held since: {files} files stay.")
CHANGED = N_("Not removed, because they are not what was recorded any more: {files} files. Somebody must look at that.")
NONE = N_("Nothing may go now.")


def add_commands(commands: Any, command: Any) -> None:
    """Add `keep` to the parser of `zaitang-central`."""
    group = commands.add_parser("keep", help="how long video is kept, and what is removed")
    group = group.add_subparsers(required=True, metavar="WHAT")
    plan = command(group, "plan", _plan, "show what stays until when, and what may go; changes nothing")
    plan.add_argument("class_id", metavar="CLASS", nargs="?", help="one class; without it all")
    plan.add_argument("--json", action="store_true", help="print it for programs")
    command(group, "apply", _apply, "certify and remove the video whose time is over")


def _plan(args: argparse.Namespace) -> None:
    from central.keeping.words import lines, size_words
    from central.wiring import open_centre
    from common.tables import print_table

    plan = open_centre(args.centre).remover().plan(args.class_id)
    if args.json:
        print(json.dumps(as_json(plan), ensure_ascii=False, indent=1))
        return
    rows = [(one.class_id, one.files, one.size, one.until, one.what, one.why) for one in lines(plan, args.lang)]
    print_table(HEADINGS, rows, NOTHING, args.lang)
    print(translate(TOTAL, args.lang, files=len(plan.goes), size=size_words(sum(one.stored.size for one in plan.goes))))


def as_json(plan: KeepPlan) -> dict[str, Any]:
    """A plan for programs: groups with their reasons, and the hashes of what may go."""
    from evidence.times import utc_text

    def time(us: int | None) -> str | None:
        return None if us is None else utc_text(us)

    return {
        "now": time(plan.now.us), "clock_certain": plan.now.certain, "witness": time(plan.now.witness_us),
        "groups": [{
            "class": group.class_id, "action": "remove" if group.remove else "keep", "files": group.files,
            "bytes": group.bytes, "until": time(group.until_us),
            "reasons": [{"code": one.code, "params": dict(one.params)} for one in group.reasons],
        } for kept in plan.classes for group in kept.groups],
        "goes": [{"sha256": one.stored.sha256, "size": one.stored.size, "until": time(one.until_us),
                  "classes": list(one.stored.classes)} for one in plan.goes],
    }


def _apply(args: argparse.Namespace) -> None:
    from central.keeping.words import size_words
    from central.wiring import alone, open_centre

    folder: Path = args.centre
    with alone(folder, "keeping"):
        done = open_centre(folder).remover().apply()
    said = [(REMOVED, done.removed), (CERTIFIED, done.certified), (WAITING, done.waiting), (STAY, done.stay),
            (CHANGED, done.changed)]
    for text, files in said:
        if files:
            print(translate(text, args.lang, files=files, size=size_words(done.removed_bytes)))
    if not any(files for _, files in said):
        print(translate(NONE, args.lang))
