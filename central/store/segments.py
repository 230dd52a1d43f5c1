"""Files that records name: segments, and whether they are at the centre, and keyframes."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from central.store import schema as t
from central.store.some import some
from evidence.bodies import Segment
from evidence.records import Record


@dataclasses.dataclass(frozen=True)
class Announced:
    """A segment that an accepted record names."""

    device: str
    chain: str
    seq: int
    sha256: str
    size: int
    stored: bool


class SegmentTables:
    """The part of a transaction that speaks of files that records name."""

    _db: Connection

    def announce(self, named: Sequence[tuple[Record, Segment]]) -> None:
        """Accepted records name segments."""
        c = t.segments.c
        stored: set[str] = set()
        for part in some([segment.sha256 for _, segment in named]):
            stored |= set(self._db.execute(select(c.sha256).where(c.sha256.in_(part), c.stored)).scalars())
        if named:
            self._db.execute(insert(t.segments), [{
                "device": record.device, "chain": record.chain, "seq": record.seq, "sha256": segment.sha256,
                "size": segment.size, "stored": segment.sha256 in stored,
            } for record, segment in named])

    def named_again(self, sha256s: Sequence[str]) -> set[str]:
        """Those of these files that more than one record names."""
        c = t.segments.c
        found: set[str] = set()
        for part in some(sha256s):
            rows = select(c.sha256).where(c.sha256.in_(part)).group_by(c.sha256).having(func.count() > 1)
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
        for part in some(hashes):
            rows = select(c.sha256, c.came_us).where(c.sha256.in_(part), c.came_us.is_not(None))
            found |= {sha256: max(us, found.get(sha256, us)) for sha256, us in self._db.execute(rows)}
        return found

    def keyframes(self, names: Sequence[str]) -> dict[str, int]:
        """Those of these keyframes that are remembered, and the leaf of the record that named each first."""
        c = t.keyframes.c
        found: dict[str, int] = {}
        for part in some(names):
            rows = self._db.execute(select(c.name, c.leaf).where(c.name.in_(part)))
            found |= {row.name: row.leaf for row in rows}
        return found

    def know_keyframes(self, names: Sequence[str], leaf: int) -> None:
        """Remember them by this record, whatever was remembered of them before."""
        if names:
            self._db.execute(delete(t.keyframes).where(t.keyframes.c.name.in_(names)))
            self._db.execute(insert(t.keyframes), [{"name": name, "leaf": leaf} for name in names])
