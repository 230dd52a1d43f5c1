"""In which bucket the files lie that are said to be in one: remembered, so that another name in centre.toml is no
loss."""
from __future__ import annotations

from central.bucket.bucket import Bucket
from central.bucket.errors import NotAllThere, OtherBucket
from central.store.store import Store
from central.store.tables import Tx

NOTE = "bucket"
"""What the database keeps: address, name and prefix of the bucket."""


def settle_place(tx: Tx, named: str) -> None:
    """Remember the bucket that centre.toml names. Raises OtherBucket where files lie in another one."""
    known = tx.meta(NOTE)
    if known is not None and known != named and (files := tx.bucket_sum().files):
        raise OtherBucket(files=files, known=known, named=named)
    if known != named:
        tx.set_meta(NOTE, named)


def adopt(store: Store, bucket: Bucket, named: str) -> int:
    """Whoever copied all files into another bucket says so: each must be there with all of its bytes. How many. Raises
    NotAllThere, OfBucket."""
    there, last, files, missing = dict(bucket.all()), "", 0, 0
    with store.write() as tx:
        while some := tx.bucketed_after(last, 1000):
            files, last = files + len(some), some[-1].sha256
            missing += sum(there.get(one.sha256) != one.size for one in some)
        if missing:
            raise NotAllThere(missing=missing, files=files, named=named)
        tx.set_meta(NOTE, named)
    return files
