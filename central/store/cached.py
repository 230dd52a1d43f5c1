"""The part of a transaction that knows which video is here for as long as there is room: a cache, and no evidence."""
from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, true, update

from central.store import schema as t

Kind = Literal["file", "derived"]
AT_REST = ("clear", "noted", "none")
"""Verdicts on a class that nobody has to look at its video for."""


@dataclasses.dataclass(frozen=True)
class CachedFile:
    """A file of a box that came only because it was asked for (`file`), or what was made of one (`derived`), by the
    hash of the box's file. `used_us`: when it came or was last noted as played, UTC. `going`: it is being removed."""

    sha256: str
    kind: Kind
    size: int
    used_us: int
    going: bool = False


class CachedTables:
    """What `Tx` knows of the cache."""

    _db: Connection

    def cached(self) -> list[CachedFile]:
        """All files of the cache, the longest unplayed first."""
        c = t.cached.c
        return [CachedFile(*row) for row in self._db.execute(select(t.cached).order_by(c.used_us, c.sha256, c.kind))]

    def cached_bytes(self) -> int:
        """How many bytes the cache has."""
        return int(self._db.execute(select(func.coalesce(func.sum(t.cached.c.size), 0))).scalar_one())

    def cached_of(self, sha256: str) -> dict[Kind, CachedFile]:
        """What of this file is in the cache."""
        rows = self._db.execute(select(t.cached).where(t.cached.c.sha256 == sha256))
        return {row.kind: CachedFile(*row) for row in rows}

    def put_cached(self, one: CachedFile) -> None:
        """Keep what is known of a file, instead of what was known before."""
        self.forget_cached(one.sha256, one.kind)
        self._db.execute(insert(t.cached).values(**dataclasses.asdict(one)))

    def use_cached(self, sha256: str, now_us: int) -> None:
        """The file, or what was made of it, is played."""
        self._db.execute(update(t.cached).where(t.cached.c.sha256 == sha256).values(used_us=now_us))

    def forget_cached(self, sha256: str, kind: Kind) -> None:
        """It is not of the cache: it is gone, or here to stay."""
        self._db.execute(delete(t.cached).where(t.cached.c.sha256 == sha256, t.cached.c.kind == kind))

    def begin_removal(self, sha256: str, kind: Kind) -> None:
        """It is about to be removed: from now on it is not here."""
        where = and_(t.cached.c.sha256 == sha256, t.cached.c.kind == kind)
        self._db.execute(update(t.cached).where(where).values(going=True))
        if kind == "file":
            self._db.execute(update(t.segments).where(t.segments.c.sha256 == sha256).values(stored=False))

    def named_by(self, sha256: str | None = None) -> Mapping[str, frozenset[tuple[str, str, str | None]]]:
        """Who names each file of a box that is in the cache, or that one: device, chain, and the class of the record.
        """
        c, s, r = t.cached.c, t.segments.c, t.records.c
        joined = t.cached.join(t.segments, s.sha256 == c.sha256).join(
            t.records, and_(r.device == s.device, r.chain == s.chain, r.seq == s.seq))
        rows = select(c.sha256, s.device, s.chain, r.class_id).select_from(joined).where(
            c.kind == "file", true() if sha256 is None else c.sha256 == sha256)
        found: dict[str, set[tuple[str, str, str | None]]] = {}
        for row in self._db.execute(rows):
            found.setdefault(row.sha256, set()).add((row.device, row.chain, row.class_id))
        return {sha256: frozenset(named) for sha256, named in found.items()}

    def at_rest(self, now_us: int) -> frozenset[str]:
        """The classes that were judged with all that is here, whose judgement time has not overtaken, and whose video
        nobody has to look at: no flag, no review, nothing that waits for a decision, no objection, no dispute."""
        c, r = t.summaries.c, t.records.c
        rows = select(c.class_id).where(
            c.judged_leaf > c.touched_leaf, c.judged_us <= now_us, or_(c.due_us.is_(None), c.due_us > now_us),
            c.verdict.in_(AT_REST), c.undecided == 0, c.objections == 0, c.error == "",
            c.class_id.not_in(select(r.class_id).where(r.type == "dispute", r.class_id.is_not(None))))
        return frozenset(self._db.execute(rows).scalars())
