"""Orders to one box: made as records of the centre's chain, and the messages that bring them."""
from __future__ import annotations

import base64
import functools
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence

from central.classes.orders import OrderMessage, Told
from central.keeping.held import stated
from central.orders.errors import BadDays, FilesNotOfBox, NoSuchBox, NothingWanted, TooManyFiles
from central.store.box_orders import Waiting
from central.store.chains import ChainHead
from central.store.store import Store
from central.store.tables import Tx
from evidence.bodies import ChainBegun, DeviceRevoked, Segment, VideoRemoved, body_as, body_of
from evidence.box_orders import (
    MOST_WANTED,
    BoxOrder,
    BoxSettings,
    OrderAnswered,
    Revocation,
    WantedFile,
    WantedLive,
    WantedUpload,
)
from evidence.canonical import canonical
from evidence.corrections import corrections
from evidence.records import Sealed
from evidence.times import HOUR, utc_text, utc_us

DAY_US = 86_400_000_000
MOST_DAYS = 366
TYPES = ("order.box", "order.answered")
MOST_BEGUN, AGAIN_US = 20, 24 * HOUR
"""Of one box so many chains that begin within such a time are told anything again: more would be invented ones."""
AGAIN = "order.again"
MOST_BYTES = 600_000
"""Of one message: a box reads no longer one than 1 MiB, and base64 adds a third."""


def order_upload(
    store: Store, device: str, hashes: Sequence[str], class_id: str | None, days: int, now_us: int,
) -> list[tuple[Sealed, BoxOrder]]:
    """Order files of a box: those with these hashes, or all of a class that are not here; the oldest first, as many as
    one order holds. One order for each chain of the box that recorded some. Raises NoSuchBox, BadDays, FilesNotOfBox,
    NothingWanted, TooManyFiles."""
    with store.write() as tx:
        files = named(tx, device, hashes) if hashes else lacking(tx, device, class_id)
        if not files:
            raise NothingWanted(device=device)
        return order_files(store, tx, device, files, expires(days, now_us))


def order_files(
    store: Store, tx: Tx, device: str, files: Mapping[str, Sequence[WantedFile]], until: str,
) -> list[tuple[Sealed, BoxOrder]]:
    """Order files by the chains that recorded them. `until`: utc."""
    made = []
    for chain, its in files.items():
        body = BoxOrder(
            device, next_number(tx, device), until, "upload", WantedUpload(chain, tuple(its[:MOST_WANTED])))
        made.append((store.append(tx, body), body))
    return made


def order_settings(
    store: Store, device: str, settings: BoxSettings, days: int, now_us: int,
) -> tuple[Sealed, BoxOrder]:
    """Order settings of a box; what is null in them is the box's own again. Raises NoSuchBox, BadDays."""
    with store.write() as tx:
        head_of(tx, device)
        body = BoxOrder(device, next_number(tx, device), expires(days, now_us), "settings", settings=settings)
        return store.append(tx, body), body


def order_watch(store: Store, tx: Tx, device: str, wanted: WantedLive, until_us: int) -> Sealed:
    """Order live pictures of a box, which takes that until then (UTC). Raises NoSuchBox."""
    head_of(tx, device)
    return store.append(
        tx, BoxOrder(device, next_number(tx, device), utc_text(until_us), "watch", watch=wanted))


def tell_of_revocation(
    store: Store, tx: Tx, device: str, keyids: Iterable[str], reason: str, now_us: int,
) -> list[BoxOrder]:
    """Tell every box, and the box itself, that these keys of it are not believed any more."""
    revocation = Revocation(device, tuple(sorted(keyids)), reason)
    told = sorted({device, *(head.device for head in tx.heads() if head.sealing_key is not None)})
    bodies = [BoxOrder(one, next_number(tx, one), expires(MOST_DAYS, now_us), "revocation", revocation=revocation)
              for one in told]
    for body in bodies:
        store.append(tx, body)
    return bodies


def order_again(store: Store, tx: Tx, device: str, chain: str, now_us: int) -> None:
    """Tell a box whose chain begins which keys are not believed any more, and give it again the settings that it took:
    it never heard of them, or its database was set back since it answered."""
    if tx.told_within(device, AGAIN, AGAIN_US, now_us) < MOST_BEGUN and not tx.told(device, AGAIN, chain):
        tx.put_told(device, AGAIN, chain, now_us)
        _tell_of_revocations(store, tx, device, now_us)
        _give_settings(store, tx, device, now_us)


def _give_settings(store: Store, tx: Tx, device: str, now_us: int) -> None:
    answered, taken = answers(tx, device), None
    for sealed, body in orders(tx, device):
        answer = answered.get((device, sealed.hash))
        if body.settings is not None and answer is not None and answer.result == "accepted":
            taken = body.settings
        elif body.settings is not None and answer is None and utc_us(body.expires) > now_us:
            taken = None  # newer ones wait for the box
    if taken is not None:
        store.append(tx, BoxOrder(
            device, next_number(tx, device), expires(MOST_DAYS, now_us), "settings", settings=taken))


def _tell_of_revocations(store: Store, tx: Tx, device: str, now_us: int) -> None:
    answered = answers(tx, device)
    waiting = {keyid for sealed, body in orders(tx, device) if body.revocation is not None
               and (device, sealed.hash) not in answered and utc_us(body.expires) > now_us
               for keyid in body.revocation.keyids}
    lacking: dict[tuple[str, str], set[str]] = {}
    for sealed in tx.of_type("device.revoked"):
        gone = body_of(sealed.record)
        if isinstance(gone, DeviceRevoked) and sealed.record.device == store.device and gone.keyid not in waiting:
            lacking.setdefault((gone.device, gone.reason), set()).add(gone.keyid)
            waiting.add(gone.keyid)
    for (who, reason), keyids in lacking.items():
        told = Revocation(who, tuple(sorted(keyids)), reason)
        store.append(tx, BoxOrder(
            device, next_number(tx, device), expires(MOST_DAYS, now_us), "revocation", revocation=told))


def revocation_message(tx: Tx, device: str, keyid: str, certificate: str) -> bytes | None:
    """The newest order that tells a box of the revocation of its own key, as a message of `orders/_box`."""
    told = [sealed for sealed, body in orders(tx, device)
            if body.revocation is not None and body.revocation.device == device and keyid in body.revocation.keyids]
    return _message(device, told[-1:], certificate).payload if told else None


def expires(days: int, now_us: int) -> str:
    """The end of an order. Raises BadDays."""
    if not 1 <= days <= MOST_DAYS:
        raise BadDays(most=MOST_DAYS)
    return utc_text(now_us + days * DAY_US)


def next_number(tx: Tx, device: str) -> int:
    """The number of the next order to a box: above all that it was sent, and above what it says that it answered, for
    this database may be older than the box's memory."""
    return tx.highest_number(device) + 1


def head_of(tx: Tx, device: str) -> ChainHead:
    """The newest chain of a box that has introduced itself. Raises NoSuchBox."""
    heads = [head for head in tx.heads(device) if head.certificate is not None and head.sealing_key is not None]
    if not heads:
        raise NoSuchBox(device=device)
    return heads[-1]


def chains_of(tx: Tx, device: str) -> list[str]:
    """The chains of a box of which files can be asked for, the present one first: it has those that a later one of them
    names, be it that its database was set back or that a new card got them back. Raises NoSuchBox."""
    found = [head_of(tx, device).chain]
    while len(found) < MOST_BEGUN:
        first = tx.record(device, found[-1], 1)
        begun = None if first is None else body_as(first.record, ChainBegun)
        if begun is None or begun.chain in found:
            break
        found.append(begun.chain)
    return found


def orders(tx: Tx, device: str | None = None) -> list[tuple[Sealed, BoxOrder]]:
    """All orders to boxes, or to one, in the order in which they were made."""
    found = tx.of_type("order.box") if device is None else tx.orders_to(device)
    bodies = [(sealed, body_of(sealed.record)) for sealed in found]
    return [(sealed, body) for sealed, body in bodies if isinstance(body, BoxOrder)]


def answers(tx: Tx, device: str | None = None) -> dict[tuple[str, str], OrderAnswered]:
    """What boxes answered, in any of their chains: (device, hash of the order) → answer."""
    found: dict[tuple[str, str], OrderAnswered] = {}
    for sealed in tx.of_type("order.answered") if device is None else tx.answers_of(device):
        body = body_of(sealed.record)
        if isinstance(body, OrderAnswered):
            found[sealed.record.device, body.order] = body
    return found


def box_order_messages(
    tx: Tx, certificate: str, told: Collection[Told], now_us: int, after: int = -1,
) -> dict[Told, OrderMessage]:
    """For every box of which there is something new behind the leaf `after`, and that has orders that it has not
    answered and that have not expired: all of them that fit, in one message, because a broker keeps the last one only.
    What is in `told` is left out; its last part is the highest number."""
    found: dict[Told, OrderMessage] = {}
    for device in tx.boxes_ordered(after):
        ordered = _fitting(tx.orders_waiting(device, now_us))
        heads = [head for head in tx.heads(device) if head.certificate is not None]
        if not ordered or not heads:
            continue
        key = (device, heads[-1].chain, "orders/_box", max(one.number for one in ordered))
        if key not in told:
            found[key] = _message(device, [tx.at_leaf(one.leaf) for one in ordered], certificate)
    return found


def _fitting(ordered: Sequence[Waiting]) -> Sequence[Waiting]:
    """The first of them, at least one; the others go when these are answered."""
    sizes = itertools.accumulate(one.size for one in ordered)
    return ordered[:max(1, sum(size <= MOST_BYTES for size in sizes))]


def _message(device: str, ordered: Sequence[Sealed], certificate: str) -> OrderMessage:
    envelopes = [base64.b64encode(sealed.envelope).decode("ascii") for sealed in ordered]
    return OrderMessage(
        f"zaitang/v1/{device}/orders/_box", canonical({"orders": envelopes, "certificate": certificate}))


def named(tx: Tx, device: str, hashes: Sequence[str]) -> dict[str, list[WantedFile]]:
    """Files of a box by their hashes, by chain, as orders name them. Raises NoSuchBox, FilesNotOfBox, TooManyFiles."""
    if len(set(hashes)) > MOST_WANTED:
        raise TooManyFiles(most=MOST_WANTED)
    chains, strange = chains_of(tx, device), []
    files: dict[str, list[WantedFile]] = {}
    for sha256 in dict.fromkeys(hashes):
        ours = sorted((one for one in tx.announced(sha256) if one.device == device and one.chain in chains),
                      key=lambda one: chains.index(one.chain))
        for one in ours[:1]:
            files.setdefault(one.chain, []).append(WantedFile(one.seq, sha256))
        strange += [] if ours else [sha256[:12]]
    if strange:
        raise FilesNotOfBox(device=device, files=", ".join(strange[:5]))
    return files


def lacking(tx: Tx, device: str, class_id: str | None) -> dict[str, list[WantedFile]]:
    """What the box recorded of a class, or of all, and that is not whole here; by chain. Not what was removed there or
    here, unless a dispute or a hold of its class may keep it at the box, and the box did not say that it is gone."""
    chains, removed = chains_of(tx, device), _removed(tx, device, class_id)
    spoilt = {one.sha256 for one in tx.spoilt()}
    missing = {sha256 for answer in answers(tx, device).values() for sha256 in answer.missing}
    held = functools.cache(lambda of: of is not None and is_held(tx, of))
    files: dict[str, list[WantedFile]] = {}
    for sealed in tx.of_device(device, "segment", -1) if class_id is None else tx.of_type("segment", class_id):
        body = body_of(sealed.record)
        ours = sealed.record.device == device and sealed.record.chain in chains
        if not ours or not isinstance(body, Segment) or (body.sha256 not in spoilt and _stored(tx, body.sha256)):
            continue
        if body.sha256 not in removed or (body.sha256 not in missing and held(body.class_id)):
            files.setdefault(sealed.record.chain, []).append(WantedFile(sealed.record.seq, body.sha256))
    return files


def _removed(tx: Tx, device: str, class_id: str | None) -> set[str]:
    """The hashes of files that records say are removed, at the box or here."""
    chains = chains_of(tx, device)
    found = {str(one.record.body.get("segment")) for one in tx.of_device(device, "segment.removed", -1)
             if one.record.chain in chains}
    for sealed in tx.of_type("video.removed", class_id):
        gone = body_of(sealed.record)
        found |= {file.segment for file in gone.files} if isinstance(gone, VideoRemoved) else set()
    return found


def is_held(tx: Tx, class_id: str) -> bool:
    """Whether a dispute or a hold holds the class, or one to which a session of it was put right, or from which."""
    put_right = corrections(one.record for one in tx.of_type("session.corrected"))
    also = [moved.classes for moved in put_right.by_session.values() if class_id in moved.classes]
    return any(stated(tx, one) for one in {class_id}.union(*also))


def _stored(tx: Tx, sha256: str) -> bool:
    return any(one.stored for one in tx.announced(sha256))
