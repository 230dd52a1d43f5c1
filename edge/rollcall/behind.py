"""BOX/run/rollcall-behind.json: how much video waits for its roll call, from the roll-call process to who shows it."""
from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from common.logs import Log
from edge.storage.files import replace

BEHIND = "rollcall-behind.json"
BEAT_S, FRESH_S = 30.0, 180.0
"""Real seconds: so often the file is touched while somebody works; an older one was left by who was killed."""


@dataclasses.dataclass(frozen=True)
class Behind:
    """Finished segments of classes with enrolled people that have no roll call yet, and how long they are together.
    `again_us`: how long those are that will be looked at again, for somebody who was enrolled since. `refused`: classes
    whose video waits, and of which no roll call is made: why (edge/vision/admit.py). It is in none of the numbers."""

    segments: int
    video_us: int
    again_us: int = 0
    refused: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Board:
    """Where the process tells it, whenever it changes. A new one begins with what was told last."""

    def __init__(self, path: Path) -> None:
        self._path, self._log, self._written = path, Log("rollcall"), read_behind(path)
        self._beaten_s = time.monotonic()

    def beat(self) -> None:
        """It still holds."""
        if time.monotonic() - self._beaten_s < BEAT_S:
            return
        self._beaten_s = time.monotonic()
        try:
            os.utime(self._path)
        except OSError as error:
            # Told anew by the next turn.
            self._written = None
            self._log.failed("rollcall.untold", error)

    def tell(self, behind: Behind) -> None:
        """It is so much now."""
        if behind == self._written:
            self.beat()
            return
        try:
            replace(self._path, json.dumps(dataclasses.asdict(behind)).encode())
            self._written, self._beaten_s = behind, time.monotonic()
        except OSError as error:
            # A full disk: the work goes on, and it is told when there is room.
            self._log.failed("rollcall.untold", error)
            return
        self._log.info("rollcall.behind", segments=behind.segments, minutes=round(behind.video_us / 60e6, 1),
                       again_minutes=round(behind.again_us / 60e6, 1))

    def close(self) -> None:
        """Nobody works any more, so nobody knows."""
        self._path.unlink(missing_ok=True)


def read_behind(path: Path) -> Behind | None:
    """What the process told last; None where it told nothing, that cannot be read, or nobody works any more."""
    try:
        if abs(time.time() - path.stat().st_mtime) > FRESH_S:
            return None
        told = json.loads(path.read_bytes())
        refused = {str(class_id): str(why) for class_id, why in told.get("refused", {}).items()}
        return Behind(int(told["segments"]), int(told["video_us"]), int(told.get("again_us", 0)), refused)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
