"""Remembers which segment is being read, so that a file that kills its reader is left out after a few tries."""
from __future__ import annotations

import json
from pathlib import Path

from common.logs import Log
from edge.storage.files import replace

MOST = 3


class Attempts:
    """One small file that survives the process. A clean end of the work removes it. `boot_id`: of this start of the
    machine. What was begun before it ended with the power, and says nothing of the file."""

    def __init__(self, path: Path, boot_id: str = "") -> None:
        self._path, self._boot_id, self._log = path, boot_id, Log("attempts")

    def begin(self, segment: str) -> int:
        """Work on a segment begins; how many times it has begun, this time included."""
        times = self._times(segment) + 1
        try:
            replace(self._path, json.dumps({"segment": segment, "times": times, "boot": self._boot_id}).encode())
        except OSError as error:
            # A full disk: the work goes on, and is counted again when there is room.
            self._log.failed("attempts.uncounted", error, segment=segment)
        return times

    def end(self) -> None:
        """The work ended by itself, well or with an error that was told."""
        self._path.unlink(missing_ok=True)

    def _times(self, segment: str) -> int:
        try:
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return 0
        if not isinstance(kept, dict) or (kept.get("segment"), kept.get("boot")) != (segment, self._boot_id):
            return 0
        return kept["times"] if isinstance(kept.get("times"), int) else 0
