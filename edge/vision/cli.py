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

from edge.acceptance.cli import add_commands as add_evaluate
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
    add_evaluate(commands)


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
