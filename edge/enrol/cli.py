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
ERASED = N_("erased: {person}, class {class_id}: {templates} face descriptions, {shots} pictures")


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
    erase.add_argument("--person", required=True, metavar="ID", help="the pseudonym")
    erase.add_argument("--why", choices=("withdrawn", "over"), default="withdrawn",
                       help="the consent was withdrawn, or the purpose is over")
    erase.add_argument("--names", action="store_true", help="erase the name on this box, too")
    erase.set_defaults(do=_erase)


def _consent(args: argparse.Namespace) -> int:
    from edge.wiring import open_box

    print(_text(open_box(args.box), args.class_id, args.lang).text)
    return 0


def _erase(args: argparse.Namespace) -> int:
    from common.texts import translate
    from edge.enrol.enrol import classes_of
    from edge.enrol.erase import finish_soon, over, withdraw
    from edge.wiring import open_box

    box = open_box(args.box)
    classes = classes_of(box.store, args.person)
    asked = {(one.class_id, one.person) for one in box.store.erasures()}
    for class_id in [one for one in classes if (one, args.person) not in asked or args.names]:
        if args.why == "withdrawn":
            withdraw(box.store, class_id, args.person, "command", args.names)
        else:
            over(box.store, class_id, args.person, "over", args.names)
    print(translate(BEGUN, args.lang, person=args.person), file=sys.stderr)
    for done in finish_soon(box.store, box.folder, PATIENCE_S):
        print(translate(ERASED, args.lang, person=done.person, class_id=done.class_id, templates=done.templates,
                        shots=done.shots))
    return 0


def _text(box: Box, class_id: str, lang: Literal["zh", "en"]) -> Shown:
    """The text of consent of a class of this box. Raises NoSuchClass."""
    from edge.enrol.consent import consent_text
    from edge.enrol.errors import NoSuchClass
    from edge.plans import newest_orders

    order = newest_orders(box.store.orders()).get(class_id)
    if order is None:
        raise NoSuchClass(class_id=class_id)
    return consent_text(order, box.config.enrol.institution, box.config.enrol.contact, lang)


def _enrol(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from common.texts import translate
    from edge.enrol.enrol import enrol
    from edge.enrol.photos import photo_files
    from edge.vision.pack import load_pack
    from edge.wiring import open_box

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
    return 0
