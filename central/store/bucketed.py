"""The part of a transaction that knows which video lies in the bucket of an object store."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select

from central.store import schema as t


@dataclasses.dataclass(frozen=True)
class Bucketed:
    """A file in the bucket. `put_us`: when it was stored there; `locked_us`: until when the store lets nobody remove
    it, None where it does not say so (both UTC). `stays`: a copy lies here besides that is not of the cache, for a
    policy wants several."""

    sha256: str
    size: int
    put_us: int
    locked_us: int | None
    stays: bool = False


@dataclasses.dataclass(frozen=True)
class BucketSum:
    """How much is in the bucket, and what the store locks of it; how much is to go there yet. Files and bytes."""

    files: int
    bytes: int
    locked: int
    waiting: int
    waiting_bytes: int


class BucketTables:
    """What `Tx` knows of the bucket."""

    _db: Connection

    def bucketed(self, sha256: str) -> Bucketed | None:
        """What is known of a file in the bucket; None where it is not there."""
        row = self._db.execute(select(t.bucketed).where(t.bucketed.c.sha256 == sha256)).first()
        return None if row is None else Bucketed(*row)

    def bucketed_after(self, sha256: str, most: int) -> list[Bucketed]:
        """The next files in the bucket behind a hash, by hash."""
        c = t.bucketed.c
        return [Bucketed(*row) for row in self._db.execute(
            select(t.bucketed).where(c.sha256 > sha256).order_by(c.sha256).limit(most))]

    def put_bucketed(self, one: Bucketed) -> None:
        """A file is in the bucket."""
        self.forget_bucketed(one.sha256)
        self._db.execute(insert(t.bucketed).values(**dataclasses.asdict(one)))

    def forget_bucketed(self, sha256: str) -> None:
        """A file is not in the bucket any more."""
        self._db.execute(delete(t.bucketed).where(t.bucketed.c.sha256 == sha256))

    def to_bucket(self, most: int, but: Sequence[str] = ()) -> list[tuple[str, int]]:
        """The next files that are to go into the bucket: hash and size. What only came because it was asked for stays
        a cache. `but`: not these now."""
        s = t.segments.c
        rows = select(s.sha256, s.size).where(_waits(), s.sha256.not_in(but)).group_by(s.sha256, s.size).limit(most)
        return [(row.sha256, row.size) for row in self._db.execute(rows)]

    def bucket_sum(self) -> BucketSum:
        """How it stands with all of it."""
        c, s = t.bucketed.c, t.segments.c
        there = self._db.execute(
            select(func.count(), func.coalesce(func.sum(c.size), 0), func.count(c.locked_us))).one()
        waits = select(s.sha256, s.size).where(_waits()).group_by(s.sha256, s.size).subquery()
        rest = self._db.execute(select(func.count(), func.coalesce(func.sum(waits.c.size), 0))).one()
        return BucketSum(int(there[0]), int(there[1]), int(there[2]), int(rest[0]), int(rest[1]))


def _waits() -> ColumnElement[bool]:
    """Of a segment: its file is here to stay, and not in the bucket."""
    s, c, b = t.segments.c, t.cached.c, t.bucketed.c
    return and_(s.stored, ~exists().where(b.sha256 == s.sha256),
                ~exists().where(c.sha256 == s.sha256, c.kind == "file"))
