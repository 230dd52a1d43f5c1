"""What is written and read inside one transaction: `Tx` speaks of records and chains, never of rows."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.engine import Row

from central.store import schema as t
from central.store.devices import DeviceTables
from central.store.trees import TreeTables
from evidence.records import NO_PREV, Sealed
from evidence.seal import read_sealed

KEEP_OF_MESSAGE = 65536
MOST_NAMES = 500
"""So many values in one question."""


@dataclasses.dataclass(frozen=True)
class ChainHead:
    """Up to where a chain is here without a hole, and whose it is. `up_to` is -1 before its genesis came."""

    device: str
    chain: str
    up_to: int
    head_hash: str
    certificate: str | None
    sealing_key: str | None


@dataclasses.dataclass(frozen=True)
class Announced:
    """A segment that an accepted record names."""

    device: str
    chain: str
    seq: int
    sha256: str
    size: int
    stored: bool


class Tx(DeviceTables, TreeTables):
    """One transaction."""

    def meta(self, key: str) -> str | None:
        """A value of the centre's own notes."""
        return self._db.execute(select(t.meta.c.value).where(t.meta.c.key == key)).scalar()

    def set_meta(self, key: str, value: str) -> None:
        """Write a note once."""
        self._db.execute(insert(t.meta).values(key=key, value=value))

    # --- records ---

    def hash_at(self, device: str, chain: str, seq: int) -> str | None:
        """The hash of the record at that place, if one is here."""
        return self._db.execute(select(t.records.c.hash).where(_place(device, chain, seq))).scalar()

    def insert_record(self, sealed: Sealed, class_id: str | None) -> int:
        """Keep a new record; its place must be free. Returns its leaf."""
        leaf, record = self.leaves(), sealed.record
        self._db.execute(insert(t.records).values(
            leaf=leaf, device=record.device, chain=record.chain, seq=record.seq, hash=sealed.hash, prev=record.prev,
            type=record.type, class_id=class_id, envelope=sealed.envelope,
        ))
        return leaf

    def leaf_of(self, device: str, chain: str, seq: int) -> int:
        """The leaf of a record that is here."""
        return int(self._db.execute(select(t.records.c.leaf).where(_place(device, chain, seq))).scalar_one())

    def record(self, device: str, chain: str, seq: int) -> Sealed | None:
        """One record."""
        row = self._db.execute(select(t.records.c.envelope).where(_place(device, chain, seq))).scalar()
        return None if row is None else read_sealed(row)

    def at_leaf(self, leaf: int) -> Sealed:
        """The record with this leaf, which is here."""
        return read_sealed(self._db.execute(select(t.records.c.envelope).where(t.records.c.leaf == leaf)).scalar_one())

    def chain_envelopes(self, device: str, chain: str, up_to: int) -> list[bytes]:
        """Envelopes in order of seq, up to and with `up_to`."""
        c = t.records.c
        rows = select(c.envelope).where(c.device == device, c.chain == chain, c.seq <= up_to).order_by(c.seq)
        return list(self._db.execute(rows).scalars())

    def receipted(self, devices: Iterable[str]) -> list[bytes]:
        """The chains of these devices, each up to where it is here without a hole."""
        r, h = t.records.c, t.chains.c
        joined = t.records.join(t.chains, and_(r.device == h.device, r.chain == h.chain))
        rows = select(r.envelope).select_from(joined).where(r.device.in_(sorted(devices)), r.seq <= h.up_to)
        return list(self._db.execute(rows.order_by(r.leaf)).scalars())

    def waiting(self, devices: Iterable[str]) -> int:
        """Records of these devices that are here but wait for an earlier one."""
        r, h = t.records.c, t.chains.c
        joined = t.records.join(t.chains, and_(r.device == h.device, r.chain == h.chain))
        query = select(func.count()).select_from(joined).where(r.device.in_(sorted(devices)), r.seq > h.up_to)
        return self._db.execute(query).scalar_one()

    def of_type(self, type_: str, class_id: str | None = None) -> list[Sealed]:
        """All records of a type, by order of acceptance."""
        c = t.records.c
        rows = select(c.envelope).where(c.type == type_).order_by(c.leaf)
        if class_id is not None:
            rows = rows.where(c.class_id == class_id)
        return [read_sealed(envelope) for envelope in self._db.execute(rows).scalars()]

    def newest(self, types: Sequence[str]) -> int:
        """The leaf of the newest record of these types; -1 if there is none."""
        leaf = self._db.execute(select(func.max(t.records.c.leaf)).where(t.records.c.type.in_(types))).scalar()
        return -1 if leaf is None else leaf

    def leaves(self) -> int:
        """How many records are here; grows with every accepted one."""
        newest = self._db.execute(select(func.max(t.records.c.leaf))).scalar()
        return 0 if newest is None else newest + 1

    # --- chains ---

    def head(self, device: str, chain: str) -> ChainHead | None:
        """The head of a chain that is known here."""
        row = self._db.execute(select(t.chains).where(t.chains.c.device == device, t.chains.c.chain == chain)).first()
        return None if row is None else _head(row)

    def heads(self, device: str | None = None) -> list[ChainHead]:
        """All heads, or those of one device; a device's newest chain last."""
        query = select(t.chains).order_by(t.chains.c.device, t.chains.c.since, t.chains.c.chain)
        rows = self._db.execute(query if device is None else query.where(t.chains.c.device == device))
        return [_head(row) for row in rows]

    def know_chain(self, device: str, chain: str) -> None:
        """A chain shows up for the first time."""
        if self.head(device, chain) is None:
            self._db.execute(insert(t.chains).values(
                device=device, chain=chain, since=self.leaves(), up_to=-1, head_hash=NO_PREV,
            ))

    def set_identity(self, device: str, chain: str, certificate: str, sealing_key: str | None) -> None:
        """What the chain's genesis says."""
        where = and_(t.chains.c.device == device, t.chains.c.chain == chain)
        self._db.execute(update(t.chains).where(where).values(certificate=certificate, sealing_key=sealing_key))

    def advance(self, device: str, chain: str) -> tuple[ChainHead, int | None]:
        """Follow a known chain as far as it is here without a hole. Returns the new head and the number of the record
        that does not follow from the one before it, if the walk ended at such a one."""
        c, head = t.records.c, self.head(device, chain)
        assert head is not None
        rows = select(c.seq, c.hash, c.prev).where(
            c.device == head.device, c.chain == head.chain, c.seq > head.up_to
        ).order_by(c.seq)
        up_to, head_hash, broken = head.up_to, head.head_hash, None
        for row in self._db.execute(rows):
            if row.seq != up_to + 1:
                break
            if row.prev != head_hash:
                broken = row.seq
                break
            up_to, head_hash = row.seq, row.hash
        moved = dataclasses.replace(head, up_to=up_to, head_hash=head_hash)
        if moved != head:
            where = and_(t.chains.c.device == head.device, t.chains.c.chain == head.chain)
            self._db.execute(update(t.chains).where(where).values(up_to=up_to, head_hash=head_hash))
        return moved, broken

    # --- receipts, certificates, quarantine ---

    def put_receipt(self, device: str, chain: str, up_to: int, envelope: bytes) -> None:
        """Keep a receipt that was given."""
        self._db.execute(insert(t.receipts).values(device=device, chain=chain, up_to=up_to, envelope=envelope))

    def receipts(self, device: str, chain: str) -> list[tuple[int, bytes]]:
        """(up_to, envelope) in order."""
        c = t.receipts.c
        rows = select(c.up_to, c.envelope).where(c.device == device, c.chain == chain).order_by(c.up_to)
        return [(row.up_to, row.envelope) for row in self._db.execute(rows)]

    def receipt_for(self, device: str, chain: str, seq: int) -> bytes | None:
        """The first receipt that covers a record."""
        c = t.receipts.c
        rows = select(c.envelope).where(c.device == device, c.chain == chain, c.up_to >= seq).order_by(c.up_to).limit(1)
        return self._db.execute(rows).scalar()

    def know_certificate(self, keyid: str, device: str, pem: str) -> None:
        """Register a box's certificate; again is no error."""
        if self._db.execute(select(t.certificates.c.device).where(t.certificates.c.keyid == keyid)).first() is None:
            self._db.execute(insert(t.certificates).values(keyid=keyid, device=device, pem=pem))

    def certificates(self) -> list[tuple[str, str]]:
        """(device, PEM) of every registered box."""
        rows = self._db.execute(select(t.certificates.c.device, t.certificates.c.pem).order_by(t.certificates.c.device))
        return [(row.device, row.pem) for row in rows]

    def put_quarantine(self, hash_: str, topic: str, error: str, reason: str, now_us: int, message: bytes) -> bool:
        """Keep a refused message; the same one again is only counted. True if it is new."""
        same = t.quarantine.c.hash == hash_
        if self._db.execute(update(t.quarantine).where(same).values(times=t.quarantine.c.times + 1)).rowcount:
            return False
        self._db.execute(insert(t.quarantine).values(
            hash=hash_, topic=topic[:200], error=error[:64], reason=reason[:2000], first_us=now_us, times=1,
            message=message[:KEEP_OF_MESSAGE],
        ))
        return True

    def quarantine_size(self) -> int:
        """How many different messages are kept in quarantine."""
        return self._db.execute(select(func.count()).select_from(t.quarantine)).scalar_one()

    def quarantined(self, most: int = 100_000) -> list[tuple[str, str, int]]:
        """(error, reason, times) of the newest `most`, oldest first."""
        c = t.quarantine.c
        rows = self._db.execute(
            select(c.error, c.reason, c.times).order_by(c.first_us.desc(), c.hash.desc()).limit(most)
        )
        return [(row.error, row.reason, row.times) for row in rows][::-1]

    # --- segments, names ---

    def announce(self, device: str, chain: str, seq: int, sha256: str, size: int) -> None:
        """An accepted record names a segment."""
        stored = any(known.stored for known in self.announced(sha256))
        self._db.execute(insert(t.segments).values(
            device=device, chain=chain, seq=seq, sha256=sha256, size=size, stored=stored
        ))

    def announced(self, sha256: str) -> list[Announced]:
        """Every record's naming of the segment with this hash, by order of acceptance."""
        s, r = t.segments.c, t.records.c
        joined = t.segments.join(t.records, and_(s.device == r.device, s.chain == r.chain, s.seq == r.seq))
        rows = self._db.execute(
            select(t.segments).select_from(joined).where(s.sha256 == sha256).order_by(r.leaf))
        return [Announced(r.device, r.chain, r.seq, r.sha256, r.size, r.stored) for r in rows]

    def mark_stored(self, sha256: str) -> None:
        """Its file is here, hashed and synced."""
        self._db.execute(update(t.segments).where(t.segments.c.sha256 == sha256).values(stored=True))

    def keyframes(self, names: Sequence[str]) -> dict[str, int]:
        """Those of these keyframes that are remembered, and the leaf of the record that named each first."""
        c = t.keyframes.c
        found: dict[str, int] = {}
        for at in range(0, len(names), MOST_NAMES):
            rows = self._db.execute(select(c.name, c.leaf).where(c.name.in_(names[at:at + MOST_NAMES])))
            found |= {row.name: row.leaf for row in rows}
        return found

    def know_keyframes(self, names: Sequence[str], leaf: int) -> None:
        """Remember them by this record, whatever was remembered of them before."""
        if names:
            self._db.execute(delete(t.keyframes).where(t.keyframes.c.name.in_(names)))
            self._db.execute(insert(t.keyframes), [{"name": name, "leaf": leaf} for name in names])

    def know_policy(self, sha256: str, toml: bytes) -> None:
        """Keep the bytes of a policy that an order refers to; again is no error."""
        if self.policy(sha256) is None:
            self._db.execute(insert(t.policies).values(sha256=sha256, toml=toml))

    def policy(self, sha256: str) -> bytes | None:
        """The bytes of a policy by their hash."""
        return self._db.execute(select(t.policies.c.toml).where(t.policies.c.sha256 == sha256)).scalar()

    def put_name(self, class_id: str, person: str, sealed: bytes) -> None:
        """Keep an encrypted name."""
        self._db.execute(insert(t.names).values(class_id=class_id, person=person, sealed=sealed))

    def sealed_names(self, class_id: str) -> dict[str, bytes]:
        """Encrypted names by pseudonym."""
        rows = self._db.execute(select(t.names.c.person, t.names.c.sealed).where(t.names.c.class_id == class_id))
        return {row.person: row.sealed for row in rows}


def _place(device: str, chain: str, seq: int) -> ColumnElement[bool]:
    return and_(t.records.c.device == device, t.records.c.chain == chain, t.records.c.seq == seq)


def _head(row: Row[Any]) -> ChainHead:
    return ChainHead(row.device, row.chain, row.up_to, row.head_hash, row.certificate, row.sealing_key)
