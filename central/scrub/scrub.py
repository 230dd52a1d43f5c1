"""The files that lie at the centre, read again one after the other.

A file that is not what was recorded, or not there, is stated once; then another copy takes its place: that of the
bucket, or of the box that recorded it, which is ordered to send it. What was spoilt is put aside then, never thrown
away.
"""
from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from central.bucket.bucket import Bucket
from central.bucket.errors import NotInBucket, OfBucket
from central.bucket.fetch import Fetcher
from central.objects import Objects
from central.orders.asked import order_awaited
from central.orders.errors import FilesNotOfBox, NoSuchBox
from central.parts import UNREADABLE
from central.scrub.rounds import DAY_US, Round
from central.scrub.stated import FROM_BOX, FROM_BUCKET, LOST, ROTTEN, state_spoilt, state_whole
from central.store.bucketed import Bucketed
from central.store.spoilt import Spoilt, What
from central.store.store import Store
from common.logs import Log

CHUNK = 1 << 20
PASS_US = 30 * DAY_US
"""Passes begin so far apart at least."""
AGAIN_US = DAY_US
"""Another copy is asked for again after so long."""
ASKED_US = 30 * DAY_US
"""And no more when it was asked for for so long."""
NOTE = "scrub"
"""What the database keeps: the hash that was read last, and when this pass began (UTC µs)."""
Mark = tuple[int, int, int]
_LOG = Log("scrub")


class Scrub:
    """`now_us`: the wall clock; `paced` is told of bytes read, and may wait or raise."""

    def __init__(
        self, store: Store, files: Objects, fetcher: Fetcher, bucket: Bucket | None, now_us: Callable[[], int],
        paced: Callable[[int], None],
    ) -> None:
        self._store, self._files, self._fetcher, self._bucket = store, files, fetcher, bucket
        self._now_us, self._paced = now_us, paced
        self._read: dict[str, Mark | None] = {}
        self._round = Round(store, NOTE, PASS_US, now_us, lambda tx, last, most: tx.stored_after(last, most), self.look)

    def some(self) -> int:
        """Look at the next files; how many (`Round.some`). Raises OSError, DatabaseUnusable."""
        return self._round.some()

    def all(self) -> int:
        """Look at all files at once; how many. Raises what `some` raises."""
        return self._round.all()

    def mend(self) -> int:
        """See to what is spoilt: told when it is whole, asked for again when nothing came for a day; how many are
        spoilt still. Raises what `some` raises."""
        with self._store.read() as tx:
            known = tx.spoilt()
        for one in known:
            if one.what == "rotten" and not self._stored(one.sha256):  # it was removed meanwhile
                with self._store.write() as tx:
                    tx.forget_spoilt(one.sha256)
            elif self._came_again(one.sha256) and self._whole(one.sha256):
                self._whole_again(one.sha256)
            elif self._now_us() - one.asked_us >= AGAIN_US and one.asked_us - one.since_us < ASKED_US:
                self._ask(one.sha256)
        with self._store.read() as tx:
            return len(tx.spoilt())

    def look(self, sha256: str) -> bool:
        """Whether a file is as it was recorded; else it is stated, and another copy asked for."""
        if self._whole(sha256):
            self._read.pop(sha256, None)
            return True
        if not self._stored(sha256):
            return True  # it was removed meanwhile
        if self._state(sha256, "rotten" if self._files.has(sha256) else "lost"):
            self._ask(sha256)
        return False

    def _whole(self, sha256: str) -> bool:
        """Here with its hash; or not here, and in the bucket alone."""
        path = self._files.path(sha256)
        try:
            return self._hash(path) == sha256
        except FileNotFoundError:
            known = self._fetcher.there(sha256)
            return known is not None and not known.stays and self._in_bucket(known)
        except OSError as error:
            if error.errno not in UNREADABLE:
                raise
            _LOG.failed("unreadable", error, sha256=sha256)
            return False

    def _came_again(self, sha256: str) -> bool:
        """Whether another file lies there than was read last: a spoilt one is not read again and again."""
        mark = _mark(self._files.path(sha256))
        if sha256 in self._read and self._read[sha256] == mark:
            return False
        self._read[sha256] = mark
        return True

    def _stored(self, sha256: str) -> bool:
        with self._store.read() as tx:
            return any(one.stored for one in tx.announced(sha256))

    def _in_bucket(self, known: Bucketed) -> bool:
        """The store says that the file is there with all of its bytes; it is not fetched for that (`BucketScrub` does).
        One that does not answer says nothing: then nothing is stated."""
        try:
            return self._bucket is not None and self._bucket.size(known.sha256) == known.size
        except NotInBucket:
            return False
        except OfBucket as error:
            _LOG.failed("bucket.away", error)
            return True

    def _hash(self, path: Path) -> str:
        """Read without keeping it in memory: what is read once a month must push out nothing."""
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            while data := file.read(CHUNK):
                digest.update(data)
                self._paced(len(data))
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return digest.hexdigest()

    def _state(self, sha256: str, what: What) -> bool:
        """State it, once; False where that is done."""
        now_us = self._now_us()
        known = self._fetcher.there(sha256) if what == "lost" else None
        nowhere = what == "lost" and (known is None or not self._in_bucket(known))
        with self._store.write() as tx:
            if tx.spoilt_file(sha256) is not None:
                return False
            state_spoilt(self._store, tx, sha256, ROTTEN if what == "rotten" else LOST, {})
            tx.put_spoilt(Spoilt(sha256, what, now_us, now_us))
            if nowhere:
                tx.forget_bucketed(sha256)
                tx.mark_gone(sha256)
        _LOG.warning(what, sha256=sha256)
        return True

    def _ask(self, sha256: str) -> None:
        """Another copy: of the bucket at once, else of the boxes that recorded it."""
        if self._found_again(sha256):
            return self._whole_again(sha256)
        if self._fetcher.there(sha256) is not None:
            try:
                self._fetcher.fetch(sha256)
                return self._whole_again(sha256)
            except OfBucket as error:
                _LOG.failed("not.repaired", error, sha256=sha256)
        now_us = self._now_us()
        with self._store.write() as tx:
            tx.ask_spoilt(sha256, now_us)
            devices = sorted({one.device for one in tx.announced(sha256)})
        for device in devices:
            try:
                order_awaited(self._store, device, [sha256], now_us)
            except (NoSuchBox, FilesNotOfBox) as error:
                _LOG.failed("not.asked", error, sha256=sha256)

    def _found_again(self, sha256: str) -> bool:
        """Whether what was lost is in the bucket after all: it was asked under another name, or somebody put it
        back."""
        with self._store.read() as tx:
            known, named, there = tx.spoilt_file(sha256), tx.announced(sha256), tx.bucketed(sha256)
        if known is None or known.what != "lost" or self._bucket is None or not named or there is not None:
            return False
        try:
            if self._bucket.size(sha256) != named[0].size:
                return False
            locked_us = self._bucket.locked_until_us(sha256)
        except OfBucket as error:
            _LOG.failed("not.found", error, sha256=sha256)
            return False
        with self._store.write() as tx:
            tx.put_bucketed(Bucketed(sha256, named[0].size, self._now_us(), locked_us))
        return True

    def _whole_again(self, sha256: str) -> None:
        """State that it is whole, and that it is here. `from`: where the copy came from. What was in the bucket, and is
        not as it was, came to stay and goes there again."""
        with self._store.write() as tx:
            known = tx.spoilt_file(sha256)
            if known is None:
                return
            tx.mark_stored(sha256, self._now_us())
            if known.what == "bucket":
                tx.forget_cached(sha256, "file")
            state_whole(self._store, tx, sha256, FROM_BOX if tx.bucketed(sha256) is None else FROM_BUCKET)
            tx.forget_spoilt(sha256)
        _LOG.info("repaired", sha256=sha256)


def _mark(path: Path) -> Mark | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_ctime_ns

