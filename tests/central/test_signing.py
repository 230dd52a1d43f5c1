"""When a centre signs a time: its clock is set, and not behind what it has signed; else it says nothing, and why."""
from __future__ import annotations

import dataclasses

import pytest

from central.errors import ClockBehind, ClockNotSet, DatabaseUnusable, NoTimeToTrust
from central.signing import signed, signed_us, signing_s, signing_us, trust_clock
from central.tree.tree import Tree
from central.wiring import Centre
from common.alarms import alarm_words
from evidence.receipts import read_receipt
from evidence.records import ClockState
from evidence.times import HOUR, MINUTE, SECOND, utc_us
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


def new(centre: Centre, box: Box) -> list[int]:
    """The times of the receipts for what the box states now."""
    box.append(box_alarm(), MORNING)
    given = real(centre).collector().take(box.messages())
    return [utc_us(read_receipt(one.envelope, centre.keys.public_key, "it").time) for one in given]


def test_a_clock_that_is_not_set_signs_no_receipt_and_what_came_is_kept(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    clock.clock = UNSET
    assert received(centre, box) == [] and alarms(centre) == ["not_set"]
    with centre.store.read() as tx:
        assert [head.up_to for head in tx.heads("box-1")] == [0]
    clock.clock = REAL
    assert received(centre, box) == [MORNING]  # the box sent it again


def test_a_clock_that_is_not_set_is_stated_though_the_database_failed_at_the_first_time(
    centre: Centre, box: Box, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock.clock = UNSET
    collector = real(centre).collector()
    monkeypatch.setattr(collector.pulse, "grown", lambda *_: (_ for _ in ()).throw(DatabaseUnusable(why="busy")))
    with pytest.raises(DatabaseUnusable):
        collector.take(box.messages())
    assert alarms(centre) == []
    monkeypatch.undo()
    assert collector.take(box.messages()) == [] and alarms(centre) == ["not_set"]


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
    assert str(trust_clock(centre.store, clock.stamp())).startswith("2027-03-02")
    assert received(centre, box)[-1] == MORNING + HOUR
    assert alarms(centre)[-1] == "put_right"
    clock.utc_us = MORNING
    with centre.store.read() as tx:
        assert signed_us(tx) == MORNING + HOUR
        with pytest.raises(ClockBehind):
            signing_us(tx, clock.stamp(), test=True)


def test_putting_the_clock_right_holds_for_receipts_and_checkpoints_alike(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    """Both are ahead, at different times: the first receipt after it must not make the checkpoint the newest again."""
    for first, second in ((real(centre).checkpoint, lambda: new(centre, box)),
                          (lambda: new(centre, box), real(centre).checkpoint)):
        clock.utc_us = MORNING + YEAR
        first()
        clock.utc_us += MINUTE
        second()
        clock.utc_us = MORNING + HOUR
        assert new(centre, box) == []
        trust_clock(centre.store, clock.stamp())
        for _ in range(3):
            clock.utc_us += SECOND
            assert new(centre, box) == [clock.utc_us]
            assert real(centre).checkpoint().time_s == clock.utc_us // SECOND
        clock.utc_us = MORNING + HOUR - MINUTE
        assert new(centre, box) == [], "it still refuses to go back"


def test_two_collectors_whose_clocks_differ_a_little_both_sign_and_no_time_falls(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    given = []
    for back_us in (0, 20_000, 1_900_000, 0):
        clock.utc_us = MORNING + MINUTE - back_us
        given += new(centre, box)
    assert given == [MORNING + MINUTE] * 4 and alarms(centre) == []
    clock.utc_us = MORNING + MINUTE - 3 * SECOND
    assert new(centre, box) == [] and alarms(centre) == ["behind"]


def test_the_clock_is_judged_in_the_transaction_that_signs(
    centre: Centre, clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tree takes long to grow; by then another collector signed a later time."""
    tree, grow = real(centre).tree(), Tree.grow

    def slowly(self: Tree) -> int:
        clock.utc_us = MORNING + HOUR
        with centre.store.write() as tx:
            signed(tx, MORNING + HOUR)
        return grow(self)

    monkeypatch.setattr(Tree, "grow", slowly)
    assert tree.issue(signing_s(clock, False)).time_s == (MORNING + HOUR) // SECOND


# A centre without a time server


def test_a_clock_that_nobody_sets_any_more_goes_on_while_it_cannot_be_far_off(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    """A kernel calls its clock unset some nine hours after the last word of a time server."""
    assert new(centre, box) == [MORNING]
    clock.clock = UNSET
    for hours, signs in ((10, True), (66, True), (67, False)):
        clock.utc_us = MORNING + hours * HOUR
        assert new(centre, box) == ([clock.utc_us] if signs else [])
    assert alarms(centre) == ["not_set"]
    clock.clock = REAL
    assert new(centre, box) == [clock.utc_us]


@pytest.mark.parametrize("what", ["moved", "restarted"])
def test_a_clock_that_nobody_sets_and_that_was_moved_or_started_anew_signs_nothing(
    centre: Centre, box: Box, clock: FixedClock, what: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert new(centre, box) == [MORNING]
    clock.clock, stamp = UNSET, clock.stamp
    other = {"moved": {"utc_us": MORNING + 3 * HOUR}, "restarted": {"boot_id": "0c"}}[what]
    clock.utc_us = MORNING + HOUR
    monkeypatch.setattr(clock, "stamp", lambda: dataclasses.replace(stamp(), **other))
    assert new(centre, box) == [] and alarms(centre) == ["not_set"]


def test_without_a_time_server_an_operator_vouches_for_the_clock_on_record(
    centre: Centre, box: Box, clock: FixedClock,
) -> None:
    clock.clock = UNSET
    with pytest.raises(ClockNotSet, match="trust-clock"):
        real(centre).checkpoint()
    assert trust_clock(centre.store, clock.stamp()) is None
    assert alarms(centre) == ["trusted"]
    clock.utc_us = MORNING + 9 * HOUR
    assert new(centre, box) == [clock.utc_us]
    assert real(centre).checkpoint().time_s == clock.utc_us // SECOND
    clock.utc_us = MORNING + 67 * HOUR
    with pytest.raises(ClockNotSet):
        real(centre).checkpoint()


@pytest.mark.parametrize("why", ["not_set", "behind"])
def test_the_alarm_names_the_command_that_helps(why: str) -> None:
    for lang in ("en", "zh"):
        assert "zaitang-central tree trust-clock" in alarm_words("centre.clock", {"why": why}, lang)


def test_the_alarm_of_a_clock_that_was_put_right_says_which_time_was_wrong() -> None:
    said = alarm_words("centre.clock", {"why": "put_right", "signed": "2027-03-02T00:30:00.000000Z"}, "en")
    assert "trust-clock" not in said and "2027-03-02T00:30" in said
    assert "trust-clock" not in alarm_words("centre.clock", {"why": "trusted"}, "en")


def box_alarm() -> object:
    from evidence.bodies import Alarm

    return Alarm("camera.silent", {})
