"""The thread that carries segment files, so that a slow upload never delays records, receipts or orders."""
from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from common.logs import Log
from edge.errors import VolumeAway
from edge.store import Store
from edge.sync.alarms import Alarms
from edge.sync.uploads import Job, Queue, make_client, put
from evidence.bodies import Segment, body_of

Find = Callable[[str], Path | None]


class Uploader:
    """Sends every segment whose record has a receipt (before that, the centre would not know the file).

    `find`: where a file of a segment lies (Box.find_segment). `tick` belongs to the sync loop; only the transfer itself
    runs in the thread.
    """

    def __init__(self, store: Store, alarms: Alarms, find: Find, centre: str, now: Callable[[], float]) -> None:
        self._store, self._alarms, self._find, self._now = store, alarms, find, now
        self._centre, self._log = centre, Log("sync.upload")
        self._queue, self._looked_at, self._busy = Queue(), -1, False
        self._work: queue.Queue[tuple[Job, Path] | None] = queue.Queue(1)
        self._done: queue.Queue[tuple[Job, int]] = queue.Queue()
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
        return len(self._queue.jobs)

    def tick(self, receipted: int) -> None:
        """Note what came back, find new files, hand out the next one. May raise StoreBusy."""
        while self._busy and not self._done.empty():
            self._settle(*self._done.get())
        if receipted > self._looked_at:
            self._queue = self._queue.with_more(self._found(receipted))
            self._looked_at = receipted
        job = None if self._busy else self._queue.next(self._now())
        if job is not None:
            self._hand_out(job)

    def _found(self, receipted: int) -> list[Job]:
        jobs = []
        for sealed in self._store.records_of("segment", self._looked_at):
            body = body_of(sealed.record)
            if isinstance(body, Segment) and sealed.record.seq <= receipted and not self._store.uploaded(body.sha256):
                jobs.append(Job(sealed.record.seq, body.sha256, body.file, body.size))
        return jobs

    def _hand_out(self, job: Job) -> None:
        try:
            path = self._find(job.file)
        except VolumeAway as error:
            self._log.failed("segment.away", error, segment=job.sha256)
            self._queue = self._queue.after_failure(self._now(), random.random())
            return
        if path is None:
            if not self._store.removed(job.sha256):
                self._alarms.once("segment.lost", {"segment": job.sha256})
            self._queue = self._queue.after_success()
            return
        self._busy = True
        self._work.put((job, path))

    def _settle(self, job: Job, status: int) -> None:
        if 200 <= status < 300:
            self._store.mark_uploaded(job.sha256)
            self._queue = self._queue.after_success()
        else:
            self._log.warning("segment.not_taken", segment=job.sha256, status=status)
            self._queue = self._queue.after_failure(self._now(), random.random())
        self._busy = False

    def _carry(self) -> None:
        with make_client() as client:
            while (work := self._work.get()) is not None:
                job, path = work
                self._done.put((job, self._put(client, job, path)))

    def _put(self, client: httpx.Client, job: Job, path: Path) -> int:
        """The status, or 0 when the centre could not be reached or the file could not be read."""
        started = time.monotonic()
        try:
            status = put(client, self._centre, job, path)
        except (httpx.HTTPError, OSError) as error:
            self._log.failed("segment.failed", error, segment=job.sha256)
            return 0
        self._log.info("segment.sent", segment=job.sha256, status=status, ms=int(1000 * (time.monotonic() - started)))
        return status
