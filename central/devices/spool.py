"""The disk on which the broker keeps what waits: whether it can be written, stated when it cannot any more.

Mosquitto goes on in memory then, and says so in its log alone: what it holds would be gone with it. Nothing is lost,
for boxes send again what has no receipt; but somebody must learn of it.
"""
from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from central.store.store import Store
from common.logs import Log
from evidence.bodies import Alarm

LOOK_S = 5.0
LEAST = 4 << 20
"""Bytes that must be free in any case."""
KEPT = "mosquitto.db"
Why = Literal["full", "read_only"]


class Spool:
    """The folder of one broker. It is stated once until all is well again."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._folder, self._stated = store, folder, False

    def look(self) -> None:
        """State what ails the disk. Raises DatabaseUnusable."""
        why = ailing(self._folder)
        if why is not None and not self._stated:
            Log("broker").warning("broker.disk", why=why)
            with self._store.write() as tx:
                self._store.append(tx, Alarm("broker.disk", {"why": why}))
        self._stated = why is not None


def ailing(folder: Path) -> Why | None:
    """Why the broker cannot save what waits: it writes all of it anew, beside what it saved before."""
    try:
        disk = os.statvfs(folder)
        needs = max(LEAST, (folder / KEPT).stat().st_size if (folder / KEPT).exists() else 0)
    except OSError:
        return "read_only"  # it cannot even be looked at
    if disk.f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK):
        return "read_only"
    return "full" if disk.f_bavail * disk.f_frsize < needs else None
