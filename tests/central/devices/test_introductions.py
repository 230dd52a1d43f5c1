"""Boxes that come by themselves: what anybody in the network can do with that, and what not."""
from __future__ import annotations

import dataclasses

import pytest

from central.devices import introductions
from central.devices.claims import Presented, hash_of
from central.devices.errors import (
    BadRoom,
    ClaimedAlready,
    CodeUsed,
    NameKnown,
    NobodyWaits,
    NoRoom,
    NotForABox,
    OtherKey,
    TokenUsed,
    UnknownCode,
)
from central.devices.introductions import HOLDS_US, Named, after_introducing, code_of, in_the_way, place_of
from central.devices.welcome import Welcome
from central.store.devices import Claim
from central.wiring import Centre
from evidence.bodies import DeviceApproved, body_of
from tests.central.helpers import FixedClock
from tests.central.new_machines import key_of, machine

NAMED = Named("box-101", "101", "school-a", "demo", "zh")
NOW = 1_800_000_000_000_000


def claimed(welcome: Welcome, sent: Presented, named: Named = NAMED, replace: bool = False) -> Claim:
    return welcome.claim(code_of(sent), key_of(sent), named, "school", replace)


def test_a_box_is_introduced_claimed_and_approved(centre: Centre) -> None:
    welcome, sent = centre.welcome(), machine(1)
    assert welcome.introduce(sent, "10.0.0.7").state == "introduced"
    assert welcome.find(code_of(sent).lower()).serial == "ab12"
    assert centre.desk().pending() == []
    claimed(welcome, sent)
    assert welcome.introduce(sent, "10.0.0.7").state == "waiting"
    centre.desk().approve("box-101", key_of(sent), "admin")
    done = welcome.introduce(sent, "10.0.0.8")
    assert (done.state, done.device, done.room, done.policy, done.lang) == (
        "approved", "box-101", "101", "demo", "zh")
    assert done.certificate and done.tls_certificate
    with centre.store.read() as tx:
        (sealed,) = tx.of_type("device.approved")
    body = body_of(sealed.record)
    assert isinstance(body, DeviceApproved) and (body.by, body.claimed_by) == ("admin", "school")


def test_a_guessed_code_finds_nothing(centre: Centre) -> None:
    centre.welcome().introduce(machine(1), "")
    for guess in (code_of(machine(2)), "0000-0000-0000", "", "' OR 1=1", "x" * 500):
        with pytest.raises(UnknownCode):
            centre.welcome().find(guess)


def test_a_code_is_used_once(centre: Centre) -> None:
    welcome, sent = centre.welcome(), machine(1)
    welcome.introduce(sent, "")
    claimed(welcome, sent)
    with pytest.raises(CodeUsed):
        claimed(welcome, sent, dataclasses.replace(NAMED, device="box-102"))
    centre.desk().approve("box-101")
    with pytest.raises(CodeUsed):
        welcome.find(code_of(sent))


def test_another_box_cannot_have_the_code_of_this_one(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if somebody found keys with the same code."""
    welcome, sent = centre.welcome(), machine(1)
    code = code_of(sent)
    welcome.introduce(sent, "")
    monkeypatch.setattr(introductions, "code_of", lambda _: code)
    monkeypatch.setattr("central.devices.welcome.code_of", lambda _: code)
    for other in (machine(2), dataclasses.replace(sent, serial="cd34"),
                  dataclasses.replace(sent, tls_key=machine(2).tls_key)):
        with pytest.raises(TokenUsed):
            welcome.introduce(other, "")
    assert welcome.find(code).evidence_key == key_of(sent)


def test_a_changed_fingerprint_is_noticed(centre: Centre) -> None:
    """The form sends back the key that was compared."""
    welcome, sent = centre.welcome(), machine(1)
    welcome.introduce(sent, "")
    with pytest.raises(OtherKey):
        welcome.claim(code_of(sent), key_of(machine(2)), NAMED, "school", False)
    claimed(welcome, sent)
    with pytest.raises(OtherKey):
        centre.desk().approve("box-101", key_of(machine(2)), "admin")
    with pytest.raises(OtherKey):
        centre.desk().refuse("box-101", "no", key_of(machine(2)))
    assert [one.evidence_key for one in centre.desk().pending()] == [key_of(sent)]


def test_what_was_approved_is_not_approved_again(centre: Centre) -> None:
    welcome, sent = centre.welcome(), machine(1)
    welcome.introduce(sent, "")
    claimed(welcome, sent)
    centre.desk().approve("box-101", key_of(sent), "admin")
    first = welcome.introduce(sent, "")
    assert welcome.introduce(sent, "203.0.113.5") == first
    with pytest.raises(NobodyWaits):
        centre.desk().approve("box-101", key_of(sent), "admin")
    with centre.store.read() as tx:
        assert len(tx.of_type("device.approved")) == 1 and len(tx.connections()) == 1


def test_who_was_refused_hears_it_and_stays_refused(centre: Centre) -> None:
    welcome, sent = centre.welcome(), machine(1)
    welcome.introduce(sent, "")
    claimed(welcome, sent)
    centre.desk().refuse("box-101", "another machine", key_of(sent))
    assert welcome.introduce(sent, "").reason == "another machine"
    with pytest.raises(CodeUsed):
        claimed(welcome, sent)


def test_a_name_that_is_known_is_replaced_by_administrators_alone(centre: Centre) -> None:
    welcome, old, new, third = centre.welcome(), machine(1), machine(2), machine(3)
    for one in (old, new, third):
        welcome.introduce(one, "")
    claimed(welcome, old)
    with pytest.raises(ClaimedAlready):
        claimed(welcome, new, replace=True)
    centre.desk().approve("box-101")
    with pytest.raises(NameKnown):
        claimed(welcome, new)
    assert claimed(welcome, new, replace=True).state == "waiting"
    with pytest.raises(NotForABox):
        claimed(welcome, third, dataclasses.replace(NAMED, device="centre"), replace=True)
    for room in ("x" * 101, "a\nb"):
        with pytest.raises(BadRoom):
            claimed(welcome, third, dataclasses.replace(NAMED, device="box-3", room=room))


def test_an_introduction_ends_unless_the_box_still_asks(centre: Centre, clock: FixedClock) -> None:
    welcome, sent = centre.welcome(), machine(1)
    welcome.introduce(sent, "")
    clock.utc_us += HOLDS_US
    with pytest.raises(UnknownCode):
        welcome.find(code_of(sent))
    welcome.introduce(sent, "")
    assert welcome.find(code_of(sent)).state == "introduced"
    clock.utc_us += HOLDS_US
    welcome.introduce(machine(2), "")
    with centre.store.read() as tx:
        assert [one.token_hash for one in tx.claims("introduced")] == [hash_of(code_of(machine(2)))]


def kept(number: int, address: str) -> Claim:
    return after_introducing(None, machine(number), NOW + number, address)


def test_a_flood_from_one_network_fills_its_own_places_alone(centre: Centre) -> None:
    welcome = centre.welcome()
    for number in range(introductions.EACH):
        welcome.introduce(machine(number), "10.0.0.7")
    with pytest.raises(NoRoom):
        welcome.introduce(machine(99), "10.0.0.7")
    assert welcome.introduce(machine(99), "10.0.0.8").state == "introduced"
    assert welcome.introduce(machine(0), "10.0.0.7").state == "introduced"


def test_a_school_introduces_all_its_boxes_at_once(centre: Centre) -> None:
    welcome = centre.welcome()
    assert {welcome.introduce(machine(number), "10.0.0.7").state for number in range(40)} == {"introduced"}


def test_a_flood_from_many_networks_drives_out_its_own_and_no_single_box() -> None:
    honest = kept(0, "192.0.2.1")
    flood = [kept(1 + number, f"10.0.{number // 16}.1") for number in range(introductions.MOST - 1)]
    goes = in_the_way([honest, *flood], "198.51.100.2")
    assert goes is not None and goes != honest.token_hash
    assert goes in {one.token_hash for one in flood}
    alone = [kept(number, f"10.{number}.0.1") for number in range(introductions.MOST)]
    with pytest.raises(NoRoom):
        in_the_way(alone, "192.0.2.2")
    assert in_the_way(alone[:-1], "192.0.2.2") is None


def test_all_addresses_of_a_network_shut_out_nobody_elsewhere() -> None:
    flood = [kept(number, f"10.0.0.{number}") for number in range(introductions.MOST)]
    for flooded in (flood, [kept(number, f"2001:db8:0:{number:x}::1") for number in range(introductions.MOST)]):
        goes = in_the_way(flooded, "192.0.2.2")
        assert goes == flooded[0].token_hash
    with pytest.raises(NoRoom):
        in_the_way(flood, "10.0.0.7")


def test_in_a_network_whoever_sends_many_loses_the_own_ones() -> None:
    honest = [kept(number, f"10.0.0.{number}") for number in range(20)]
    flood = [kept(100 + number, f"10.0.0.{200 + number % 4}") for number in range(introductions.MOST - 20)]
    for newcomer in ("10.0.0.99", "192.0.2.2"):
        assert in_the_way([*honest, *flood], newcomer) in {one.token_hash for one in flood}


def test_a_machine_with_a_whole_ipv6_network_is_one() -> None:
    assert place_of("2001:db8::1") == place_of("2001:db8::ffff:1")
    assert place_of("2001:db8::1")[0] != place_of("2001:db8:0:1::1")[0]
    assert place_of("2001:db8::1")[1] == place_of("2001:db8:0:1::1")[1] != place_of("2001:db8:1::1")[1]
    assert place_of("10.0.0.7")[0] != place_of("10.0.0.8")[0] and place_of("10.0.0.7")[1] == place_of("10.0.0.8")[1]
    assert place_of("10.0.0.7") == place_of("::ffff:10.0.0.7") and place_of("10.0.0.7")[1] != place_of("10.0.1.7")[1]
    assert place_of("testclient") == ("testclient", "testclient")
