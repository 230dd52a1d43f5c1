"""The part of a transaction that tells what the story of a class is made of, without reading it: whether it is as it
was."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, and_, func, insert, select

from central.store import schema as t
from central.store.some import some
from evidence.canonical import sha256_hex
from evidence.centre_times import clock_why
from evidence.records import Record
from evidence.watched import CODES

MOST_ID = 64
"""Characters of the id of a device."""
Inputs = tuple[object, ...]
"""Equal only while the story of a class is made of the same records and receipts, but for looks: the hash of the newest
record says all before it in its chain, and the newest receipt was given after all others."""
LOOK = "look.centre"
"""Comes with every page that somebody opens, and changes nothing but what R5 says of supervision."""


def said(inputs: Inputs) -> object:
    """Of what a story is made of, that which the centre itself said: of the class, of keys and its clock,
    and of its boxes."""
    own, revoked, boxes = inputs
    return own, revoked, [(device, stated) for device, stated, *_ in boxes]  # type: ignore[attr-defined]


def count(inputs: Inputs) -> int:
    """Of how many records of boxes it is."""
    _, _, boxes = inputs
    return sum(up_to + 1 for _, _, *chains in boxes for _, up_to, *_ in chains)  # type: ignore[attr-defined]


class InputTables:
    """What `Tx` knows of it. The story of a class is made of the whole chains of its boxes, of the receipts for them,
    and of what the centre's own chain says of the class, of keys, of its clock, or of the chains of its boxes."""

    _db: Connection

    # --- what of the centre's chain speaks of a class or of boxes

    def said_of(self, class_id: str, centre: str) -> list[bytes]:
        """What the centre's own chain says of a class, by order of acceptance."""
        c = t.records.c
        rows = select(c.envelope).where(c.class_id == class_id, c.device == centre).order_by(c.leaf)
        return list(self._db.execute(rows).scalars())

    def newest_look(self, class_id: str, centre: str) -> int:
        """The leaf of the newest look at a class; -1: none."""
        c = t.records.c
        rows = select(func.max(c.leaf)).where(c.class_id == class_id, c.type == LOOK, c.device == centre)
        leaf = self._db.execute(rows).scalar()
        return -1 if leaf is None else leaf

    def looks_after(self, class_id: str, centre: str, leaf: int) -> list[bytes]:
        """The looks at a class behind that leaf, in order."""
        c = t.records.c
        rows = select(c.envelope).where(c.class_id == class_id, c.type == LOOK, c.device == centre, c.leaf > leaf)
        return list(self._db.execute(rows.order_by(c.leaf)).scalars())

    def note_boxes(self, records: Sequence[tuple[int, Record]]) -> None:
        """Of new records, each with its leaf, remember those that state something of the chains of a box."""
        rows = [{"leaf": leaf, "device": device} for leaf, record in records if (device := box_of(record)) is not None]
        if rows:
            self._db.execute(insert(t.about_boxes), rows)

    def said_of_boxes(self, devices: Iterable[str], centre: str) -> list[bytes]:
        """What the centre's own chain states of the chains of these boxes, by order of acceptance."""
        r, found = t.records.c, dict[int, bytes]()
        for part in some(sorted(set(devices))):
            rows = select(r.leaf, r.envelope).select_from(_ABOUT).where(
                t.about_boxes.c.device.in_(part), r.device == centre)
            found |= {row.leaf: row.envelope for row in self._db.execute(rows)}
        return [found[leaf] for leaf in sorted(found)]

    def boxes_spoken_of(self, after: int, last: int, centre: str) -> set[str]:
        """The boxes of whose chains the centre states something in the records behind `after`, up to `last`."""
        b = t.about_boxes.c
        rows = select(b.device).select_from(_ABOUT).where(b.leaf > after, b.leaf <= last, t.records.c.device == centre)
        return set(self._db.execute(rows).scalars())

    # --- whether it is as it was

    def inputs(self, classes: Mapping[str, Collection[str]], centre: str) -> dict[str, Inputs]:
        """Of each class what its story is made of now. `classes`: class → its boxes; `centre`: the centre's name."""
        devices = sorted({device for boxes in classes.values() for device in boxes})
        boxes, revoked = self._box_inputs(devices), self._newest_of("device.revoked")
        said, stated = self._newest_said(sorted(classes), centre), self._newest_stated([*devices, centre], centre)
        # A database that was set back gives the same numbers to other records.
        hashes = self._hashes_of({*said.values(), *stated.values(), revoked})
        all_ = hashes.get(revoked), hashes.get(stated.get(centre, -1))
        return {class_id: (hashes.get(said.get(class_id, -1)), all_,
                           tuple((one, hashes.get(stated.get(one, -1)), *boxes[one]) for one in sorted(own)))
                for class_id, own in classes.items()}

    def _hashes_of(self, leaves: Collection[int]) -> dict[int, str]:
        c = t.records.c
        found: dict[int, str] = {}
        for part in some(sorted(leaves)):
            found |= {row[0]: row[1] for row in self._db.execute(select(c.leaf, c.hash).where(c.leaf.in_(part)))}
        return found

    def order_leaves(self, classes: Sequence[str]) -> dict[str, int]:
        """Of each class the leaf of its newest order."""
        c = t.records.c
        found: dict[str, int] = {}
        for part in some(classes):
            rows = select(c.class_id, func.max(c.leaf)).where(c.class_id.in_(part), c.type == "order.class")
            found |= {row[0]: row[1] for row in self._db.execute(rows.group_by(c.class_id))}
        return found

    def _newest_of(self, type_: str) -> int:
        leaf = self._db.execute(select(func.max(t.records.c.leaf)).where(t.records.c.type == type_)).scalar()
        return -1 if leaf is None else leaf

    def _newest_said(self, classes: Sequence[str], centre: str) -> dict[str, int]:
        """The leaf of the newest record of the centre's own chain about each class, but for looks."""
        c = t.records.c
        found: dict[str, int] = {}
        for part in some(classes):
            rows = select(c.class_id, func.max(c.leaf)).where(
                c.class_id.in_(part), c.device == centre, c.type != LOOK)
            found |= {row[0]: row[1] for row in self._db.execute(rows.group_by(c.class_id))}
        return found

    def _newest_stated(self, devices: Sequence[str], centre: str) -> dict[str, int]:
        """The leaf of the newest word of the centre about the chains of each box."""
        b, found = t.about_boxes.c, dict[str, int]()
        for part in some(devices):
            rows = select(b.device, func.max(b.leaf)).select_from(_ABOUT).where(
                b.device.in_(part), t.records.c.device == centre)
            found |= {row[0]: row[1] for row in self._db.execute(rows.group_by(b.device))}
        return found

    def _box_inputs(self, devices: Sequence[str]) -> dict[str, tuple[object, ...]]:
        """Where the chains of each box end, their newest receipt, how many records wait behind a hole."""
        h, g, r = t.chains.c, t.receipts.c, t.records.c
        found: dict[str, list[object]] = defaultdict(list)
        for part in some(devices):
            last = select(g.device, g.chain, func.max(g.up_to).label("up_to")).where(g.device.in_(part)).group_by(
                g.device, g.chain).subquery()
            receipts = {(row[0], row[1]): sha256_hex(row[2]) for row in self._db.execute(
                select(g.device, g.chain, g.envelope).select_from(t.receipts.join(last, and_(
                    g.device == last.c.device, g.chain == last.c.chain, g.up_to == last.c.up_to))))}
            joined = t.chains.join(t.records, and_(r.device == h.device, r.chain == h.chain, r.seq > h.up_to))
            waiting = {(row[0], row[1]): row[2] for row in self._db.execute(
                select(h.device, h.chain, func.count()).select_from(joined).where(h.device.in_(part))
                .group_by(h.device, h.chain))}
            heads = select(h.device, h.chain, h.up_to, h.head_hash).where(h.device.in_(part))
            for device, chain, up_to, hash_ in self._db.execute(heads.order_by(h.device, h.since, h.chain)):
                place = (device, chain)
                found[device].append((chain, up_to, hash_, receipts.get(place), waiting.get(place, 0)))
        return {device: tuple(found[device]) for device in devices}


def box_of(record: Record) -> str | None:
    """The box of whose chains a record states something, or the device itself where it states something of its clock;
    None: of none."""
    if clock_why(record) is not None:
        return record.device
    said = record.body.get("params")
    if record.type != "alarm" or record.body.get("code") not in CODES or not isinstance(said, dict):
        return None
    device = said.get("device")
    return device if isinstance(device, str) and len(device) <= MOST_ID else None


_ABOUT = t.about_boxes.join(t.records, t.records.c.leaf == t.about_boxes.c.leaf)
