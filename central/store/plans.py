"""Drafts of classes, ID numbers of people, policies, and which class has which box when."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from central.store import schema as t
from central.store.some import some
from evidence.bodies import ClassOrder
from evidence.times import utc_us


@dataclasses.dataclass(frozen=True)
class KeptDraft:
    """A draft as it is kept. `body`: JSON."""

    class_id: str
    version: int
    changed_us: int
    body: str


@dataclasses.dataclass(frozen=True)
class KeptNumber:
    """Somebody's ID number, encrypted. `marker`: the same wherever this number is kept."""

    class_id: str
    person: str
    marker: str
    sealed: bytes


@dataclasses.dataclass(frozen=True)
class Booking:
    """That a class has a box, in this room, from its first class-hour to the end of its last one (UTC µs)."""

    class_id: str
    device: str
    room: str
    institution: str | None
    first_us: int
    last_us: int


class PlanTables:
    """The part of a transaction that speaks of plans before and beside their orders."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # --- drafts ---

    def draft(self, class_id: str) -> KeptDraft | None:
        """The draft of a class."""
        row = self._db.execute(select(t.drafts).where(t.drafts.c.class_id == class_id)).first()
        return None if row is None else KeptDraft(**row._mapping)

    def drafts(self) -> list[KeptDraft]:
        """All drafts, by class."""
        return [KeptDraft(**row._mapping) for row in self._db.execute(select(t.drafts).order_by(t.drafts.c.class_id))]

    def save_draft(self, class_id: str, read: int, changed_us: int, body: str) -> bool:
        """Keep a draft as version `read` + 1. `read`: the version that was changed, 0 for a new one. False, and nothing
        is kept, if that is not the present one."""
        values = {"version": read + 1, "changed_us": changed_us, "body": body}
        if read == 0:
            if self.draft(class_id) is not None:
                return False
            self._db.execute(insert(t.drafts).values(class_id=class_id, **values))
            return True
        there = and_(t.drafts.c.class_id == class_id, t.drafts.c.version == read)
        return bool(self._db.execute(update(t.drafts).where(there).values(**values)).rowcount)

    def drop_draft(self, class_id: str) -> None:
        """Forget a draft."""
        self._db.execute(delete(t.drafts).where(t.drafts.c.class_id == class_id))

    # --- ID numbers ---

    def put_number(self, one: KeptNumber) -> None:
        """Keep a number, instead of what was kept for this person."""
        self.forget_number(one.class_id, one.person)
        self._db.execute(insert(t.id_numbers).values(**dataclasses.asdict(one)))

    def numbers(self, class_id: str) -> dict[str, KeptNumber]:
        """The numbers of a class, by pseudonym."""
        rows = self._db.execute(select(t.id_numbers).where(t.id_numbers.c.class_id == class_id))
        return {row.person: KeptNumber(**row._mapping) for row in rows}

    def elsewhere(self, markers: Collection[str], class_id: str) -> list[KeptNumber]:
        """Where else than in this class these numbers are kept, by class and person."""
        c, found = t.id_numbers.c, list[KeptNumber]()
        for part in some(sorted(set(markers))):
            rows = select(t.id_numbers).where(c.marker.in_(part), c.class_id != class_id)
            found += [KeptNumber(**row._mapping) for row in self._db.execute(rows)]
        return sorted(found, key=lambda one: (one.class_id, one.person))

    def forget_number(self, class_id: str, person: str) -> None:
        """Erase a number and its place in the index."""
        where = and_(t.id_numbers.c.class_id == class_id, t.id_numbers.c.person == person)
        self._db.execute(delete(t.id_numbers).where(where))

    # --- policies ---

    def know_policy(self, sha256: str, toml: bytes) -> None:
        """Keep the bytes of a policy that an order refers to; again is no error."""
        if self.policy(sha256) is None:
            self._db.execute(insert(t.policies).values(sha256=sha256, toml=toml))

    def policy(self, sha256: str) -> bytes | None:
        """The bytes of a policy by their hash."""
        return self._db.execute(select(t.policies.c.toml).where(t.policies.c.sha256 == sha256)).scalar()

    def policies(self) -> list[tuple[str, bytes]]:
        """Hash and bytes of every policy that is here."""
        return [(row.sha256, row.toml) for row in self._db.execute(select(t.policies).order_by(t.policies.c.sha256))]

    # --- boxes and rooms ---

    def book(self, order: ClassOrder) -> None:
        """Note when the class of this order, which is in force from now on, has its boxes."""
        self._db.execute(delete(t.bookings).where(t.bookings.c.class_id == order.class_id))
        taught = [hour for hour in order.hours if hour.kind != "online"]
        if taught and order.boxes:
            first_us, last_us = min(utc_us(hour.start) for hour in taught), max(utc_us(hour.end) for hour in taught)
            self._db.execute(insert(t.bookings), [{
                "class_id": order.class_id, "device": place.device, "room": place.room,
                "institution": order.institution, "first_us": first_us, "last_us": last_us,
            } for place in {place.device: place for place in order.boxes}.values()])

    def sharing(self, order: ClassOrder, first_us: int, last_us: int) -> list[str]:
        """The other classes that have one of this order's boxes, or one of its rooms in its institution, and whose
        time from their first class-hour to their last one meets this span."""
        c = t.bookings.c
        same: list[ColumnElement[bool]] = [c.device.in_([place.device for place in order.boxes])]
        if order.institution is not None:
            rooms = [place.room for place in order.boxes if place.room]
            same.append(and_(c.institution == order.institution, c.room.in_(rooms)))
        rows = select(c.class_id).where(
            or_(*same), c.class_id != order.class_id, c.first_us < last_us, c.last_us > first_us)
        return sorted(set(self._db.execute(rows).scalars()))

    def bookings_of(self, device: str) -> list[Booking]:
        """Which classes have, had or will have a box, in order of time."""
        c = t.bookings.c
        rows = select(t.bookings).where(c.device == device).order_by(c.first_us, c.class_id)
        return [Booking(*row) for row in self._db.execute(rows)]

    def bookings_at(self, us: int) -> list[Booking]:
        """Which classes have which boxes at a moment."""
        c = t.bookings.c
        rows = select(t.bookings).where(c.last_us > us, c.first_us <= us).order_by(c.device, c.class_id)
        return [Booking(*row) for row in self._db.execute(rows)]
