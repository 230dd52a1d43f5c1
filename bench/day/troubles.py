"""Applies what goes wrong, each at its moment, and says what it did."""
from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.day import plan
from bench.day.site import Centre, Room

VOLUME_MB = 1200
LEFT_MB = 8


class Troubles:
    """`done`: how often what was broken. What comes back later is kept until then."""

    def __init__(self, centre: Centre, room: Room, seed: int) -> None:
        self._centre, self._room, self._next = centre, room, plan.troubles(seed)
        self._over: list[plan.Trouble] = []
        self.done: Counter[str] = Counter()

    def due(self, now: datetime.datetime) -> None:
        """Do what is due, and end what is over."""
        while self._next and self._next[0].at <= now:
            self._begin(self._next.pop(0))
        for one in [one for one in self._over if one.until is not None and one.until <= now]:
            self._over.remove(one)
            self._end(one)
        self._centre.mend()

    def end(self) -> None:
        """Everything comes back."""
        for one in self._over:
            self._end(one)
        self._over = []
        self._centre.mend()

    def _begin(self, one: plan.Trouble) -> None:
        if one.what == "kill":
            pid = self._centre.pid(one.whom) if one.whom in plan.CENTRE else self._room.roles().get(one.whom, 0)
            if not pid:
                return  # it has not come back from the kill before
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        elif one.what == "stop":
            self._centre.stop(one.whom)
        elif one.what == "fill":
            _fill(self._room.box / "video")
        else:
            self._room.power_off()
        self.done[f"{one.what} {one.whom}".strip()] += 1
        if one.until is not None:
            self._over.append(one)

    def _end(self, one: plan.Trouble) -> None:
        if one.what == "stop":
            self._centre.away.discard(one.whom)
        elif one.what == "fill":
            _filler(self._room.box / "video").unlink(missing_ok=True)
        else:
            self._room.power_on()


@contextlib.contextmanager
def small_volume(folder: Path) -> Iterator[None]:
    """A volume of its own for the video of the box, which can be filled. Only root may mount one."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={VOLUME_MB}m,mode=700", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _fill(folder: Path) -> None:
    size = shutil.disk_usage(folder).free - (LEFT_MB << 20)
    with _filler(folder).open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, size))


def _filler(folder: Path) -> Path:
    return folder / "filler"
