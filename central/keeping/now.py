"""What time it is for removing: by the centre's own clock, and by somebody else's; and which tree others have seen."""
from __future__ import annotations

from central.clock import Clock
from central.errors import ClockBehind
from central.signing import may_not_sign
from central.store.store import Store
from central.store.tables import Tx
from central.tree.errors import TreeDamaged
from central.tree.tree import root_at
from evidence.bodies import CheckpointSeen, body_as
from evidence.checkpoint import was_signed
from evidence.records import Record
from evidence.retention import CentreNow
from evidence.times import SECOND

MOST_SEEN = 1000
"""So many of the newest records by which boxes say which checkpoint they saw are looked at."""


def centre_now(store: Store, tx: Tx, clock: Clock, test: bool) -> CentreNow:
    """The centre's clock counts where it is set and not behind what was signed. The second witness of the time is the
    newest cosignature, by the clock of its witness, or the newest record of a box that saw a checkpoint, by the clock
    of that box, which is set: a receipt of the centre would only repeat its own clock."""
    stamp = clock.stamp()
    error = may_not_sign(tx, stamp, test)
    behind = isinstance(error, ClockBehind)
    certain = store.timed and stamp.clock.synced and error is None
    said = [record.utc_us for record, _ in _seen(store, tx) if _is_set(record)]
    cosigned = tx.newest_cosignature()
    said += [] if cosigned is None else [cosigned[1] * SECOND]
    return CentreNow(stamp.utc_us, certain, max(said, default=None), behind)


def witnessed_size(store: Store, tx: Tx) -> int:
    """How many leaves of this very tree somebody else has seen signed: no certificate among them can be taken back. A
    centre that was restored from a backup signed another tree before, and what boxes saw of that proves nothing."""
    cosigned = tx.newest_cosignature()
    least = 0 if cosigned is None else cosigned[0]
    roots = {(body.size, body.root_hash) for _, body in _seen(store, tx) if least < body.size <= tx.leaves()}
    return next((size for size, root in sorted(roots, reverse=True) if _is_root(tx, size, root)), least)


def _is_root(tx: Tx, size: int, root: str) -> bool:
    try:
        return root_at(tx, size).hex() == root
    except TreeDamaged:
        return False


def _seen(store: Store, tx: Tx) -> list[tuple[Record, CheckpointSeen]]:
    """The newest ones of boxes that are believed."""
    newest = tx.newest_of_type("checkpoint.seen", MOST_SEEN)
    told = [(one.record, body_as(one.record, CheckpointSeen)) for one in newest]
    believed = {device: bool(tx.keys_of(device)) for device in {record.device for record, _ in told}}
    return [(record, body) for record, body in told
            if body is not None and believed[record.device] and was_signed(body, store.log)]


def _is_set(record: Record) -> bool:
    return record.clock.synced and record.clock.source != "simulated"
