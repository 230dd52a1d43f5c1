"""Certificates that end, keys that are revoked and clocks that are a year off, under running processes.

Each time every record arrives exactly once, what a wrong clock dated is told as uncertain, and the alarm that is due is
there.
"""
from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.box_orders import in_force
from evidence.seal import KeySigner
from tests.faults.road import SCALE, until, until_told
from tests.faults.tls_road import YEAR_S, TlsRoad

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600 * SCALE)]
Make = Callable[..., TlsRoad]
SHORT_S = 45.0
"""A box renews at two thirds of it when it starts, and then after an hour."""


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a road, and ends everything with the test."""
    made: list[TlsRoad] = []

    def make_road(**settings: object) -> TlsRoad:
        made.append(TlsRoad(tmp_path, **settings))  # type: ignore[arg-type]
        return made[-1]

    yield make_road
    for road in made:
        road.close()


def going(road: TlsRoad, count: int = 200) -> None:
    """Records travel."""
    road.start()
    road.fill(count)
    road.arrives(60)


def cut(road: TlsRoad) -> None:
    assert road.proxy is not None
    road.proxy.cut()


# --- certificates


def test_a_box_whose_certificate_ends_while_it_runs_renews_it_by_its_evidence_key(make: Make) -> None:
    road = make(lasts_s=SHORT_S)
    going(road)
    before = road.serial()
    until("its end", lambda: road.ends_in_s() < -1, SHORT_S + 10)
    road.fill(200)
    road.arrives(30)
    cut(road)
    road.fill(200)
    until("the renewal", lambda: "certificate.renewed" in road.sync.said(), 90)
    road.arrives(120)
    assert road.serial() != before and road.ends_in_s() > 80 * 86_400
    road.judge()
    assert road.quarantined() == {} and road.box_told() == []


def test_a_box_whose_certificate_ended_and_that_nobody_renews_says_so(make: Make) -> None:
    road = make(lasts_s=SHORT_S)
    going(road)
    road.devices.kill()
    until("its end", lambda: road.ends_in_s() < -1, SHORT_S + 10)
    cut(road)
    road.fill(200)
    until_told(road.box_told, ["certificate.not_renewed"])
    until("the terminal says it", lambda: road.trust().days_left == 0, 10)
    assert not road.receipted
    road.start_devices()
    road.arrives(240)
    until("the terminal says no more", lambda: road.trust().days_left is None, 10)
    road.judge()
    assert road.box_told() == ["certificate.not_renewed"]


def test_a_broker_whose_certificate_ended_is_told_at_both_ends_and_mended_by_what_they_say(make: Make) -> None:
    """Somebody runs Mosquitto and does not write its folder anew in time."""
    road = make(disciplined=True, own_broker=True)
    road.broker.kill()
    road.certify_broker(SHORT_S)
    ends = time.monotonic() + SHORT_S
    road.start_broker()
    going(road)
    time.sleep(max(0.0, ends + 1 - time.monotonic()))
    road.broker.kill()
    road.start_broker()
    road.fill(200)
    until_told(road.box_told, ["centre.dates"])
    until_told(road.told, ["broker.dates"])
    until("the terminal says it", lambda: road.trust().why == "dates", 10)
    assert not road.receipted
    road.write_broker()
    assert road.broker.process is not None
    road.broker.process.send_signal(signal.SIGHUP)
    road.arrives(180)
    until("the terminal says no more", lambda: road.trust().why is None, 10)
    road.judge("broker.dates")


def test_a_revoked_box_that_was_away_hears_of_it_and_nothing_that_it_signed_since_counts(make: Make) -> None:
    road = make()
    going(road)
    assert road.proxy is not None
    road.proxy.refuses = True
    cut(road)
    through = road.box.store.head_seq()
    keyid = KeySigner(road.box.keys.device).keyid
    road.centre.desk().revoke("box-1", "stolen")
    time.sleep(2)
    road.fill(100)
    road.proxy.refuses = False
    until("the box is told", lambda: keyid in in_force(road.box.store).revoked, 90)
    mine = [sealed.envelope for sealed in road.box.store.each()]
    with road.centre.store.read() as tx:
        head, there = tx.head("box-1", road.box.store.chain), tx.chain_envelopes("box-1", road.box.store.chain, 2**52)
        (said,) = tx.of_type("device.revoked")
    assert head is not None and head.up_to == through == road.box.store.receipted_up_to()
    assert there == mine[:through + 1] and said.record.body["reason"] == "stolen"
    # What the broker still let through, until it had read its list anew, is refused by the collector: on a busy machine
    # more than is kept of it, which is said.
    assert set(road.told()) <= {"quarantine.full"} and set(road.quarantined()) <= {"RevokedKey"}


# --- clocks


@pytest.mark.parametrize("off_s", [YEAR_S, -YEAR_S])
def test_a_box_whose_clock_nobody_set_and_that_is_a_year_off_is_heard_and_not_believed(make: Make, off_s: int) -> None:
    road = make()
    going(road)
    road.box_clock.set(off_s)
    first = road.box.store.head_seq() + 1
    road.fill(200)
    last = road.box.store.head_seq()
    cut(road)
    road.fill(100)
    road.arrives(120)
    until_told(road.told if off_s > 0 else road.box_told, ["clock.apart"], 60)
    road.arrives(60)
    road.judge(*(["clock.apart"] if off_s > 0 else []))
    assert None not in road.doubts(first, last) and road.quarantined() == {}


@pytest.mark.parametrize("off_s", [YEAR_S, -YEAR_S])
def test_a_box_whose_time_server_lies_by_a_year_says_so_and_goes_on_once_it_is_put_right(
    make: Make, off_s: int
) -> None:
    road = make(disciplined=True)
    going(road)
    road.box_clock.set(off_s)
    first = road.box.store.head_seq() + 1
    road.fill(200)
    last = road.box.store.head_seq()
    cut(road)
    until("it is told", lambda: "centre.dates" in road.box_told() and road.trust().why == "dates", 90)
    road.box_clock.set(0)
    road.fill(200)
    road.arrives(240)
    until("the terminal says no more", lambda: road.trust().why is None, 10)
    road.judge(often=["clock.apart"])
    assert None not in road.doubts(first, last) and road.quarantined() == {}


def test_a_centre_whose_clock_is_a_year_ahead_for_a_while_loses_nothing(make: Make) -> None:
    """It signs nothing that contradicts what it signed until somebody says which time was wrong."""
    road = make()
    going(road)
    before = road.serial()
    road.centre_clock.set(YEAR_S)
    first = road.box.store.head_seq() + 1
    cut(road)
    road.fill(200)
    until("a certificate of that time", lambda: road.serial() != before, 90)
    road.arrives(240)
    last = road.box.store.head_seq()
    until("the alarm", lambda: "clock.apart" in road.box_told(), 60)
    assert None not in road.doubts(first, last)
    road.centre_clock.set(0)
    before = road.serial()
    cut(road)
    road.fill(200)
    until("a certificate of now", lambda: road.serial() != before, 240)
    until_told(road.told, ["centre.clock"], 60)
    assert not road.receipted
    road.trust_clock()
    road.arrives(240)
    road.judge("centre.clock", "centre.clock")
    assert road.whys("centre.clock") == ["behind", "put_right"] and road.quarantined() == {}


def test_a_centre_whose_clock_is_a_year_behind_says_so_and_goes_on_once_it_is_put_right(make: Make) -> None:
    """None of its certificates had begun then: nobody can come, the centre's own collector neither."""
    road = make()
    going(road)
    road.centre_clock.set(-YEAR_S)
    road.broker.kill(signal.SIGTERM)
    road.start_broker()
    road.fill(200)
    until("the alarm of the centre", lambda: set(road.told()) & {"broker.dates", "broker.own"}, 90)
    until("the alarm of the box", lambda: "certificate.not_renewed" in road.box_told(), 120)
    until("the terminal says it", lambda: road.trust().days_left == 0, 10)
    assert not road.receipted
    road.centre_clock.set(0)
    road.arrives(400)
    until("the terminal says no more", lambda: road.trust().days_left is None, 30)
    road.judge(often={"broker.dates", "broker.own", "clock.apart", "centre.clock"})
    assert road.quarantined() == {}
