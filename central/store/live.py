"""The part of a transaction that keeps how things stand right now: classes that run, boxes in trouble. A cache, too."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from central.store import schema as t


@dataclasses.dataclass(frozen=True)
class Live:
    """What the newest records of a box say of a class that runs. UTC µs; 0: nothing is known."""

    started_us: int = 0
    ended_us: int = 0
    filmed_us: int = 0


@dataclasses.dataclass(frozen=True)
class BoxState:
    """How a box stands. `troubles`: codes, the worst first; `free`: bytes at its fullest place; `refused`: different
    messages of it in quarantine."""

    device: str
    grade: int
    troubles: tuple[str, ...]
    heard_us: int | None
    waiting: int
    free: int | None
    apart_s: int
    expires_us: int | None
    refused: int


class LiveTables:
    """What `Tx` knows of it."""

    _db: Connection

    def put_live(self, class_id: str, device: str, new: Live) -> None:
        """Take over what is newer."""
        where = and_(t.live.c.class_id == class_id, t.live.c.device == device)
        row = self._db.execute(select(t.live).where(where)).first()
        known = Live(row.started_us, row.ended_us, row.filmed_us) if row else Live()
        merged = {key: max(value, getattr(known, key)) for key, value in dataclasses.asdict(new).items()}
        if row is None:
            self._db.execute(insert(t.live).values(class_id=class_id, device=device, **merged))
        elif merged != dataclasses.asdict(known):
            self._db.execute(update(t.live).where(where).values(**merged))

    def put_came(self, class_id: str, people: Mapping[str, int]) -> None:
        """Who signed in last when."""
        c = t.came.c
        rows = self._db.execute(select(c.person, c.at_us).where(c.class_id == class_id, c.person.in_(people)))
        known = {row.person: row.at_us for row in rows}
        new = {person: at_us for person, at_us in people.items() if at_us > known.get(person, -1)}
        for person in new.keys() & known.keys():
            self._db.execute(update(t.came).where(c.class_id == class_id, c.person == person)
                             .values(at_us=new[person]))
        if fresh := [{"class_id": class_id, "person": person, "at_us": new[person]}
                     for person in sorted(new.keys() - known.keys())]:
            self._db.execute(insert(t.came), fresh)

    def live_of(self, classes: Collection[str]) -> dict[str, dict[str, Live]]:
        """Class → device → how it stands."""
        found: dict[str, dict[str, Live]] = {class_id: {} for class_id in classes}
        for row in self._db.execute(select(t.live).where(t.live.c.class_id.in_(sorted(classes)))):
            found[row.class_id][row.device] = Live(row.started_us, row.ended_us, row.filmed_us)
        return found

    def came_since(self, since: Mapping[str, int]) -> dict[str, int]:
        """Class → how many signed in since that moment. `since`: class → UTC µs."""
        c = t.came.c
        least = min(since.values(), default=0)
        rows = self._db.execute(select(c.class_id, c.at_us).where(c.class_id.in_(sorted(since)), c.at_us >= least))
        found = dict.fromkeys(since, 0)
        for row in rows:
            found[row.class_id] += row.at_us >= since[row.class_id]
        return found

    def forget_live(self, before_us: int | None = None) -> None:
        """Throw away what is older, or all of it."""
        if before_us is None:
            for table in (t.live, t.came, t.box_states):
                self._db.execute(delete(table))
            return
        self._db.execute(delete(t.came).where(t.came.c.at_us < before_us))
        at = (t.live.c.started_us, t.live.c.ended_us, t.live.c.filmed_us)
        self._db.execute(delete(t.live).where(*(one < before_us for one in at)))

    def heard_at(self, devices: Collection[str]) -> dict[str, int]:
        """Device → when it last proved that it lives, UTC µs."""
        h, found = t.heard.c, dict[str, int]()
        for row in self._db.execute(select(h.device, h.last_us).where(h.device.in_(sorted(devices)))):
            found[row.device] = max(row.last_us, found.get(row.device, 0))
        return found

    # --- boxes

    def put_box_states(self, states: Iterable[BoxState]) -> None:
        """All boxes anew; what did not change is not written."""
        known = {one.device: one for one in self.box_states(0, None, 10**9)}
        new = {one.device: one for one in states}
        gone = [device for device in known if new.get(device) != known[device]]
        for at in range(0, len(gone), 400):
            self._db.execute(delete(t.box_states).where(t.box_states.c.device.in_(gone[at : at + 400])))
        if rows := [{**dataclasses.asdict(one), "troubles": " ".join(one.troubles)}
                    for one in new.values() if known.get(one.device) != one]:
            self._db.execute(insert(t.box_states), rows)

    def box_states(
        self, least: int, devices: Collection[str] | None, most: int, after: tuple[int, str] | None = None,
    ) -> list[BoxState]:
        """The boxes of at least that grade, the worst first, from behind `after` (grade, device) on. `devices`: of
        these; None: of all."""
        c = t.box_states.c
        rows = select(t.box_states).where(c.grade >= least).order_by(c.grade.desc(), c.device)
        if after is not None:
            rows = rows.where((c.grade < after[0]) | ((c.grade == after[0]) & (c.device > after[1])))
        found: list[BoxState] = []
        for row in self._db.execute(rows):
            if len(found) == most:
                break
            if devices is None or row.device in devices:
                found.append(BoxState(**{**row._mapping, "troubles": tuple(row.troubles.split())}))
        return found

    def count_boxes(self, devices: Collection[str] | None) -> dict[int, int]:
        """Grade → how many boxes, of these or of all."""
        c = t.box_states.c
        if devices is None:
            rows = self._db.execute(select(c.grade, func.count()).group_by(c.grade))
            return {row[0]: row[1] for row in rows}
        found: dict[int, int] = {}
        for row in self._db.execute(select(c.device, c.grade)):
            if row.device in devices:
                found[row.grade] = found.get(row.grade, 0) + 1
        return found
