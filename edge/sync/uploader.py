"""The thread that carries files to the centre, so that a slow upload never delays records, receipts or orders."""
from __future__ import annotations

import dataclasses
import queue
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from common.logs import Log
from edge.box_orders import InForce, in_force, wanted
from edge.config import BoxConfig
from edge.sheets import SheetFiles, may_lie
from edge.storage.files import drop
from edge.store import Store
from edge.sync.alarms import Alarms
from edge.sync.pace import Pace
from edge.sync.progress import Progress
from edge.sync.uploads import Job, Queue
from evidence.bodies import Segment, body_of
from evidence.errors import ZaitangError
from evidence.records import Sealed

Find = Callable[[str], Path | None]
Outcome = int | Literal["away", "gone"]
"""What became of a file: the centre's status, 0 when it could not be reached; or it could not be read, or is lost."""
REFUSALS = frozenset({401, 404, 413, 422, 507})
"""Answers that do not pass by waiting alone: the box states them, once."""
OF_A_SHEET = frozenset({404, 413, 422})
"""Answers after which a sheet is not sent again: its order or its time is over at the centre, or it is spoilt."""


class Carries(Protocol):
    """Hands one file to the centre (carrier.py)."""

    def carry(self, job: Job, path: Path, told: Callable[[Job, int], None]) -> int: ...

    def close(self) -> None: ...


@dataclasses.dataclass
class Limits:
    """What may be sent, and how fast: what box.toml says, and over it what the centre has set. `pace` is told."""

    config: BoxConfig
    pace: Pace
    everything: bool = True

    def follow(self, orders: InForce) -> None:
        """Take over what holds now."""
        sync = orders.over(self.config).sync
        if sync is not None:
            self.pace.kbit, self.everything = sync.upload_kbit, sync.upload == "all"


@dataclasses.dataclass(frozen=True)
class Sheets:
    """The contact sheets of a box. `now_us`: its wall clock, UTC."""

    files: SheetFiles
    now_us: Callable[[], int]

    def to_send(self, store: Store, receipted: int) -> list[Job]:
        """Those that wait for the centre, once it knows of them."""
        up_to = {chain: store.past_receipted(chain) for chain in store.chains()[:-1]} | {store.chain: receipted}
        return [Job(one.sealed.record.seq, one.sheet.sha256, self.files.path(one.sheet.sha256).name, one.sheet.size,
                    "sheet") for one in may_lie(store, self.now_us())
                if one.sealed.record.seq <= up_to[one.sealed.record.chain]]


class Uploader:
    """Sends every segment whose record has a receipt (before that, the centre would not know the file), first those
    that an order of the centre wants; or only those (`limits`). Contact sheets are wanted always.

    `find`: where a file of a segment lies (Box.find_segment); `sheets`: the contact sheets of the box. `tick` belongs
    to the sync loop; whatever may hang runs in the thread: the centre, and a volume too.
    """

    def __init__(
        self, store: Store, alarms: Alarms, find: Find, carrier: Carries, now: Callable[[], float],
        show: Callable[[Progress], None] = lambda _: None, limits: Limits | None = None,
        sheets: Sheets | None = None,
    ) -> None:
        self._store, self._alarms, self._find, self._now = store, alarms, find, now
        self._carrier, self._show, self._log = carrier, show, Log("sync.upload")
        self._queue, self._looked_at, self._busy = Queue(), -1, False
        self._answered, self._limits, self._sheets, self._sheets_at = -2, limits, sheets, -2
        self._status = 0
        self._work: queue.Queue[Job | None] = queue.Queue(1)
        self._done: queue.Queue[tuple[Job, Outcome]] = queue.Queue()
        self._held: tuple[Job, Outcome] | None = None
        self._thread = threading.Thread(target=self._carry, name="upload", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end after the file that it is sending; the process need not wait for it."""
        self._work.put(None)

    @property
    def waiting(self) -> int:
        """Files not yet at the centre whose records are."""
        return len(self._queue.jobs) + len(self._queue.away)

    def tick(self, receipted: int) -> None:
        """Note what came back, find new files, hand out the next one. May raise StoreBusy, StoreUnwritable: nothing is
        lost then, and it can be called again."""
        before = self._queue
        self._hear()
        self._ask()
        if receipted > self._looked_at:
            self._queue = self._queue.with_more(self._found(receipted))
            self._looked_at = receipted
        self._ask_sheets(receipted)
        self._queue = self._queue.looked_for(self._now())
        job = None if self._busy else self._queue.next(self._now())
        if job is not None:
            self._busy = True
            self._work.put(job)
        if self._queue is not before:
            self._say(self._progress())

    def _told(self, job: Job, sent: int) -> None:
        """So many bytes of a file are at the centre; called by the thread."""
        self._say(dataclasses.replace(self._progress(), sha256=job.sha256, sent=sent, size=job.size))

    def _say(self, progress: Progress) -> None:
        """Nothing waits for it: a disk that refuses it is told by others."""
        try:
            self._show(progress)
        except OSError as error:
            self._log.failed("progress.unwritten", error)

    def _progress(self) -> Progress:
        waits = self._queue
        size = sum(job.size for job in (*waits.jobs, *waits.away))
        return Progress(len(waits.jobs) + len(waits.away), size, failures=waits.failures, status=self._status)

    def _found(self, receipted: int) -> list[Job]:
        jobs: list[Job] = []
        if self._limits is not None and not self._limits.everything:
            return jobs
        here = {job.sha256 for job in (*self._queue.jobs, *self._queue.away) if job.kept}
        found = [one for one in self._store.records_of("segment", self._looked_at) if one.record.seq <= receipted]
        for sealed in (*self._older(), *found):
            body = body_of(sealed.record)
            if isinstance(body, Segment) and not (body.sha256 in here or self._store.kept_there(body.sha256)):
                jobs.append(Job(sealed.record.seq, body.sha256, body.file, body.size))
        return jobs

    def _older(self) -> list[Sealed]:
        """Once: what chains before recorded, as far as the centre has that."""
        if self._looked_at >= 0:
            return []
        up_to = {chain: self._store.past_receipted(chain) for chain in self._store.chains()}
        return [one for one in self._store.past("segment") if one.record.seq <= up_to[one.record.chain]]

    def _ask(self) -> None:
        """Follow the centre's settings, and put first what it wants, whenever an order was answered."""
        newest = self._store.newest("order.answered", 1)
        if newest != self._answered:
            self._follow()
            kept = self._limits is None or self._limits.everything
            asked = [Job(seq, body.sha256, body.file, body.size, kept=kept, awaited=True)
                     for seq, body in wanted(self._store)]
            self._queue = self._queue.with_first(asked)
            self._answered = newest

    def _ask_sheets(self, receipted: int) -> None:
        """Put sheets before all else, once the centre knows of them: somebody waits for each."""
        newest = min(self._store.newest("sheet", 1), receipted)
        if self._sheets is not None and newest > self._sheets_at:
            here = {job.sha256 for job in (*self._queue.jobs, *self._queue.away)}
            found = self._sheets.to_send(self._store, receipted)
            self._queue = self._queue.with_first([job for job in found if job.sha256 not in here])
            self._sheets_at = newest

    def _follow(self) -> None:
        if self._limits is None:
            return
        before = self._limits.everything
        self._limits.follow(in_force(self._store))
        if self._limits.everything != before:
            # Begin anew, but for the file that is on its way.
            self._queue, self._looked_at = Queue(self._queue.jobs[:1] if self._busy else ()), -1
            self._sheets_at = -2

    def _hear(self) -> None:
        """Note what became of a file. What a busy store refused stays until it is noted."""
        if self._held is None and self._busy and not self._done.empty():
            self._held = self._done.get()
        if self._held is not None:
            self._settle(*self._held)
            self._held, self._busy = None, False

    def _settle(self, job: Job, outcome: Outcome) -> None:
        """May be called again with the same until it ends well: the queue moves on last."""
        if outcome == "away":
            self._queue = self._queue.after_away(self._now())
        elif outcome == "gone":
            if job.kind == "segment" and not self._store.removed(job.sha256):
                self._alarms.once("segment.lost", {"segment": job.sha256})
            self._queue = self._queue.after_success()
        elif 200 <= outcome < 300:
            self._store.mark_uploaded(job.sha256, job.kept)
            self._drop(job)
            self._alarms.settle("upload.refused")
            self._queue = self._queue.after_success()
            self._status = outcome
        else:
            self._not_taken(job, outcome)
            self._status = outcome

    def _not_taken(self, job: Job, status: int) -> None:
        self._log.warning("file.not_taken", sha256=job.sha256, kind=job.kind, status=status)
        if job.kind == "sheet" and status in OF_A_SHEET:
            self._alarms.once("sheet.refused", {"status": status})
            self._queue = self._queue.after_success()
            return
        if status in REFUSALS:
            self._alarms.once("upload.refused", {"status": status})
        self._queue = self._queue.after_failure(self._now(), random.random())

    def _drop(self, job: Job) -> None:
        """A sheet that the centre has goes from here; what a disk holds back goes with the next look of its maker."""
        if job.kind == "sheet" and self._sheets is not None:
            try:
                drop(self._sheets.files.path(job.sha256))
            except OSError as error:
                self._log.failed("sheet.later", error, sheet=job.sha256)

    def _carry(self) -> None:
        while (job := self._work.get()) is not None:
            self._done.put((job, self._send(job)))
        self._carrier.close()

    def _sheet(self, job: Job) -> Path | None:
        path = None if self._sheets is None else self._sheets.files.path(job.sha256)
        return path if path is not None and path.is_file() else None

    def _send(self, job: Job) -> Outcome:
        started = time.monotonic()
        try:
            path = self._find(job.file) if job.kind == "segment" else self._sheet(job)
            if path is None:
                return "gone"
            status = self._carrier.carry(job, path, self._told)
        except (ZaitangError, OSError) as error:
            self._log.failed("segment.away", error, segment=job.sha256)
            return "away"
        except Exception as error:  # httpx has errors outside of its own tree; and no file may end the thread
            self._log.failed("segment.failed", error, segment=job.sha256)
            return 0
        self._log.info("segment.sent", segment=job.sha256, status=status, ms=int(1000 * (time.monotonic() - started)))
        return status
