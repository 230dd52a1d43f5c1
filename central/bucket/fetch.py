"""Brings files back from the bucket: for somebody who looks one after the other, in the background; for an export at
once. What came is hashed before it gets its place, and is of the cache. After a cut it goes on where it was."""
from __future__ import annotations

import dataclasses
import queue
import secrets
import threading
from collections.abc import Callable
from typing import Literal

from central.bucket.bucket import Bucket
from central.bucket.errors import BucketChanged, FromBucket, InBucket, NotInBucket, OfBucket, TooManyFetched
from central.cache.cache import Cache
from central.errors import CannotWrite, PartBusy, WrongSegmentBytes
from central.objects import Objects
from central.parts import Part
from central.store.bucketed import Bucketed
from central.store.store import Store
from common.logs import Log

WAITING = 32
FROM = ".bucket"
"""Whose part it is while it comes: no id of a box begins with a full stop. Whoever finds it in work by somebody else
takes one with a number of its own."""
_LOG = Log("bucket")


@dataclasses.dataclass(frozen=True)
class Coming:
    """How it stands with a file that is fetched. `bytes`: came; `error`: why it did not come."""

    what: Literal["waiting", "coming", "failed"]
    bytes: int = 0
    error: OfBucket | None = None


class Fetcher:
    """One for all of a process. `bucket` None: there is none, and nothing is in it."""

    def __init__(
        self, store: Store, objects: Objects, cache: Cache, bucket: Bucket | None, now_us: Callable[[], int],
    ) -> None:
        self._store, self._objects, self._cache, self._bucket = store, objects, cache, bucket
        self._now_us = now_us
        self._states: dict[str, Coming] = {}
        self._queue: queue.Queue[str] = queue.Queue(WAITING)
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def there(self, sha256: str) -> Bucketed | None:
        """What is known of a file in the bucket; None where it is not there."""
        if self._bucket is None:
            return None
        with self._store.read() as tx:
            return tx.bucketed(sha256)

    def state(self, sha256: str) -> Coming | None:
        """How it stands with a file that was asked for; None of one that nobody asked for, or that is here."""
        with self._lock:
            return self._states.get(sha256)

    def why_not(self, sha256: str) -> OfBucket | None:
        """Why a file of the bucket that is not here is not; None where it is not in the bucket."""
        known, state = self.there(sha256), self.state(sha256)
        if known is None:
            return None
        if state is None:
            return InBucket()
        return state.error or FromBucket(share=100 * state.bytes // max(1, known.size))

    def ask(self, sha256: str) -> None:
        """Have a file of the bucket brought here, behind those that were asked for before. Raises TooManyFetched."""
        with self._lock:
            known = self._states.get(sha256)
            if known is not None and known.what != "failed":
                return
            try:
                self._queue.put_nowait(sha256)
            except queue.Full:
                raise TooManyFetched() from None
            self._states[sha256] = Coming("waiting")
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="fetch", daemon=True)
                self._worker.start()

    def bring(self, sha256: str) -> None:
        """The file is here when this returns, if it is here or in the bucket. Raises NotInBucket, BucketAway,
        BucketRefuses, BucketChanged, CannotWrite."""
        if not self._objects.has(sha256):
            self.fetch(sha256)

    def fetch(self, sha256: str, told: Callable[[int], None] = lambda _: None) -> None:
        """The same, whatever lies here: what has other bytes is put aside. `told` of bytes that are here more, or less
        where it begins anew. Raises what `bring` raises."""
        known, bucket = self.there(sha256), self._bucket
        if known is None or bucket is None:
            raise NotInBucket(sha256=sha256)
        try:
            try:
                self._come(bucket, known, FROM, told)
            except PartBusy:
                own = f"{FROM}-{secrets.token_hex(4)}"
                try:
                    self._come(bucket, known, own, told)
                finally:
                    self._objects.parts.drop(sha256, own)
        except OSError as error:
            raise CannotWrite(path=self._objects.path(sha256).parent.parent, why=error.strerror) from None
        self._cache.trim(self._now_us())

    def _come(self, bucket: Bucket, known: Bucketed, own: str, told: Callable[[int], None]) -> None:
        """Go on with what came before a cut. What was left may be anything after a power cut: then once from the
        beginning. Raises PartBusy besides."""
        for last in (False, True):
            with self._objects.parts.open(known.sha256, own, known.size, self._objects.path(known.sha256)) as part:
                begun = part.size
                told(begun)
                try:
                    return self._whole(bucket, part, known, told)
                except WrongSegmentBytes:
                    if last or not begun:
                        raise BucketChanged(sha256=known.sha256) from None
                    told(-part.size)
                except (NotInBucket, BucketChanged):
                    self._objects.parts.drop(known.sha256, own)
                    raise

    def _whole(self, bucket: Bucket, part: Part, known: Bucketed, told: Callable[[int], None]) -> None:
        """Raises WrongSegmentBytes, with nothing left of the part."""
        if part.size and bucket.size(known.sha256) != known.size:
            raise BucketChanged(sha256=known.sha256)
        if part.size < known.size:
            for data in bucket.rest(known.sha256, part.size):
                part.write(data)
                told(len(data))
        with self._cache.alone(known.sha256):
            part.finish()
            if not self._cache.fetched(known.sha256, known.size, self._now_us()):
                self._objects.drop(known.sha256)  # what was removed must not come back
                raise NotInBucket(sha256=known.sha256)

    def _work(self) -> None:
        while True:
            sha256 = self._queue.get()
            self._become(sha256, Coming("coming"))
            came = 0

            def told(more: int, sha256: str = sha256) -> None:
                nonlocal came
                came += more
                self._become(sha256, Coming("coming", came))

            try:
                if not self._objects.has(sha256):
                    self.fetch(sha256, told)
                self._become(sha256, None)
            except Exception as error:  # whatever it is: the next one is fetched all the same
                _LOG.failed("not.fetched", error, sha256=sha256)
                self._become(sha256, Coming("failed", error=error if isinstance(error, OfBucket) else InBucket()))

    def _become(self, sha256: str, state: Coming | None) -> None:
        with self._lock:
            if state is None:
                del self._states[sha256]
            else:
                self._states[sha256] = state

