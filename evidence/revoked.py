"""Keys that a centre revoked: from which record on their chains are not believed (evidence/README.md, "When a key was
revoked"). Whoever holds a stolen key can sign whatever he likes with any date, but no receipt from before the theft."""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from evidence.bodies import DeviceRevoked, Genesis, body_of
from evidence.errors import BadRecord
from evidence.receipts import Receipt, by_chain
from evidence.records import Record
from evidence.times import utc_us

ChainKey = tuple[str, str]
"""Device and chain id."""
TELLS = frozenset({"segment", "checkin", "checkin.pin"})
"""Told also beyond the cut, as of uncertain time: it neither convicts nor acquits. All else counts for nothing."""


@dataclasses.dataclass(frozen=True)
class Cut:
    """A chain under a revoked key. `first`: the number from which on it is not believed; `since_us`: from when the key
    may have been in other hands; `said`: the records that revoked it."""

    keyid: str
    first: int
    since_us: int
    said: tuple[tuple[str, str, int], ...]


def cuts(
    records: Iterable[Record], receipts: Iterable[Receipt], early: Mapping[Receipt, int] = MappingProxyType({}),
) -> dict[ChainKey, Cut]:
    """The chains of boxes under revoked keys. `records`: verified, of the boxes and of their centre, in any order;
    `receipts`: of that centre, verified; `early`: those that may say too early a time, and the time (UTC microseconds)
    after which they were given then. Where a key was revoked twice the earlier moment counts."""
    begun: dict[ChainKey, Genesis] = {}
    revoked: list[tuple[Record, DeviceRevoked]] = []
    for record in records:
        if record.type not in ("genesis", "device.revoked"):
            continue
        body = _body(record)
        if isinstance(body, Genesis):
            begun[record.device, record.chain] = body
        elif isinstance(body, DeviceRevoked):
            revoked.append((record, body))
    boxes = {key for key, genesis in begun.items() if genesis.sealing_key is not None}
    said: dict[tuple[str, str], list[tuple[Record, int]]] = defaultdict(list)
    for record, one in revoked:
        if (record.device, record.chain) not in boxes:
            said[one.device, one.keyid].append((record, since_us(one, record.utc_us)))
    receipted = by_chain(receipts) if said else {}
    return {key: _cut(begun[key].keyid, said[key[0], begun[key].keyid], receipted.get(key, ()), early)
            for key in sorted(boxes) if (key[0], begun[key].keyid) in said}


def believed(record: Record, known: Mapping[ChainKey, Cut]) -> bool:
    """Whether a record stands before the cut of its chain, if that has one."""
    cut = known.get((record.device, record.chain))
    return cut is None or record.seq < cut.first


def since_us(body: DeviceRevoked, stated_us: int) -> int:
    """From when a key is not believed, by a revocation that was stated at `stated_us`."""
    return stated_us if body.untrusted_from is None else min(stated_us, utc_us(body.untrusted_from))


def _cut(keyid: str, said: list[tuple[Record, int]], receipts: Iterable[Receipt],
         early: Mapping[Receipt, int]) -> Cut:
    earliest_us = min(at_us for _, at_us in said)
    up_to = max((one.up_to for one in receipts if max(utc_us(one.time), early.get(one, 0)) < earliest_us), default=-1)
    return Cut(keyid, up_to + 1, earliest_us, tuple(sorted({record.key for record, _ in said})))


def _body(record: Record) -> object:
    try:
        return body_of(record)
    except BadRecord:
        return None
