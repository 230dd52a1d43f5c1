"""The plans that this box has taken: the one in force of each class; and when, for a plan, something was."""
from __future__ import annotations

from collections.abc import Iterable, Mapping

from evidence.bodies import ClassOrder, body_of
from evidence.records import Record, Sealed, Stamp


def newest_orders(orders: Iterable[Sealed]) -> dict[str, ClassOrder]:
    """The plan in force of each class: the one with the highest number."""
    newest: dict[str, ClassOrder] = {}
    for sealed in orders:
        body = body_of(sealed.record)
        if isinstance(body, ClassOrder) and (
            body.class_id not in newest or body.number >= newest[body.class_id].number
        ):
            newest[body.class_id] = body
    return newest


def stamp_of(record: Record) -> Stamp:
    """The clock when a record was made."""
    return Stamp(record.boot_id, record.mono_us, record.utc_us, record.clock)


def wall_us(then: Stamp, now: Stamp) -> int | None:
    """When that was, as the wall clock tells it now: it may have been set since. None where nobody knows: in an earlier
    boot, by a clock that was not set."""
    if then.boot_id == now.boot_id:
        return now.utc_us - (now.mono_us - then.mono_us)
    return then.utc_us if then.clock.synced else None


def ended_us(ends: Mapping[str, Stamp], now: Stamp) -> dict[str, int]:
    """Class → when somebody last ended it, for the plan. An end of which nobody knows when it was, is none."""
    found = {class_id: wall_us(then, now) for class_id, then in ends.items()}
    return {class_id: at_us for class_id, at_us in found.items() if at_us is not None}
