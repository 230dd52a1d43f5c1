"""What is stated of a file that is not at the centre as it was recorded, and of one that is whole again."""
from __future__ import annotations

from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import Alarm, Segment, body_of

ROTTEN, LOST, REPAIRED = "centre.file_rotten", "centre.file_lost", "centre.file_repaired"
FROM_BUCKET, FROM_BOX, FROM_CENTRE = "bucket", "box", "centre"
"""Where the copy came from that took the place of what was spoilt."""


def state_spoilt(store: Store, tx: Tx, sha256: str, code: str, where: dict[str, str]) -> None:
    """An alarm for each record that names the file. `where`: which copy it is, if it is not the one that lies here."""
    for device, file, class_id in _named(tx, sha256):
        store.append(tx, Alarm(code, {"segment": sha256, "file": file, "device": device, **where}, class_id))


def state_whole(store: Store, tx: Tx, sha256: str, source: str) -> None:
    """The same of one that is whole again."""
    for _, _, class_id in _named(tx, sha256):
        store.append(tx, Alarm(REPAIRED, {"segment": sha256, "from": source}, class_id))


def _named(tx: Tx, sha256: str) -> list[tuple[str, str, str | None]]:
    """Of each record that names a file: its box, the name it has there, its class."""
    found = []
    for one in tx.announced(sha256):
        sealed = tx.record(one.device, one.chain, one.seq)
        body = None if sealed is None else body_of(sealed.record)
        if isinstance(body, Segment):
            found.append((one.device, body.file, body.class_id))
    return found
