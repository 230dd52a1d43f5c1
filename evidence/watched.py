"""What a centre states of the chains of boxes: cut, forked, left before all of it came, silent. A heartbeat is no
record; what it showed stands in the centre's chain alone."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from evidence.bodies import Alarm, body_of
from evidence.errors import BadRecord
from evidence.receipts import Receipt
from evidence.records import Record
from evidence.story import Span, WatchedFact
from evidence.times import NEVER_US, utc_us

SILENT, LEFT = "box.silent", "chain.left"
CODES = ("chain.cut", "chain.fork", LEFT, SILENT)


def watched(records: Iterable[Record], receipts: Iterable[Receipt]) -> tuple[WatchedFact, ...]:
    """`records`: of the centre, verified, in any order; `receipts`: that it gave. A silence ends with the first receipt
    for its box after it was stated. A chain that came to its end after all was not left."""
    given: dict[str, list[int]] = {}
    ends = set[tuple[str, ...]]()
    for one in receipts:
        given.setdefault(one.device, []).append(utc_us(one.time))
        ends.add((one.device, one.chain, str(one.up_to), one.head_hash))
    return tuple(sorted(_facts(records, given, ends), key=lambda fact: (fact.at_us, fact.ref)))


def _facts(
    records: Iterable[Record], given: dict[str, list[int]], ends: set[tuple[str, ...]],
) -> Iterator[WatchedFact]:
    for record in records:
        if record.type != "alarm" or record.body.get("code") not in CODES:
            continue
        try:
            body = body_of(record)
            assert isinstance(body, Alarm)
            device, since = body.params.get("device"), body.params.get("since")
            since_us = utc_us(since) if body.code == SILENT and isinstance(since, str) else record.utc_us
        except BadRecord:
            continue
        end = tuple(str(body.params.get(name)) for name in ("device", "before", "last", "head_hash"))
        if isinstance(device, str) and not (body.code == LEFT and end in ends):
            later = [us for us in given.get(device, ()) if us > record.utc_us]
            until_us = min(later, default=None) if body.code == SILENT else record.utc_us
            yield WatchedFact(body.code, device, record.utc_us, since_us, until_us, record.key)


def silences(found: Iterable[WatchedFact]) -> dict[str, tuple[Span, ...]]:
    """Device → when nothing came from it. One that goes on has no end."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for one in found:
        if one.code == SILENT:
            until_us = NEVER_US if one.until_us is None else one.until_us
            spans[one.device].append(Span(min(one.since_us, until_us), until_us))
    return {device: tuple(times) for device, times in spans.items()}
