"""The cache of video: notes what came only because it was asked for, and removes the longest unplayed when it is more
than its limit. What else is here is never touched.

A removal is durable at each step: the row says that the file goes (from then on it is not here), the file goes, its
folder is synced, the row goes. `settle` ends what a crash left in between.
"""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from central.cache.choice import NOTED_US, Item, which_go
from central.keeping.plans import wants_copies
from central.objects import Objects
from central.orders.boxes import head_of
from central.orders.errors import NoSuchBox
from central.store.bucketed import Bucketed
from central.store.cached import CachedFile, Kind
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.bodies import SessionCorrected, body_of
from evidence.errors import ZaitangError

_LOCKS = 64


class Cache:
    """One for all of a process that serves uploads. `limit`: bytes; `derived`: what was made of files of boxes, named
    by their hashes."""

    def __init__(self, store: Store, files: Objects, derived: Objects, limit: int) -> None:
        self._store, self._files, self._derived, self._limit = store, files, derived, limit
        self._locks = [threading.Lock() for _ in range(_LOCKS)]
        self._trimming, self._log = threading.Lock(), Log("cache")

    @contextmanager
    def alone(self, sha256: str) -> Iterator[None]:
        """Nobody else lets this file come or go meanwhile."""
        with self._locks[int(sha256[:2], 16) % _LOCKS]:
            yield

    def came(self, sha256: str, size: int, kept: bool, now_us: int) -> None:
        """A file of a box is here. `kept`: it came to stay, as each does that was not just asked for; and so it stays
        when it comes again because it is asked for. Call it `alone`."""
        with self._store.write() as tx:
            there = tx.bucketed(sha256)
            stays = (any(one.stored for one in tx.announced(sha256)) and "file" not in tx.cached_of(sha256)
                     and (there is None or there.stays))
            if kept and there is None:
                tx.forget_cached(sha256, "file")
            elif not stays:
                tx.put_cached(CachedFile(sha256, "file", size, now_us))
            tx.mark_stored(sha256, now_us)

    def bucketed(self, one: Bucketed) -> bool:
        """A file is in the bucket, and here only as long as there is room, or to stay where `one` says so. False where
        it was removed meanwhile. Call it `alone`."""
        with self._store.write() as tx:
            if not any(each.stored for each in tx.announced(one.sha256)):
                return False
            tx.put_bucketed(one)
            if one.stays:
                tx.forget_cached(one.sha256, "file")
            else:
                tx.put_cached(CachedFile(one.sha256, "file", one.size, one.put_us))
            return True

    def stays(self, sha256: str) -> bool:
        """A file that is in the bucket lies here, too, and stays: it is not of the cache any more. False where it just
        goes, or is not in the bucket. Call it `alone`."""
        with self._store.write() as tx:
            known, there = tx.cached_of(sha256).get("file"), tx.bucketed(sha256)
            if there is None or (known is not None and known.going):
                return False
            tx.put_bucketed(dataclasses.replace(there, stays=True))
            tx.forget_cached(sha256, "file")
            return True

    def only_here(self, sha256: str) -> bool:
        """A file is not in the bucket any more as it was: what lies here, stays. False where it just goes from here, or
        was removed. Call it `alone`."""
        with self._store.write() as tx:
            known = tx.cached_of(sha256).get("file")
            if (known is not None and known.going) or not any(one.stored for one in tx.announced(sha256)):
                return False
            tx.forget_bucketed(sha256)
            tx.forget_cached(sha256, "file")
            return True

    def fetched(self, sha256: str, size: int, now_us: int) -> bool:
        """A file of the bucket is here again. False where it was removed meanwhile. Call it `alone`."""
        with self._store.write() as tx:
            if not any(each.stored for each in tx.announced(sha256)):
                return False
            there = tx.bucketed(sha256)
            if there is None or not there.stays:
                tx.put_cached(CachedFile(sha256, "file", size, now_us))
            return True

    def made(self, sha256: str, size: int, now_us: int) -> None:
        """Something was made of a file of a box; so many bytes. Call it `alone`."""
        with self._store.write() as tx:
            tx.put_cached(CachedFile(sha256, "derived", size, now_us))

    def played(self, sha256: str, now_us: int) -> bool:
        """A file, or what was made of it, is to be played: noted before its first byte goes out, so that it stays.
        False when it is just being removed."""
        with self._store.read() as tx:
            known = tx.cached_of(sha256).values()
        if all(not one.going and now_us - NOTED_US < one.used_us <= now_us for one in known):
            return True
        with self._store.write() as tx:
            tx.use_cached(sha256, now_us)
            return not any(one.going for one in tx.cached_of(sha256).values())

    def trim(self, now_us: int) -> int:
        """Remove what is too much; how many files went. What cannot be removed now is logged, and tried again with the
        next file that comes."""
        try:
            with self._trimming:
                with self._store.read() as tx:
                    going, bytes_ = self._going(tx, now_us)
                gone = sum(self._remove(one, now_us) for one in going)
        except (ZaitangError, OSError) as error:
            self._log.failed("trim.later", error)
            return 0
        if bytes_ > self._limit and not gone:
            self._log.warning("over.limit", bytes=bytes_, limit=self._limit)
        return gone

    def settle(self) -> None:
        """At a start: end removals that were begun, and drop what nobody knows to have been made. Raises CannotRead,
        OSError, DatabaseUnusable."""
        with self._store.read() as tx:
            known = tx.cached()
        for one in known:
            if one.going:
                self._end(one)
            elif one.kind == "derived" and not self._derived.has(one.sha256):
                self._forget(one)
        for sha256 in self._derived.all() - {one.sha256 for one in known if one.kind == "derived"}:
            self._derived.drop(sha256)

    def _going(self, tx: Tx, now_us: int) -> tuple[list[CachedFile], int]:
        """What goes, and how many bytes there were."""
        bytes_ = tx.cached_bytes()
        if bytes_ <= self._limit:
            return [], bytes_
        held, known = self._held(tx, now_us), {f"{one.sha256} {one.kind}": one for one in tx.cached()}
        items = [Item(name, one.size, one.used_us, one.kind == "file" and one.sha256 in held)
                 for name, one in known.items()]
        return [known[one.name] for one in which_go(items, self._limit, now_us)], bytes_

    def _held(self, tx: Tx, now_us: int, sha256: str | None = None) -> set[str]:
        """The files, or that one of them, that somebody may have to look at: of a class of which it is not sure that
        nobody has, or of none. Sessions that were put right may count for another class than their files name:
        those stay, too. And those that no box can be asked for any more: of an earlier database of it, or of one whose
        key is denied; and those that a policy wants in several places."""
        moved = [body_of(sealed.record) for sealed in tx.of_type("session.corrected")]
        named = {name for body in moved if isinstance(body, SessionCorrected) for name in (body.class_id, body.was)}
        rest, files = tx.at_rest(now_us) - named, tx.named_by(sha256)
        own = {class_id for who in files.values() for _, _, class_id in who if class_id in rest}
        rest -= {class_id for class_id in own if class_id and wants_copies(tx, class_id, now_us)}
        there = {(device, chain) for device in {one for who in files.values() for one, _, _ in who}
                 if (chain := _asked_at(tx, device)) is not None}
        return {sha256 for sha256, who in files.items()
                if any((device, chain) not in there or class_id not in rest for device, chain, class_id in who)}

    def _remove(self, one: CachedFile, now_us: int) -> bool:
        """Remove a file, unless it was played, came to stay or is held meanwhile, or somebody changed it: then it is
        evidence of that. What was made of it goes with it."""
        with self.alone(one.sha256):
            if one.kind == "file" and self._files.has(one.sha256) and not self._files.intact(one.sha256):
                self._log.warning("changed", sha256=one.sha256)
                return False
            with self._store.write() as tx:
                known = tx.cached_of(one.sha256)
                if known.get(one.kind) != one:
                    return False
                if one.kind == "file" and one.sha256 in self._held(tx, now_us, one.sha256):
                    return False
                gone = [one] if one.kind == "derived" else list(known.values())
                for each in gone:
                    tx.begin_removal(each.sha256, each.kind)
            for each in gone:
                self._end(each)
        self._log.info("removed", sha256=one.sha256, kind=one.kind, bytes=sum(each.size for each in gone))
        return True

    def _end(self, one: CachedFile) -> None:
        files = self._of(one.kind)
        if files.path(one.sha256).parent.is_dir():
            files.drop(one.sha256)
        self._forget(one)

    def _forget(self, one: CachedFile) -> None:
        with self._store.write() as tx:
            tx.forget_cached(one.sha256, one.kind)

    def _of(self, kind: Kind) -> Objects:
        return self._files if kind == "file" else self._derived


def _asked_at(tx: Tx, device: str) -> str | None:
    """The chain of a box of which files can be asked for."""
    try:
        return head_of(tx, device).chain if tx.keys_of(device) else None
    except NoSuchBox:
        return None
