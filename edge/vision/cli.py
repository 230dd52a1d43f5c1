"""The commands of `zaitang-edge` that look at faces: `models`, `rollcall`, `enrol`, `evaluate`."""
from __future__ import annotations

import argparse
import errno
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.enrol.cli import add_commands as add_enrol
from edge.enrol.move_cli import add_commands as add_templates
from edge.enrol.roster_cli import add_commands as add_roster
from edge.models.cli import add_commands as add_models
from edge.rollcall.cli import add_commands as add_rollcall

if TYPE_CHECKING:
    from edge.vision.gallery import Gallery
    from edge.vision.pack import Pack


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add all of them to the parser of `zaitang-edge`."""
    add_templates(commands)
    add_roster(commands)
    add_models(commands)
    add_rollcall(commands)
    add_enrol(commands)
    evaluate = commands.add_parser("evaluate", help="measure a model pack on photographs")
    kinds = evaluate.add_subparsers(required=True, metavar="WHAT")
    identify = kinds.add_parser("identify", help="rank-1, FNIR and FPIR; people outside the gallery are strangers")
    identify.add_argument("--gallery", type=Path, required=True, metavar="DIR", help="one file or folder per person")
    identify.add_argument("--probes", type=Path, required=True, metavar="DIR", help="likewise, with the same names")
    identify.add_argument("--pack", required=True, metavar="NAME")
    identify.add_argument("--json", type=Path, metavar="OUT", help="write the result here as well")
    identify.set_defaults(do=_identify)


def read_gallery(pack: Pack, folder: Path, lang: str) -> Gallery:
    """A gallery from photographs, with a progress bar; photos that were left out are told on stderr."""
    from tqdm import tqdm

    from common.texts import words
    from edge.enrol.photos import describe_photos, photo_files
    from edge.vision.gallery import Gallery

    people = photo_files(folder)
    total = sum(len(files) for files in people.values())
    with tqdm(total=total, desc=folder.name, unit="photo", file=sys.stderr) as bar:
        described = describe_photos(pack, people, strict=False, done=bar.update)
    for problem in described.skipped:
        print(words(problem, lang), file=sys.stderr)
    return Gallery(pack, described.templates)


def check_json(path: Path | None) -> None:
    """Refuse now what `write_json` could not write after minutes of work. Raises CannotWrite."""
    from edge.errors import CannotWrite

    if path is None:
        return
    if path.is_dir():
        raise CannotWrite(folder=path, why=os.strerror(errno.EISDIR))
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise CannotWrite(folder=path.parent, why=error.strerror or str(error)) from None


def write_json(path: Path | None, value: dict[str, Any]) -> None:
    """Print the value, and write it to `path` if there is one: whole or not at all. Raises CannotWrite."""
    from edge.errors import CannotWrite
    from edge.storage.files import replace

    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    print(text, end="")
    if path is not None:
        try:
            replace(path, text.encode())
        except OSError as error:
            raise CannotWrite(folder=path.parent, why=error.strerror or str(error)) from None


def _identify(args: argparse.Namespace) -> int:
    import dataclasses

    import numpy as np
    from tqdm import tqdm

    from edge.enrol.photos import describe, photo_files
    from edge.vision.calibrate import calibrate
    from edge.vision.evaluate import evaluate_identify
    from edge.vision.pack import load_pack
    from evidence.errors import BadInput

    check_json(args.json)
    photos = [(name, file) for name, files in photo_files(args.probes).items() for file in files]
    pack = load_pack(args.pack)
    gallery = read_gallery(pack, args.gallery, args.lang)
    threshold = calibrate(pack, gallery)
    probes: dict[str, list[np.ndarray | None]] = {}
    for name, file in tqdm(photos, desc=args.probes.name, unit="photo", file=sys.stderr):
        try:
            vector = describe(pack, file, strict=False)
        except BadInput:
            vector = None
        probes.setdefault(name, []).append(vector)
    result = evaluate_identify(pack, gallery, probes, threshold)
    about = {"threshold": threshold.ppm / 1e6, "threshold_from": threshold.source, "pack": pack.name}
    write_json(args.json, {**dataclasses.asdict(result), **about})
    return 0
