"""Chains: whose they are, up to where they are here without a hole, and the receipts for that."""
from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.engine import Row

from central.store import schema as t
from central.store.records import RecordTables
from central.store.some import MOST
from evidence.records import NO_PREV


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


class ChainTables(RecordTables):
    """The part of a transaction that speaks of the chains that its records make."""

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
            part = self._db.execute(rows.where(c.seq > up_to).order_by(c.seq).limit(MOST)).all()
            for row in part:
                hole = row.seq != up_to + 1
                broken = row.seq if not hole and row.prev != head_hash else None
                if hole or broken is not None:
                    break
                up_to, head_hash = row.seq, row.hash
            more = len(part) == MOST and not hole and broken is None
        moved = dataclasses.replace(head, up_to=up_to, head_hash=head_hash)
        if moved != head:
            where = and_(t.chains.c.device == head.device, t.chains.c.chain == head.chain)
            self._db.execute(update(t.chains).where(where).values(up_to=up_to, head_hash=head_hash))
        return Advanced(moved, moved != head, broken, hole)

    # --- receipts ---

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


def _head(row: Row[Any]) -> ChainHead:
    return ChainHead(row.device, row.chain, row.up_to, row.head_hash, row.certificate, row.sealing_key)
