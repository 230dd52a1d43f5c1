"""Bundles that are offered: from a stick or in the inbox, as a folder or a .tar; copied first, so that what is checked is
what is installed."""
from __future__ import annotations

import shutil
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from provisioning.install.journal import sync_folder
from provisioning.install.said import InstallError

LARGEST = 16 << 30
"""Bytes of all files of a bundle together."""
MOST = 20_000
PREFIX = "zaitang-"
PIECE = 1 << 20


def offered(inbox: Path) -> Path | None:
    """The bundle in the inbox that sorts last."""
    try:
        found = sorted(path for path in inbox.iterdir() if path.name.startswith(PREFIX) and _is_bundle(path))
    except OSError:
        return None
    return found[-1] if found else None


def told_from_others(path: Path) -> str:
    """What tells a bundle from another one that comes to the same place; empty where there is none."""
    try:
        found = path.stat() if path.is_file() else (path / "SHA256SUMS").stat()
    except OSError:
        return ""
    return f"{path} {found.st_mtime_ns} {found.st_size}"


def stage(bundle: Path, to: Path) -> Path:
    """A copy of a bundle in a folder of our own, as a folder. Raises InstallError."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(mode=0o700, parents=True)
    try:
        if bundle.is_file():
            _unpack(bundle, to)
        else:
            _copy(bundle, to)
    except (OSError, tarfile.TarError) as error:
        raise InstallError(f"无法读取更新包 {bundle}：{error}", f"The bundle {bundle} cannot be read: {error}") from error
    sync_folder(to)
    return top_of(to)


def top_of(staged: Path) -> Path:
    """Where the bundle in a folder of ours begins: an archive names its top, a copy does not."""
    return next((path.parent for path in staged.glob("*/SHA256SUMS")), staged)


def _is_bundle(path: Path) -> bool:
    return path.suffix == ".tar" if path.is_file() else (path / "SHA256SUMS").is_file()


def _copy(bundle: Path, to: Path) -> None:
    room = _Room()
    for path in _walk(bundle):
        target = to / path.relative_to(bundle)
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as file:
            room.take(file, target, path.stat().st_mode)


def _walk(folder: Path) -> Iterator[Path]:
    """The files of a folder; what is neither a file nor a folder is left out, and the check misses it."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path


def _unpack(archive: Path, to: Path) -> None:
    room = _Room()
    with tarfile.open(archive, "r:") as tar:
        for member in tar:
            name = PurePosixPath(member.name)
            if name.is_absolute() or ".." in name.parts or not member.isfile():
                continue
            target = to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            file = tar.extractfile(member)
            assert file is not None
            room.take(file, target, member.mode)


class _Room:
    """So much and so many files as a bundle may have."""

    def __init__(self) -> None:
        self._bytes, self._files = 0, 0

    def take(self, file: IO[bytes], target: Path, mode: int) -> None:
        """Copy one file. Raises InstallError when there is too much."""
        self._files += 1
        with target.open("xb") as copy:
            while piece := file.read(PIECE):
                self._bytes += len(piece)
                if self._bytes > LARGEST or self._files > MOST:
                    raise InstallError("更新包过大：这不是本产品的更新包。", "The bundle is too large: it is none of this product.")
                copy.write(piece)
        target.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
