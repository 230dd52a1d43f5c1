"""The clips and stills of a liveness test: finds them, checks every one before any is measured, and reads them."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from edge.acceptance.errors import ClipsRefused, NoClips, NoSpecies, OutsideSpecies, SameFolder
from edge.enrol.photos import SUFFIXES, read_photo
from edge.rollcall.frames import Plan, frames, plan_frames
from evidence.errors import BadInput

VIDEO = {".mp4", ".mov", ".m4v", ".mkv", ".avi", ".webm", ".ts"}
LONGEST_US = 60_000_000
"""Of a longer clip only the beginning counts: nobody stands before a terminal for longer."""
HELD_US = 60_000_000
"""A still is held before the camera for as long."""


@dataclasses.dataclass(frozen=True)
class Clip:
    """One presentation: a clip, or a still that is held before the camera. `species`: None for a living person.

    `plan`: which frames of a clip are read; None for a still."""

    file: Path
    species: str | None
    plan: Plan | None

    @property
    def still(self) -> bool:
        return self.plan is None

    def pictures(self, every_us: int) -> Iterator[tuple[int, np.ndarray]]:
        """(time in µs from its beginning, BGR uint8 picture), about `every_us` apart; of a still one. Raises BadVideo,
        EmptyVideo, Unreadable."""
        if self.plan is None:
            yield 0, read_photo(self.file)
            return
        for at_us, bgr in frames(self.file, every_us, self.plan):
            if at_us > LONGEST_US:
                return
            yield at_us, bgr


def find_clips(
    live: Path, attack: Path, every_us: int, done: Callable[[int, int], object] = lambda at, of: None
) -> list[Clip]:
    """Every presentation in a folder of living people (at any depth) and one of attacks (a subfolder for each species).

    `done` is called with how many of how many files are checked. Raises ClipsRefused with all that is wrong.
    """
    problems: list[BadInput] = []
    one, other = live.resolve(), attack.resolve()
    if one == other or one in other.parents or other in one.parents:
        problems.append(SameFolder(folder=str(attack)))
    found = [(file, None) for file in _files(live, problems)] + _attacks(attack, problems)
    clips: list[Clip] = []
    for number, (file, species) in enumerate(found, 1):
        try:
            clips.append(Clip(file, species, _check(file, every_us)))
        except BadInput as error:
            problems.append(error)
        done(number, len(found))
    if problems:
        raise ClipsRefused(problems)
    return clips


def _attacks(folder: Path, problems: list[BadInput]) -> list[tuple[Path, str | None]]:
    entries = _entries(folder)
    problems += [OutsideSpecies(file=str(entry)) for entry in entries if _is_clip(entry)]
    species = [entry for entry in entries if entry.is_dir()]
    if not species:
        problems.append(NoSpecies(folder=str(folder)))
    return [(file, _text(kind.name)) for kind in species for file in _files(kind, problems)]


def _text(name: str) -> str:
    """A folder's name as text that can be written and drawn: a disk of before may hold names in another code."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _files(folder: Path, problems: list[BadInput]) -> list[Path]:
    found: list[Path] = []
    folders = [folder]
    while folders:
        entries = _entries(folders.pop(0))
        found += filter(_is_clip, entries)
        # Links to folders are not followed: they may lead round in a circle.
        folders += [entry for entry in entries if entry.is_dir() and not entry.is_symlink()]
    if not found:
        problems.append(NoClips(folder=str(folder)))
    return found


def _entries(folder: Path) -> Sequence[Path]:
    return sorted(e for e in folder.iterdir() if not e.name.startswith(".")) if folder.is_dir() else ()


def _is_clip(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in SUFFIXES | VIDEO


def _check(file: Path, every_us: int) -> Plan | None:
    """Look at the packets of a clip, or decode a still. Raises BadVideo, EmptyVideo, Unreadable, TooLarge."""
    if file.suffix.lower() in VIDEO:
        return plan_frames(file, every_us)
    read_photo(file)
    return None
