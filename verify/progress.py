"""A progress bar on a terminal; nothing anywhere else."""
from __future__ import annotations

import shutil
import threading
import time
from typing import TextIO

EVERY_S = 0.1
MIB = 1 << 20


class Bar:
    """Told how many bytes were read of `total`; drawn at most ten times a second, wiped at the end."""

    def __init__(self, stream: TextIO, total: int, label: str) -> None:
        self._stream, self._total, self._label = stream, total, label
        self._done, self._drawn_at, self._lock = 0, 0.0, threading.Lock()
        self._on = total > 0 and stream.isatty()

    def advance(self, count: int) -> None:
        """So many more; safe from any thread."""
        with self._lock:
            self._done += count
            now = time.monotonic()
            if self._on and now - self._drawn_at >= EVERY_S:
                self._drawn_at = now
                self._draw()

    def close(self) -> None:
        if self._on:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _draw(self) -> None:
        share = min(1.0, self._done / self._total)
        text = f" {self._label} {share:4.0%}  {self._done // MIB} / {self._total // MIB} MiB"
        width = max(0, min(40, shutil.get_terminal_size().columns - 2 * len(self._label) - 30))
        filled = round(width * share)
        self._stream.write("\r[" + "#" * filled + "." * (width - filled) + "]" + text)
        self._stream.flush()
