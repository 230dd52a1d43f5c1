"""Moves what came to stay into the bucket, one file after the other, as long as the console is served.

A file goes there, is asked for, and only then noted; from then on its copy here is of the cache. A crash in between
sends the same bytes again under the same name.
"""
from __future__ import annotations

import threading
from collections.abc import Callable

from central.bucket.bucket import Bucket
from central.cache.cache import Cache
from central.objects import Objects
from central.store.bucketed import Bucketed
from central.store.store import Store
from common.logs import Log
from evidence.errors import ZaitangError

EVERY_S, MOST_S = 5.0, 600.0
"""Seconds between two looks; longer and longer ones while the store does not answer."""
AT_ONCE = 20
_LOG = Log("bucket")


class Mover:
    """`now_us`: the wall clock (UTC)."""

    def __init__(self, store: Store, objects: Objects, cache: Cache, bucket: Bucket, now_us: Callable[[], int]) -> None:
        self._store, self._objects, self._cache, self._bucket = store, objects, cache, bucket
        self._now_us = now_us
        self.changed: list[str] = []
        """Hashes of files that have other bytes here than were recorded: they go nowhere."""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bucket", daemon=True)

    def start(self) -> None:
        """Move from now on."""
        self._thread.start()

    def stop(self, patience_s: float) -> None:
        """End after the file that is being moved, or after so many seconds: it is sent again then."""
        self._end.set()
        self._thread.join(patience_s)

    def some(self, told: Callable[[str, int], None] | None = None) -> int:
        """Move the next files; how many. `told` the hash and size of each. Raises BucketAway, BucketRefuses,
        CannotRead, OSError, DatabaseUnusable."""
        with self._store.read() as tx:
            waiting = tx.to_bucket(AT_ONCE, self.changed)
        done = 0
        for sha256, size in waiting:
            if self._end.is_set():
                break
            if self._one(sha256, size):
                done += 1
                if told is not None:
                    told(sha256, size)
        return done

    def _one(self, sha256: str, size: int) -> bool:
        """What is not what was recorded any more goes nowhere: whoever scrubs tells of it."""
        if not self._objects.intact(sha256):
            _LOG.warning("not.moved", sha256=sha256)
            self.changed.append(sha256)
            return False
        self._bucket.put(sha256, self._objects.path(sha256))
        locked_us, now_us = self._bucket.locked_until_us(sha256), self._now_us()
        with self._cache.alone(sha256):
            stays = self._cache.bucketed(Bucketed(sha256, size, now_us, locked_us))
        if not stays:
            self._bucket.drop(sha256)
            return False
        _LOG.info("moved", sha256=sha256, bytes=size)
        self._cache.trim(now_us)
        return True

    def _run(self) -> None:
        wait_s = EVERY_S
        while not self._end.wait(wait_s):
            try:
                wait_s = 0.0 if self.some() else EVERY_S
            except (ZaitangError, OSError) as error:
                _LOG.failed("later", error)
                wait_s = min(MOST_S, max(EVERY_S, 2 * wait_s))
