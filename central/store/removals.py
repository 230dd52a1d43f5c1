"""The part of a transaction that knows which video lies here to stay, what of it is being removed, and which faces are
being erased."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, insert, or_, select, update

from central.store import schema as t
from evidence.records import Sealed
from evidence.seal import read_sealed


@dataclasses.dataclass(frozen=True)
class Removal:
    """A file that a certificate says is removed. `leaf`: of the last certificate that names it; `going`: it is not here
    any more by the rows of segments, and its bytes may lie here still."""

    sha256: str
    size: int
    leaf: int
    going: bool = False


@dataclasses.dataclass(frozen=True)
class Erasing:
    """A face that is to be erased, without a certificate yet. `leaf`: of the record that somebody asked for it; `by`:
    who was told; `sheets`: hashes of contact sheets that were removed here for it; `ordered`: nothing held it any more,
    and it was ordered of boxes."""

    class_id: str
    person: str
    leaf: int
    by: str
    sheets: tuple[str, ...] = ()
    ordered: bool = False


@dataclasses.dataclass(frozen=True)
class Held:
    """What records name for a class: files and bytes of them that lie here to stay; and all that was recorded.
    `twice_bytes`: of those that stay here and are in the bucket besides, for a policy wants two copies."""

    class_id: str | None
    files: int
    bytes: int
    recorded_files: int
    recorded_bytes: int
    twice_bytes: int = 0


class RemovalTables:
    """What `Tx` knows of it."""

    _db: Connection

    def held_by_class(self) -> list[Held]:
        """By class, those of which anything was recorded, in order of their ids; each file once for each of them."""
        c = _NAMED.c
        rows = self._db.execute(select(
            c.class_id, func.sum(c.stays), func.sum(c.size * c.stays), func.count(), func.sum(c.size),
            func.sum(c.size * c.twice)).group_by(c.class_id).order_by(c.class_id))
        return [Held(row[0], int(row[1]), int(row[2]), row[3], int(row[4]), int(row[5])) for row in rows]

    def stays_of(self, class_id: str | None) -> list[tuple[str, int]]:
        """Hash and size of the files that lie here to stay and that a record names for this class; None: for none."""
        c = _NAMED.c
        which = c.class_id.is_(None) if class_id is None else c.class_id == class_id
        rows = select(c.sha256, c.size).where(which, c.stays == 1).order_by(c.sha256)
        return [(row.sha256, row.size) for row in self._db.execute(rows)]

    def removals(self) -> list[Removal]:
        """All that certificates name and that are not gone, in the order of these."""
        c = t.removals.c
        return [Removal(*row) for row in self._db.execute(select(t.removals).order_by(c.leaf, c.sha256))]

    def put_removal(self, one: Removal) -> None:
        """A certificate names it."""
        self.forget_removal(one.sha256)
        self._db.execute(insert(t.removals).values(**dataclasses.asdict(one)))

    def stated_since(self, leaf: int, sha256: str, classes: Iterable[str]) -> bool:
        """Whether a record from that leaf on may change what becomes of a file: of one of its classes, one that puts a
        session right, or one that names the file again."""
        r, s = t.records.c, t.segments.c
        names = exists().where(s.sha256 == sha256, s.device == r.device, s.chain == r.chain, s.seq == r.seq)
        rows = select(r.leaf).where(r.leaf >= leaf, or_(
            r.class_id.in_(tuple(classes)), r.type == "session.corrected", names)).limit(1)
        return self._db.execute(rows).first() is not None

    def begin_going(self, sha256: str) -> None:
        """It is about to be removed: from now on it is not here."""
        self._db.execute(update(t.removals).where(t.removals.c.sha256 == sha256).values(going=True))
        self._db.execute(update(t.segments).where(t.segments.c.sha256 == sha256).values(stored=False))

    def is_going(self, sha256: str) -> bool:
        """Whether it is being removed."""
        c = t.removals.c
        return self._db.execute(select(c.sha256).where(c.sha256 == sha256, c.going)).first() is not None

    def give_back(self, sha256: str) -> None:
        """It was about to be removed, and is whole still: it is here again, or in the bucket."""
        self._db.execute(update(t.segments).where(t.segments.c.sha256 == sha256).values(stored=True))
        self.forget_removal(sha256)

    def forget_removal(self, sha256: str) -> None:
        """It is gone, or stays after all."""
        self._db.execute(delete(t.removals).where(t.removals.c.sha256 == sha256))

    def erasing(self) -> list[Erasing]:
        """The faces that are to be erased, in the order in which that was asked for."""
        rows = self._db.execute(select(t.erasing).order_by(t.erasing.c.leaf))
        return [Erasing(row.class_id, row.person, row.leaf, row.by, tuple(row.sheets.split()), row.ordered)
                for row in rows]

    def put_erasing(self, one: Erasing) -> None:
        """Remember it, instead of what was remembered of the same face."""
        self.forget_erasing(one.class_id, one.person)
        self._db.execute(insert(t.erasing).values(**{**dataclasses.asdict(one), "sheets": " ".join(one.sheets)}))

    def forget_erasing(self, class_id: str, person: str) -> None:
        """It is certified."""
        c = t.erasing.c
        self._db.execute(delete(t.erasing).where(c.class_id == class_id, c.person == person))

    def newest_of_type(self, type_: str, most: int) -> list[Sealed]:
        """The newest records of a type, the newest first."""
        c = t.records.c
        rows = select(c.envelope).where(c.type == type_).order_by(c.leaf.desc()).limit(most)
        return [read_sealed(envelope) for envelope in self._db.execute(rows).scalars()]


def _stays() -> ColumnElement[bool]:
    """Whether a file is here to stay, or in the bucket, and not only in the cache."""
    s, c, b = t.segments.c, t.cached.c, t.bucketed.c
    return and_(s.stored, or_(exists().where(b.sha256 == s.sha256),
                              ~exists().where(c.sha256 == s.sha256, c.kind == "file")))


def _twice() -> ColumnElement[bool]:
    """Whether a file is in the bucket and stays here besides."""
    return and_(t.segments.c.stored, exists().where(t.bucketed.c.sha256 == t.segments.c.sha256, t.bucketed.c.stays))


_NAMED = select(
    t.records.c.class_id.label("class_id"), t.segments.c.sha256.label("sha256"),
    func.max(t.segments.c.size).label("size"), func.max(case((_stays(), 1), else_=0)).label("stays"),
    func.max(case((_twice(), 1), else_=0)).label("twice"),
).select_from(t.segments.join(t.records, and_(
    t.segments.c.device == t.records.c.device, t.segments.c.chain == t.records.c.chain,
    t.segments.c.seq == t.records.c.seq))).group_by(t.records.c.class_id, t.segments.c.sha256).subquery()
