"""Which files by hash a backup has: lines of hash, size and name, as `sha256sum` reads them apart from the size.

Video, papers of classes, and what was put aside. What may go at any time, or must soon, is in no backup: copies for
browsers, contact sheets, files on their way in."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from central.backup.errors import NoBackup
from common.texts import N_

PAPERS, ASIDE = "papers", "aside"
MOST = 1 << 30
_NAME = r"(?:[0-9a-f]{2}|papers|aside)/[0-9a-z_-][0-9a-z._-]{0,119}"
_LINE = re.compile(rf"([0-9a-f]{{64}}) (\d{{1,15}}) ({_NAME})")


@dataclasses.dataclass(frozen=True)
class Kept:
    """A file. `name`: below objects/."""

    sha256: str
    size: int
    name: str


def kept_in(objects: Path, video: bool) -> Iterator[tuple[Path, str]]:
    """The files below objects/ that belong into a backup, and their names; not what somebody else put there. `video`:
    also the video."""
    folders = [objects / PAPERS, objects / ASIDE]
    if video:
        folders += sorted(path for path in objects.glob("??") if path.is_dir())
    for folder in folders:
        for path in sorted(folder.glob("*")):
            name = f"{folder.name}/{path.name}"
            if re.fullmatch(_NAME, name) and path.is_file() and not path.is_symlink():
                yield path, name


def written(files: list[Kept]) -> bytes:
    """The listing as a file."""
    return "".join(f"{one.sha256} {one.size} {one.name}\n" for one in files).encode()


def read_listing(data: bytes, folder: Path) -> list[Kept]:
    """The files of a listing. Raises NoBackup."""
    found = []
    for line in data.decode("ascii", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise NoBackup(folder=folder, why=N_("its list of files cannot be read"))
        found.append(Kept(match[1], int(match[2]), match[3]))
    return found
