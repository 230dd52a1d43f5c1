"""A small centre is judged when somebody looks: what is new is taken in before the page is made, within a moment."""
from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TakesLonger

from central.overview.worker import Worker
from central.store.store import Store
from central.store.summaries import Wanted
from common.logs import Log

WAIT_S = 0.15
"""So long a page waits; what takes longer goes on, and the page says that it is being judged."""
SMALL, SMALL_RECORDS = 50, 100_000
"""Classes and records: of a larger centre the worker beside is enough."""
JUDGE_S = 5.0
_LOG = Log("overview")


class Glance:
    """One step at a time, in a thread of its own; several pages wait for the same."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store, self._worker = store, worker
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "overview")
        self._running: Future[None] | None = None

    def catch_up(self) -> None:
        """Judge what is new, if the centre is small; comes back in any case. What fails is told in the log: a page of
        before can still be shown."""
        if not self._small():
            return
        with self._lock:
            begun = self._running is not None and not self._running.done()
            if not begun:
                self._running = self._pool.submit(self._step)
            running = self._running
        assert running is not None
        try:
            running.result(WAIT_S)
        except TakesLonger:
            return

    def _step(self) -> None:
        try:
            self._worker.catch_up(JUDGE_S)
        except Exception as error:  # whatever it is: the page is made of what was known before
            _LOG.failed("overview.failed", error)

    def _small(self) -> bool:
        with self._store.read() as tx:
            return tx.leaves() <= SMALL_RECORDS and tx.count_classes(Wanted()) <= SMALL
