"""The .tar of a bundle, and its hash: the same files give the same bytes, whoever packs them and when."""
from __future__ import annotations

import os
import tarfile
from datetime import datetime
from pathlib import Path

from provisioning.release.about import Release
from provisioning.release.check import hash_file
from provisioning.release.sums import MAX_BYTES, folders

PROGRAM, PLAIN = 0o755, 0o644


def pack(folder: Path, release: Release) -> Path:
    """`FOLDER.tar` and `FOLDER.tar.sha256` beside a bundle: sorted, of nobody, each file of the time at
    which the release was made. There whole or not at all."""
    epoch = int(datetime.fromisoformat(release.made).timestamp())
    target = folder.with_name(folder.name + ".tar")
    part = target.with_name(target.name + ".part")
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
    with part.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name in sorted({"", *folders(names)}):
                archive.addfile(_member(f"{folder.name}/{name}".rstrip("/"), tarfile.DIRTYPE, PROGRAM, epoch))
            for name in names:
                path = folder / name
                program = bool(path.stat().st_mode & 0o100)
                info = _member(f"{folder.name}/{name}", tarfile.REGTYPE, PROGRAM if program else PLAIN, epoch)
                info.size = path.stat().st_size
                with path.open("rb") as content:
                    archive.addfile(info, content)
        file.flush()
        os.fsync(file.fileno())
    told, _ = hash_file(part, 2 * MAX_BYTES)
    part.rename(target)
    target.with_name(target.name + ".sha256").write_text(f"{told}  {target.name}\n")
    return target


def _member(name: str, kind: bytes, mode: int, epoch: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = kind, mode, epoch
    return info
