"""Events for others: what was told of each class, what waits for whom, and what nobody took."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from central.store import schema as t


@dataclasses.dataclass(frozen=True)
class Waiting:
    """An event of the outbox. `number`: its place, without a hole."""

    number: int
    id: str
    kind: str
    class_id: str
    body: bytes


@dataclasses.dataclass(frozen=True)
class TargetState:
    """Where a target stands: it took or refused all up to `up_to`; the next one was tried `tries` times, in vain for
    `why`, and is tried again from `next_us` on."""

    name: str
    up_to: int
    tries: int = 0
    next_us: int = 0
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Watched:
    """A class as it was last looked at: when, when it is to be looked at again (None: when a record of it comes), and
    what was told of it; nothing before the first look."""

    class_id: str
    looked_us: int
    again_us: int | None
    told: str


class OutboxTables:
    """The part of a transaction that speaks of events for others."""

    _db: Connection

    def wake(self, since: int, more: Iterable[str] = ()) -> None:
        """Classes of which records came from this leaf on are to be looked at, and `more` of them."""
        c, w = t.records.c, t.watched.c
        named = set(self._db.execute(
            select(c.class_id).where(c.leaf >= since, c.class_id.is_not(None)).distinct()).scalars()) | {*more}
        known = set(self._db.execute(select(w.class_id)).scalars())
        if named & known:
            self._db.execute(update(t.watched).where(w.class_id == bindparam("one")).values(again_us=0),
                             [{"one": one} for one in sorted(named & known)])
        if named - known:
            self._db.execute(insert(t.watched), [
                {"class_id": one, "looked_us": 0, "again_us": 0, "told": ""} for one in sorted(named - known)])

    def to_look_at(self, now_us: int, rest_us: int, most: int) -> list[Watched]:
        """Classes whose time it is, but none that was looked at less than `rest_us` ago; the longest unseen first."""
        c = t.watched.c
        rows = select(t.watched).where(c.again_us <= now_us, c.looked_us <= now_us - rest_us)
        return [Watched(row.class_id, row.looked_us, row.again_us, row.told)
                for row in self._db.execute(rows.order_by(c.looked_us, c.class_id).limit(most))]

    def watch(self, one: Watched) -> None:
        """Note how it was looked at."""
        values = dataclasses.asdict(one)
        self._db.execute(update(t.watched).where(t.watched.c.class_id == one.class_id).values(**values))

    def put_event(self, id: str, kind: str, class_id: str, body: bytes, made_us: int) -> None:
        """Keep an event for all targets."""
        newest = self._db.execute(select(func.max(t.events.c.number))).scalar() or 0
        self._db.execute(insert(t.events).values(
            number=newest + 1, id=id, kind=kind, class_id=class_id, body=body, made_us=made_us))

    def event_after(self, number: int) -> Waiting | None:
        """The next event after that number."""
        c = t.events.c
        row = self._db.execute(select(t.events).where(c.number > number).order_by(c.number).limit(1)).first()
        return None if row is None else Waiting(row.number, row.id, row.kind, row.class_id, row.body)

    def last_event(self) -> int:
        """The number of the newest event, 0 without any."""
        return self._db.execute(select(func.max(t.events.c.number))).scalar() or 0

    def target(self, name: str) -> TargetState:
        """Where a target stands; a new one has taken nothing."""
        row = self._db.execute(select(t.targets).where(t.targets.c.name == name)).first()
        if row is None:
            return TargetState(name, 0)
        return TargetState(row.name, row.up_to, row.tries, row.next_us, row.why)

    def put_target(self, state: TargetState) -> None:
        """Note where it stands now."""
        values = dataclasses.asdict(state)
        if not self._db.execute(update(t.targets).where(t.targets.c.name == state.name).values(**values)).rowcount:
            self._db.execute(insert(t.targets).values(**values))

    def put_refusal(self, name: str, number: int, why: str, at_us: int) -> None:
        """A target refused an event for good."""
        self._db.execute(delete(t.refusals).where(t.refusals.c.name == name, t.refusals.c.number == number))
        self._db.execute(insert(t.refusals).values(name=name, number=number, why=why[:300], at_us=at_us))

    def refusals(self, name: str) -> list[tuple[int, str]]:
        """(number, why) of the events that a target refused."""
        c = t.refusals.c
        rows = self._db.execute(select(c.number, c.why).where(c.name == name).order_by(c.number))
        return [(row.number, row.why) for row in rows]

    def forget_refusals(self, name: str) -> None:
        """They are sent again."""
        self._db.execute(delete(t.refusals).where(t.refusals.c.name == name))
