"""Appends what the recorder states to the store, in order, in a thread of its own: the recorder never waits for it."""
from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from common.logs import Log
from edge.errors import WriteFailed
from edge.storage.files import sync_folder
from edge.store import Store
from evidence.bodies import Segment
from evidence.errors import ZaitangError

RETRY_S = 0.5
LAST_WAIT_S = 10.0
Work = Callable[[Store], "list[Item]"]
Item = tuple[str, object, Path | None] | Work
"""A fact to append, by its type, and a journal to drop then; or work that says what to do next."""


class Sealer:
    """`pending` counts what is not in the store yet. A journal is dropped when the last segment of its run is in."""

    def __init__(self, store: Store, sealed: Callable[[Segment], None] = lambda segment: None) -> None:
        """`sealed` is told of each segment that is in the store, in the sealer's thread."""
        self._store, self._sealed, self._log = store, sealed, Log("recorder")
        self._items: deque[Item] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self.failure: ZaitangError | None = None
        """Why the store takes nothing just now."""
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        with self._ready:
            return sum(1 for item in self._items if isinstance(item, tuple) and item[0] == "segment")

    def segment(self, body: Segment, journal: Path) -> None:
        """State a finished segment of the run with this journal, which is dropped with the run's last one."""
        self._put(("segment", body, journal if body.cut is not None else None))

    def state(self, type: str, body: object) -> None:
        """State any other fact."""
        self._put((type, body, None))

    def work(self, work: Work) -> None:
        """Do something slow once all that was stated is in the store. It raises nothing; what it returns comes next."""
        self._put(work)

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until everything stated so far is in the store."""
        with self._ready:
            return self._ready.wait_for(lambda: not self._items, timeout_s)

    def close(self) -> None:
        """Give the store a last chance, then stop; what is left is in the journals."""
        self.wait_idle(LAST_WAIT_S)
        with self._ready:
            self._closing = True
            self._ready.notify_all()
        self._thread.join(LAST_WAIT_S)

    def _put(self, item: Item) -> None:
        with self._ready:
            self._items.append(item)
            self._ready.notify_all()

    def _run(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._items or self._closing)
                if self._closing:
                    return
                item = self._items[0]
            more: list[Item] = []
            if not isinstance(item, tuple):
                more = item(self._store)
            elif not self._seal(*item):
                continue
            with self._ready:
                self._items.popleft()
                self._items.extendleft(reversed(more))
                self._ready.notify_all()

    def _seal(self, type: str, body: object, journal: Path | None) -> bool:
        try:
            if type:
                self._store.append(type, body)
            if journal is not None:
                journal.unlink(missing_ok=True)
                sync_folder(journal.parent)
        except (ZaitangError, OSError) as error:
            if self.failure is None:
                self._log.failed("store.refused", error)
            self.failure = error if isinstance(error, ZaitangError) else WriteFailed(why=error.strerror)
            with self._ready:
                self._ready.wait_for(lambda: self._closing, RETRY_S)
            return False
        self.failure = None
        if isinstance(body, Segment):
            self._sealed(body)
        return True
