"""Files by hash that lie in the folder of backups already, read again: a share with each backup, each once a month."""
from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from pathlib import Path

from central.backup.listing import ASIDE, kept_in
from central.backup.made import HEAD
from central.parts import UNREADABLE

SHARES = 30
"""Days in which each file is read once, however often backups are made."""
_BY_HASH = re.compile(r"[0-9a-f]{64}\.")


def rotten_in(objects: Path, backups: Path, today: date) -> set[str]:
    """The names of those below `objects` that are due by now and have other bytes than their names say, or cannot be
    read. What was put aside is copied with each backup anyway. Raises OSError."""
    due = _due(backups, today)
    return {name for path, name in kept_in(objects, video=True)
            if _BY_HASH.match(path.name) and not name.startswith(ASIDE)
            and int(path.name[:8], 16) % SHARES in due and not _is_whole(path)}


def _due(backups: Path, today: date) -> set[int]:
    """The shares of the days since the newest backup."""
    made = sorted(path.name[:10] for path in backups.iterdir() if (path / HEAD).is_file())
    if not made:
        return set()
    days = min(SHARES, max(0, (today - date.fromisoformat(made[-1])).days))
    return {(today - timedelta(days=back)).toordinal() % SHARES for back in range(days)}


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == path.name.split(".")[0]
    except OSError as error:
        if error.errno not in UNREADABLE:
            raise
        return False
