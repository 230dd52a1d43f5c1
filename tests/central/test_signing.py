"""When a centre signs a time: its clock is set, and not behind what it has signed; else it says nothing, and why."""
from __future__ import annotations

import dataclasses

import pytest

from central.errors import ClockBehind, ClockNotSet, NoTimeToTrust
from central.signing import signed_us, signing_us, trust_clock
from central.wiring import Centre
from evidence.receipts import read_receipt
from evidence.records import ClockState
from evidence.times import HOUR, utc_us
from tests.central.helpers import MORNING, REAL, Box, FixedClock

UNSET = ClockState(synced=False, max_error_us=16_000_000, source="kernel", rate=1)
YEAR = 365 * 24 * HOUR


def real(centre: Centre) -> Centre:
    """The same centre, whose key is no test key as far as clocks go."""
    return dataclasses.replace(centre, keys=dataclasses.replace(centre.keys, test=False))


def received(centre: Centre, box: Box) -> list[int]:
    """The times of the receipts that a collector gives for all that the box has."""
    collector = real(centre).collector()
    given = [one for message in box.messages() for one in collector.take([message])]
    return [utc_us(read_receipt(one.envelope, centre.keys.public_key, "it").time) for one in given]


def alarms(centre: Centre) -> list[object]:
    with centre.store.read() as tx:
        return [one.record.body["params"]["why"] for one in tx.of_type("alarm")
                if one.record.body["code"] == "centre.clock"]


@pytest.fixture
def box(centre: Centre) -> Box:
    box = Box(centre)
    box.genesis()
    return box


def test_a_clock_that_is_not_set_signs_no_receipt_and_what_came_is_kept(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    clock.clock = UNSET
    assert received(centre, box) == [] and alarms(centre) == ["not_set"]
    with centre.store.read() as tx:
        assert [head.up_to for head in tx.heads("box-1")] == [0]
    clock.clock = REAL
    assert received(centre, box) == [MORNING]  # the box sent it again


def test_a_clock_that_is_not_set_signs_no_checkpoint(centre: Centre, box: Box, clock: FixedClock) -> None:
    clock.clock = UNSET
    keeper = real(centre).keeper()
    keeper.tick()
    with pytest.raises(ClockNotSet):
        real(centre).checkpoint()
    with centre.store.read() as tx:
        assert tx.checkpoint() is None
    clock.clock = REAL
    keeper.tick()
    with centre.store.read() as tx:
        assert tx.checkpoint() is not None


def test_a_test_key_signs_by_any_clock(centre: Centre, box: Box, clock: FixedClock) -> None:
    clock.clock = UNSET
    assert centre.checkpoint().time_s == MORNING // 1_000_000


@pytest.mark.parametrize("by", ["receipt", "checkpoint"])
def test_a_clock_behind_what_was_signed_signs_nothing(centre: Centre, box: Box, clock: FixedClock, by: str) -> None:
    if by == "receipt":
        assert received(centre, box) == [MORNING]
    else:
        centre.checkpoint()
    clock.utc_us = MORNING - YEAR
    box.append(box_alarm(), MORNING)
    collector = real(centre).collector()
    assert [one for one in collector.take(box.messages()[-1:]) if one.topic == "receipts"] == []
    with pytest.raises(ClockBehind, match="2026-03-02T00:30"):
        real(centre).checkpoint()
    assert alarms(centre) == ["behind"]
    clock.utc_us = MORNING
    assert received(centre, box)[-1] == MORNING


def test_after_a_year_ahead_an_operator_puts_it_right_once(centre: Centre, box: Box, clock: FixedClock) -> None:
    with pytest.raises(NoTimeToTrust):
        trust_clock(centre.store, clock.stamp())
    clock.utc_us = MORNING + YEAR
    assert received(centre, box) == [MORNING + YEAR]
    clock.utc_us = MORNING + HOUR
    box.append(box_alarm(), MORNING)
    assert received(centre, box)[1:] == []
    assert trust_clock(centre.store, clock.stamp()).startswith("2027-03-02")
    assert received(centre, box)[-1] == MORNING + HOUR
    assert alarms(centre)[-1] == "put_right"
    clock.utc_us = MORNING
    with centre.store.read() as tx:
        assert signed_us(tx) == MORNING + HOUR
        with pytest.raises(ClockBehind):
            signing_us(tx, clock.stamp(), test=True)


def box_alarm() -> object:
    from evidence.bodies import Alarm

    return Alarm("camera.silent", {})
