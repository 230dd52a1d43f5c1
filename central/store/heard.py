"""The part of a transaction that knows what boxes say of themselves, when they last lived, how much they brought, and
what was stated of them."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from central.store import schema as t
from central.store.some import some
from evidence.heartbeats import Heartbeat, open_heartbeat


@dataclasses.dataclass(frozen=True)
class Heard:
    """What is known of one chain's box. `last_us`: when it last proved that it lives, by our clock. `last`, `highest`:
    envelopes of verified heartbeats. `silent`: its silence has been told. `against`: the alarm about what its
    heartbeats contradict, once told."""

    device: str
    chain: str
    last_us: int
    last: bytes | None = None
    highest: bytes | None = None
    silent: bool = False
    against: str | None = None

    @property
    def last_heartbeat(self) -> Heartbeat | None:
        """What the last one says."""
        return None if self.last is None else open_heartbeat(self.last)[0]

    @property
    def highest_heartbeat(self) -> Heartbeat | None:
        """What the one that stood furthest on says."""
        return None if self.highest is None else open_heartbeat(self.highest)[0]


class HeardTables:
    """What `Tx` knows of it."""

    _db: Connection

    def heard(self, device: str, chain: str) -> Heard | None:
        """What is known of a chain's box."""
        row = self._db.execute(select(t.heard).where(_chain(device, chain))).first()
        return None if row is None else Heard(*row)

    def all_heard(self) -> list[Heard]:
        """All of them."""
        return [Heard(*row) for row in self._db.execute(select(t.heard).order_by(t.heard.c.device, t.heard.c.chain))]

    def heard_of(self, device: str) -> list[Heard]:
        """What is known of all chains of a box."""
        return [Heard(*row) for row in self._db.execute(select(t.heard).where(t.heard.c.device == device))]

    def put_heard(self, heard: Heard) -> None:
        """Replace what is known."""
        values = dataclasses.asdict(heard)
        if not self._db.execute(update(t.heard).where(_chain(heard.device, heard.chain)).values(**values)).rowcount:
            self._db.execute(insert(t.heard).values(**values))

    def gone(self) -> dict[str, int]:
        """Boxes that the broker calls away → since when, UTC µs. Nobody signs that: `central.contact` judges."""
        return {row.device: row.since_us for row in self._db.execute(select(t.gone))}

    def gone_since(self, device: str) -> int | None:
        """Since when the broker calls a box away, UTC µs; None: it does not."""
        since_us: int | None = self._db.execute(select(t.gone.c.since_us).where(t.gone.c.device == device)).scalar()
        return since_us

    def put_gone(self, gone: Mapping[str, int], back: Collection[str]) -> None:
        """These boxes are away since then, and those are back."""
        for part in some(sorted({*gone, *back})):
            self._db.execute(delete(t.gone).where(t.gone.c.device.in_(part)))
        if gone:
            self._db.execute(insert(t.gone), [{"device": one, "since_us": us} for one, us in sorted(gone.items())])

    def told(self, device: str, code: str, what: str) -> bool:
        """Whether that was stated of a box under this code."""
        c = t.told.c
        row = self._db.execute(select(c.at_us).where(c.device == device, c.code == code, c.what == what)).first()
        return row is not None

    def told_within(self, device: str, code: str, us: int, now_us: int) -> int:
        """How much was stated so of a box within `us` of now: before, or after if a clock was ahead then."""
        c = t.told.c
        query = select(func.count()).select_from(t.told).where(c.device == device, c.code == code)
        return self._db.execute(query.where(c.at_us > now_us - us, c.at_us < now_us + us)).scalar_one()

    def put_told(self, device: str, code: str, what: str, now_us: int) -> None:
        """It is stated now."""
        self._db.execute(insert(t.told).values(device=device, code=code, what=what, at_us=now_us))


    def brought(self, device: str, what: str) -> tuple[int, int] | None:
        """How much a box has brought, and when that was counted (UTC µs)."""
        c = t.brought.c
        row = self._db.execute(select(c.level, c.at_us).where(c.device == device, c.what == what)).first()
        return None if row is None else (row.level, row.at_us)

    def put_brought(self, device: str, what: str, level: int, at_us: int) -> None:
        """It is that much now."""
        c = t.brought.c
        values = {"level": level, "at_us": at_us}
        if not self._db.execute(update(t.brought).where(c.device == device, c.what == what).values(**values)).rowcount:
            self._db.execute(insert(t.brought).values(device=device, what=what, **values))


def _chain(device: str, chain: str) -> ColumnElement[bool]:
    return and_(t.heard.c.device == device, t.heard.c.chain == chain)
