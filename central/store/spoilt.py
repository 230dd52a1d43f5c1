"""The part of a transaction that knows which files of boxes are not at the centre as they were recorded."""
from __future__ import annotations

import dataclasses
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from central.store import schema as t

What = Literal["rotten", "lost", "bucket"]
"""It has other bytes; it is not there; what the bucket holds has other bytes, and it is not here."""


@dataclasses.dataclass(frozen=True)
class Spoilt:
    """A file that a record says is spoilt, and none that it is whole again. `since_us`: when that was stated;
    `asked_us`: when another copy was last asked for (UTC)."""

    sha256: str
    what: What
    since_us: int
    asked_us: int


class SpoiltTables:
    """What `Tx` knows of them."""

    _db: Connection

    def spoilt(self) -> list[Spoilt]:
        """All of them, by hash."""
        return [Spoilt(*row) for row in self._db.execute(select(t.spoilt).order_by(t.spoilt.c.sha256))]

    def spoilt_file(self, sha256: str) -> Spoilt | None:
        """What is known of one."""
        row = self._db.execute(select(t.spoilt).where(t.spoilt.c.sha256 == sha256)).first()
        return None if row is None else Spoilt(*row)

    def put_spoilt(self, one: Spoilt) -> None:
        """A file is spoilt."""
        self.forget_spoilt(one.sha256)
        self._db.execute(insert(t.spoilt).values(**dataclasses.asdict(one)))

    def ask_spoilt(self, sha256: str, now_us: int) -> None:
        """Another copy of it was asked for."""
        self._db.execute(update(t.spoilt).where(t.spoilt.c.sha256 == sha256).values(asked_us=now_us))

    def forget_spoilt(self, sha256: str) -> None:
        """A file is whole, or was removed."""
        self._db.execute(delete(t.spoilt).where(t.spoilt.c.sha256 == sha256))
