"""Video of no class at a centre: by whose policy it is kept, when at the latest it was filmed, and whose it may be.

No class tells it, so that nobody asks its box's clock. That it was filmed before the centre had its record is sure; the
years count from there, or from when the box says that it made the record, if that is later.
"""
from __future__ import annotations

import dataclasses

from central.store.tables import Tx
from common.logs import Log
from evidence.blocks import hour_span
from evidence.bodies import ClassOrder, Segment, body_as
from evidence.errors import ZaitangError
from evidence.keeping import near_of
from evidence.placing import boot_of
from evidence.policy import parse_policy
from evidence.receipts import peek_receipt
from evidence.records import Record
from evidence.retention import Plan, usual_plan
from evidence.times import utc_us

OFFSET_MIN = 480
"""Of whose calendar its years are."""


@dataclasses.dataclass(frozen=True)
class Filmed:
    """`end_us`: it ended no later (UTC); `near`: the classes whose it may be."""

    end_us: int
    near: tuple[str, ...]


class Classless:
    """What was read in one transaction, each thing once."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._usual: tuple[Plan, str] | None = None
        self._asked = False
        self._spans: dict[str, dict[str, tuple[int, int]]] | None = None

    def usual(self) -> tuple[Plan, str] | None:
        """The longest years that any policy here knows, and the hash of that policy: nobody says which one counts. None
        where there is none, or one of them cannot be read."""
        if not self._asked:
            self._usual, self._asked = self._longest(), True
        return self._usual

    def filmed(self, record: Record, segment: Segment) -> Filmed | None:
        """None where nobody is sure: the clock was not set, it was filmed before the box started anew, or the centre
        gave no receipt."""
        envelope = self._tx.receipt_for(record.device, record.chain, record.seq)
        set_ = record.clock.synced and record.clock.source != "simulated"
        if envelope is None or not set_ or boot_of(record, segment) != record.boot_id:
            return None
        had_us, made_us = utc_us(peek_receipt(envelope).time), record.utc_us
        start_us = min(had_us, made_us - max(0, record.mono_us - segment.first_mono_us))
        end_us = max(had_us, made_us)
        return Filmed(end_us, near_of(self._of_boxes().get(record.device, {}), start_us, end_us))

    def _longest(self) -> tuple[Plan, str] | None:
        found = list[tuple[int, str]]()
        for sha256, toml in self._tx.policies():
            try:
                r7 = parse_policy(toml, sha256).r7
            except ZaitangError as error:
                Log("keeping").failed("policy.unreadable", error)
                return None
            found += [] if r7 is None else [(r7.years.value, sha256)]
        if not found:
            return None
        years, sha256 = max(found)
        return usual_plan(OFFSET_MIN, years), sha256

    def _of_boxes(self) -> dict[str, dict[str, tuple[int, int]]]:
        """Box → class → from its first class-hour to its last, by all plans that ever named the box."""
        if self._spans is None:
            self._spans = {}
            for sealed in self._tx.of_type("order.class"):
                order = body_as(sealed.record, ClassOrder)
                if order is None or not order.hours:
                    continue
                hours = [hour_span(hour) for hour in order.hours]
                first_us, last_us = min(one.start_us for one in hours), max(one.end_us for one in hours)
                for place in order.boxes:
                    known = self._spans.setdefault(place.device, {})
                    before = known.get(order.class_id, (first_us, last_us))
                    known[order.class_id] = min(first_us, before[0]), max(last_us, before[1])
        return self._spans
