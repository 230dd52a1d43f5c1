"""`zaitang-edge enrol --box DIR --class ID --photos DIR`: enrol people from a folder of photographs."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from common.texts import N_

if TYPE_CHECKING:
    from edge.enrol.consent import Shown
    from edge.wiring import Box

PATIENCE_S = 30.0
"""Real seconds for which other processes may be in the way of an erasure."""
BEGUN = N_("{person} is recognised no more from now on; erasing …")
SIGNED = (N_("Name: "), N_("Date: "), N_("Signature: "))
HELD = N_("{person}, class {class_id}: the centre stated a dispute about the class, or a hold; the face is erased by"
          " itself as soon as that is over")
ERASED = N_("erased: {person}, class {class_id}: {templates} face descriptions, {shots} pictures")
PIN_STAYS = N_("the PIN stays: {person} goes on signing in by it; `--why over` or `--names` erases it, too")
NOTHING = N_("nothing is here of the face of {person}: nothing was erased, and nothing recorded")
ROLES, YES = {"trainee": N_("Trainee"), "instructor": N_("Instructor")}, N_("yes")
NOBODY = N_("nobody is in a class of this box yet: the centre sends the plan and the names")
UNTOLD = N_("that they consented is on no record: have the text of `zaitang-edge consent` signed and say "
            "--consent-on-paper, or the findings will say that consent is missing, and no photograph of them is kept "
            "for the contact sheet")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `enrol` to the parser of `zaitang-edge`."""
    enrol = commands.add_parser("enrol", help="enrol the people of a class from photographs")
    enrol.add_argument("--box", type=Path, required=True, metavar="DIR")
    enrol.add_argument("--class", dest="class_id", required=True, metavar="ID")
    enrol.add_argument("--photos", type=Path, required=True, metavar="DIR",
                       help="one file or folder per person, named by pseudonym or by name")
    enrol.add_argument("--consent-on-paper", action="store_true",
                       help="everybody has signed the text of consent that `consent --class ID` prints: record it")
    enrol.set_defaults(do=_enrol)
    consent = commands.add_parser("consent", help="print the text of consent of a class, to be signed on paper")
    consent.add_argument("--box", type=Path, required=True, metavar="DIR")
    consent.add_argument("--class", dest="class_id", required=True, metavar="ID")
    consent.set_defaults(do=_consent)
    erase = commands.add_parser("erase", help="erase a face for good; what was recorded of the class stays")
    erase.add_argument("--box", type=Path, required=True, metavar="DIR")
    erase.add_argument("--person", required=True, metavar="WHO",
                       help="the pseudonym, or the name where only one person here has it")
    erase.add_argument("--why", choices=("withdrawn", "over"), default="withdrawn",
                       help="the consent was withdrawn, or the purpose is over")
    erase.add_argument("--names", action="store_true", help="erase the name on this box, too")
    erase.set_defaults(do=_erase)
    people = commands.add_parser("people", help="who is in the classes of a box: pseudonym, name, role, face, PIN")
    people.add_argument("--box", type=Path, required=True, metavar="DIR")
    people.add_argument("--class", dest="class_id", metavar="ID", help="this class alone")
    people.set_defaults(do=_people)


def _people(args: argparse.Namespace) -> int:
    from common.tables import print_table
    from common.texts import translate
    from edge.enrol.enrol import checked, roster_of
    from edge.enrol.errors import NoSuchClass
    from edge.plans import newest_orders
    from edge.wiring import open_box

    only = None if args.class_id is None else checked(args.class_id)
    store = open_box(args.box).store
    orders = newest_orders(store.orders())
    if only is not None and only not in orders:
        raise NoSuchClass(class_id=only)
    classes = sorted(orders) if only is None else [only]
    if not any(roster_of(store, class_id) for class_id in classes):
        print(translate(NOBODY, args.lang), file=sys.stderr)
        return 0
    rows = []
    for class_id in classes:
        names, enrolled, pins = store.names(class_id), store.enrolled(class_id), store.pins(class_id)
        roles = {one.person: one.role for one in orders[class_id].roster}
        for person in sorted(roster_of(store, class_id)):
            rows.append((
                class_id, person, names.get(person, "—"), translate(ROLES[roles.get(person, "trainee")], args.lang),
                translate(YES, args.lang) if person in enrolled else "—",
                translate(YES, args.lang) if person in pins else "—"))
    print_table([N_("Class"), N_("Person"), N_("Name"), N_("Role"), N_("Face"), N_("PIN")], rows, NOBODY, args.lang)
    return 0


def _consent(args: argparse.Namespace) -> int:
    from common.texts import translate
    from edge.wiring import open_box

    print(_text(open_box(args.box), args.class_id, args.lang).text)
    # Not a part of the text that the record of a consent names.
    print("\n".join(["", *(f"{translate(line, args.lang)}{'_' * 24}" for line in SIGNED)]))
    return 0


def _erase(args: argparse.Namespace) -> int:
    from common.texts import translate
    from edge.enrol.enrol import keeps, whom
    from edge.enrol.erase import finish_soon, held, over, withdraw
    from edge.wiring import open_box

    box = open_box(args.box)
    person, classes = whom(box.store, args.person)
    # Those that a cut or a reader left unfinished are finished, not asked for again. What an enrolment replaced is
    # finished, too, but nobody asked for it.
    asked = [one for one in box.store.erasures() if one.person == person and one.why != "again"]
    nameless = {one.class_id for one in asked if one.names}
    here = [one for one in classes if keeps(box.store, one, person, args.why)
            or (args.names and one not in nameless and person in box.store.names(one))]
    if not here and not asked:
        print(translate(NOTHING, args.lang, person=person), file=sys.stderr)
        return 0
    for class_id in here:
        if args.why == "withdrawn":
            withdraw(box.store, class_id, person, "command", args.names)
        else:
            over(box.store, class_id, person, "over", args.names)
    print(translate(BEGUN, args.lang, person=person), file=sys.stderr)
    for done in finish_soon(box.store, box.folder, PATIENCE_S):
        if done.person == person and done.why != "again":
            print(translate(ERASED, args.lang, person=done.person, class_id=done.class_id, templates=done.templates,
                            shots=done.shots))
    for waiting in held(box.store):
        if waiting.person == person:
            print(translate(HELD, args.lang, person=person, class_id=waiting.class_id))
    if any(person in box.store.pins(class_id) for class_id in classes):
        print(translate(PIN_STAYS, args.lang, person=person))
    return 0


def _text(box: Box, class_id: str, lang: Literal["zh", "en"]) -> Shown:
    """The text of consent of a class of this box. Raises BadClassId, NoSuchClass."""
    from edge.enrol.consent import consent_text
    from edge.enrol.enrol import checked
    from edge.enrol.errors import NoSuchClass
    from edge.plans import newest_orders

    checked(class_id)
    order = newest_orders(box.store.orders()).get(class_id)
    if order is None:
        raise NoSuchClass(class_id=class_id)
    return consent_text(order, box.config.enrol.institution, box.config.enrol.contact, lang)


def _enrol(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from common.texts import translate
    from edge.enrol.enrol import checked, enrol
    from edge.enrol.photos import photo_files
    from edge.vision.pack import load_pack
    from edge.wiring import open_box

    checked(args.class_id)
    people = photo_files(args.photos)
    box = open_box(args.box)
    paper = _text(box, args.class_id, args.lang) if args.consent_on_paper else None
    folder = box.config.vision.folder
    pack = load_pack(box.config.vision.pack, Path(folder) if folder else None, only_faces=True)
    total = sum(len(files) for files in people.values())
    with tqdm(total=total, desc=args.class_id, unit="photo", file=sys.stderr) as bar:
        enrolled = enrol(box.store, pack, args.class_id, people, bar.update, paper)
    print(translate("people enrolled in class {class_id}: {count}", args.lang, count=len(enrolled),
                    class_id=args.class_id))
    if paper is None:
        print(translate(UNTOLD, args.lang), file=sys.stderr)
    return 0
