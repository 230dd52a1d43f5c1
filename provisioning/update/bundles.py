"""Bundles that are offered: from a stick, or in the inbox of the machine, each a folder or a .tar."""
from __future__ import annotations

import re
from pathlib import Path

from provisioning.release.sums import SUMS

NAME = re.compile(r"zaitang-[A-Za-z0-9._+-]{1,200}", re.ASCII)
"""Our own user may put anything into the inbox, and the name of a file is shown to root."""


def offered(inbox: Path) -> Path | None:
    """The bundle in the inbox that sorts last."""
    try:
        found = sorted(path for path in inbox.iterdir() if NAME.fullmatch(path.name) and told_from_others(path))
    except OSError:
        return None
    return found[-1] if found else None


def told_from_others(path: Path) -> str:
    """What tells a bundle from another one that comes to the same place; empty where there is none. It is copied under
    another name, and renamed when it is whole."""
    try:
        found = (path / SUMS).stat() if path.is_dir() else path.stat()
    except OSError:
        return ""
    return f"{path} {found.st_mtime_ns} {found.st_size}" if path.is_dir() or path.suffix == ".tar" else ""
