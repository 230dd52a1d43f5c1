"""The part of a transaction that keeps what the overview remembers of classes: a cache, and no evidence."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from central.store import schema as t
from central.store.some import some

LONGEST_HOUR_US = 24 * 3600 * 1_000_000
"""No class-hour is longer: what began earlier is over."""


@dataclasses.dataclass(frozen=True)
class Listing:
    """What an order says of a class. `boxes`: device → room, of all its orders; `hours`: (id, start, end) in UTC µs of
    the one in force."""

    class_id: str
    order_leaf: int
    title: str
    policy: str
    institution: str
    region: str
    trainees: int
    boxes: Mapping[str, str]
    hours: tuple[tuple[str, int, int], ...]


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What judging a class came to, as of one moment (UTC µs). `leaves`: how many records were here then."""

    class_id: str
    leaves: int
    judged_us: int
    due_us: int | None
    inputs: str
    verdict: str
    undecided: int = 0
    violated: int = 0
    missing: int = 0
    open: int = 0
    error: str = ""
    round: str = ""
    answer: str = ""
    fell: bool = False
    objections: int = 0
    simulated: bool = False
    liveness: bool = True


@dataclasses.dataclass(frozen=True)
class Summary:
    """A row: what is listed and what it was judged, maybe of before."""

    class_id: str
    order_leaf: int
    title: str
    policy: str
    institution: str
    region: str
    starts_us: int
    ends_us: int
    trainees: int
    touched_leaf: int
    judged_leaf: int
    judged_us: int
    due_us: int | None
    inputs: str
    verdict: str
    undecided: int
    violated: int
    missing: int
    open: int
    error: str
    round: str
    answer: str
    fell: bool
    objections: int
    simulated: bool
    liveness: bool


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which classes. Empty: all. `institutions`: whose classes a person may see at all, None: everybody's; `nobodys`:
    also those of no institution that is known. `region`: the beginning of a code; `running_us`: a class-hour runs at
    that moment; `waiting`: a flag waits for a decision, or an objection for an answer; `fallen`: a decision of two
    persons does not hold any more, and nothing is left to decide; `text`: a part of the id or title."""

    institutions: tuple[str, ...] | None = None
    nobodys: bool = False
    region: str = ""
    institution: str = ""
    class_id: str = ""
    verdict: str = ""
    undecided: bool = False
    waiting: bool = False
    fallen: bool = False
    from_us: int | None = None
    until_us: int | None = None
    running_us: int | None = None
    text: str = ""


SORTS = {"date": t.summaries.c.ends_us, "title": t.summaries.c.title, "class": t.summaries.c.class_id,
         "missing": t.summaries.c.missing}


class SummaryTables:
    """What `Tx` knows of it."""

    _db: Connection

    # --- written by the worker

    def list_class(self, one: Listing, touched_leaf: int) -> None:
        """Keep what the order in force says; what it was judged stays, and counts as of before."""
        starts, ends = [at for _, at, _ in one.hours], [at for _, _, at in one.hours]
        values = {"order_leaf": one.order_leaf, "title": one.title, "policy": one.policy,
                  "institution": one.institution, "region": one.region, "trainees": one.trainees,
                  "starts_us": min(starts, default=0), "ends_us": max(ends, default=0), "touched_leaf": touched_leaf}
        where = t.summaries.c.class_id == one.class_id
        if not self._db.execute(update(t.summaries).where(where).values(**values)).rowcount:
            self._db.execute(insert(t.summaries).values(
                class_id=one.class_id, judged_leaf=-1, judged_us=0, due_us=None, inputs="", verdict="unjudged",
                undecided=0, violated=0, missing=0, open=0, error="", round="", answer="", fell=False,
                objections=0, simulated=False, liveness=True, **values))
        for table in (t.class_boxes, t.class_hours):
            self._db.execute(delete(table).where(table.c.class_id == one.class_id))
        if one.boxes:
            self._db.execute(insert(t.class_boxes), [
                {"class_id": one.class_id, "device": device, "room": room} for device, room in one.boxes.items()])
        if one.hours:
            self._db.execute(insert(t.class_hours), [
                {"class_id": one.class_id, "hour": hour, "start_us": start, "end_us": end}
                for hour, start, end in one.hours])

    def place_institution(self, institution: str, region: str) -> None:
        """Where the classes of an institution are."""
        self._db.execute(update(t.summaries).where(t.summaries.c.institution == institution).values(region=region))

    def touch(self, devices: Iterable[str], classes: Iterable[str], leaf: int) -> None:
        """Records up to this leaf may change the stories of all classes that these boxes serve; of `classes` a person
        said something, so that their time has come."""
        s, b = t.summaries.c, t.class_boxes.c
        for part in some(sorted(set(devices))):
            own = select(b.class_id).where(b.device.in_(part))
            self._db.execute(update(t.summaries).where(s.class_id.in_(own)).values(touched_leaf=leaf))
        for part in some(sorted(set(classes))):
            self._db.execute(update(t.summaries).where(s.class_id.in_(part)).values(touched_leaf=leaf, due_us=0))

    def touch_all(self, leaf: int) -> None:
        """All of them."""
        self._db.execute(update(t.summaries).values(touched_leaf=leaf))

    def put_judgement(self, one: Judgement, now_us: int) -> bool:
        """Keep it, unless a later one is there already; what was judged later than now, by a clock that was ahead and
        was put back, is no later one. True if kept."""
        c = t.summaries.c
        values = {key: value for key, value in dataclasses.asdict(one).items() if key not in ("class_id", "leaves")}
        later = or_(c.judged_us <= one.judged_us, c.judged_us > now_us)
        where = and_(c.class_id == one.class_id, or_(
            c.judged_leaf < one.leaves, and_(c.judged_leaf == one.leaves, later)))
        done = self._db.execute(update(t.summaries).where(where).values(judged_leaf=one.leaves, **values))
        return bool(done.rowcount)

    def forget_summaries(self) -> None:
        """Throw it all away."""
        for table in (t.summaries, t.class_boxes, t.class_hours):
            self._db.execute(delete(table))

    # --- asked by the worker

    def records_after(self, leaf: int, most: int) -> list[tuple[int, str, str, str | None]]:
        """(leaf, device, type, class) of the records behind that leaf, in order."""
        c = t.records.c
        rows = select(c.leaf, c.device, c.type, c.class_id).where(c.leaf > leaf).order_by(c.leaf).limit(most)
        return [(row.leaf, row.device, row.type, row.class_id) for row in self._db.execute(rows)]

    def behind(self, now_us: int, again_us: int, most: int) -> list[Summary]:
        """Classes that have to be judged again: whose time has come first (also that of what was judged in the future,
        by a clock that was put back), then those never judged, then by the newest record. Records alone are no hurry:
        not before `again_us` after the class was judged last."""
        c = t.summaries.c
        due, never = _due(now_us), c.judged_leaf < 0
        touched = and_(c.touched_leaf >= c.judged_leaf, or_(never, c.judged_us <= now_us - again_us))
        first = case((due, 0), (never, 1), else_=2)
        rows = select(t.summaries).where(or_(due, touched)).order_by(
            first, c.touched_leaf.desc(), c.ends_us.desc(), c.class_id).limit(most)
        return [_summary(row) for row in self._db.execute(rows)]

    def beside(self, class_id: str) -> list[str]:
        """The classes that share a box with this one, and itself."""
        b, other = t.class_boxes.c, t.class_boxes.alias().c
        rows = select(b.class_id).where(b.device.in_(select(other.device).where(other.class_id == class_id))).distinct()
        return sorted({class_id, *self._db.execute(rows).scalars()})

    def count_behind(self, now_us: int, wanted: Wanted) -> int:
        """How many of the classes that are wanted have to be judged again."""
        c = t.summaries.c
        return self._db.execute(select(func.count()).select_from(t.summaries).where(
            _where(wanted), or_(_due(now_us), c.touched_leaf >= c.judged_leaf))).scalar_one()

    def class_ids_after(self, class_id: str, most: int) -> list[str]:
        """The next classes in the order of their ids."""
        c = t.summaries.c.class_id
        return list(self._db.execute(select(c).where(c > class_id).order_by(c).limit(most)).scalars())

    # --- read by pages

    def summaries(
        self, wanted: Wanted, sort: str, descending: bool, after: tuple[Any, str] | None, most: int,
    ) -> list[Summary]:
        """The classes that are wanted, from behind `after` (its sort value and id) on."""
        key, c = SORTS[sort], t.summaries.c
        query = select(t.summaries).where(_where(wanted))
        if after is not None:
            value, class_id = after
            beyond = key < value if descending else key > value
            following = c.class_id < class_id if descending else c.class_id > class_id
            query = query.where(or_(beyond, and_(key == value, following)))
        order = (key.desc(), c.class_id.desc()) if descending else (key, c.class_id)
        return [_summary(row) for row in self._db.execute(query.order_by(*order).limit(most))]

    def summary(self, class_id: str) -> Summary | None:
        """One class."""
        row = self._db.execute(select(t.summaries).where(t.summaries.c.class_id == class_id)).first()
        return None if row is None else _summary(row)

    def summaries_of(self, classes: Collection[str]) -> dict[str, Summary]:
        """Those of these."""
        found: dict[str, Summary] = {}
        for part in some(sorted(classes)):
            rows = self._db.execute(select(t.summaries).where(t.summaries.c.class_id.in_(part)))
            found |= {row.class_id: _summary(row) for row in rows}
        return found

    def verdicts(self, wanted: Wanted) -> dict[str, int]:
        """Verdict → how many of the classes that are wanted have it."""
        c = t.summaries.c.verdict
        rows = select(c, func.count()).where(_where(wanted)).group_by(c)
        return {row[0]: row[1] for row in self._db.execute(rows)}

    def count_classes(self, wanted: Wanted) -> int:
        """How many classes are wanted."""
        return self._db.execute(select(func.count()).select_from(t.summaries).where(_where(wanted))).scalar_one()

    def class_ids(self, wanted: Wanted) -> list[str]:
        """The ids of the classes that are wanted."""
        c = t.summaries.c.class_id
        return list(self._db.execute(select(c).where(_where(wanted)).order_by(c)).scalars())

    def boxes_of_classes(self, classes: Collection[str]) -> dict[str, dict[str, str]]:
        """Class → device → room."""
        found: dict[str, dict[str, str]] = {class_id: {} for class_id in classes}
        for part in some(sorted(classes)):
            for row in self._db.execute(select(t.class_boxes).where(t.class_boxes.c.class_id.in_(part))):
                found[row.class_id][row.device] = row.room
        return found

    def boxes_wanted(self, wanted: Wanted) -> set[str]:
        """The boxes of the classes that are wanted."""
        own = select(t.summaries.c.class_id).where(_where(wanted))
        rows = select(t.class_boxes.c.device).where(t.class_boxes.c.class_id.in_(own)).distinct()
        return set(self._db.execute(rows).scalars())

    def hours_near(self, classes: Collection[str], now_us: int) -> dict[str, list[tuple[int, int]]]:
        """Class → (start, end) of its class-hours less than a day from that moment, in order."""
        h = t.class_hours.c
        found: dict[str, list[tuple[int, int]]] = {class_id: [] for class_id in classes}
        for part in some(sorted(classes)):
            near = h.start_us.between(now_us - LONGEST_HOUR_US, now_us + LONGEST_HOUR_US)
            for row in self._db.execute(select(h.class_id, h.start_us, h.end_us).where(h.class_id.in_(part), near)):
                found[row.class_id].append((row.start_us, row.end_us))
        return {class_id: sorted(hours) for class_id, hours in found.items()}

    def classes_near(self, now_us: int, near_us: int) -> list[str]:
        """The classes with a class-hour that begins less than `near_us` from that moment."""
        h = t.class_hours.c
        rows = select(h.class_id).where(h.start_us.between(now_us - near_us, now_us + near_us)).distinct()
        return list(self._db.execute(rows.order_by(h.class_id)).scalars())

    def policy_of_class(self, class_id: str) -> str | None:
        """The hash of the policy of its order in force; None: it is not listed."""
        c = t.summaries.c
        return self._db.execute(select(c.policy).where(c.class_id == class_id)).scalar()

    def own_alarms(self, device: str, after: int, most: int) -> list[int]:
        """The leaves of the newest alarms of a device that are about no class, behind a leaf, oldest first."""
        c = t.records.c
        rows = select(c.leaf).where(c.class_id.is_(None), c.device == device, c.type == "alarm", c.leaf > after)
        return sorted(self._db.execute(rows.order_by(c.leaf.desc()).limit(most)).scalars())

    def newest_of_class(self, class_id: str, types: Sequence[str], most: int) -> list[bytes]:
        """The newest records of these types of a class, newest first."""
        c = t.records.c
        found: list[tuple[int, bytes]] = []
        for type_ in types:
            rows = select(c.leaf, c.envelope).where(c.class_id == class_id, c.type == type_)
            found += [(leaf, envelope) for leaf, envelope in self._db.execute(rows.order_by(c.leaf.desc()).limit(most))]
        return [envelope for _, envelope in sorted(found, reverse=True)[:most]]

    def classes_of_person(self, person: str, classes: Wanted) -> list[str]:
        """The classes, of those wanted, in which a pseudonym has a name."""
        n, own = t.names.c, select(t.summaries.c.class_id).where(_where(classes))
        return list(self._db.execute(
            select(n.class_id).where(n.person == person, n.class_id.in_(own)).order_by(n.class_id)).scalars())


def _where(wanted: Wanted) -> ColumnElement[bool]:
    c = t.summaries.c
    found: list[ColumnElement[bool]] = [true()]
    if wanted.institutions is not None:
        found.append(or_(c.institution.in_(wanted.institutions), c.region == "" if wanted.nobodys else false()))
    if wanted.region:
        found.append(c.region.startswith(wanted.region, autoescape=True))
    for column, value in ((c.institution, wanted.institution), (c.class_id, wanted.class_id),
                          (c.verdict, wanted.verdict)):
        found += [column == value] if value else []
    found += [c.undecided > 0] if wanted.undecided else []
    found += [or_(and_(c.verdict == "flag", c.undecided > 0), c.objections > 0)] if wanted.waiting else []
    found += [c.fell, c.undecided == 0] if wanted.fallen else []
    found += [c.ends_us >= wanted.from_us] if wanted.from_us is not None else []
    found += [c.starts_us < wanted.until_us] if wanted.until_us is not None else []
    if wanted.running_us is not None:
        found.append(c.class_id.in_(select(t.class_hours.c.class_id).where(_runs(wanted.running_us))))
    if wanted.text:
        text = wanted.text.lower()
        like = [func.lower(column).contains(text, autoescape=True) for column in (c.class_id, c.title)]
        found.append(or_(*like))
    return and_(*found)


def _due(now_us: int) -> ColumnElement[bool]:
    """The time has come, or was put back."""
    return or_(t.summaries.c.due_us <= now_us, t.summaries.c.judged_us > now_us)


def _runs(now_us: int) -> ColumnElement[bool]:
    h = t.class_hours.c
    return and_(h.start_us <= now_us, h.start_us > now_us - LONGEST_HOUR_US, h.end_us > now_us)


def _summary(row: Row[Any]) -> Summary:
    return Summary(**row._mapping)
