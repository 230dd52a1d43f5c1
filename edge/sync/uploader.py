"""The thread that carries segment files, so that a slow upload never delays records, receipts or orders."""
from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import httpx

from common.logs import Log
from edge.errors import StoreBusy, VolumeAway
from edge.store import Store
from edge.sync.alarms import Alarms
from edge.sync.uploads import Job, Queue, make_client, put
from evidence.bodies import Segment, body_of

Find = Callable[[str], Path | None]
Outcome = int | Literal["away", "gone"]
"""What became of a file: the centre's status, 0 when it could not be reached; or it could not be read, or is lost."""


class Uploader:
    """Sends every segment whose record has a receipt (before that, the centre would not know the file).

    `find`: where a file of a segment lies (Box.find_segment). `tick` belongs to the sync loop; whatever may hang runs
    in the thread: the centre, and a volume too.
    """

    def __init__(self, store: Store, alarms: Alarms, find: Find, centre: str, now: Callable[[], float]) -> None:
        self._store, self._alarms, self._find, self._now = store, alarms, find, now
        self._centre, self._log = centre, Log("sync.upload")
        self._queue, self._looked_at, self._busy = Queue(), -1, False
        self._work: queue.Queue[Job | None] = queue.Queue(1)
        self._done: queue.Queue[tuple[Job, Outcome]] = queue.Queue()
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
        """Note what came back, find new files, hand out the next one. May raise StoreBusy."""
        while self._busy and not self._done.empty():
            self._settle(*self._done.get())
        if receipted > self._looked_at:
            self._queue = self._queue.with_more(self._found(receipted))
            self._looked_at = receipted
        self._queue = self._queue.looked_for(self._now())
        job = None if self._busy else self._queue.next(self._now())
        if job is not None:
            self._busy = True
            self._work.put(job)

    def _found(self, receipted: int) -> list[Job]:
        jobs = []
        for sealed in self._store.records_of("segment", self._looked_at):
            body = body_of(sealed.record)
            if isinstance(body, Segment) and sealed.record.seq <= receipted and not self._store.uploaded(body.sha256):
                jobs.append(Job(sealed.record.seq, body.sha256, body.file, body.size))
        return jobs

    def _settle(self, job: Job, outcome: Outcome) -> None:
        if outcome == "away":
            self._queue = self._queue.after_away(self._now())
        elif outcome == "gone":
            if not self._store.removed(job.sha256):
                self._alarms.once("segment.lost", {"segment": job.sha256})
            self._queue = self._queue.after_success()
        elif 200 <= outcome < 300:
            self._store.mark_uploaded(job.sha256)
            self._queue = self._queue.after_success()
        else:
            self._log.warning("segment.not_taken", segment=job.sha256, status=outcome)
            self._queue = self._queue.after_failure(self._now(), random.random())
        self._busy = False

    def _carry(self) -> None:
        with make_client() as client:
            while (job := self._work.get()) is not None:
                self._done.put((job, self._send(client, job)))

    def _send(self, client: httpx.Client, job: Job) -> Outcome:
        started = time.monotonic()
        try:
            path = self._find(job.file)
            if path is None:
                return "gone"
            status = put(client, self._centre, job, path)
        except (VolumeAway, StoreBusy, OSError) as error:
            self._log.failed("segment.away", error, segment=job.sha256)
            return "away"
        except httpx.HTTPError as error:
            self._log.failed("segment.failed", error, segment=job.sha256)
            return 0
        self._log.info("segment.sent", segment=job.sha256, status=status, ms=int(1000 * (time.monotonic() - started)))
        return status
