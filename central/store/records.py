"""Records that are here: their envelopes, by chain, type, class and leaf."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, and_, func, insert, select, union_all

from central.store import schema as t
from central.store.box_orders import BoxOrderTables
from central.store.inputs import InputTables
from central.store.live import LiveTables
from central.store.some import MOST, some
from evidence.records import Sealed
from evidence.seal import read_sealed

KEEP_OF_TYPE = 64
"""So much of a type is looked for, and none that we know is longer."""


class RecordTables(InputTables, LiveTables, BoxOrderTables):
    """The part of a transaction that speaks of records; what new ones state is noted with them."""

    def hashes_at(self, device: str, chain: str, seqs: Sequence[int]) -> dict[int, str]:
        """The hashes of those records of a chain that are here."""
        c = t.records.c
        found: dict[int, str] = {}
        for part in some(seqs):
            rows = select(c.seq, c.hash).where(c.device == device, c.chain == chain, c.seq.in_(part))
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
        while part := list(self._db.execute(rows.where(c.class_id > after).limit(MOST)).scalars()):
            yield from part
            after = part[-1]

    def newest(self, types: Sequence[str]) -> int:
        """The leaf of the newest record of these types; -1 if there is none."""
        c = t.records.c
        # One question for each: of several at once a database looks at every row.
        each = union_all(*(select(func.max(c.leaf)).where(c.type == type_) for type_ in types))
        return max((leaf for leaf in self._db.execute(each).scalars() if leaf is not None), default=-1)

    def count_by_type(self) -> dict[str, int]:
        """How many records there are of each type."""
        query = select(t.records.c.type, func.count()).group_by(t.records.c.type).order_by(t.records.c.type)
        return {row[0]: row[1] for row in self._db.execute(query)}

    def leaves(self) -> int:
        """How many records are here; grows with every accepted one."""
        newest = self._db.execute(select(func.max(t.records.c.leaf))).scalar()
        return 0 if newest is None else newest + 1


def _place(device: str, chain: str, seq: int) -> ColumnElement[bool]:
    return and_(t.records.c.device == device, t.records.c.chain == chain, t.records.c.seq == seq)
