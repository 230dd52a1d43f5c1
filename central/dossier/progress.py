"""A progress bar for work that is counted; on a terminal only."""
from __future__ import annotations

import shutil
import time
from typing import TextIO

EVERY_S = 0.1


class Bar:
    """Told of one more of `total` at a time; drawn at most ten times a second, wiped at the end."""

    def __init__(self, stream: TextIO, total: int, label: str) -> None:
        self._stream, self._total, self._label = stream, total, label
        self._done, self._drawn_at = 0, 0.0
        self._on = total > 0 and stream.isatty()

    def advance(self) -> None:
        """One more."""
        self._done += 1
        now = time.monotonic()
        if self._on and now - self._drawn_at >= EVERY_S:
            self._drawn_at = now
            width = max(0, min(40, shutil.get_terminal_size().columns - 2 * len(self._label) - 30))
            filled = round(width * self._done / self._total)
            bar = "#" * filled + "." * (width - filled)
            self._stream.write(f"\r[{bar}] {self._label} {self._done} / {self._total}")
            self._stream.flush()

    def close(self) -> None:
        """Leave the line empty for what is said next."""
        if self._on:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
