"""BOX/run/picture.json: what ails the pictures of the room camera now, from the picture process to the terminal."""
from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Sequence
from pathlib import Path

from common.logs import Log
from edge.storage.files import replace

TOLD = "picture.json"


@dataclasses.dataclass(frozen=True)
class Trouble:
    """A picture that does not count, as long as it lasts. `since_us`: media time of the run that is being written.

    `run` None: seen in the sub stream, whether or not anything is recorded; then monotonic time of the box's clock."""

    what: str
    camera: str
    run: str | None
    since_us: int


class Board:
    """Where the looks tell their troubles, each for itself, from any thread. A new one begins empty."""

    def __init__(self, path: Path) -> None:
        self._path, self._log, self._lock = path, Log("picture"), threading.Lock()
        self._said: dict[str, tuple[Trouble, ...]] = {}
        self._written: tuple[Trouble, ...] = ()
        path.unlink(missing_ok=True)

    def tell(self, look: str, troubles: Sequence[Trouble]) -> None:
        """Everything that one look has to say now."""
        with self._lock:
            self._said[look] = tuple(troubles)
            told = tuple(one for ours in self._said.values() for one in ours)
            if told == self._written:
                return
            try:
                replace(self._path, json.dumps({"troubles": [dataclasses.asdict(one) for one in told]}).encode())
                self._written = told
            except OSError as error:
                # A full disk: the looks go on, and it is told when there is room.
                self._log.failed("picture.untold", error)

    def close(self) -> None:
        """Nobody looks any more."""
        with self._lock:
            self._path.unlink(missing_ok=True)


def troubles(path: Path) -> list[Trouble]:
    """What the picture process told last; nothing where that cannot be read."""
    try:
        told = json.loads(path.read_bytes())["troubles"]
        return [Trouble(str(one["what"]), str(one["camera"]), None if one["run"] is None else str(one["run"]),
                        int(one["since_us"])) for one in told]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return []
