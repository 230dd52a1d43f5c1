"""The part of a transaction that keeps the transparency tree: tiles, checkpoints, cosignatures, time-stamp tokens."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select
from sqlalchemy.engine import Row

from central.store import schema as t
from evidence.merkle import HASH_BYTES
from evidence.tiles import WIDTH, Place

DAY_S = 86400


@dataclasses.dataclass(frozen=True)
class Kept:
    """A checkpoint that was issued: its size, when (seconds since the epoch), and the signed note, cosignatures left
    out."""

    size: int
    issued_s: int
    note: bytes


class TreeTables:
    """What `Tx` knows of the tree. Nothing here is ever changed but a tile at the right edge, which grows."""

    _db: Connection

    def tree_size(self) -> int:
        """How many records are leaves already."""
        c = t.tiles.c
        row = self._db.execute(
            select(c.number, func.length(c.hashes)).where(c.level == 0).order_by(c.number.desc()).limit(1)).first()
        return 0 if row is None else row[0] * WIDTH + row[1] // HASH_BYTES

    def envelopes_from(self, leaf: int, most: int) -> list[bytes]:
        """The envelopes of the records from this leaf on, without a hole."""
        c = t.records.c
        rows = self._db.execute(
            select(c.leaf, c.envelope).where(c.leaf >= leaf).order_by(c.leaf).limit(most)).all()
        return [row.envelope for at, row in enumerate(rows, leaf) if row.leaf == at]

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile so far; none if it has not begun."""
        c = t.tiles.c
        found = self._db.execute(select(c.hashes).where(c.level == level, c.number == number)).scalar()
        return b"" if found is None else bytes(found)

    def put_tiles(self, tiles: Mapping[Place, bytes]) -> None:
        """Keep new tiles, and longer ones for those at the edge."""
        c = t.tiles.c
        for (level, number), hashes in tiles.items():
            self._db.execute(delete(t.tiles).where(c.level == level, c.number == number))
            self._db.execute(insert(t.tiles).values(level=level, number=number, hashes=hashes))

    # --- checkpoints

    def put_checkpoint(self, kept: Kept) -> None:
        """Keep one for good."""
        self._db.execute(insert(t.checkpoints).values(**dataclasses.asdict(kept)))

    def checkpoint(self, size: int | None = None) -> Kept | None:
        """The newest checkpoint, or the first one of a size."""
        c = t.checkpoints.c
        query = select(t.checkpoints)
        query = (query.order_by(c.number.desc()) if size is None else query.where(c.size == size).order_by(c.number))
        return _kept(self._db.execute(query.limit(1)).first())

    def checkpoints_of(self, size: int) -> list[Kept]:
        """Every checkpoint of a size, in order: one may be signed several times."""
        c = t.checkpoints.c
        rows = self._db.execute(select(t.checkpoints).where(c.size == size).order_by(c.number))
        return [kept for kept in map(_kept, rows) if kept is not None]

    def cosigned(self) -> Kept | None:
        """The newest checkpoint that a witness cosigned."""
        size = self._db.execute(select(func.max(t.cosignatures.c.size))).scalar()
        return None if size is None else self.checkpoint(size)

    def cosigned_size(self) -> int:
        """How many leaves the largest tree has that a witness cosigned; 0 where none did."""
        return self._db.execute(select(func.max(t.cosignatures.c.size))).scalar() or 0

    def cosigned_after(self, size: int) -> dict[str, int]:
        """Each witness that cosigned a larger tree than that, and when it cosigned its largest, in seconds."""
        c = t.cosignatures.c
        rows = select(c.witness, c.time_s).where(c.size > size).order_by(c.size)
        return {row[0]: row[1] for row in self._db.execute(rows)}

    def size_before_days(self, days: int) -> int:
        """The largest tree that was signed before the last so many days on which a grown one was; 0 where there
        were no more. A clock that jumps by years adds one day."""
        c, day_s = t.checkpoints.c, 0
        size: int | None = None
        for _ in range(days + 1):
            rows = select(c.size, c.issued_s).order_by(c.size.desc()).limit(1)
            if size is not None:
                rows = rows.where(c.size < size, or_(c.issued_s < day_s, c.issued_s >= day_s + DAY_S))
            row = self._db.execute(rows).first()
            if row is None:
                return 0
            size, day_s = row[0], row[1] - row[1] % DAY_S
        return size or 0

    def stamped(self) -> Kept | None:
        """The newest checkpoint that has a time-stamp token."""
        size = self._db.execute(select(func.max(t.tokens.c.size))).scalar()
        return None if size is None else self.checkpoint(size)

    def last_in_tree(self, device: str, chain: str, up_to: int, size: int) -> tuple[int, int] | None:
        """Number and leaf of the last record of a chain, up to `up_to`, that is in the tree of that size."""
        c = t.records.c
        row = self._db.execute(
            select(c.seq, c.leaf).where(c.device == device, c.chain == chain, c.seq <= up_to, c.leaf < size)
            .order_by(c.seq.desc()).limit(1)).first()
        return None if row is None else (row.seq, row.leaf)

    def newest_of_chain(self, type_: str, device: str, chain: str, up_to: int) -> bytes | None:
        """The last record of a type in a chain, up to `up_to`."""
        c = t.records.c
        return self._db.execute(
            select(c.envelope).where(c.type == type_, c.device == device, c.chain == chain, c.seq <= up_to)
            .order_by(c.seq.desc()).limit(1)).scalar()

    # --- what others say of them

    def put_cosignature(self, size: int, witness: str, time_s: int, line: str) -> bool:
        """Keep the first cosignature of a witness for a tree of that size. True if it is new."""
        c = t.cosignatures.c
        if self._db.execute(select(c.size).where(c.size == size, c.witness == witness)).first() is not None:
            return False
        self._db.execute(insert(t.cosignatures).values(size=size, witness=witness, time_s=time_s, line=line))
        return True

    def cosignatures(self, size: int) -> list[str]:
        """Their lines for a tree of that size, by witness."""
        c = t.cosignatures.c
        return list(self._db.execute(select(c.line).where(c.size == size).order_by(c.witness)).scalars())

    def put_token(self, size: int, time_s: int, token: bytes) -> None:
        """Keep the time-stamp token for a tree of that size."""
        self._db.execute(insert(t.tokens).values(size=size, time_s=time_s, token=token))

    def token(self, size: int) -> bytes | None:
        """The time-stamp token for a tree of that size."""
        return self._db.execute(select(t.tokens.c.token).where(t.tokens.c.size == size)).scalar()

    def last_token_s(self) -> int | None:
        """When the newest token was asked for, by our own clock."""
        return self._db.execute(select(t.tokens.c.time_s).order_by(t.tokens.c.size.desc()).limit(1)).scalar()


def _kept(row: Row[Any] | None) -> Kept | None:
    return None if row is None else Kept(row.size, row.issued_s, bytes(row.note))
