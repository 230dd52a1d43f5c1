"""The word that a box may be emptied: what must be here before a centre gives it."""
from __future__ import annotations

from collections.abc import Iterator

from central.bucket.errors import NotInBucket
from central.orders.boxes import chains_of, expires, head_of, is_held, lacking, next_number
from central.orders.errors import BoxOpen, FacesHeld, NotAdministrator, NotAllHere, PastNotHere
from central.store.tables import Tx
from central.wiring import Centre
from evidence.bodies import ChainBegun, SessionEnd, SessionStart, body_as, body_of
from evidence.box_orders import BoxOrder, WantedRelease
from evidence.records import Sealed
from evidence.shape import decode

MOST_TOLD = 5


def order_release(centre: Centre, device: str, by: str, days: int) -> tuple[Sealed, BoxOrder]:
    """Say that a box may be emptied: all of its present chain that came, those before to their ends, and every file of
    them that is not removed for good, is here to stay. What came for a while only, because it was asked for, stays
    from now on. `by`: the account of an administrator.

    Raises NoSuchBox, BadDays, NotAdministrator, PastNotHere, BoxOpen, FacesHeld, NotAllHere, BadShape, BucketAway,
    BucketRefuses, OSError."""
    store, now_us = centre.store, centre.clock.stamp().utc_us
    _look_at_files(centre, device)
    with store.write() as tx:
        head = head_of(tx, device)
        account = tx.account(by)
        if account is None or account.disabled or account.role != "administrator":
            raise NotAdministrator(account=by)
        past = sum(1 for begun in _past(tx, device) if not _whole(tx, device, begun))
        if past:
            raise PastNotHere(device=device, chains=past)
        if _is_open(tx, device, head.chain):
            raise BoxOpen(device=device)
        if held := [one for one in tx.classes_of_device(device) if is_held(tx, one)]:
            raise FacesHeld(device=device, classes=", ".join(held[:MOST_TOLD]))
        files = sum(len(files) for files in lacking(tx, device, None).values())
        if files:
            raise NotAllHere(device=device, files=files)
        for sha256 in _files(tx, device):
            tx.forget_cached(sha256, "file")
        told = {"chain": head.chain, "seq": head.up_to, "head": head.head_hash, "by": by}
        body = BoxOrder(device, next_number(tx, device), expires(days, now_us), "release",
                        release=decode(WantedRelease, told, "order"))
        return store.append(tx, body), body


def _look_at_files(centre: Centre, device: str) -> None:
    """What is on record as stored and does not lie here, or not with all of its bytes, is read and stated as by the
    scrub, which comes by once a month: then it is lacking. Raises BucketAway, BucketRefuses, OSError."""
    with centre.store.read() as tx:
        sizes = {one.sha256: one.size for sha256 in _files(tx, device) for one in tx.announced(sha256) if one.stored}
    scrub = centre.scrub(lambda _: None)
    for sha256, size in sizes.items():
        if not _lies(centre, sha256, size):
            scrub.look(sha256)


def _lies(centre: Centre, sha256: str, size: int) -> bool:
    """Whether a file of that length is here, or in the bucket, if it is kept there alone."""
    try:
        return centre.objects.path(sha256).stat().st_size == size
    except FileNotFoundError:
        known = centre.fetcher.there(sha256)
    try:
        return (known is not None and not known.stays and centre.bucket is not None
                and centre.bucket.size(sha256) == size)
    except NotInBucket:
        return False


def _past(tx: Tx, device: str) -> Iterator[ChainBegun]:
    """What each chain of a box says of the one before it."""
    for chain in chains_of(tx, device):
        first = tx.record(device, chain, 1)
        begun = None if first is None else body_as(first.record, ChainBegun)
        if begun is not None:
            yield begun


def _whole(tx: Tx, device: str, begun: ChainBegun) -> bool:
    """Whether a chain that ended is here to that very record, and its files are counted with those of the others."""
    head, last = tx.head(device, begun.chain), tx.record(device, begun.chain, begun.up_to)
    return (begun.chain in chains_of(tx, device) and head is not None and head.up_to >= begun.up_to
            and last is not None and last.hash == begun.head_hash)


def _is_open(tx: Tx, device: str, chain: str) -> bool:
    """Whether a class is open at a box, as far as its records came: read as its recorder reads them."""
    said = sorted((one.record for type_ in ("session.start", "session.end") for one in tx.of_device(device, type_, -1)
                   if one.record.chain == chain), key=lambda one: one.seq)
    class_id, ids = None, set[str]()
    for body in map(body_of, said):
        if isinstance(body, SessionStart):
            joins = body.session in ids or body.class_id == class_id
            class_id, ids = (class_id, ids | {body.session}) if joins else (body.class_id, {body.session})
        elif isinstance(body, SessionEnd) and body.session in ids:
            class_id, ids = None, set()
    return bool(ids)


def _files(tx: Tx, device: str) -> set[str]:
    """The hashes of all files that a box recorded, in any of its chains."""
    return {str(one.record.body["sha256"]) for one in tx.of_device(device, "segment", -1)}
