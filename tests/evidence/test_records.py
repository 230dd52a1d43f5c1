"""The payload of a record: what `read_record` takes and what it refuses."""
from __future__ import annotations

import json
import re

import pytest

from evidence.bodies import Alarm, body_of
from evidence.canonical import canonical
from evidence.errors import BadRecord
from evidence.records import read_record, record_bytes
from evidence.times import UTC_PATTERN
from tests.evidence.making import Site
from tests.evidence.test_golden import golden

GENESIS, SECOND = Site().box().alarms(1).sealed
PLAIN = json.loads(SECOND.payload)


def test_there_and_back() -> None:
    record = read_record(SECOND.payload)
    assert record_bytes(record) == SECOND.payload
    assert record.key == ("box-1", "0" * 32, 1)
    assert isinstance(body_of(record), Alarm)


def test_a_key_of_a_later_version_is_signed_but_not_read() -> None:
    assert read_record(canonical({**PLAIN, "later": [1]})).seq == 1


def test_a_type_of_a_later_version_is_kept() -> None:
    assert body_of(read_record(canonical({**PLAIN, "type": "weather.noted", "body": {"sky": "grey"}}))) is None


@pytest.mark.parametrize("change", [
    {"v": 2}, {"v": "1"}, {"v": True}, {"type": "Alarm"}, {"type": ""}, {"device": "BOX"}, {"device": "../x"},
    {"device": "x" * 65}, {"chain": "0" * 31}, {"seq": -1}, {"seq": 2**53 - 1, "prev": "0" * 64}, {"seq": 0},
    {"prev": "0" * 64}, {"prev": SECOND.hash.upper()}, {"boot_id": ""}, {"mono_us": -1}, {"utc": "now"},
    {"utc": "2026-02-30T00:00:00.000000Z"}, {"clock": {}}, {"clock": None}, {"body": []}, {"type": "genesis"},
    {"clock": {**PLAIN["clock"], "rate": 0}}, {"clock": {**PLAIN["clock"], "source": "sundial"}},
])
def test_other_payloads_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadRecord):
        read_record(canonical({**PLAIN, **change}))


@pytest.mark.parametrize("missing", sorted(PLAIN))
def test_every_key_is_required(missing: str) -> None:
    with pytest.raises(BadRecord):
        read_record(canonical({name: value for name, value in PLAIN.items() if name != missing}))


def test_only_record_0_is_a_genesis_record() -> None:
    plain = json.loads(GENESIS.payload)
    for change in ({"type": "alarm"}, {"seq": 1}, {"prev": "1" * 64}):
        with pytest.raises(BadRecord):
            read_record(canonical({**plain, **change}))


def test_a_body_of_another_shape_names_its_record() -> None:
    with pytest.raises(BadRecord, match="record 1 of box-1: alarm: code: is missing"):
        body_of(read_record(canonical({**PLAIN, "body": {}})))


def with_instant(value: object, instant: str) -> object:
    """The same with every instant replaced."""
    if isinstance(value, dict):
        return {key: with_instant(one, instant) for key, one in value.items()}
    if isinstance(value, list):
        return [with_instant(one, instant) for one in value]
    return instant if isinstance(value, str) and re.fullmatch(UTC_PATTERN, value) else value


@pytest.mark.parametrize("instant", [
    "2026-02-30T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z", "2026-03-02T24:00:00.000000Z",
    "2026-03-02T00:00:60.000000Z", "0000-01-01T00:00:00.000000Z"])
def test_no_body_holds_an_instant_that_does_not_exist(instant: str) -> None:
    """One such record would make its class unjudgeable for ever, for nobody can take it out of its chain."""
    refused = set()
    for payload in golden("payload"):
        told = json.loads(payload)
        body = with_instant(told["body"], instant)
        if body != told["body"]:
            with pytest.raises(BadRecord, match="expected a real date and time"):
                body_of(read_record(canonical({**told, "body": body})))
            refused.add(told["type"])
    assert refused >= {"order.class", "roster.event", "leave", "assessment", "order.templates", "export"}
    with pytest.raises(BadRecord, match="utc: expected a real date and time"):
        read_record(canonical({**PLAIN, "utc": instant}))
