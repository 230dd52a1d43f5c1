"""`zaitang-central keep plan|apply`: what video stays until when and why, and removing what may go; and `erase`: the
face of a trainee."""
from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.texts import N_, translate

if TYPE_CHECKING:
    from central.keeping.plan import KeepPlan
    from central.wiring import Centre

HEADINGS = [N_("Class"), N_("Files"), N_("Size"), N_("Kept until"), N_("What becomes of it"), N_("Why")]
NOTHING = N_("No video lies here to stay.")
TOTAL = N_("May go: {files} files, {size}. Nothing was changed: `keep apply` removes.")
REMOVED = N_("Removed: {files} files, {size}.")
CERTIFIED = N_("A certificate is on record for {files} more files; they go with the next `keep apply`, once a witness"
               " or a box has seen a signed tree that holds it.")
WAITING = N_("Waiting for a witness or a box to see their certificate: {files} files.")
STAY = N_("Certified before, and held since: {files} files stay.")
CHANGED = N_("Not removed, because they are not what was recorded any more: {files} files. Somebody must look at that.")
LATER = N_("To be looked at again, for something of their class was recorded meanwhile, or the bucket in which they lie"
           " is not in centre.toml: {files} files.")
NONE = N_("Nothing may go now.")
FACES = N_("Faces that nothing holds any more and that are ordered to be erased now: {count}.")
ORDERED = N_("The face of {person} of class {class_id} is to be erased; ordered of: {boxes}. `zaitang-central erase"
             " --status` tells how far it is.")
NOBODY = N_("no box anew, for all have their order already")
HELD = N_("It is on record that {person} of class {class_id} asked for the erasure of the face. It {waits}; then it is"
          " ordered without that anybody asks again.")
NO_ERASURES = N_("No face was ordered to be erased.")


def add_commands(commands: Any, command: Any) -> None:
    """Add `keep` to the parser of `zaitang-central`."""
    group = commands.add_parser("keep", help="how long video is kept, and what is removed")
    group = group.add_subparsers(required=True, metavar="WHAT")
    plan = command(group, "plan", _plan, "show what stays until when, and what may go; changes nothing")
    plan.add_argument("class_id", metavar="CLASS", nargs="?", help="one class; without it all")
    plan.add_argument("--json", action="store_true", help="print it for programs")
    command(group, "apply", _apply, "certify and remove the video whose time is over")


    erase = command(commands, "erase", _erase,
                    "order the face of a trainee to be erased everywhere, or tell how far it is")
    erase.add_argument("class_id", metavar="CLASS", nargs="?", help="the class; with --status without it all")
    erase.add_argument("person", metavar="PERSON", nargs="?", help="pseudonym, or name")
    erase.add_argument("--by", default="", metavar="ACCOUNT",
                       help="to whom the trainee said so: a supervisor, or of the institution; kept for ever")
    erase.add_argument("--status", action="store_true", help="tell how far it is, box by box; orders nothing")


def _erase(args: argparse.Namespace) -> None:
    from central.accounts.actions import Action
    from central.commands import named
    from central.keeping.asking import erase_face
    from central.keeping.erasing import erasures
    from central.keeping.errors import BadTeller, WhoErased
    from central.keeping.words import waits_words
    from central.wiring import open_centre

    centre = open_centre(args.centre)
    if args.status:
        _say_status(args, centre)
        return
    if args.class_id is None or args.person is None:
        raise WhoErased()
    if not args.by:
        raise BadTeller()
    by = named(args, centre.store, Action.ERASE)
    one, ordered = erase_face(centre, args.class_id, args.person, by)
    with centre.store.read() as tx:
        found = erasures(centre.store, tx, centre.clock.stamp().utc_us, args.class_id)
    waits = next((each.waits for each in found if each.person == one.person), ())
    text, boxes = HELD if waits else ORDERED, ", ".join(each.device for each in ordered)
    print(translate(text, args.lang, person=one.person, class_id=args.class_id, waits=waits_words(waits, args.lang),
                    boxes=boxes or translate(NOBODY, args.lang)))


def _say_status(args: argparse.Namespace, centre: Centre) -> None:
    from central.keeping.erasing import erasures
    from central.keeping.words import BOXES, box_words, erasing_words
    from common.tables import print_table

    with centre.store.read() as tx:
        found = erasures(centre.store, tx, centre.clock.stamp().utc_us, args.class_id)
    rows: list[tuple[object, ...]] = []
    for one in found:
        rows += [(one.class_id, one.person, box.device, box_words(box, args.lang)) for box in one.boxes]
        if not one.boxes:
            rows.append((one.class_id, one.person, "—", erasing_words(one, args.lang)))
    print_table(BOXES, rows, NO_ERASURES, args.lang)


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
    from central.alone import alone
    from central.keeping.asking import order_due
    from central.keeping.words import size_words
    from central.wiring import open_centre

    folder: Path = args.centre
    with alone(folder, "keeping"):
        centre = open_centre(folder)
        if faces := order_due(centre):
            print(translate(FACES, args.lang, count=faces))
        done = centre.remover().apply()
    said = [(REMOVED, done.removed), (CERTIFIED, done.certified), (WAITING, done.waiting), (STAY, done.stay),
            (CHANGED, done.changed), (LATER, done.later)]
    for text, files in said:
        if files:
            print(translate(text, args.lang, files=files, size=size_words(done.removed_bytes)))
    if not faces and not any(files for _, files in said):
        print(translate(NONE, args.lang))
