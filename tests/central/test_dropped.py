"""What the broker says that it threw away: counted once, and never more than a record can hold."""
from __future__ import annotations

import pytest

from central.ingest.dropped import Dropped
from central.wiring import Centre
from evidence.bodies import Alarm, body_of


def told(centre: Centre) -> list[object]:
    with centre.store.read() as tx:
        found = [body_of(one.record) for one in tx.of_type("alarm")]
    return [one.params["messages"] for one in found if isinstance(one, Alarm) and one.code == "broker.dropped"]


def test_what_grew_is_told_once(centre: Centre) -> None:
    dropped = Dropped(centre.store)
    for count in (b"3", b"3", b"10", b"2"):  # a broker that starts again counts from 0
        dropped.hear(count)
        dropped.tell()
        dropped.tell()
    assert told(centre) == [3, 7, 2]


@pytest.mark.parametrize("payload", [b"9" * 18, b"9007199254740992", b"-1", b"1.5", b"", b"\xd9\xa3", b"9" * 5000])
def test_a_count_that_no_record_can_hold_is_none(centre: Centre, payload: bytes) -> None:
    dropped = Dropped(centre.store)
    dropped.hear(payload)
    dropped.tell()
    assert told(centre) == []
