"""Takes names, or contact sheets, out of a bag: the evidence in it stays whole, and so does the bag."""
from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Collection
from pathlib import Path

from central.archive.bag import INFO, MANIFEST, OXUM, TAG_MANIFEST, lines, oxum
from central.archive.decide import NAMES, SHEETS
from central.archive.desk import BAG, OLD, folder_of
from central.archive.errors import NotABag, PullRuns
from central.archive.pieces import locked, work_folder
from central.archive.plan import write_whole
from central.errors import CannotWrite
from evidence.canonical import sha256_hex


def erase(bag: Path, names: bool, sheets: bool) -> list[str]:
    """Which files were taken out. Only what lies in the bag itself is touched, whatever its manifests name. One that
    was ended is done again, and ends the same. Raises NotABag, CannotWrite."""
    here = _plain_files(bag)
    if not here.keys() >= {INFO, MANIFEST, TAG_MANIFEST}:
        raise NotABag(path=bag)
    hashes, tags = _manifest(bag, MANIFEST), _manifest(bag, TAG_MANIFEST)
    gone = [path for path in sorted({*here, *hashes})
            if (names and path == NAMES) or (sheets and path.startswith(SHEETS))]
    left = {path: sha256 for path, sha256 in hashes.items() if path not in gone}
    if not left.keys() <= here.keys():
        raise NotABag(path=bag)
    try:
        info = [oxum([here[path] for path in left]) if line.startswith(f"{OXUM}: ") else line
                for line in (bag / INFO).read_text("utf-8").splitlines()]
        for path in gone:
            _take_out(bag, path, here)
        files = {MANIFEST: lines(left), INFO: "".join(f"{line}\n" for line in info).encode()}
        for name, data in files.items():
            write_whole(bag / name, data)
        write_whole(bag / TAG_MANIFEST, lines({**tags, **{name: sha256_hex(data) for name, data in files.items()}}))
    except OSError as error:
        raise CannotWrite(path=bag, why=error.strerror) from None
    except ValueError:
        raise NotABag(path=bag) from None
    return gone


def _plain_files(bag: Path) -> dict[str, int]:
    """Path → bytes of what lies in a bag; links are not followed, and are none of it."""
    found = dict[str, int]()
    for folder, _, names in os.walk(bag):
        for path in (Path(folder, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                if stat.S_ISREG((state := path.lstat()).st_mode):
                    found[path.relative_to(bag).as_posix()] = state.st_size
    return found


def _take_out(bag: Path, path: str, here: Collection[str]) -> None:
    """Remove a file, if it is there, and the folders that are empty then. Raises OSError."""
    if path in here:
        (bag / path).unlink()
        with contextlib.suppress(OSError):  # of a folder that holds something still
            (bag / path).parent.rmdir()
            (bag / path).parent.parent.rmdir()


def erase_sheets(centre: Path, class_id: str) -> None:
    """Take the contact sheets out of the archive of a class that the console made, for they may not be shown any more;
    one that is not finished is decided again, and one that is being made at this moment leaves them out at its end.
    Raises CannotWrite."""
    bag = folder_of(centre, class_id) / BAG
    try:
        for old in folder_of(centre, class_id).glob(f"{OLD}*"):
            shutil.rmtree(old)
        if bag.is_dir():
            _erase_or_remove(bag)
        if work_folder(bag).is_dir():
            # One that is made just now looks itself whether they may be shown, before it gives the bag its place.
            with contextlib.suppress(PullRuns), locked(work_folder(bag)) as pieces:
                pieces.clear()
                pieces.empty()
    except OSError as error:
        raise CannotWrite(path=bag, why=error.strerror) from None


def _erase_or_remove(bag: Path) -> None:
    """What shows a face goes, also from a bag that somebody broke. Raises CannotWrite, OSError."""
    try:
        erase(bag, names=False, sheets=True)
    except NotABag:
        if (bag / SHEETS).is_dir():
            shutil.rmtree(bag / SHEETS)


def _manifest(bag: Path, name: str) -> dict[str, str]:
    """Path → hash. Raises NotABag."""
    try:
        found = [line.split("  ", 1) for line in (bag / name).read_text("utf-8").splitlines()]
        return {path: sha256 for sha256, path in found}
    except (OSError, ValueError):
        raise NotABag(path=bag) from None
