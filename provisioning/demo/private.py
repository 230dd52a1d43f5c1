"""What the demo leaves behind shows faces and names: nobody else on this machine may read it."""
from __future__ import annotations

import os
from pathlib import Path

OTHERS = 0o077


def keep_private(folder: Path) -> None:
    """Make `folder` and what lies in it the owner's alone, and so whatever this process and its children will make."""
    os.umask(OTHERS)
    folder.mkdir(parents=True, exist_ok=True)
    for root, _, files in os.walk(folder):
        for path in (Path(root), *(Path(root, name) for name in files)):
            if not path.is_symlink() and path.stat().st_mode & OTHERS:
                path.chmod(path.stat().st_mode & ~OTHERS)
