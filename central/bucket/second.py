"""Makes the second copy that a policy wants: one in the bucket, and one here that is not of the cache.

The mover puts it there, as all video that came to stay; here it is kept from then on, or fetched back where it had gone
already. What was begun and cut goes on where it was, for each file is noted by itself.
"""
from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from typing import Literal

from central.bucket.errors import BucketChanged, NoRoomForCopies, NotInBucket
from central.bucket.fetch import Fetcher
from central.bucket.mover import Mover
from central.cache.cache import Cache
from central.keeping.copies import Copies, Lacking
from central.keeping.plans import wants_copies
from central.objects import Objects
from central.store.bucketed import Bucketed
from central.store.store import Store
from common.logs import Log

How = Literal["send", "keep", "fetch", "nowhere"]
"""It goes to the bucket and stays here; it is there, and stays here; it comes back from there; or this centre has no
place for one copy more."""
FOR_BOXES = 20
"""This part of the disk is left to what boxes bring."""
_LOG = Log("bucket")


@dataclasses.dataclass(frozen=True)
class Second:
    """A file that lacks a copy, and how it gets one."""

    file: Lacking
    how: How


def how_of(known: Bucketed | None, here: bool, bucket: bool) -> How:
    """How a file that is at the centre gets another copy. `known`: in the bucket; `here`: it lies here, too."""
    if not bucket or (known is not None and known.stays):
        return "nowhere"
    if known is None:
        return "send"
    return "keep" if here else "fetch"


class SecondCopies:
    """One for all of a process that makes them. `mover`: None where there is no bucket."""

    def __init__(
        self, store: Store, objects: Objects, cache: Cache, fetcher: Fetcher, mover: Mover | None,
        now_us: Callable[[], int],
    ) -> None:
        self._store, self._objects, self._cache = store, objects, cache
        self._fetcher, self._mover, self._now_us = fetcher, mover, now_us

    def lacking(self) -> list[Second]:
        """What lacks a copy, each file once, in the order of their hashes. Changes nothing."""
        found: dict[str, Second] = {}
        with self._store.read() as tx:
            copies, now_us = Copies(tx), self._now_us()
            for held in tx.held_by_class():
                for one in copies.lacking(held.class_id, now_us) if held.class_id is not None else ():
                    how = how_of(tx.bucketed(one.sha256), self._objects.has(one.sha256), self._mover is not None)
                    found[one.sha256] = Second(one, how)
        return [found[sha256] for sha256 in sorted(found)]

    def beyond(self) -> tuple[int, int]:
        """How many files of classes whose policies want more copies now, and how many bytes, were recorded and are not
        at the centre to stay: they lie at boxes alone, if at all, and nobody makes another copy of them here."""
        with self._store.read() as tx:
            now_us = self._now_us()
            some = [one for one in tx.held_by_class()
                    if one.class_id is not None and wants_copies(tx, one.class_id, now_us)]
        return (sum(one.recorded_files - one.files for one in some),
                sum(one.recorded_bytes - one.bytes for one in some))

    def make(self, told: Callable[[int], None] = lambda _: None) -> int:
        """Make them; of how many files. `told` of bytes as they are done, and may wait. What cannot be fetched now is
        logged, and tried again with the next call. Raises NoRoomForCopies, BucketAway, BucketRefuses, CannotRead,
        CannotWrite, OSError, DatabaseUnusable, and what `told` raises."""
        return sum(self._one(one, told) for one in self.lacking())

    def _room(self, size: int) -> None:
        folder = self._objects.folder
        disk = shutil.disk_usage(folder)
        if disk.free - size < disk.total // FOR_BOXES:
            raise NoRoomForCopies(folder=folder)

    def _one(self, one: Second, told: Callable[[int], None]) -> bool:
        sha256, size = one.file.sha256, one.file.size
        if self._mover is None or one.how == "nowhere":
            return False
        try:
            if one.how == "send":
                if not self._mover.move(sha256, size):
                    return False
                told(size)
            elif one.how == "fetch":
                self._room(size)
                self._fetcher.fetch(sha256, told)
            else:
                told(size)
        except (NotInBucket, BucketChanged) as error:  # of this file: the scrub of the bucket sees to it
            _LOG.failed("no.second", error, sha256=sha256)
            return False
        with self._cache.alone(sha256):
            return self._objects.intact(sha256) and self._cache.stays(sha256)
