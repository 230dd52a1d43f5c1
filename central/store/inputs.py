"""The part of a transaction that tells what the story of a class is made of, without reading it: whether it is as it
was."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import Connection, and_, func, select

from central.store import schema as t

MOST = 400
"""So many values in one question."""
Inputs = tuple[object, ...]
"""Equal only while the story of a class is made of the same records and receipts."""


class InputTables:
    """What `Tx` knows of it. The story of a class is made of the whole chains of its boxes, of the receipts for them,
    and of what the centre's own chain says of the class or of keys."""

    _db: Connection

    def inputs(self, classes: Mapping[str, Collection[str]], centre: str) -> dict[str, Inputs]:
        """Of each class what its story is made of now. `classes`: class → its boxes; `centre`: the centre's name."""
        devices = sorted({device for boxes in classes.values() for device in boxes})
        boxes, revoked = self._box_inputs(devices), self._newest_of("device.revoked")
        said = self._newest_said(sorted(classes), centre)
        return {class_id: (said.get(class_id, -1), revoked, tuple((one, *boxes[one]) for one in sorted(own)))
                for class_id, own in classes.items()}

    def order_leaves(self, classes: Sequence[str]) -> dict[str, int]:
        """Of each class the leaf of its newest order."""
        c = t.records.c
        found: dict[str, int] = {}
        for some in _some(classes):
            rows = select(c.class_id, func.max(c.leaf)).where(c.class_id.in_(some), c.type == "order.class")
            found |= {row[0]: row[1] for row in self._db.execute(rows.group_by(c.class_id))}
        return found

    def _newest_of(self, type_: str) -> int:
        leaf = self._db.execute(select(func.max(t.records.c.leaf)).where(t.records.c.type == type_)).scalar()
        return -1 if leaf is None else leaf

    def _newest_said(self, classes: Sequence[str], centre: str) -> dict[str, int]:
        """The leaf of the newest record of the centre's own chain about each class."""
        c = t.records.c
        found: dict[str, int] = {}
        for some in _some(classes):
            rows = select(c.class_id, func.max(c.leaf)).where(c.class_id.in_(some), c.device == centre)
            found |= {row[0]: row[1] for row in self._db.execute(rows.group_by(c.class_id))}
        return found

    def _box_inputs(self, devices: Sequence[str]) -> dict[str, tuple[object, ...]]:
        """Where the chains of each box end, up to where they have receipts, how many records wait behind a hole."""
        h, g, r = t.chains.c, t.receipts.c, t.records.c
        found: dict[str, list[object]] = defaultdict(list)
        for some in _some(devices):
            receipts = {(row[0], row[1]): row[2] for row in self._db.execute(
                select(g.device, g.chain, func.max(g.up_to)).where(g.device.in_(some)).group_by(g.device, g.chain))}
            joined = t.chains.join(t.records, and_(r.device == h.device, r.chain == h.chain, r.seq > h.up_to))
            waiting = {(row[0], row[1]): row[2] for row in self._db.execute(
                select(h.device, h.chain, func.count()).select_from(joined).where(h.device.in_(some))
                .group_by(h.device, h.chain))}
            heads = select(h.device, h.chain, h.up_to, h.head_hash).where(h.device.in_(some))
            for device, chain, up_to, hash_ in self._db.execute(heads.order_by(h.device, h.since, h.chain)):
                place = (device, chain)
                found[device].append((chain, up_to, hash_, receipts.get(place, -1), waiting.get(place, 0)))
        return {device: tuple(found[device]) for device in devices}


def _some(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[at : at + MOST] for at in range(0, len(values), MOST))
