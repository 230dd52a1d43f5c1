"""PINs: not too simple, kept unreadable, wrong tries wait and lock, and an instructor other than oneself confirms."""
from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from edge.enrol import pins as module
from edge.enrol.erase import finish, over, withdraw
from edge.enrol.errors import (
    NoPin,
    NotConfirmed,
    PinGuarded,
    PinLength,
    PinLocked,
    PinTaken,
    PinTooSimple,
    PinWait,
    WrongPin,
)
from edge.enrol.pins import FIRST_WAIT_S, MOST_TRIES, Pins, simple, wait_s
from edge.errors import FaceErasing
from edge.wiring import Box
from evidence.bodies import PinCheckIn, PinSet, body_of
from evidence.records import ClockState, Stamp

CLASS = "class-1"
PIN, OTHER = "271828", "314159"
REAL_COST = module.COST


@dataclasses.dataclass
class HandClock:
    """A clock that the test moves. Microseconds."""

    mono: int = 5_000_000_000
    boot: str = "b-1"
    rate: int = 1

    def stamp(self) -> Stamp:
        return Stamp(self.boot, self.mono, 1_772_411_400_000_000, ClockState(True, 0, "kernel", 1))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """scrypt as cheap as it can be: what it costs is another test's."""
    monkeypatch.setattr(module, "COST", 2)


@pytest.fixture
def pins(face_box: Box, clock: HandClock) -> Pins:
    made = Pins(face_box.store, face_box.keys.data, clock, lambda class_id, person: person == "p-6")  # type: ignore[arg-type]
    made.choose(CLASS, "p-1", PIN)
    return made


@pytest.mark.parametrize("pin", [
    "1111", "000000", "1234", "4321", "7890", "890123", "654321", "1212", "123123", "121212", "12121", "1122", "111222",
    "1112", "1985", "2008", "0229", "1231", "850412", "198504",
])
def test_what_anybody_would_try_first_is_refused(pins: Pins, pin: str) -> None:
    assert simple(pin)
    with pytest.raises(PinTooSimple):
        pins.choose(CLASS, "p-2", pin)


@pytest.mark.parametrize("pin", ["2718", "27182", "271828", "9063", "604817"])
def test_others_are_taken(pins: Pins, pin: str) -> None:
    assert not simple(pin)
    pins.choose(CLASS, "p-2", pin)
    assert pins.check(CLASS, "p-2", pin) == 0


def test_far_more_pins_are_left_than_anybody_could_try() -> None:
    left = sum(not simple(f"{number:04}") for number in range(10_000))
    assert left > 9_000 and left / 10_000 > MOST_TRIES / left


@pytest.mark.parametrize("pin", ["", "123", "1234567", "12a4", "１２３４", " 2718", "2718\n"])
def test_a_pin_has_four_to_six_digits(pins: Pins, pin: str) -> None:
    with pytest.raises(PinLength):
        pins.choose(CLASS, "p-2", pin)


def test_it_is_kept_as_a_hash_that_costs_time_under_the_key_of_the_box(face_box: Box) -> None:
    assert (REAL_COST, module.BLOCK, module.LANES) == (16384, 8, 1)  # what RFC 7914 calls right for logins
    pins = Pins(face_box.store, face_box.keys.data, face_box.clock)
    pins.choose(CLASS, "p-1", PIN)
    pins.choose(CLASS, "p-2", PIN)
    one, other = (face_box.store.pin(CLASS, person) for person in ("p-1", "p-2"))
    assert one is not None and other is not None and one.sealed != other.sealed and PIN.encode() not in one.sealed
    face_box.store.put_pin(CLASS, "p-2", one)
    with pytest.raises(InvalidTag):  # the row of one person opens for no other
        pins.check(CLASS, "p-2", PIN)


def test_wrong_tries_wait_longer_and_longer_and_lock(pins: Pins, clock: HandClock, face_box: Box) -> None:
    left, waited = [], 0
    for _ in range(MOST_TRIES - 1):
        with pytest.raises(WrongPin) as wrong:
            pins.check(CLASS, "p-1", OTHER)
        left.append(wrong.value.params["left"])
        row = face_box.store.pin(CLASS, "p-1")
        assert row is not None
        while row.until_mono_us > clock.mono:
            with pytest.raises(PinWait) as wait:
                pins.check(CLASS, "p-1", PIN)
            waited += int(wait.value.params["seconds"])
            clock.mono += int(wait.value.params["seconds"]) * 1_000_000
    assert left == [6, 5, 4, 3, 2, 1]
    assert waited == sum(wait_s(failed) for failed in range(MOST_TRIES)) >= 15 * FIRST_WAIT_S
    with pytest.raises(PinLocked):
        pins.check(CLASS, "p-1", OTHER)
    clock.mono += 10**12
    with pytest.raises(PinLocked):
        pins.check(CLASS, "p-1", PIN)
    (alarm,) = face_box.store.records_of("alarm")
    assert (alarm.record.body["code"], alarm.record.body["params"]) == ("pin.locked", {"person": "p-1"})
    with pytest.raises(NotConfirmed):
        pins.unlock(CLASS, "p-1", "p-1")
    pins.unlock(CLASS, "p-1", "p-6")
    assert pins.check(CLASS, "p-1", PIN) == 0


def test_a_restart_shortens_no_wait_and_forgets_no_try(pins: Pins, clock: HandClock, face_box: Box) -> None:
    for _ in range(3):
        with pytest.raises(WrongPin):
            pins.check(CLASS, "p-1", OTHER)
    clock.mono, clock.boot = 1_000_000, "b-2"
    again = Pins(face_box.store, face_box.keys.data, clock)  # type: ignore[arg-type]
    with pytest.raises(PinWait) as wait:
        again.check(CLASS, "p-1", PIN)
    assert wait.value.params["seconds"] == FIRST_WAIT_S - 1
    clock.mono += FIRST_WAIT_S * 1_000_000
    assert again.check(CLASS, "p-1", PIN) == 3 and again.check(CLASS, "p-1", PIN) == 0


def test_tries_at_once_are_counted_one_by_one(pins: Pins, face_box: Box) -> None:
    told: list[type[Exception]] = []

    def attempt() -> None:
        try:
            pins.check(CLASS, "p-1", OTHER)
        except (WrongPin, PinWait) as error:
            told.append(type(error))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = face_box.store.pin(CLASS, "p-1")
    assert told.count(WrongPin) == 3 and told.count(PinWait) == 5 and row is not None and row.failed == 3


def test_a_pin_is_changed_by_who_knows_it_or_beside_an_instructor(face_box: Box, pins: Pins, clock: Any) -> None:
    with pytest.raises(PinTaken):
        pins.choose(CLASS, "p-1", OTHER)
    with pytest.raises(WrongPin):
        pins.choose(CLASS, "p-1", OTHER, "604817")
    pins.choose(CLASS, "p-1", OTHER, PIN)
    assert pins.check(CLASS, "p-1", OTHER) == 0
    pins.choose(CLASS, "p-1", PIN, by="p-6")
    assert pins.check(CLASS, "p-1", PIN) == 0
    assert [body_of(one.record) for one in face_box.store.records_of("pin.set")] == [
        PinSet(CLASS, "p-1", True, "self", None), PinSet(CLASS, "p-1", False, "self", None),
        PinSet(CLASS, "p-1", False, "instructor", "p-6")]


def test_the_pin_of_an_instructor_needs_the_code_or_another_instructor(face_box: Box, pins: Pins) -> None:
    for by in (None, "p-6"):
        with pytest.raises(PinGuarded):
            pins.choose(CLASS, "p-6", PIN, teaches=True, by=by)
    pins.choose(CLASS, "p-6", PIN, teaches=True, code=True)
    with pytest.raises(PinGuarded):  # whoever saw the PIN does not own it for ever
        pins.choose(CLASS, "p-6", OTHER, PIN, teaches=True)
    pins.choose(CLASS, "p-6", OTHER, teaches=True, by="p-5")
    assert pins.check(CLASS, "p-6", OTHER) == 0
    assert [body_of(one.record) for one in face_box.store.records_of("pin.set")][1:] == [
        PinSet(CLASS, "p-6", True, "code", None), PinSet(CLASS, "p-6", False, "instructor", "p-5")]


def test_an_instructor_confirms_by_the_own_pin_alone(pins: Pins) -> None:
    pins.choose(CLASS, "p-6", "604817")
    assert pins.confirm(CLASS, {"p-6"}, "p-6", "604817") == "p-6"
    for instructor, pin, error in (("p-1", PIN, NotConfirmed), ("p-6", OTHER, WrongPin), (None, None, NotConfirmed),
                                   ("p-6", None, NotConfirmed)):
        with pytest.raises(error):
            pins.confirm(CLASS, {"p-6"}, instructor, pin)


def test_a_sign_in_by_pin_is_a_record_that_says_who_confirmed(face_box: Box, pins: Pins) -> None:
    with pytest.raises(WrongPin):
        pins.sign_in(CLASS, "s-1", "p-1", OTHER, "in", "no_consent", "p-6", 7)
    assert face_box.store.records_of("checkin.pin") == []
    made = pins.sign_in(CLASS, "s-1", "p-1", PIN, "in", "no_consent", "p-6", 7)
    assert made == PinCheckIn(CLASS, "s-1", made.attempt, "p-1", "in", "no_consent", "p-6", 1, 7)
    assert body_of(face_box.store.records_of("checkin.pin")[0].record) == made
    with pytest.raises(NotConfirmed):
        pins.sign_in(CLASS, "s-1", "p-1", PIN, "in", "cannot", "p-1", 7)
    with pytest.raises(NoPin):
        pins.sign_in(CLASS, "s-1", "p-2", PIN, "in", "cannot", "p-6", 7)


def test_no_pin_is_chosen_while_the_old_one_is_being_erased(face_box: Box, pins: Pins) -> None:
    over(face_box.store, CLASS, "p-1")
    with pytest.raises(FaceErasing):
        pins.choose(CLASS, "p-1", OTHER, PIN)
    finish(face_box.store, face_box.folder)
    pins.choose(CLASS, "p-1", OTHER)
    assert pins.check(CLASS, "p-1", OTHER) == 0


def test_a_pin_stays_and_can_be_changed_while_only_the_face_goes(face_box: Box, pins: Pins) -> None:
    withdraw(face_box.store, CLASS, "p-1", "terminal")
    pins.choose(CLASS, "p-1", OTHER, PIN)
    finish(face_box.store, face_box.folder)
    assert pins.check(CLASS, "p-1", OTHER) == 0


@pytest.mark.parametrize("given", [PIN, OTHER])
def test_a_try_that_takes_long_brings_back_no_pin_that_was_replaced_or_erased_meanwhile(
    face_box: Box, pins: Pins, monkeypatch: pytest.MonkeyPatch, given: str,
) -> None:
    """`given`: right or wrong."""
    store, meanwhile, matches = face_box.store, list[Callable[[], None]](), Pins._is

    def slow(self: Pins, *told: Any) -> bool:
        found = matches(self, *told)
        if meanwhile:
            meanwhile.pop()()
        return found

    def gone() -> None:
        over(store, CLASS, "p-1")
        finish(store, face_box.folder)

    def attempt() -> None:
        with contextlib.suppress(WrongPin):
            pins.check(CLASS, "p-1", given)

    monkeypatch.setattr(Pins, "_is", slow)
    meanwhile.append(lambda: pins.choose(CLASS, "p-1", "604817", code=True))
    attempt()
    assert pins.check(CLASS, "p-1", "604817") == 0
    meanwhile.append(gone)
    with contextlib.suppress(WrongPin):
        pins.check(CLASS, "p-1", "604817" if given == PIN else OTHER)
    assert store.pin(CLASS, "p-1") is None and store.erasures() == []


def test_wrong_tries_of_who_confirms_are_on_record(face_box: Box, pins: Pins) -> None:
    pins.choose(CLASS, "p-6", "604817")
    with pytest.raises(WrongPin):
        pins.confirm(CLASS, {"p-6"}, "p-6", OTHER)
    (alarm,) = face_box.store.records_of("alarm")
    assert (alarm.record.body["code"], alarm.record.body["params"]) == ("pin.wrong", {"person": "p-6"})
