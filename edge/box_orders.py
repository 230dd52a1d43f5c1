"""Which orders of the centre to this box are in force, as its chain says: nothing else remembers it, so a restart or a
power cut changes nothing."""
from __future__ import annotations

from edge.store import Store
from evidence.bodies import Segment, body_of
from evidence.box_orders import BoxOrder, OrderAnswered, WantedFile, WantedUpload


def answers(store: Store) -> dict[str, OrderAnswered]:
    """What was answered, by the hash of the order."""
    bodies = [body_of(sealed.record) for sealed in store.records_of("order.answered")]
    return {body.order: body for body in bodies if isinstance(body, OrderAnswered)}


def accepted(store: Store) -> list[BoxOrder]:
    """The orders that were accepted, by number."""
    taken = {order for order, answer in answers(store).items() if answer.result == "accepted"}
    bodies = [body_of(sealed.record) for sealed in store.orders() if sealed.hash in taken] if taken else []
    return sorted((body for body in bodies if isinstance(body, BoxOrder)), key=lambda body: body.number)


def wanted(store: Store) -> list[tuple[int, Segment]]:
    """The files that accepted orders want and the centre does not have again yet: number of the record, and body."""
    files = {one.sha256: one for order in accepted(store) if order.upload is not None for one in order.upload.files}
    here = [(one.seq, segment_at(store, one)) for one in files.values() if not store.uploaded(one.sha256)]
    return [(seq, body) for seq, body in here if body is not None]


def missing(store: Store, upload: WantedUpload) -> tuple[str, ...]:
    """Hashes of wanted files that this box never recorded, or has removed."""
    return tuple(one.sha256 for one in upload.files if segment_at(store, one) is None)


def segment_at(store: Store, file: WantedFile) -> Segment | None:
    """The segment of a wanted file, unless it is not what its record holds, or a record says that it was removed."""
    found = store.records(file.seq - 1, 1)
    body = body_of(found[0].record) if found and found[0].record.seq == file.seq else None
    here = isinstance(body, Segment) and body.sha256 == file.sha256 and not store.removed(file.sha256)
    return body if here and isinstance(body, Segment) else None
