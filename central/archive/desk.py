"""Where the console has archives made: in CENTRE/archives, one at a time, each by a process of its own. What was asked
for is on the disk, so that a restart of the console goes on with it; a finished one goes after some days."""
from __future__ import annotations

import dataclasses
import functools
import json
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from central.archive.bag import OXUM, lacks, said_of
from central.archive.errors import ArchiveAsked, NoArchive
from central.archive.pieces import Pieces, work_folder
from central.archive.plan import write_whole
from central.archive.progress import NAME as PROGRESS
from central.archive.progress import Now, read_now
from common.logs import Log
from common.texts import LANGS, N_, translate
from evidence.errors import BadShape
from evidence.records import Id
from evidence.shape import decode, encode

ARCHIVES, REQUEST, BAG, FAILED = "archives", "request.json", "bag", "failed.json"
OLD = "old-"
SILENT = N_("It was ended, or ran out of memory; the log of the console says more. Ask for it again: it goes on.")
KEPT_DAYS = 7
"""*Ours*: so long a finished archive lies here, and what came of one that failed."""
WAIT_S, WITHOUT_S = 3600.0, 300.0
"""*Ours*: so long a box may bring nothing; the second where an archive is wanted without what is missing."""
DAY_S = 24 * 3600
State = Literal["waiting", "running", "done", "failed"]


@dataclasses.dataclass(frozen=True)
class Request:
    """What was asked for. `at_s`: when, seconds since the epoch; `without`: without video that boxes do not bring."""

    lang: Literal["zh", "en"]
    sheets: bool
    by: Id
    at_s: int
    without: bool = False

    @property
    def wait_s(self) -> float:
        """So long boxes are waited for while nothing comes: who does without what is missing has waited before."""
        return WITHOUT_S if self.without else WAIT_S


@dataclasses.dataclass(frozen=True)
class Why:
    """Why one could not be made, sentences in each language."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    def of(self, lang: str) -> tuple[str, ...]:
        """In one language."""
        return self.en if lang == "en" else self.zh


BEGUN, UNSAID = Now(), Why()


@dataclasses.dataclass(frozen=True)
class Standing:
    """How it stands with the archive of a class. `now`: of one that is being made; `why`: of one that failed;
    `until_s`: how long it lies here, seconds since the epoch; `size`: bytes of a finished one, `missing`: how many
    files of video it lacks."""

    state: State
    request: Request
    now: Now = BEGUN
    why: Why = UNSAID
    until_s: int = 0
    size: int = 0
    missing: int = 0


def folder_of(centre: Path, class_id: str) -> Path:
    """Where the archive of a class is made and lies."""
    return centre / ARCHIVES / class_id


def read_request(folder: Path) -> Request | None:
    """What was asked for there."""
    try:
        return decode(Request, json.loads((folder / REQUEST).read_bytes()), REQUEST, strict=True)
    except (OSError, ValueError, RecursionError, BadShape):
        return None


def keep_failure(folder: Path, why: Why) -> None:
    """Keep why an archive could not be made. Raises OSError."""
    write_whole(folder / FAILED, json.dumps(encode(why), ensure_ascii=False).encode())


class ArchiveDesk:
    """Takes requests for archives of one centre. `work`: makes one, and returns when it is over; `now_s`: seconds since
    the epoch, by the clock of the machine, which dates files."""

    def __init__(
        self, centre: Path, work: Callable[[Path, str], object] | None = None, now_s: Callable[[], float] = time.time,
    ) -> None:
        self._centre, self._work, self._now_s = centre, work or by_process, now_s
        self._lock, self._log = threading.Lock(), Log("archive")
        self._thread: threading.Thread | None = None
        self._running: str | None = None

    def ask(
        self, class_id: str, lang: Literal["zh", "en"], sheets: bool, by: str, without: bool = False,
    ) -> None:
        """Have an archive made as the class is now: one that failed keeps the video that came, a finished one goes.
        Raises ArchiveAsked, OSError."""
        folder = folder_of(self._centre, class_id)
        with self._lock:
            stands = self.standing(class_id)
            if stands is not None and stands.state not in ("failed", "done"):
                raise ArchiveAsked
            folder.mkdir(parents=True, exist_ok=True)
            if stands is not None and stands.state == "done":
                (folder / BAG).rename(folder / f"{OLD}{secrets.token_hex(4)}")
            (folder / FAILED).unlink(missing_ok=True)
            Pieces(work_folder(folder / BAG)).clear()
            request = Request(lang, sheets, by, int(self._now_s()), without)
            write_whole(folder / REQUEST, json.dumps(encode(request)).encode())
        self.tend()

    def standing(self, class_id: str) -> Standing | None:
        """How it stands; None where nobody asked."""
        folder = folder_of(self._centre, class_id)
        request = read_request(folder)
        if request is None:
            return None
        bag = folder / BAG
        if bag.is_dir():
            return Standing("done", request, until_s=_until_s(bag), size=_size(bag), missing=lacks(bag))
        if (folder / FAILED).exists():
            return Standing("failed", request, why=_why(folder / FAILED), until_s=_until_s(folder / FAILED))
        if self._running != class_id:
            return Standing("waiting", request)
        return Standing("running", request, read_now(work_folder(bag) / PROGRESS) or Now())

    def bag(self, class_id: str) -> Path:
        """The finished bag. Raises NoArchive."""
        stands = self.standing(class_id)
        if stands is None or stands.state != "done":
            raise NoArchive(class_id=class_id)
        return folder_of(self._centre, class_id) / BAG

    def tend(self) -> None:
        """See to it that somebody makes what was asked for, and removes what is over; returns at once."""
        with self._lock:
            if (self._thread is None or not self._thread.is_alive()) and self._folders():
                self._thread = threading.Thread(target=self._run, name="archives", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        try:
            while (do := self._next_alone()) is not None:
                do()
        except Exception as error:  # whatever it is: the next time somebody tends, it is begun again
            self._log.failed("archive.failed", error)

    def _next_alone(self) -> Callable[[], object] | None:
        with self._lock:
            return self._next()

    def _next(self) -> Callable[[], object] | None:
        """What is to be done first: remove what is over, make what was asked for longest ago. Whoever calls it holds
        the lock."""
        waiting = []
        for folder in self._folders():
            if folder.name.startswith("."):  # a removal that was cut off; the half of it is read no more
                return functools.partial(shutil.rmtree, folder)
            stands = self.standing(folder.name)
            if stands is None or (stands.until_s and stands.until_s <= self._now_s()):
                gone = folder.with_name(f".{secrets.token_hex(8)}")  # so that nobody asks for what is just removed
                folder.rename(gone)
                return functools.partial(shutil.rmtree, gone)
            if stands.state == "waiting":
                waiting.append((stands.request.at_s, folder.name))
        return functools.partial(self._make, min(waiting)[1]) if waiting else None

    def _folders(self) -> list[Path]:
        try:
            return sorted(one for one in (self._centre / ARCHIVES).iterdir() if one.is_dir())
        except FileNotFoundError:
            return []

    def _make(self, class_id: str) -> None:
        folder = folder_of(self._centre, class_id)
        for old in folder.glob(f"{OLD}*"):
            shutil.rmtree(old)
        self._running = class_id
        try:
            self._work(self._centre, class_id)
        finally:
            self._running = None
        stands = self.standing(class_id)
        if stands is not None and stands.state == "waiting":
            keep_failure(folder, Why(**{lang: (translate(SILENT, lang),) for lang in LANGS}))


def by_process(centre: Path, class_id: str) -> None:
    """Made by `central.archive.work`, which ends when this process does: its standard input is closed then."""
    with subprocess.Popen([sys.executable, "-P", "-m", "central.archive.work", str(centre), class_id],
                          stdin=subprocess.PIPE) as child:
        child.wait()


def _why(path: Path) -> Why:
    try:
        return decode(Why, json.loads(path.read_bytes()), FAILED)
    except (OSError, ValueError, RecursionError, BadShape):
        return UNSAID


def _until_s(path: Path) -> int:
    return int(path.stat().st_mtime) + KEPT_DAYS * DAY_S


def _size(bag: Path) -> int:
    """Of its payload, as the bag says; 0 of one that somebody broke."""
    try:
        return int((said_of(bag, OXUM) or "0").partition(".")[0])
    except (OSError, ValueError):
        return 0
