"""Files that lie in the bucket and of which nothing is noted here, as a mover leaves one that is killed between storing
and noting; and what becomes of them.

What lies here to stay is sent again by the mover, and noted then. What records name and is not here is read, and noted
if it is what they say: from then on it is kept and removed like all other video, also where it was removed here before.
What no record names is left: it is not ours to remove.
"""
from __future__ import annotations

import dataclasses
import itertools
from typing import Literal

from central.bucket.bucket import Bucket
from central.bucket.errors import BucketChanged
from central.cache.cache import Cache
from central.store.bucketed import Bucketed
from central.store.store import Store
from central.store.tables import Tx
from common.logs import Log

SOME = 1000
_LOG = Log("bucket")


@dataclasses.dataclass(frozen=True)
class Orphans:
    """How many files were noted; and how many are left, because no record names them or they have other bytes than one
    says."""

    noted: int = 0
    unknown: int = 0


def settle_orphans(store: Store, cache: Cache, bucket: Bucket, now_us: int) -> Orphans:
    """Look at all files there. Raises OfBucket, DatabaseUnusable."""
    noted, unknown, listed = 0, 0, bucket.all()
    while some := list(itertools.islice(listed, SOME)):
        with store.read() as tx:
            told = [(sha256, size, _known(tx, sha256)) for sha256, size in some]
        for sha256, size, known in told:
            if known == "lost" and _noted(store, cache, bucket, sha256, size, now_us):
                noted += 1
            elif known != "settled":
                unknown += 1
    if unknown:
        _LOG.warning("orphans.unknown", files=unknown)
    return Orphans(noted, unknown)


def _noted(store: Store, cache: Cache, bucket: Bucket, sha256: str, size: int, now_us: int) -> bool:
    """False where it has other bytes than its record says."""
    try:
        bucket.get(sha256, lambda _: None, lambda _: None)
    except BucketChanged:
        return False
    locked_us = bucket.locked_until_us(sha256)
    with cache.alone(sha256), store.write() as tx:
        if _known(tx, sha256) == "lost":
            tx.put_bucketed(Bucketed(sha256, size, now_us, locked_us))
            tx.mark_stored(sha256, now_us)
    _LOG.info("orphan.noted", sha256=sha256, bytes=size)
    return True


def _known(tx: Tx, sha256: str) -> Literal["settled", "lost", "unknown"]:
    """Settled: noted, or somebody sees to it: the mover, the scrub, or who removes it just now."""
    named = tx.announced(sha256)
    if tx.bucketed(sha256) is not None or any(one.stored for one in named) or tx.spoilt_file(sha256) is not None \
            or tx.is_going(sha256):
        return "settled"
    return "lost" if named else "unknown"
