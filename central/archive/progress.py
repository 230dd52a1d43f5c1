"""What is told of a pull while it runs: a bar on a terminal, else a line from time to time; and a small file beside the
unfinished bag, for the console."""
from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any, Literal, TextIO

from tqdm import tqdm

from central.archive.ask import Away
from common.logs import Log
from common.texts import N_, translate
from evidence.blocks import local
from evidence.errors import BadShape
from evidence.shape import decode, encode

NAME = "progress.json"
LINE_S, FILE_S = 60.0, 1.0
"""A line, and the file, at most so often."""
LABEL = N_("archive")
CLOSED = N_("It waits until {time} by the clock of the class.")
LINE = N_("{done} of {all} are in the archive; files to come: {files}")
MB, GB = 1_000_000, 1_000_000_000
_LOG = Log("archive")
State = Literal["deciding", "copying", "waiting", "closed", "away", "failed", "done"]


@dataclasses.dataclass(frozen=True)
class Now:
    """How a pull stands. Bytes and files of video, those that are in the bag and all; `away`: what is still at boxes;
    `opens_us`: when the window opens, UTC; `why`: a sentence where it failed, by language."""

    state: State = "deciding"
    done_bytes: int = 0
    all_bytes: int = 0
    done_files: int = 0
    all_files: int = 0
    away: tuple[Away, ...] = ()
    opens_us: int | None = None
    why: tuple[str, ...] = ()


class Progress:
    """Told of what is done, from any thread. `stream`: where a person looks, if anybody does."""

    def __init__(self, lang: str, stream: TextIO | None = sys.stderr) -> None:
        self._lang, self._stream, self._lock = lang, stream, threading.Lock()
        self._now = Now()
        self._bar: Any = None
        self._path: Path | None = None
        self._said_s = self._kept_s = time.monotonic()

    def begin(self, folder: Path, done: tuple[int, int], whole: tuple[int, int]) -> None:
        """The plan is decided. `done`, `whole`: bytes and files."""
        with self._lock:
            self._path = folder / NAME
            self._now = Now("copying", done[0], whole[0], done[1], whole[1])
            if self._bar is not None:
                self._bar.close()
            if self._stream is not None and self._stream.isatty():
                self._bar = tqdm(total=whole[0], initial=done[0], unit="B", unit_scale=True, file=self._stream,
                                 desc=translate(LABEL, self._lang), leave=False)
            self._keep(always=True)

    def read(self, size: int) -> None:
        """So many bytes more."""
        with self._lock:
            self._set(done_bytes=self._now.done_bytes + size)
            if self._bar is not None:
                self._bar.update(size)
            elif self._stream is not None and time.monotonic() - self._said_s >= LINE_S:
                self._line()
            self._keep()

    def file(self) -> None:
        """One file more has its place."""
        with self._lock:
            self._set(done_files=self._now.done_files + 1)
            self._keep()

    def stands(self, state: State, away: tuple[Away, ...] = (), opens_us: int | None = None) -> None:
        """What it does now."""
        with self._lock:
            changed = (state, away, opens_us) != (self._now.state, self._now.away, self._now.opens_us)
            self._set(state=state, away=away, opens_us=opens_us)
            self._keep(always=changed)

    def waits(self, opens_us: int, offset_min: int) -> None:
        """The window is closed, and opens then, UTC; `offset_min`: of the class's clock, minutes east of UTC."""
        self.stands("closed", opens_us=opens_us)
        time_ = local(opens_us, offset_min).strftime("%H:%M")
        _LOG.info("waits", until=time_)
        if self._stream is not None:
            tqdm.write(translate(CLOSED, self._lang, time=time_), file=self._stream)
            self._stream.flush()

    def close(self) -> None:
        """Leave the line empty for what is said next."""
        with self._lock:
            if self._bar is not None:
                self._bar.close()

    def _line(self) -> None:
        now = self._now
        self._said_s = time.monotonic()
        print(translate(LINE, self._lang, done=amount(now.done_bytes), all=amount(now.all_bytes),
                        files=now.all_files - now.done_files), file=self._stream, flush=True)

    def _set(self, **changes: Any) -> None:
        self._now = dataclasses.replace(self._now, **changes)

    def _keep(self, always: bool = False) -> None:
        if self._path is not None and (always or time.monotonic() - self._kept_s >= FILE_S):
            self._kept_s = time.monotonic()
            write_now(self._path, self._now)


def amount(size: int) -> str:
    """Bytes, like 2.5 GB."""
    return f"{size / GB:.1f} GB" if size >= GB else f"{size / MB:.1f} MB"


def write_now(path: Path, now: Now) -> None:
    """Put it where the console reads it; not synced, for it is worth nothing after a power cut. Raises OSError."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(json.dumps(encode(now), ensure_ascii=False), encoding="utf-8")
    fresh.rename(path)


def read_now(path: Path) -> Now | None:
    """How a pull stood last; None where nobody said so."""
    try:
        return decode(Now, json.loads(path.read_bytes()), NAME, strict=True)
    except (OSError, ValueError, RecursionError, BadShape):
        return None
