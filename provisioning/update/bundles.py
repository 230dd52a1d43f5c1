"""Bundles that are offered: from a stick, or in the inbox of the machine, each a folder or a .tar."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from provisioning.release.about import version_key
from provisioning.release.errors import BadRelease
from provisioning.release.sums import SUMS

NAME = re.compile(r"zaitang-[A-Za-z0-9._+-]{1,200}", re.ASCII)
"""Our own user may put anything into the inbox, and the name of a file is shown to root."""


def offered(inbox: Path) -> Path | None:
    """The bundle in the inbox whose name tells the highest version."""
    try:
        found = [path for path in inbox.iterdir() if NAME.fullmatch(path.name) and told_from_others(path)]
    except OSError:
        return None
    return max(found, key=_order, default=None)


def _order(path: Path) -> tuple[Any, str]:
    """0.10 comes after 0.9; what tells no version comes before all."""
    try:
        return version_key(path.name.split("-")[1]), path.name
    except BadRelease:
        return (), path.name


def told_from_others(path: Path) -> str:
    """What tells a bundle from another one that comes to the same place; empty where there is none. It is copied under
    another name, and renamed when it is whole."""
    try:
        found = (path / SUMS).stat() if path.is_dir() else path.stat()
    except OSError:
        return ""
    return f"{path} {found.st_mtime_ns} {found.st_size}" if path.is_dir() or path.suffix == ".tar" else ""
