"""Whose room a box is in now, and which class runs there: live pictures show who is there, not who was.

A box that goes from one school to another is the next one's from its first class on, whoever recorded with it before.
"""
from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Sequence

from central.classes.orders import order_of
from central.clock import Clock
from central.store.plans import Booking
from central.store.store import Store
from central.store.tables import Tx
from evidence.blocks import hour_span
from evidence.times import HOUR, MINUTE

PAUSE_US, NEAR_US = 30 * MINUTE, 24 * HOUR
"""Between class-hours of one block, as policies have it; a box whose class begins so soon is in its room."""
LEAD_US = 30 * MINUTE
"""So long before and after a class-hour a room may be looked into: whether a class begins is seen before it does. No
shorter than a pause."""
FRESH_S, MOST_KEPT = 5.0, 4096
"""What was read is good for so many seconds: plans change by hand."""


@dataclasses.dataclass(frozen=True)
class Room:
    """A box in the room of a class. `utc_offset_min`: of the class's own clock, east of UTC; `hours`: (start, end) of
    its class-hours in the room, UTC µs, in order."""

    device: str
    room: str
    class_id: str
    title: str
    utc_offset_min: int
    institution: str | None
    first_us: int
    last_us: int
    hours: tuple[tuple[int, int], ...]

    def runs(self, now_us: int) -> bool:
        """Whether a block of its class-hours goes on, pauses with it."""
        return self.begun_us(now_us) is not None

    def is_near(self, now_us: int) -> bool:
        """Whether a class-hour runs, or did or will within half an hour: an empty room is nobody's business."""
        return any(start - LEAD_US <= now_us < end + LEAD_US for start, end in self.hours)

    def begun_us(self, now_us: int) -> int | None:
        """When the block began that goes on."""
        begun, last = None, None
        for start, end in self.hours:
            if last is None or start - last > PAUSE_US:
                if last is not None and now_us < last:
                    break
                begun = start
            elif last <= now_us < start:
                return begun  # a pause
            last = end if last is None else max(last, end)
            if start <= now_us < last:
                return begun
        return None


def holders(rooms: Sequence[Room], now_us: int) -> tuple[Room, ...]:
    """Whose room a box is in now: of the class that runs; else of those that have the box in these days; else of the
    next one, if it begins within a day; else of the last one."""
    current = [one for one in rooms if one.first_us <= now_us < one.last_us]
    running = [one for one in current if one.runs(now_us)]
    if running or current:
        return tuple(running or current)
    soon = [one for one in rooms if now_us < one.first_us <= now_us + NEAR_US]
    if soon:
        return (min(soon, key=lambda one: (one.first_us, one.class_id)),)
    past = [one for one in rooms if one.last_us <= now_us]
    return (max(past, key=lambda one: (one.last_us, one.class_id)),) if past else ()


@dataclasses.dataclass(frozen=True)
class _Planned:
    """What the order in force of a class says, and which leaf of the tree it is."""

    leaf: int
    title: str
    utc_offset_min: int
    hours: tuple[tuple[int, int], ...]


class Rooms:
    """For any thread; asks the database of one thing every few seconds, however many look."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock, self._lock = store, clock, threading.Lock()
        self._orders: dict[str, _Planned] = {}
        self._of: dict[str, tuple[float, tuple[Room, ...]]] = {}
        self._all: tuple[float, tuple[Room, ...]] = (-FRESH_S, ())

    def of(self, device: str, at_us: int | None = None) -> tuple[Room, ...]:
        """Whose room a box is in now, or was a moment ago; nothing where nobody planned a class with it."""
        now_us = self._clock.stamp().utc_us
        with self._lock:
            at_s, rooms = self._of.get(device, (-FRESH_S, ()))
            if time.monotonic() >= at_s + FRESH_S:
                with self._store.read() as tx:
                    rooms = self._read(tx, _needed(tx.bookings_of(device), now_us))
                if len(self._of) >= MOST_KEPT:
                    self._of.clear()
                self._of[device] = (time.monotonic(), rooms)
        return holders(rooms, now_us if at_us is None else at_us)

    def at(self, tx: Tx, device: str, moments_us: Sequence[int]) -> list[tuple[Room, ...]]:
        """Whose room a box was in at each of these moments, by the plans of today."""
        with self._lock:
            rooms = self._read(tx, tx.bookings_of(device))
        return [holders(rooms, at_us) for at_us in moments_us]

    def ahead(self, device: str) -> tuple[Room, ...]:
        """The rooms in which a box is or will be: of classes that are not over."""
        now_us = self._clock.stamp().utc_us
        with self._lock, self._store.read() as tx:
            return self._read(tx, [one for one in tx.bookings_of(device) if one.last_us > now_us])

    def now(self) -> tuple[Room, ...]:
        """Every box that a class has in these days, and half an hour before them, once for each class."""
        now_us = self._clock.stamp().utc_us
        with self._lock:
            at_s, rooms = self._all
            if time.monotonic() >= at_s + FRESH_S:
                with self._store.read() as tx:
                    rooms = self._read(tx, [*{*tx.bookings_at(now_us), *tx.bookings_at(now_us + LEAD_US)}])
                self._all = (time.monotonic(), rooms)
        found: dict[str, list[Room]] = {}
        for one in rooms:
            found.setdefault(one.device, []).append(one)
        return tuple(room for device in sorted(found) for room in holders(found[device], now_us))

    def _read(self, tx: Tx, booked: Sequence[Booking]) -> tuple[Room, ...]:
        classes = sorted({one.class_id for one in booked})
        leaves = tx.order_leaves(classes)
        if len(self._orders) + len(classes) > MOST_KEPT:
            self._orders.clear()
        for class_id in classes:
            known = self._orders.get(class_id)
            if known is None or known.leaf != leaves[class_id]:
                _, order = order_of(tx, class_id)
                spans = [hour_span(hour) for hour in order.hours if hour.kind != "online"]
                hours = tuple(sorted((span.start_us, span.end_us) for span in spans))
                self._orders[class_id] = _Planned(leaves[class_id], order.title, order.utc_offset_min, hours)
        found = [(one, self._orders[one.class_id]) for one in booked]
        return tuple(Room(one.device, one.room, one.class_id, plan.title, plan.utc_offset_min, one.institution,
                          one.first_us, one.last_us, plan.hours) for one, plan in found)


def _needed(booked: Sequence[Booking], now_us: int) -> list[Booking]:
    """Those of which `holders` can ask: a box has hundreds of classes in its life."""
    past = sorted((one for one in booked if one.last_us <= now_us), key=lambda one: (one.last_us, one.class_id))
    return [one for one in booked if one.last_us > now_us and one.first_us <= now_us + NEAR_US + HOUR] + past[-1:]
