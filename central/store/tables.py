"""What is written and read inside one transaction: `Tx` speaks of records and chains, never of rows."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, union_all, update
from sqlalchemy.engine import Row

from central.store import schema as t
from central.store.accounts import AccountTables
from central.store.box_orders import BoxOrderTables
from central.store.bucketed import BucketTables
from central.store.cached import CachedTables
from central.store.devices import DeviceTables
from central.store.heard import HeardTables
from central.store.inputs import InputTables
from central.store.live import LiveTables
from central.store.outbox import OutboxTables
from central.store.plans import PlanTables
from central.store.refused import RefusedTables
from central.store.removals import RemovalTables
from central.store.spoilt import SpoiltTables
from central.store.summaries import SummaryTables
from central.store.surveys import SurveyTables
from central.store.trees import TreeTables
from central.store.visits import VisitTables
from evidence.bodies import Segment
from evidence.records import NO_PREV, Record, Sealed
from evidence.seal import read_sealed

KEEP_OF_TYPE = 64
"""So much of a type is looked for, and none that we know is longer."""
MOST_NAMES = 500
"""So many values in one question, or rows of one answer."""
V = TypeVar("V")


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
class Advanced:
    """Where a chain stands now. `moved`: further than before. `broken`: the number of the record that does not follow
    from the one before it, at which the walk ended. `hole`: the next record is not here, and later ones are."""

    head: ChainHead
    moved: bool
    broken: int | None
    hole: bool


@dataclasses.dataclass(frozen=True)
class Announced:
    """A segment that an accepted record names."""

    device: str
    chain: str
    seq: int
    sha256: str
    size: int
    stored: bool


class Tx(
    DeviceTables, HeardTables, InputTables, LiveTables, SummaryTables, TreeTables, OutboxTables, AccountTables,
    PlanTables, BoxOrderTables, RefusedTables, VisitTables, SurveyTables, CachedTables, BucketTables,
    RemovalTables, SpoiltTables,
):
    """One transaction."""

    def meta(self, key: str) -> str | None:
        """A value of the centre's own notes."""
        return self._db.execute(select(t.meta.c.value).where(t.meta.c.key == key)).scalar()

    def set_meta(self, key: str, value: str) -> None:
        """Write a note, instead of what it said before."""
        if not self._db.execute(update(t.meta).where(t.meta.c.key == key).values(value=value)).rowcount:
            self._db.execute(insert(t.meta).values(key=key, value=value))

    # --- records ---

    def hashes_at(self, device: str, chain: str, seqs: Sequence[int]) -> dict[int, str]:
        """The hashes of those records of a chain that are here."""
        c = t.records.c
        found: dict[int, str] = {}
        for some in _some(seqs):
            rows = select(c.seq, c.hash).where(c.device == device, c.chain == chain, c.seq.in_(some))
            found |= {row.seq: row.hash for row in self._db.execute(rows)}
        return found

    def insert_records(self, sealed: Sequence[tuple[Sealed, str | None]]) -> None:
        """Keep new records, each with its class; their places must be free. Their leaves follow in this order."""
        if not sealed:
            return
        first = self.leaves()
        self._db.execute(insert(t.records), [{
            "leaf": leaf, "device": one.record.device, "chain": one.record.chain, "seq": one.record.seq,
            "hash": one.hash, "prev": one.record.prev, "type": one.record.type[:KEEP_OF_TYPE], "class_id": class_id,
            "envelope": one.envelope,
        } for leaf, (one, class_id) in enumerate(sealed, first)])
        self.note_boxes([(leaf, one.record) for leaf, (one, _) in enumerate(sealed, first)])
        self.note_orders([(leaf, one) for leaf, (one, _) in enumerate(sealed, first)])

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

    def receipted(self, devices: Iterable[str], size: int) -> list[bytes]:
        """What of the chains of these devices, each up to where it is here without a hole, is among the first `size`
        leaves; an earlier one may be missing that came later."""
        r, h = t.records.c, t.chains.c
        joined = t.records.join(t.chains, and_(r.device == h.device, r.chain == h.chain))
        rows = select(r.envelope).select_from(joined).where(
            r.device.in_(sorted(devices)), r.seq <= h.up_to, r.leaf < size)
        return list(self._db.execute(rows.order_by(r.leaf)).scalars())

    def chain_from(self, device: str, chain: str, first: int, up_to: int) -> list[bytes]:
        """Envelopes in order of seq, from `first` to `up_to`, both included."""
        c = t.records.c
        rows = select(c.envelope).where(c.device == device, c.chain == chain, c.seq.between(first, up_to))
        return list(self._db.execute(rows.order_by(c.seq)).scalars())

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

    def newest_of(self, class_id: str, type_: str, most: int) -> list[Sealed]:
        """The newest records of a type of a class, the newest first."""
        c = t.records.c
        rows = select(c.envelope).where(c.class_id == class_id, c.type == type_).order_by(c.leaf.desc()).limit(most)
        return [read_sealed(envelope) for envelope in self._db.execute(rows).scalars()]

    def of_device(self, device: str, type_: str, after: int) -> list[Sealed]:
        """The records of a type of one device whose leaf is above `after`, by order of acceptance."""
        c = t.records.c
        rows = select(c.envelope).where(c.device == device, c.type == type_, c.leaf > after).order_by(c.leaf)
        return [read_sealed(envelope) for envelope in self._db.execute(rows).scalars()]

    def classes_of_device(self, device: str) -> list[str]:
        """The classes that records of a box name."""
        c = t.records.c
        rows = select(c.class_id).where(c.device == device, c.class_id.is_not(None)).distinct().order_by(c.class_id)
        return [class_id for class_id in self._db.execute(rows).scalars() if class_id is not None]

    def planned(self, after: str = "") -> Iterator[str]:
        """Ids of planned classes above this one, in order."""
        c = t.records.c
        rows = select(c.class_id).where(c.type == "order.class", c.class_id > after).distinct().order_by(c.class_id)
        while some := list(self._db.execute(rows.where(c.class_id > after).limit(MOST_NAMES)).scalars()):
            yield from some
            after = some[-1]

    def newest(self, types: Sequence[str]) -> int:
        """The leaf of the newest record of these types; -1 if there is none."""
        c = t.records.c
        # One question for each: of several at once a database looks at every row.
        each = union_all(*(select(func.max(c.leaf)).where(c.type == type_) for type_ in types))
        return max((leaf for leaf in self._db.execute(each).scalars() if leaf is not None), default=-1)

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

    def newest_heads(self, device: str, most: int) -> list[ChainHead]:
        """The newest chains of a device whose beginning is here, the newest last: so many of which more is here, and as
        many of which it is all."""
        c = t.chains.c
        begun = select(t.chains).where(c.device == device, c.certificate.is_not(None))
        newest = (c.since.desc(), c.chain.desc())
        rows = [row for more in (c.up_to > 0, c.up_to <= 0)
                for row in self._db.execute(begun.where(more).order_by(*newest).limit(most))]
        return [_head(row) for row in sorted(rows, key=lambda row: (row.since, row.chain))]

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

    def advance(self, device: str, chain: str) -> Advanced:
        """Follow a known chain as far as it is here without a hole."""
        c, head = t.records.c, self.head(device, chain)
        assert head is not None
        rows = select(c.seq, c.hash, c.prev).where(c.device == head.device, c.chain == head.chain)
        up_to, head_hash, broken, hole, more = head.up_to, head.head_hash, None, False, True
        while more:  # a part at a time: behind a hole or a break a million may wait
            part = self._db.execute(rows.where(c.seq > up_to).order_by(c.seq).limit(MOST_NAMES)).all()
            for row in part:
                hole = row.seq != up_to + 1
                broken = row.seq if not hole and row.prev != head_hash else None
                if hole or broken is not None:
                    break
                up_to, head_hash = row.seq, row.hash
            more = len(part) == MOST_NAMES and not hole and broken is None
        moved = dataclasses.replace(head, up_to=up_to, head_hash=head_hash)
        if moved != head:
            where = and_(t.chains.c.device == head.device, t.chains.c.chain == head.chain)
            self._db.execute(update(t.chains).where(where).values(up_to=up_to, head_hash=head_hash))
        return Advanced(moved, moved != head, broken, hole)

    # --- receipts, certificates ---

    def put_receipt(self, device: str, chain: str, up_to: int, envelope: bytes) -> None:
        """Keep a receipt that was given."""
        self._db.execute(insert(t.receipts).values(device=device, chain=chain, up_to=up_to, envelope=envelope))

    def receipts(self, device: str, chain: str) -> list[tuple[int, bytes]]:
        """(up_to, envelope) in order."""
        c = t.receipts.c
        rows = select(c.up_to, c.envelope).where(c.device == device, c.chain == chain).order_by(c.up_to)
        return [(row.up_to, row.envelope) for row in self._db.execute(rows)]

    def receipted_up_to(self, device: str, chain: str) -> int | None:
        """Up to where a chain has receipts."""
        c = t.receipts.c
        return self._db.execute(select(func.max(c.up_to)).where(c.device == device, c.chain == chain)).scalar()

    def receipts_after(self, device: str, chain: str, up_to: int) -> list[tuple[int, bytes]]:
        """Those that go further than that record, in order."""
        c = t.receipts.c
        rows = select(c.up_to, c.envelope).where(c.device == device, c.chain == chain, c.up_to > up_to)
        return [(row.up_to, row.envelope) for row in self._db.execute(rows.order_by(c.up_to))]

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

    def knows_box(self, device: str) -> bool:
        """Whether a certificate of a box of that name is registered."""
        rows = select(t.certificates.c.keyid).where(t.certificates.c.device == device)
        return self._db.execute(rows.limit(1)).first() is not None

    # --- segments, names ---

    def announce(self, named: Sequence[tuple[Record, Segment]]) -> None:
        """Accepted records name segments."""
        c = t.segments.c
        stored: set[str] = set()
        for some in _some([segment.sha256 for _, segment in named]):
            stored |= set(self._db.execute(select(c.sha256).where(c.sha256.in_(some), c.stored)).scalars())
        if named:
            self._db.execute(insert(t.segments), [{
                "device": record.device, "chain": record.chain, "seq": record.seq, "sha256": segment.sha256,
                "size": segment.size, "stored": segment.sha256 in stored,
            } for record, segment in named])

    def named_again(self, sha256s: Sequence[str]) -> set[str]:
        """Those of these files that more than one record names."""
        c = t.segments.c
        found: set[str] = set()
        for some in _some(sha256s):
            rows = select(c.sha256).where(c.sha256.in_(some)).group_by(c.sha256).having(func.count() > 1)
            found |= set(self._db.execute(rows).scalars())
        return found

    def announced(self, sha256: str) -> list[Announced]:
        """Every record's naming of the segment with this hash, by order of acceptance."""
        s, r = t.segments.c, t.records.c
        joined = t.segments.join(t.records, and_(s.device == r.device, s.chain == r.chain, s.seq == r.seq))
        rows = self._db.execute(
            select(t.segments).select_from(joined).where(s.sha256 == sha256).order_by(r.leaf))
        return [Announced(r.device, r.chain, r.seq, r.sha256, r.size, r.stored) for r in rows]

    def stored_after(self, sha256: str, most: int) -> list[str]:
        """The next files behind a hash that are said to be at the centre, by hash."""
        c = t.segments.c
        rows = select(c.sha256).where(c.stored, c.sha256 > sha256).group_by(c.sha256).order_by(c.sha256).limit(most)
        return list(self._db.execute(rows).scalars())

    def mark_gone(self, sha256: str) -> None:
        """The file with this hash is not at the centre, though it was said to be."""
        self._db.execute(update(t.segments).where(t.segments.c.sha256 == sha256).values(stored=False))

    def mark_stored(self, sha256: str, now_us: int) -> None:
        """Its file is here now, hashed and synced."""
        where = t.segments.c.sha256 == sha256
        self._db.execute(update(t.segments).where(where).values(stored=True, came_us=now_us))

    def came(self, hashes: Sequence[str]) -> dict[str, int]:
        """When the files of these that ever came did last, or were found to be here already (UTC µs)."""
        c = t.segments.c
        found: dict[str, int] = {}
        for some in _some(hashes):
            rows = select(c.sha256, c.came_us).where(c.sha256.in_(some), c.came_us.is_not(None))
            found |= {sha256: max(us, found.get(sha256, us)) for sha256, us in self._db.execute(rows)}
        return found

    def keyframes(self, names: Sequence[str]) -> dict[str, int]:
        """Those of these keyframes that are remembered, and the leaf of the record that named each first."""
        c = t.keyframes.c
        found: dict[str, int] = {}
        for some in _some(names):
            rows = self._db.execute(select(c.name, c.leaf).where(c.name.in_(some)))
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

    def policies(self) -> list[tuple[str, bytes]]:
        """Hash and bytes of every policy that is here."""
        return [(row.sha256, row.toml) for row in self._db.execute(select(t.policies).order_by(t.policies.c.sha256))]

    def put_name(self, class_id: str, person: str, sealed: bytes) -> None:
        """Keep an encrypted name, instead of what was kept for this person."""
        self._db.execute(delete(t.names).where(t.names.c.class_id == class_id, t.names.c.person == person))
        self._db.execute(insert(t.names).values(class_id=class_id, person=person, sealed=sealed))

    def sealed_names(self, class_id: str) -> dict[str, bytes]:
        """Encrypted names by pseudonym."""
        rows = self._db.execute(select(t.names.c.person, t.names.c.sealed).where(t.names.c.class_id == class_id))
        return {row.person: row.sealed for row in rows}


def _some(values: Sequence[V]) -> Iterator[Sequence[V]]:
    """The values, as many at a time as fit into one question."""
    return (values[at : at + MOST_NAMES] for at in range(0, len(values), MOST_NAMES))


def _place(device: str, chain: str, seq: int) -> ColumnElement[bool]:
    return and_(t.records.c.device == device, t.records.c.chain == chain, t.records.c.seq == seq)


def _head(row: Row[Any]) -> ChainHead:
    return ChainHead(row.device, row.chain, row.up_to, row.head_hash, row.certificate, row.sealing_key)
