"""What a centre states of the chains of boxes: cut, forked, left before all of it came, silent. A heartbeat is no
record; what it showed stands in the centre's chain alone."""
from __future__ import annotations

from collections.abc import Iterable, Iterator

from evidence.bodies import Alarm, body_of
from evidence.errors import BadRecord
from evidence.receipts import Receipt
from evidence.records import Record
from evidence.story import WatchedFact
from evidence.times import utc_us

SILENT = "box.silent"
CODES = ("chain.cut", "chain.fork", "chain.left", SILENT)


def watched(records: Iterable[Record], receipts: Iterable[Receipt]) -> tuple[WatchedFact, ...]:
    """`records`: of the centre, verified, in any order; `receipts`: that it gave. A silence ends with the first receipt
    for its box after it was stated."""
    given: dict[str, list[int]] = {}
    for one in receipts:
        given.setdefault(one.device, []).append(utc_us(one.time))
    return tuple(sorted(_facts(records, given), key=lambda fact: (fact.at_us, fact.ref)))


def _facts(records: Iterable[Record], given: dict[str, list[int]]) -> Iterator[WatchedFact]:
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
        if isinstance(device, str):
            later = [us for us in given.get(device, ()) if us > record.utc_us]
            until_us = min(later, default=None) if body.code == SILENT else record.utc_us
            yield WatchedFact(body.code, device, record.utc_us, since_us, until_us, record.key)
