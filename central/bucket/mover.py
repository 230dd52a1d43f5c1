"""Moves what came to stay into the bucket, one file after the other, as long as the console is served.

A file goes there, is asked for, and only then noted; from then on its copy here is of the cache. A crash in between
sends the same bytes again under the same name; what nobody sends again is found at the next start, and once a day
(orphans.py).
"""
from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from central.bucket.bucket import Bucket
from central.bucket.orphans import Orphans, settle_orphans
from central.cache.cache import Cache
from central.objects import Objects
from central.store.bucketed import Bucketed
from central.store.store import Store
from common.logs import Log
from evidence.errors import ZaitangError
from evidence.times import HOUR

EVERY_S, MOST_S = 5.0, 600.0
"""Seconds between two looks; longer and longer ones while the store does not answer."""
AT_ONCE = 20
DAILY_US = 24 * HOUR
DAILY_RATE = 20_000_000
"""Bytes a second of what is done daily, at most: a line is free for others."""
_LOG = Log("bucket")


class Mover:
    """`now_us`: the wall clock (UTC)."""

    def __init__(self, store: Store, objects: Objects, cache: Cache, bucket: Bucket, now_us: Callable[[], int]) -> None:
        self._store, self._objects, self._cache, self._bucket = store, objects, cache, bucket
        self._now_us = now_us
        self.changed: list[str] = []
        """Hashes of files that have other bytes here than were recorded: they go nowhere."""
        self._daily_us: int | None = None
        self._looked_s = -EVERY_S
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, *daily: Callable[[], object]) -> None:
        """Move from now on; when nothing is to be moved, do what is to be done now and once a day. That may raise
        InterruptedError after the end."""
        self._thread = threading.Thread(target=self._run, args=(daily,), name="bucket", daemon=True)
        self._thread.start()

    def stop(self, patience_s: float) -> None:
        """End after the file that is being moved, or after so many seconds: it is sent again then."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(patience_s)

    def slowly(self, size: int) -> None:
        """So many bytes were moved by what is done daily, which may take days: give others time, and move what came
        meanwhile. Raises InterruptedError at the end, and what `some` raises."""
        if self._end.wait(size / DAILY_RATE):
            raise InterruptedError
        if time.monotonic() - self._looked_s >= EVERY_S:
            self._looked_s = time.monotonic()
            self.some()

    def settle(self) -> Orphans:
        """Note what lies there and is not noted. Raises OfBucket, DatabaseUnusable."""
        return settle_orphans(self._store, self._cache, self._bucket, self._now_us())

    def some(self, told: Callable[[str, int], None] | None = None) -> int:
        """Move the next files; how many. `told` the hash and size of each. Raises BucketAway, BucketRefuses,
        CannotRead, OSError, DatabaseUnusable."""
        with self._store.read() as tx:
            waiting = tx.to_bucket(AT_ONCE, self.changed)
        done = 0
        for sha256, size in waiting:
            if self._end.is_set():
                break
            if self.move(sha256, size):
                done += 1
                if told is not None:
                    told(sha256, size)
        return done

    def move(self, sha256: str, size: int) -> bool:
        """Move one file; False where it went meanwhile, or is not what was recorded any more: such a one goes nowhere,
        and whoever scrubs tells of it. Raises what `some` raises."""
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

    def _run(self, daily: Sequence[Callable[[], object]]) -> None:
        wait_s = EVERY_S
        while not self._end.wait(wait_s):
            try:
                wait_s = 0.0 if self.some() else EVERY_S
                if wait_s and (self._daily_us is None or not 0 <= self._now_us() - self._daily_us < DAILY_US):
                    for act in daily:
                        act()
                    self._daily_us = self._now_us()
            except InterruptedError:
                return
            except (ZaitangError, OSError) as error:
                _LOG.failed("later", error)
                wait_s = min(MOST_S, max(EVERY_S, 2 * wait_s))
