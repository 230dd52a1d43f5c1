"""Remembers which segment is being read, so that a file that kills its reader is left out after a few tries."""
from __future__ import annotations

import json
from pathlib import Path

from edge.storage.files import replace

MOST = 3


class Attempts:
    """One small file that survives the process. A clean end of the work removes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, segment: str) -> int:
        """Work on a segment begins; how many times it has begun, this time included."""
        times = self._times(segment) + 1
        replace(self._path, json.dumps({"segment": segment, "times": times}).encode())
        return times

    def end(self) -> None:
        """The work ended by itself, well or with an error that was told."""
        self._path.unlink(missing_ok=True)

    def _times(self, segment: str) -> int:
        try:
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return 0
        same = isinstance(kept, dict) and kept.get("segment") == segment and isinstance(kept.get("times"), int)
        return int(kept["times"]) if same else 0
