"""The box's heartbeat: every minute its signed word of where its chain ends, how much waits, how much room there is."""
from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from edge.errors import VolumeAway
from edge.storage.patience import in_time
from edge.store import Store
from evidence.heartbeats import heartbeat_of, seal_heartbeat
from evidence.seal import Signer


class Pulse:
    """`folders`: place → a folder on the volume whose room is told. `every_s`: monotonic seconds between two."""

    def __init__(self, store: Store, signer: Signer, folders: Mapping[str, Path], every_s: float) -> None:
        self._store, self._signer, self._folders = store, signer, folders
        self._every_s, self._due = every_s, 0.0

    def at_once(self) -> None:
        """The centre is within reach again."""
        self._due = 0.0

    def beat(self, receipted: int, now: float) -> bytes | None:
        """The envelope of a heartbeat, if it is time for one. May raise StoreBusy."""
        if now < self._due:
            return None
        head, stamp = self._store.head_now()
        self._due = now + self._every_s
        return seal_heartbeat(heartbeat_of(head, stamp, head.record.seq - receipted, self._free()), self._signer)

    def _free(self) -> dict[str, int]:
        """Bytes by place; one that does not answer is left out."""
        found = {}
        for place, folder in self._folders.items():
            try:
                found[place] = in_time(folder, lambda at=folder: shutil.disk_usage(at).free)  # type: ignore[misc]
            except (VolumeAway, OSError):
                continue
        return found
