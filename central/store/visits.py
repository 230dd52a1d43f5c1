"""The part of a transaction that knows which trainees see their own record just now."""
from __future__ import annotations

import dataclasses

from sqlalchemy import Connection, delete, insert, select, update

from central.store import schema as t


@dataclasses.dataclass(frozen=True)
class Visit:
    """A telephone that opened the link of a box. `token`: SHA-256 of what its cookie holds."""

    device: str
    nonce: str
    token: str
    keyid: str
    class_id: str
    person: str
    begun_us: int
    over: bool = False


class VisitTables:
    """What `Tx` knows of visits."""

    _db: Connection

    def visit(self, token: str) -> Visit | None:
        """The visit of a token's hash."""
        row = self._db.execute(select(t.visits).where(t.visits.c.token == token)).first()
        return None if row is None else Visit(*row)

    def visited(self, device: str, nonce: str) -> bool:
        """Whether that link of a box was opened."""
        c = t.visits.c
        return self._db.execute(select(c.token).where(c.device == device, c.nonce == nonce)).first() is not None

    def put_visit(self, visit: Visit) -> None:
        """Keep a new visit; its link must not have been opened."""
        self._db.execute(insert(t.visits).values(**dataclasses.asdict(visit)))

    def end_visit(self, token: str) -> None:
        """Its owner is done; that the link was opened stays."""
        self._db.execute(update(t.visits).where(t.visits.c.token == token).values(over=True))

    def forget_visits(self, before_us: int) -> None:
        """Forget those that began before a moment at which no link of theirs could hold any more."""
        self._db.execute(delete(t.visits).where(t.visits.c.begun_us < before_us))
