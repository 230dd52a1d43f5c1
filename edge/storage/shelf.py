"""What the records say of the box's video, read from the store as it grows: its segments in order, its days."""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator

from edge.store import Store
from evidence.blocks import hour_span
from evidence.bodies import ClassOrder, Segment, body_of
from evidence.forecast import Day
from evidence.records import Sealed
from evidence.times import MINUTE

DAY_US = 24 * 60 * MINUTE
OFFSET_MIN = 480
"""Local time of a box that has no plan yet."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A segment, and its place `seq` among all of the box: chains before count on."""

    seq: int
    run: str
    file: str
    sha256: str
    size: int
    class_id: str | None = None


class Shelf:
    """`look` before asking. May raise StoreBusy."""

    def __init__(self, store: Store, device: str) -> None:
        self.entries: list[Entry] = []
        """Oldest first, removed ones among them."""
        self._store, self._device = store, device
        self._bytes: list[tuple[int, int]] = []
        self._after = -1

    def look(self) -> None:
        """Take in what was recorded since."""
        if self._after < 0:
            self._after = 0  # record 0 is no segment
            for sealed in self._store.past("segment"):
                self._take(sealed)
        for sealed in self._store.each("segment", self._after):
            self._after = sealed.record.seq
            self._take(sealed)

    def _take(self, sealed: Sealed) -> None:
        body = body_of(sealed.record)
        if isinstance(body, Segment):
            self.entries.append(Entry(len(self.entries), body.run, body.file, body.sha256, body.size, body.class_id))
            self._bytes.append((sealed.record.utc_us, body.size))

    def here(self) -> Iterator[Entry]:
        """Those that no record says are removed, oldest first."""
        removed = self._store.all_removed()
        return (entry for entry in self.entries if entry.sha256 not in removed)

    def days(self, now_us: int) -> tuple[list[Day], dict[int, int], int]:
        """What `evidence.forecast` asks for: days of recording, day → µs of class-hours ahead, today."""
        orders = newest_orders(self._store.orders())
        offset_us = next((one.utc_offset_min for one in orders), OFFSET_MIN) * MINUTE
        recorded: dict[int, int] = defaultdict(int)
        for utc_us, size in self._bytes:
            recorded[(utc_us + offset_us) // DAY_US] += size
        planned = _planned(orders, self._device, offset_us, 0)
        history = [Day(number, size, planned.get(number, 0)) for number, size in recorded.items()]
        return history, _planned(orders, self._device, offset_us, now_us), (now_us + offset_us) // DAY_US


def newest_orders(orders: Iterable[Sealed]) -> list[ClassOrder]:
    """The plan in force of each class, the newest class first."""
    newest: dict[str, ClassOrder] = {}
    for body in plans(orders):
        if body.class_id not in newest or body.number >= newest[body.class_id].number:
            newest[body.class_id] = body
    return list(reversed(newest.values()))


def plans(orders: Iterable[Sealed]) -> list[ClassOrder]:
    """All plans of all classes."""
    return [body for sealed in orders if isinstance(body := body_of(sealed.record), ClassOrder)]


def _planned(orders: Iterable[ClassOrder], device: str, offset_us: int, from_us: int) -> dict[int, int]:
    """Day → µs of class-hours on this box, as far as they lie after `from_us`."""
    found: dict[int, int] = defaultdict(int)
    for order in orders:
        if device not in {place.device for place in order.boxes}:
            continue
        for hour in order.hours:
            span = hour_span(hour)
            length_us = span.end_us - max(span.start_us, from_us)
            if hour.kind != "online" and length_us > 0:
                found[(span.start_us + offset_us) // DAY_US] += length_us
    return dict(found)
