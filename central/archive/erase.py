"""Takes names, or contact sheets, out of a bag: the evidence in it stays whole, and so does the bag."""
from __future__ import annotations

import contextlib
from pathlib import Path

from central.archive.bag import INFO, MANIFEST, OXUM, TAG_MANIFEST, lines, oxum
from central.archive.decide import NAMES
from central.archive.desk import BAG, folder_of
from central.archive.errors import NotABag, PullRuns
from central.archive.pieces import locked, work_folder
from central.archive.plan import write_whole
from central.errors import CannotWrite
from common.logs import Log
from evidence.canonical import sha256_hex

SHEETS = "data/sheets/"


def erase(bag: Path, names: bool, sheets: bool) -> list[str]:
    """Which files were taken out. One that was ended is done again, and ends the same. Raises NotABag, CannotWrite."""
    hashes, tags = _manifest(bag, MANIFEST), _manifest(bag, TAG_MANIFEST)
    gone = [path for path in hashes if (names and path == NAMES) or (sheets and path.startswith(SHEETS))]
    try:
        for path in gone:
            (bag / path).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # of a folder that holds something still
                (bag / path).parent.rmdir()
                (bag / path).parent.parent.rmdir()
        left = {path: sha256 for path, sha256 in hashes.items() if path not in gone}
        sizes = [(bag / path).stat().st_size for path in left]
        info = [oxum(sizes) if line.startswith(f"{OXUM}: ") else line
                for line in (bag / INFO).read_text("utf-8").splitlines()]
        files = {MANIFEST: lines(left), INFO: "".join(f"{line}\n" for line in info).encode()}
        for name, data in files.items():
            write_whole(bag / name, data)
        write_whole(bag / TAG_MANIFEST, lines({**tags, **{name: sha256_hex(data) for name, data in files.items()}}))
    except OSError as error:
        raise CannotWrite(path=bag, why=error.strerror) from None
    return gone


def erase_sheets(centre: Path, class_id: str) -> None:
    """Take the contact sheets out of the archive of a class that the console made, for a face on them is erased; one
    that is not finished is decided again. One that is being made at this moment keeps them until it goes. Raises
    CannotWrite."""
    bag = folder_of(centre, class_id) / BAG
    if bag.is_dir():
        erase(bag, names=False, sheets=True)
    if not work_folder(bag).is_dir():
        return
    try:
        with locked(work_folder(bag)) as pieces:
            pieces.clear()
            pieces.empty()
    except PullRuns:
        Log("archive").warning("sheets.left", **{"class": class_id})
    except OSError as error:
        raise CannotWrite(path=bag, why=error.strerror) from None


def _manifest(bag: Path, name: str) -> dict[str, str]:
    """Path → hash. Raises NotABag."""
    try:
        found = [line.split("  ", 1) for line in (bag / name).read_text("utf-8").splitlines()]
        return {path: sha256 for sha256, path in found}
    except (OSError, ValueError):
        raise NotABag(path=bag) from None
