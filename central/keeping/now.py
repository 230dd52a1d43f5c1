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


HEARD_DAYS = 30
"""Of the days on which the centre signed its tree, the last so many tell who is heard (ours): a witness or a box that
is gone for good holds nothing up after them, and a clock that jumps ahead by years is only one of them."""


def centre_now(store: Store, tx: Tx, clock: Clock, test: bool) -> CentreNow:
    """The centre's clock counts where it is set and not behind what was signed. The second witness of the time is
    everybody else who is heard: each witness by its last cosignature, each box by its last record of a checkpoint, by
    its own clock, which is set. The earliest of them counts, so that no false one outvotes a true one. A receipt of the
    centre would only repeat its own clock."""
    stamp = clock.stamp()
    error = may_not_sign(tx, stamp, test)
    behind = isinstance(error, ClockBehind)
    certain = store.timed and stamp.clock.synced and error is None
    heard = tx.size_before_days(HEARD_DAYS)
    boxes: dict[str, int] = {}
    for record, body in _seen(store, tx):
        if body.size > heard and _is_set(record):
            boxes.setdefault(record.device, record.utc_us)
    witnesses = [time_s * SECOND for time_s in tx.cosigned_after(heard).values()]
    return CentreNow(stamp.utc_us, certain, min((*boxes.values(), *witnesses), default=None), behind)


def witnessed_size(store: Store, tx: Tx) -> int:
    """How many leaves of this very tree somebody else has seen signed: no certificate among them can be taken back. A
    centre that was restored from a backup signed another tree before, and what boxes saw of that proves nothing."""
    least = tx.cosigned_size()
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
