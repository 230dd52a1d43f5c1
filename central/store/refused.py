"""The part of a transaction that keeps what the collector did not believe."""
from __future__ import annotations

import dataclasses

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from central.store import schema as t

KEEP_OF_MESSAGE = 65536
"""So much is kept of a message."""


@dataclasses.dataclass(frozen=True)
class Refused:
    """A message as it is put in quarantine. `device`: the box whose room it takes; empty: nobody that is known here."""

    device: str
    hash: str
    topic: str
    error: str
    reason: str
    first_us: int
    message: bytes


class RefusedTables:
    """What `Tx` knows of it."""

    _db: Connection

    def put_quarantine(self, one: Refused) -> bool:
        """Keep a refused message; the same one again is only counted. True if it is new."""
        same = t.quarantine.c.hash == one.hash
        if self._db.execute(update(t.quarantine).where(same).values(times=t.quarantine.c.times + 1)).rowcount:
            return False
        self._db.execute(insert(t.quarantine).values(
            hash=one.hash, topic=one.topic[:200], error=one.error[:64], reason=one.reason[:2000],
            first_us=one.first_us, times=1, message=one.message[:KEEP_OF_MESSAGE], device=one.device,
        ))
        return True

    def quarantine_room(self, device: str, error: str) -> tuple[int, int]:
        """How many messages of a box are kept for one reason, and how many bytes of them."""
        c = t.quarantine.c
        query = select(func.count(), func.coalesce(func.sum(func.length(c.message)), 0)).where(_of(device, error))
        messages, size = self._db.execute(query).one()
        return messages, int(size)

    def drop_quarantined(self, device: str, error: str, behind: int) -> int:
        """Remove the oldest message of a box with that reason behind the first `behind`, which stay; its bytes."""
        c = t.quarantine.c
        rows = select(c.hash, func.length(c.message)).where(_of(device, error)).order_by(c.first_us, c.hash)
        hash_, size = self._db.execute(rows.offset(behind).limit(1)).one()
        self._db.execute(delete(t.quarantine).where(c.hash == hash_))
        self._count(device, error, 1)
        return int(size)

    def drop_quarantined_before(self, us: int) -> int:
        """Remove what came before that moment; how many."""
        c = t.quarantine.c
        rows = select(c.device, c.error, func.count()).where(c.first_us < us).group_by(c.device, c.error)
        old = self._db.execute(rows).all()
        self._db.execute(delete(t.quarantine).where(c.first_us < us))
        for device, error, messages in old:
            self._count(device, error, messages)
        return sum(messages for _, _, messages in old)

    def let_go(self, device: str | None = None) -> int:
        """How many messages, of one box or of all, were in quarantine and are there no more."""
        query = select(func.coalesce(func.sum(t.let_go.c.messages), 0))
        if device is not None:
            query = query.where(t.let_go.c.device == device)
        return int(self._db.execute(query).scalar_one())

    def quarantine_size(self) -> int:
        """How many different messages are in quarantine."""
        return self._db.execute(select(func.count()).select_from(t.quarantine)).scalar_one()

    def refused_of_boxes(self) -> dict[str, int]:
        """Box → how many different messages of it are in quarantine."""
        c = t.quarantine.c
        rows = self._db.execute(select(c.device, func.count()).group_by(c.device))
        return {device: count for device, count in rows if device}

    def quarantined(self, most: int = 100_000) -> list[tuple[str, str, int]]:
        """(error, reason, times) of the newest `most`, oldest first."""
        c = t.quarantine.c
        rows = self._db.execute(
            select(c.error, c.reason, c.times).order_by(c.first_us.desc(), c.hash.desc()).limit(most)
        )
        return [(row.error, row.reason, row.times) for row in rows][::-1]

    def _count(self, device: str, error: str, messages: int) -> None:
        c = t.let_go.c
        same = and_(c.device == device, c.error == error)
        if not self._db.execute(update(t.let_go).where(same).values(messages=c.messages + messages)).rowcount:
            self._db.execute(insert(t.let_go).values(device=device, error=error, messages=messages))


def _of(device: str, error: str) -> ColumnElement[bool]:
    return and_(t.quarantine.c.device == device, t.quarantine.c.error == error)
