"""How a database of an older version becomes one of the next: one step for each version, all in one transaction.

Tables that are new are made before the steps run. The old schemas are kept as test data (tests/central/data).
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, Connection, insert, inspect, select, text, update

from central.store.box_orders import TYPES, BoxOrderTables
from central.store.inputs import box_of
from central.store.plans import PlanTables
from central.store.schema import about_boxes, certificates, claims, names, quarantine, records, segments
from evidence.bodies import ClassOrder, body_of
from evidence.seal import read_sealed


def _tree(_connection: Connection) -> None:
    """From 1 to 2 the tables of the tree came; whoever grows it next takes in every record that is here."""


def _three(connection: Connection) -> None:
    """From 2 to 3 accounts, events for others, drafts, ID numbers, own records, surveys, the overview, the cache of
    video, its removals, the bucket, what is spoilt, who saw what live, who is away, alarms and letters came,
    all empty; the overview fills itself, and what was sent before is no cache. Which class has which box when, what the
    centre stated of which box, and what it ordered of boxes, is told from what is here. What is in quarantine is of the
    box on whose topic it came. When a file came is not known of those that are here. Nobody claimed a box by its code
    before."""
    for table, name in ((records, "records_class_type"), (names, "names_person")):
        next(one for one in table.indexes if one.name == name).create(connection, checkfirst=True)
    _book(connection)
    _note_boxes(connection)
    _note_orders(connection)
    _give_rooms(connection)
    _add(connection, segments.c.came_us)
    for column in (claims.c.room, claims.c.institution, claims.c.policy, claims.c.lang, claims.c.claimed_by):
        _add(connection, column)


def _add(connection: Connection, column: Column[Any]) -> None:
    """A column that may be null."""
    if column.name not in {one["name"] for one in inspect(connection).get_columns(column.table.name)}:
        kind = column.type.compile(connection.dialect)
        connection.execute(text(f"ALTER TABLE {column.table.name} ADD COLUMN {column.name} {kind}"))


def _book(connection: Connection) -> None:
    rows = select(records.c.envelope).where(records.c.type == "order.class").order_by(records.c.leaf)
    newest: dict[str, ClassOrder] = {}
    for envelope in connection.execute(rows).scalars():
        body = body_of(read_sealed(envelope).record)
        if isinstance(body, ClassOrder) and (
            body.class_id not in newest or body.number > newest[body.class_id].number
        ):
            newest[body.class_id] = body
    for order in newest.values():
        PlanTables(connection).book(order)


def _note_boxes(connection: Connection) -> None:
    rows = select(records.c.leaf, records.c.envelope).where(records.c.type == "alarm").order_by(records.c.leaf)
    for leaf, envelope in connection.execute(rows):
        if (device := box_of(read_sealed(envelope).record)) is not None:
            connection.execute(insert(about_boxes).values(leaf=leaf, device=device))


def _note_orders(connection: Connection) -> None:
    rows = select(records.c.leaf, records.c.envelope).where(records.c.type.in_(TYPES)).order_by(records.c.leaf)
    for leaf, envelope in connection.execute(rows).all():
        BoxOrderTables(connection).note_orders([(leaf, read_sealed(envelope))])


def _give_rooms(connection: Connection) -> None:
    if "device" in {one["name"] for one in inspect(connection).get_columns("quarantine")}:
        return  # made anew with the other tables
    kind = quarantine.c.device.type.compile(connection.dialect)
    connection.execute(text(f"ALTER TABLE quarantine ADD COLUMN device {kind} NOT NULL DEFAULT ''"))
    for (topic,) in connection.execute(select(quarantine.c.topic).distinct()).all():
        device = topic.split("/")[2] if topic.count("/") == 3 else ""
        known = select(certificates.c.keyid).where(certificates.c.device == device)
        if connection.execute(known).first() is not None:
            connection.execute(update(quarantine).where(quarantine.c.topic == topic).values(device=device))
    next(one for one in quarantine.indexes if one.name == "quarantine_room").create(connection)


STEPS: Mapping[int, Callable[[Connection], None]] = {1: _tree, 2: _three}
"""Version → what leads from it to the next."""
