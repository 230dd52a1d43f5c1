"""Which disks this machine is to have for what is kept, by its table of disks and its units, and which are away."""
from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from provisioning.install.disk import PLACE

_OCTAL, _HEX = re.compile(r"\\([0-7]{3})"), re.compile(r"\\x([0-9a-f]{2})")


def not_mounted(root: Path) -> str:
    """Where a disk is to be, at the place of what is kept or below it, and is none; empty: all are there. Disks that
    nobody mounts at the start (`noauto`), as some for backups, are not waited for. Raises OSError."""
    named = {*_of_fstab(root / "etc/fstab"), *_of_units(root / "etc/systemd/system")}
    ours = sorted(place for place in named if Path(PLACE) in (Path(place), *Path(place).parents))
    return next((place for place in ours if not os.path.ismount(root / place[1:])), "")


def _of_fstab(path: Path) -> Iterator[str]:
    """As in fstab(5)."""
    for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
        fields = line.split()
        if len(fields) > 1 and not fields[0].startswith("#") and "noauto" not in ",".join(fields[3:4]).split(","):
            yield _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[1])


def _of_units(folder: Path) -> Iterator[str]:
    """Units that are enabled; their names are their places, as in systemd.unit(5)."""
    for pattern in ("*.wants/*.mount", "*.requires/*.mount"):
        for link in folder.glob(pattern):
            yield _HEX.sub(lambda code: chr(int(code[1], 16)), "/" + link.stem.replace("-", "/"))
