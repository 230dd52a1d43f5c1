"""The part of a transaction that knows the alarms that people are told: in order, and which of them stand."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, select, true

from central.store import schema as t
from evidence.records import Sealed
from evidence.seal import read_sealed

State = Literal["said", "begun", "over"]


@dataclasses.dataclass(frozen=True)
class Alarmed:
    """An alarm on its way to people. `number`: its place, 0 before it has one; `state`: somebody said it, it began, or
    what had begun is over; `institution`: whose it is, None: of those who see what is nobody's; `params`: canonical
    JSON."""

    number: int
    state: State
    code: str
    device: str
    urgent: bool
    class_id: str | None
    institution: str | None
    at_us: int
    params: str


class AlarmTables:
    """What `Tx` knows of it."""

    _db: Connection

    def put_alarm(self, alarm: Alarmed) -> int:
        """Keep one behind the others. Returns its number."""
        number = self.last_alarm() + 1
        self._db.execute(insert(t.alarms).values(**{**dataclasses.asdict(alarm), "number": number}))
        return number

    def alarm(self, number: int) -> Alarmed | None:
        """One of them."""
        row = self._db.execute(select(t.alarms).where(t.alarms.c.number == number)).first()
        return None if row is None else Alarmed(*row)

    def last_alarm(self) -> int:
        """The number of the newest, 0 without any."""
        return self._db.execute(select(func.max(t.alarms.c.number))).scalar() or 0

    def alarms_after(self, number: int, urgent: bool, most: int) -> list[Alarmed]:
        """The next `most` of this urgency, in order."""
        c = t.alarms.c
        rows = select(t.alarms).where(c.number > number, c.urgent == urgent).order_by(c.number).limit(most)
        return [Alarmed(*row) for row in self._db.execute(rows)]

    def newest_alarms(self, most: int) -> list[Alarmed]:
        """The newest, the newest first."""
        rows = select(t.alarms).order_by(t.alarms.c.number.desc()).limit(most)
        return [Alarmed(*row) for row in self._db.execute(rows)]

    def params_within(self, device: str, code: str, span_us: int, now_us: int, urgent: bool = False) -> list[str]:
        """The parameters of each time that this was told of a device in so long before now, as said or begun; with
        `urgent`, as urgent. What was told by a clock that was ahead is of no such time."""
        c = t.alarms.c
        query = select(c.params).where(
            c.device == device, c.code == code, c.at_us > now_us - span_us, c.at_us <= now_us, c.state != "over",
            c.urgent if urgent else true())
        return list(self._db.execute(query).scalars())

    def others_within(self, device: str, codes: Collection[str], span_us: int, now_us: int) -> int:
        """How often anything but these codes was told of a device in so long before now."""
        c = t.alarms.c
        query = select(func.count()).select_from(t.alarms).where(
            c.device == device, c.code.not_in(codes), c.at_us > now_us - span_us, c.at_us <= now_us)
        return self._db.execute(query).scalar_one()

    def forget_alarms(self, before_us: int) -> None:
        """What is older goes; the newest stays, whose number goes on."""
        c = t.alarms.c
        self._db.execute(delete(t.alarms).where(c.at_us < before_us, c.number < self.last_alarm()))

    def standing_alarms(self) -> dict[tuple[str, str], int]:
        """(device, code) of what began and is not over → the number of the alarm that told it; 0: none did."""
        return {(row.device, row.code): row.number for row in self._db.execute(select(t.standing))}

    def put_standing(self, device: str, code: str, number: int) -> None:
        """It stands from now on."""
        self._db.execute(insert(t.standing).values(device=device, code=code, number=number))

    def drop_standing(self, device: str, code: str) -> None:
        """It stands no more."""
        self._db.execute(delete(t.standing).where(t.standing.c.device == device, t.standing.c.code == code))

    def alarm_records(self, since: int, most: int) -> Sequence[tuple[int, Sealed]]:
        """The next `most` records of alarms from this leaf on, each with its leaf."""
        c = t.records.c
        rows = select(c.leaf, c.envelope).where(c.type == "alarm", c.leaf >= since).order_by(c.leaf).limit(most)
        return [(row.leaf, read_sealed(row.envelope)) for row in self._db.execute(rows)]
