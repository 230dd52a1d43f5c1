"""`zaitang-edge enrol --box DIR --class ID --photos DIR`: enrol people from a folder of photographs."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from edge.enrol.consent import Shown
    from edge.wiring import Box


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


def _consent(args: argparse.Namespace) -> int:
    from edge.wiring import open_box

    print(_text(open_box(args.box), args.class_id, args.lang).text)
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
