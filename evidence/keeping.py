"""Until when video is kept: whole years after a moment, on the class's own calendar; what makes that moment later; of
which classes video may be that names none."""
from __future__ import annotations

import dataclasses
import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from evidence.blocks import local
from evidence.bodies import Assessment, Dispute, Hold
from evidence.records import Record
from evidence.story import HoldFact, Longer
from evidence.times import HOUR, MINUTE, utc_us

NEAR_US = 24 * HOUR
"""So long before a class and after it what a box films may be of that class (ours)."""

def kept_until_us(end_us: int, utc_offset_min: int, years: int) -> int:
    """The same day and time on the class's own clock, so many years after `end_us` (29 February: 1 March)."""
    end = local(end_us, utc_offset_min)
    year = min(end.year + years, datetime.MAXYEAR)
    try:
        later = end.replace(year=year)
    except ValueError:
        later = end.replace(year=year, month=3, day=1)
    return end_us + (later - end).days * 24 * 60 * MINUTE


def longer(said: Iterable[tuple[Record, Assessment | Dispute]]) -> tuple[Longer, ...]:
    """The assessments and disputes of one class, from the centre's records in any order, each once. The last word of a
    dispute counts; one that was opened again is not over."""
    found: list[Longer] = []
    disputes: dict[str, list[tuple[Record, Dispute]]] = defaultdict(list)
    for record, body in said:
        if isinstance(body, Dispute):
            disputes[body.dispute].append((record, body))
        else:
            found.append(Longer("assessment", record.utc_us, utc_us(body.over), "", (record.key,)))
    for items in disputes.values():
        items.sort(key=lambda item: item[0].key)
        last, word = items[-1]
        until_us = None if word.state == "opened" else last.utc_us
        refs = tuple(record.key for record, _ in items)
        found.append(Longer("dispute", items[0][0].utc_us, until_us, items[0][1].reason, refs))
    return tuple(sorted(found, key=lambda one: (one.known_us, one.refs)))


def holds(said: Iterable[tuple[Record, Hold]]) -> tuple[HoldFact, ...]:
    """The holds of one class, from the centre's records in any order. What is placed while it is placed already, or
    lifted while it is not, says nothing new."""
    found: list[HoldFact] = []
    placed: dict[str, HoldFact] = {}
    for record, body in sorted(said, key=lambda item: item[0].key):
        if body.state == "placed" and body.hold not in placed:
            placed[body.hold] = HoldFact(body.hold, record.utc_us, None, body.reason, (record.key,))
        elif body.state == "lifted" and body.hold in placed:
            one = placed.pop(body.hold)
            found.append(dataclasses.replace(one, until_us=record.utc_us, refs=(*one.refs, record.key)))
    return tuple(sorted([*found, *placed.values()], key=lambda one: (one.from_us, one.refs)))


def counted_from_us(end_us: int, found: Sequence[Longer], known_us: int | None = None) -> int | None:
    """From when the years count for a class that ends at `end_us`: the latest of that, its assessments and the ends of
    its disputes; None while one is not over. `known_us`: only what had been stated by then, because nobody breaks a
    promise that was made later."""
    ends = [one.until_us for one in found if known_us is None or one.known_us <= known_us]
    return None if None in ends else max([end_us, *(end for end in ends if end is not None)])


def near_of(spans: Mapping[str, tuple[int, int]], start_us: int, end_us: int) -> tuple[str, ...]:
    """The classes whose video it may be that nobody told of. `spans`: class → from its first class-hour to its last,
    of those that ran at the same box; what was filmed within a day of that counts."""
    return tuple(sorted(name for name, (first_us, last_us) in spans.items()
                        if start_us <= last_us + NEAR_US and end_us >= first_us - NEAR_US))
