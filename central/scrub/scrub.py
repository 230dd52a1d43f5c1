"""One pass after the other over the files that lie at the centre, in the order of their hashes.

A file that is not what was recorded, or not there, is stated once; then another copy takes its place: that of the
bucket, or of the box that recorded it, which is ordered to send it. What was spoilt is put aside then, never thrown
away.
"""
from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from central.bucket.bucket import Bucket
from central.bucket.errors import NotInBucket, OfBucket
from central.bucket.fetch import Fetcher
from central.objects import Objects
from central.orders.asked import order_awaited
from central.orders.errors import FilesNotOfBox, NoSuchBox
from central.parts import UNREADABLE
from central.store.bucketed import Bucketed
from central.store.spoilt import Spoilt, What
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import Alarm, Segment, body_of
from evidence.times import HOUR

CHUNK = 1 << 20
SOME = 50
PASS_US = 30 * 24 * HOUR
"""Passes begin so far apart at least."""
AGAIN_US = 24 * HOUR
"""Another copy is asked for again after so long."""
ASKED_US = 30 * 24 * HOUR
"""And no more when it was asked for for so long."""
MOST_A_DAY = 100
"""So many spoilt files are stated within a day beside a server: a disk that is not mounted, or a bucket under another
name, has all of them missing, and a person must look at that. `scrub now` states all."""
NOTE = "scrub"
"""What the database keeps: the hash that was read last, and when this pass began (UTC µs)."""
ROTTEN, LOST, REPAIRED = "centre.file_rotten", "centre.file_lost", "centre.file_repaired"
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

    def some(self) -> int:
        """Look at the next files; how many: 0 when a pass is over and the next one is not due, or when as much is
        spoilt as is stated within a day. Raises OSError, DatabaseUnusable."""
        now_us = self._now_us()
        if self._flooded(now_us):
            return 0
        with self._store.read() as tx:
            last, begun = (tx.meta(NOTE) or f" {now_us}").split(" ")
            files = tx.stored_after(last, SOME)
        if not files and last and 0 <= now_us - int(begun) < PASS_US:
            return 0
        if not files:
            last, begun = "", str(now_us)
            with self._store.read() as tx:
                files = tx.stored_after(last, SOME)
        for done, sha256 in enumerate(files):
            if not self.look(sha256) and self._flooded(now_us):
                self._note(sha256, begun)
                return done + 1
            self._note(sha256, begun)
        if not files:
            self._note("0" * 64, begun)
        return len(files)

    def all(self) -> int:
        """Look at all files at once, as a pass of its own; how many. Raises what `some` raises."""
        begun, last, done = str(self._now_us()), "", 0
        while True:
            with self._store.read() as tx:
                files = tx.stored_after(last, SOME)
            if not files:
                self._note(last or "0" * 64, begun)
                return done
            for sha256 in files:
                self.look(sha256)
            last, done = files[-1], done + len(files)

    def _flooded(self, now_us: int) -> bool:
        with self._store.read() as tx:
            return flooded(tx.spoilt(), now_us)

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
        """Here with its hash; or not here, and in the bucket."""
        path = self._files.path(sha256)
        try:
            return self._hash(path) == sha256
        except FileNotFoundError:
            return self._in_bucket(sha256)
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

    def _in_bucket(self, sha256: str) -> bool:
        """The store says that the file is there with all of its bytes; it is not fetched for that. One that does not
        answer says nothing: then nothing is stated."""
        known = self._fetcher.there(sha256)
        if known is None or self._bucket is None:
            return False
        try:
            return self._bucket.size(sha256) == known.size
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
        with self._store.write() as tx:
            if tx.spoilt_file(sha256) is not None:
                return False
            code = ROTTEN if what == "rotten" else LOST
            for device, file, class_id in _named(tx, sha256):
                self._store.append(tx, Alarm(code, {"segment": sha256, "file": file, "device": device}, class_id))
            tx.put_spoilt(Spoilt(sha256, what, now_us, now_us))
            if what == "lost":
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
            known, named = tx.spoilt_file(sha256), tx.announced(sha256)
        if known is None or known.what != "lost" or self._bucket is None or not named:
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
        """State that it is whole, and that it is here. `from`: where the copy came from."""
        with self._store.write() as tx:
            if tx.spoilt_file(sha256) is None:
                return
            tx.mark_stored(sha256, self._now_us())
            source = "bucket" if tx.bucketed(sha256) is not None else "box"
            for _, _, class_id in _named(tx, sha256):
                self._store.append(tx, Alarm(REPAIRED, {"segment": sha256, "from": source}, class_id))
            tx.forget_spoilt(sha256)
        _LOG.info("repaired", sha256=sha256)

    def _note(self, sha256: str, begun: str) -> None:
        with self._store.write() as tx:
            tx.set_meta(NOTE, f"{sha256} {begun}")


def flooded(spoilt: Sequence[Spoilt], now_us: int) -> bool:
    """Whether as much is spoilt as is stated within a day."""
    return sum(0 <= now_us - one.since_us < AGAIN_US for one in spoilt) >= MOST_A_DAY


def _mark(path: Path) -> Mark | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_ctime_ns


def _named(tx: Tx, sha256: str) -> list[tuple[str, str, str | None]]:
    """Of each record that names a file: its box, the name it has there, its class."""
    found = []
    for one in tx.announced(sha256):
        sealed = tx.record(one.device, one.chain, one.seq)
        body = None if sealed is None else body_of(sealed.record)
        if isinstance(body, Segment):
            found.append((one.device, body.file, body.class_id))
    return found
