"""The files of the bucket, read again one after the other, more slowly than those that lie here: it may cost money.

One that has other bytes than were stored there, or is gone, is stated once. What lies here takes its place: the mover
sends it again. Where nothing lies here the boxes are asked, as for any other file that is spoilt (`Scrub`).
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from central.bucket.bucket import Bucket
from central.bucket.errors import BucketChanged, NotInBucket, OfBucket
from central.cache.cache import Cache
from central.objects import Objects
from central.scrub.rounds import DAY_US, MOST_A_DAY, Round
from central.scrub.stated import FROM_CENTRE, LOST, ROTTEN, state_spoilt, state_whole
from central.store.spoilt import Spoilt
from central.store.store import Store
from common.logs import Log

PASS_US = 180 * DAY_US
"""Passes begin so far apart at least."""
NOTE = "scrub.bucket"
AT_BUCKET = {"at": "bucket"}
There = Literal["whole", "bucket", "lost"]
_LOG = Log("scrub")


class BucketScrub:
    """`now_us`: the wall clock; `paced` is told of bytes that came, and may wait or raise."""

    def __init__(
        self, store: Store, files: Objects, cache: Cache, bucket: Bucket, now_us: Callable[[], int],
        paced: Callable[[int], None],
    ) -> None:
        self._store, self._files, self._cache, self._bucket = store, files, cache, bucket
        self._now_us, self._paced = now_us, paced
        self._mended_us: list[int] = []
        self._round = Round(store, NOTE, PASS_US, now_us,
                            lambda tx, last, most: [one.sha256 for one in tx.bucketed_after(last, most)], self.look)

    def some(self) -> int:
        """Look at the next files; how many (`Round.some`). A bucket that was emptied states no more either. Raises
        BucketAway, BucketRefuses, OSError, DatabaseUnusable."""
        now_us = self._now_us()
        self._mended_us = [at_us for at_us in self._mended_us if 0 <= now_us - at_us < DAY_US]
        return 0 if len(self._mended_us) >= MOST_A_DAY else self._round.some()

    def all(self) -> int:
        """Look at all files at once; how many. Raises what `some` raises."""
        return self._round.all()

    def look(self, sha256: str) -> bool:
        """Whether the bucket has a file as it was stored there; else it is stated."""
        there = self._there(sha256)
        if there == "whole":
            return True
        with self._store.read() as tx:
            if tx.bucketed(sha256) is None or not any(one.stored for one in tx.announced(sha256)):
                return True  # it was removed meanwhile, or is just going
        if there == "bucket":
            self._keep_aside(sha256)
        with self._cache.alone(sha256):
            if self._files.intact(sha256) and self._cache.only_here(sha256):
                self._state_mended(sha256, there)
                return False
        self._state(sha256, there)
        return False

    def _there(self, sha256: str) -> There:
        try:
            self._bucket.get(sha256, lambda _: None, self._paced)
        except BucketChanged:
            return "bucket"
        except NotInBucket:
            return "lost"
        return "whole"

    def _keep_aside(self, sha256: str) -> None:
        """As far as the store does it: a copy is worth more than what was spoilt. Nothing stays aside of a file that
        another process began to remove meanwhile: it looks there but once."""
        try:
            self._bucket.put_aside(sha256)
            with self._store.read() as tx:
                going = tx.is_going(sha256) or tx.bucketed(sha256) is None
            if going:
                self._bucket.drop_aside(sha256)
        except OfBucket as error:
            _LOG.failed("not.aside", error, sha256=sha256)

    def _state_mended(self, sha256: str, there: There) -> None:
        """What lies here is whole, and goes there again."""
        self._mended_us.append(self._now_us())
        with self._store.write() as tx:
            state_spoilt(self._store, tx, sha256, _code(there), AT_BUCKET)
            state_whole(self._store, tx, sha256, FROM_CENTRE)
        _LOG.warning("bucket." + there, sha256=sha256, mended=True)

    def _state(self, sha256: str, there: There) -> None:
        """There is no whole copy at the centre: `Scrub.mend` asks the boxes, as soon as it looks."""
        now_us = self._now_us()
        with self._store.write() as tx:
            tx.forget_bucketed(sha256)
            if not self._files.has(sha256):
                tx.mark_gone(sha256)
            if there != "whole" and tx.spoilt_file(sha256) is None:
                state_spoilt(self._store, tx, sha256, _code(there), AT_BUCKET)
                tx.put_spoilt(Spoilt(sha256, there, now_us, now_us - DAY_US))
        _LOG.warning("bucket." + there, sha256=sha256, mended=False)


def _code(there: There) -> str:
    return LOST if there == "lost" else ROTTEN
