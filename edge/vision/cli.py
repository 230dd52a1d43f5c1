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

from common.texts import N_
from edge.acceptance.cli import add_commands as add_evaluate
from edge.enrol.cli import add_commands as add_enrol
from edge.enrol.move_cli import add_commands as add_templates
from edge.enrol.roster_cli import add_commands as add_roster
from edge.models.cli import add_commands as add_models
from edge.rollcall.cli import add_commands as add_rollcall

if TYPE_CHECKING:
    import numpy as np

    from edge.vision.gallery import Gallery
    from edge.vision.pack import Pack
    from evidence.errors import BadInput

NO_TEMPLATE = N_("{person} is not looked for, as no photograph is usable: {why}")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add all of them to the parser of `zaitang-edge`."""
    add_templates(commands)
    add_roster(commands)
    add_models(commands)
    add_rollcall(commands)
    add_enrol(commands)
    add_evaluate(commands)


def read_gallery(pack: Pack, folder: Path, lang: str, without: list[str] | None = None) -> Gallery:
    """A gallery from photographs, with a progress bar; photos that were left out are told on stderr.

    Who has no usable photo is told as well and added to `without`, which says that the others are looked for; where
    there is no such list, or nobody is left, all is refused. Raises NoPhotos, PhotosRefused."""
    from tqdm import tqdm

    from common.texts import translate, words
    from edge.enrol.errors import PhotosRefused
    from edge.enrol.photos import describe_photos, photo_files
    from edge.vision.gallery import Gallery

    people = photo_files(folder)
    templates: dict[str, np.ndarray] = {}
    skipped: list[BadInput] = []
    refused: dict[str, tuple[BadInput, ...]] = {}
    with tqdm(total=sum(map(len, people.values())), desc=folder.name, unit="photo", file=sys.stderr) as bar:
        for name, files in people.items():
            try:
                described = describe_photos(pack, {name: files}, strict=False, done=bar.update)
            except PhotosRefused as error:
                refused[name] = error.problems
            else:
                templates |= described.templates
                skipped += described.skipped
    if refused and (without is None or not templates):
        raise PhotosRefused([problem for problems in refused.values() for problem in problems])
    for problem in skipped:
        print(words(problem, lang), file=sys.stderr)
    for name, problems in refused.items():
        why = "; ".join(words(problem, lang) for problem in problems)
        print(translate(NO_TEMPLATE, lang, person=name, why=why), file=sys.stderr)
    if without is not None:
        without += refused
    return Gallery(pack, templates)


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


def write_json(path: Path | None, value: dict[str, Any], echo: bool = True) -> None:
    """Write the value to `path` if there is one, whole or not at all; with `echo` print it. Raises CannotWrite."""
    from edge.errors import CannotWrite
    from edge.storage.files import replace

    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    if echo:
        print(text, end="")
    if path is not None:
        try:
            replace(path, text.encode())
        except OSError as error:
            raise CannotWrite(folder=path.parent, why=error.strerror or str(error)) from None
