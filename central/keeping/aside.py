"""Ends what was put aside of video of which nothing else is here: when its time is over, as that of any video.

No certificate tells it, for that names files that are here; that this one was spoilt or lost is on record. What was put
aside of a file that is here goes with that (apply.py).
"""
from __future__ import annotations

from central.bucket.bucket import Bucket
from central.bucket.errors import OfBucket
from central.cache.cache import Cache
from central.keeping.plan import verdicts_of
from central.objects import Objects
from central.parts import HEX
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log
from evidence.retention import CentreNow

_LOG = Log("keeping")


def end_aside(store: Store, files: Objects, cache: Cache, bucket: Bucket | None, now: CentreNow) -> None:
    """Remove it, here and in the bucket, as far as the store answers: the next turn goes on. Raises CannotRead,
    OSError, DatabaseUnusable."""
    names = {name[:HEX] for name in files.aside()} | _there(bucket)
    with store.read() as tx:
        left = [sha256 for sha256 in sorted(names) if _is_left(tx, sha256)]
        if not left:
            return
        verdicts, leaf = verdicts_of(store, tx, now, [(sha256, 0) for sha256 in left])
    for sha256, verdict in zip(left, verdicts, strict=True):
        if verdict.action == "keep":
            continue
        with cache.alone(sha256):
            with store.read() as tx:
                if tx.stated_since(leaf, sha256, verdict.stored.bound) or not _is_left(tx, sha256):
                    continue
            files.drop_aside(sha256)
            _forget(bucket, sha256)
        _LOG.info("aside.removed", sha256=sha256)


def _is_left(tx: Tx, sha256: str) -> bool:
    """What no record names is not ours to remove."""
    known = tx.announced(sha256)
    return bool(known) and not any(one.stored for one in known) and not tx.is_going(sha256)


def _there(bucket: Bucket | None) -> set[str]:
    try:
        return set() if bucket is None else set(bucket.aside())
    except OfBucket as error:
        _LOG.failed("aside.unknown", error)
        return set()


def _forget(bucket: Bucket | None, sha256: str) -> None:
    """With what lies there spoilt and is noted no more."""
    try:
        if bucket is not None:
            bucket.forget(sha256)
    except OfBucket as error:
        _LOG.failed("aside.later", error, sha256=sha256)
