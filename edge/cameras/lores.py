"""The small pictures of a Pi camera, from the recorder, which owns the camera, to whoever looks at them.

One file in BOX/run holds the newest one: luma, uint8, row by row. A newer one replaces it; nobody waits for anybody.
"""
from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from common.logs import Log
from edge.cameras.picamera import SUB_SIZE
from edge.storage.files import PRIVATE

EVERY_S = 1.0
"""Real seconds between two looks for a newer picture: no more are handed over."""
STOP_S = 2.0
NAME = "{camera}.lores"
WIDTH, HEIGHT = SUB_SIZE


class Handing:
    """Hands over what `newest` gives, in a thread of its own; removes it when there is none, and at the end."""

    def __init__(self, path: Path, newest: Callable[[], np.ndarray | None]) -> None:
        self._path, self._newest, self._log = path, newest, Log("camera")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lores", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; a disk that does not answer is not waited for."""
        self._stop.set()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        # What a recorder that was killed left is no picture of now.
        given = self._hand(None)
        while not self._stop.wait(EVERY_S):
            luma = self._newest()
            if luma is not given:
                given = self._hand(luma)
        self._hand(None)

    def _hand(self, luma: np.ndarray | None) -> np.ndarray | None:
        """What lies there now, as far as is known; whatever the disk says, the recording goes on."""
        try:
            _put(self._path, luma)
        except OSError as error:
            self._log.failed("lores.failed", error)
            return None
        return luma


class Lores:
    """Takes what is handed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._taken: tuple[int, int] | None = None

    def newest(self) -> np.ndarray | None:
        """A picture that was not taken before, uint8 luma, height × width; None where there is none."""
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                which = (found.st_ino, found.st_mtime_ns)
                data = file.read(WIDTH * HEIGHT + 1) if which != self._taken else b""
        except OSError:
            return None
        if len(data) != WIDTH * HEIGHT:
            return None
        self._taken = which
        return np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH)


def _put(path: Path, luma: np.ndarray | None) -> None:
    """Whole or not at all; nothing is synced, for after a power cut nobody wants it."""
    if luma is None:
        path.unlink(missing_ok=True)
        return
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
        file.write(luma.tobytes())
    fresh.rename(path)
