"""`zaitang-edge enrol --box DIR --class ID --photos DIR`: enrol people from a folder of photographs."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `enrol` to the parser of `zaitang-edge`."""
    enrol = commands.add_parser("enrol", help="enrol the people of a class from photographs")
    enrol.add_argument("--box", type=Path, required=True, metavar="DIR")
    enrol.add_argument("--class", dest="class_id", required=True, metavar="ID")
    enrol.add_argument("--photos", type=Path, required=True, metavar="DIR",
                       help="one file or folder per person, named by pseudonym or by name")
    enrol.set_defaults(do=_enrol)


def _enrol(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from common.texts import translate
    from edge.enrol.enrol import enrol
    from edge.enrol.photos import photo_files
    from edge.vision.pack import load_pack
    from edge.wiring import open_box

    people = photo_files(args.photos)
    box = open_box(args.box)
    folder = box.config.vision.folder
    pack = load_pack(box.config.vision.pack, Path(folder) if folder else None, only_faces=True)
    total = sum(len(files) for files in people.values())
    with tqdm(total=total, desc=args.class_id, unit="photo", file=sys.stderr) as bar:
        enrolled = enrol(box.store, pack, args.class_id, people, bar.update)
    print(translate("people enrolled in class {class_id}: {count}", args.lang, count=len(enrolled),
                    class_id=args.class_id))
    return 0
