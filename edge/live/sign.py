"""BOX/run/live.json: that somebody watches, from the live process to the terminal, which shows it to the people in the
room. Nothing is sent that is not shown."""
from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from edge.clock import boottime_us
from edge.storage.files import PRIVATE
from evidence.times import SECOND

NAME = "live.json"
AGAIN_S = 2.0
"""Real seconds between two times at which it is written: the terminal believes it for ten."""
BELIEVED_S = 8.0
TOUCH_S = 10.0
"""Real seconds: what follows so soon is the same look, as in the terminal's list."""


class Sign:
    """`show` while anything is sent, `hide` when nothing is. A new one hides what a process that was killed left.

    `now_us`: the box's wall clock; `monotonic`: real seconds, those that the machine slept too."""

    def __init__(
        self, path: Path, now_us: Callable[[], int], monotonic: Callable[[], float] = lambda: boottime_us() / SECOND,
    ) -> None:
        """Raises OSError."""
        self._path, self._now_us, self._monotonic = path, now_us, monotonic
        self._said: tuple[str, int] | None = None
        self._at_s: float | None = None
        self._before: tuple[int, float] | None = None
        """Since when it was shown before it was hidden, and when that was."""
        path.unlink(missing_ok=True)

    @property
    def shown(self) -> bool:
        """Whether the terminal has reason to show it just now. From any thread."""
        at_s = self._at_s
        return at_s is not None and self._monotonic() - at_s < BELIEVED_S

    def show(self, form: str, since_us: int) -> None:
        """Keep it written: since it was first shown, whoever came and went meanwhile, and whatever pauses were shorter
        than TOUCH_S. Raises OSError: then nothing may be sent soon."""
        now_s = self._monotonic()
        if self._said is not None:
            since_us = min(since_us, self._said[1])
        elif self._before is not None and now_s - self._before[1] < TOUCH_S:
            since_us = min(since_us, self._before[0])
        if self._said == (form, since_us) and self._at_s is not None and now_s - self._at_s < AGAIN_S:
            return
        told = {"form": form, "since_us": since_us, "told_us": self._now_us()}
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w") as file:
            json.dump(told, file)
        fresh.rename(self._path)
        self._said, self._at_s = (form, since_us), now_s

    def hide(self) -> None:
        """Nobody watches any more. Raises OSError."""
        if self._said is not None:
            self._path.unlink(missing_ok=True)
            self._before = self._said[1], self._monotonic()
            self._said = self._at_s = None
