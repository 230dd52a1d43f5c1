"""Enrolment and PINs at a terminal: who may confirm, and by what; the desk gives its frames to the guide."""
from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from edge.enrol.errors import CardOfAnother, NoCard, NotConfirmed, WrongPin
from edge.terminal.desk import Desk
from edge.terminal.errors import CheckInClosed
from edge.terminal.people import PAD_US, People
from edge.wiring import Box
from evidence.bodies import Enrolled, PinCheckIn, body_of
from evidence.times import MINUTE, SECOND
from tests.edge.terminal.conftest import CLASS, Room, order_body

PIN, OTHER = "271828", "604817"


@pytest.fixture
def taught(room: Room) -> Room:
    """The room with a plan whose p-3 is an instructor."""
    body = order_body()
    roster = tuple(dataclasses.replace(one, role="instructor") if one.person == "p-3" else one for one in body.roster)
    room.accept(dataclasses.replace(body, roster=(*roster, Enrolled("p-4", "trainee", "0" * 64))))
    return room


def people_of(room: Room, **enrol: Any) -> People:
    config = dataclasses.replace(room.config, enrol=dataclasses.replace(room.config.enrol, **enrol))
    box = Box(room.folder, config, room.keys, room.clock, room.store)  # type: ignore[arg-type]

    def no_pack() -> Any:
        raise AssertionError("no face is looked at here")

    return People(box, room.memory, room.screen, no_pack, lambda: room.monotonic)


def test_an_instructor_confirms_each_sign_in_by_pin_and_never_by_a_face_of_earlier(taught: Room) -> None:
    people = people_of(taught)
    people.pins.choose(CLASS, "p-1", PIN)
    people.pins.choose(CLASS, "p-3", OTHER)
    taught.check_in("p-3")
    with pytest.raises(NotConfirmed):
        people.sign_in("p-1", PIN, "in", "no_consent")
    made = people.sign_in("p-1", PIN, "in", "no_consent", "p-3", OTHER)
    assert (made.confirmed_by, made.person, made.why, made.session) == ("p-3", "p-1", "no_consent", None)
    assert isinstance(body_of(taught.store.records_of("checkin.pin")[0].record), PinCheckIn)
    with pytest.raises(NotConfirmed):  # the word was for that sign-in alone
        people.sign_in("p-1", PIN, "out", "no_consent")
    assert people.sign_in("p-3", OTHER, "in", "cannot").confirmed_by is None


def test_a_sign_in_that_is_pressed_twice_is_one_record(taught: Room) -> None:
    people = people_of(taught)
    people.pins.choose(CLASS, "p-1", PIN)
    people.pins.choose(CLASS, "p-3", OTHER)
    alone = [people.sign_in("p-3", OTHER, "in", "cannot") for _ in range(2)]
    assert alone[0] == alone[1]
    made = [people.sign_in("p-1", PIN, "in", "no_consent", "p-3", OTHER) for _ in range(3)]
    assert made[0] == made[1] == made[2] and len(taught.store.records_of("checkin.pin")) == 2
    again = People(people._box, taught.memory, taught.screen, lambda: None, lambda: 0.0)  # type: ignore[arg-type,return-value]
    assert again.sign_in("p-1", PIN, "in", "no_consent", "p-3", OTHER) == made[0]
    with pytest.raises(WrongPin):
        again.sign_in("p-1", OTHER, "in", "no_consent", "p-3", OTHER)


def test_the_first_sight_of_somebody_without_a_face_is_when_the_pad_was_opened(taught: Room) -> None:
    people = people_of(taught)
    people.pins.choose(CLASS, "p-1", PIN)
    people.pins.choose(CLASS, "p-3", OTHER)
    opened_us = taught.clock.mono_us()
    people.opened("p-1")
    taught.clock.utc += 2 * MINUTE
    people.opened("p-1")  # after a wrong PIN the pad opens again
    made = people.sign_in("p-1", PIN, "in", "no_consent", "p-3", OTHER)
    assert made.seen_mono_us == opened_us
    people.opened("p-1")
    taught.clock.utc += PAD_US + 1  # a pad that was forgotten makes nobody early
    assert people._seen("p-1") == taught.clock.mono_us()
    people.opened("p-2")
    opened_us = taught.clock.mono_us()
    taught.clock.utc += MINUTE
    people.opened("p-1")  # meanwhile
    assert people._seen("p-2") == opened_us


def test_tapping_through_names_takes_nobodys_first_sight(taught: Room) -> None:
    """Whoever waits longest loses most: all of a class may stand at the pad."""
    people = people_of(taught)
    people.opened("p-2")
    opened_us = taught.clock.mono_us()
    for number in range(80):
        taught.clock.utc += SECOND
        people.opened(f"p-{number + 10}")
    assert people._seen("p-2") == opened_us
    taught.clock.utc += PAD_US + 1
    people.opened("p-1")
    assert list(people._pads) == ["p-1"], "those that were forgotten are dropped"


def test_an_instructor_signs_in_alone_and_unlocks_others_but_never_the_own_pin(taught: Room) -> None:
    people = people_of(taught)
    for person, pin in (("p-1", PIN), ("p-3", OTHER)):
        people.pins.choose(CLASS, person, pin)
    assert people.sign_in("p-3", OTHER, "in", "cannot").confirmed_by is None
    row = taught.store.pin(CLASS, "p-1")
    assert row is not None
    taught.store.put_pin(CLASS, "p-1", dataclasses.replace(row, failed=9, locked=1))
    people.unlock(CLASS, "p-1", "p-3", OTHER)
    assert taught.store.pins(CLASS) == {"p-1": 0, "p-3": 0}
    with pytest.raises(NotConfirmed):
        people.unlock(CLASS, "p-3", "p-3", OTHER)
    with pytest.raises(NotConfirmed):
        people.unlock(CLASS, "p-3", "p-1", PIN)


def test_nobody_signs_in_while_the_check_in_is_closed(taught: Room) -> None:
    people = people_of(taught)
    people.pins.choose(CLASS, "p-3", OTHER)
    taught.clock.utc -= 24 * 60 * MINUTE
    with pytest.raises(CheckInClosed):
        people.sign_in("p-3", OTHER, "in", "cannot")


def test_a_card_is_read_from_where_the_reader_puts_it(taught: Room, builtin: Any) -> None:
    card = taught.folder / "card.json"
    people = people_of(taught, card=str(card), institution="某职校")
    guide = people.guide
    guide.open(CLASS)
    guide.choose("p-1")
    assert "某职校" in guide.view().text
    guide.agree("zh")
    assert guide.view().card
    with pytest.raises(NoCard):
        guide.read_card()
    card.write_text('{"name": "李强", "number": "11010519491231002X"}', encoding="utf-8")
    with pytest.raises(CardOfAnother):
        guide.read_card()
    assert guide.view().state == "anchor"


class Frames:
    """A camera of one picture."""

    def __init__(self) -> None:
        self.silent, self.count = False, 0

    def newest(self, after: int) -> tuple[int, np.ndarray, int]:
        self.count += 1
        return self.count, np.zeros((48, 64, 3), np.uint8), self.count


def test_the_desk_gives_its_frames_to_the_guide_and_checks_nobody_in_meanwhile(taught: Room) -> None:
    class Guide:
        active = True

        def __init__(self) -> None:
            self.frames: list[Any] = []

        def frame(self, bgr: Any) -> None:
            self.frames.append(None if bgr is None else bgr.shape)

    def never(*_: object) -> Any:
        raise AssertionError("the check-in is not asked")

    frames, guide = Frames(), Guide()
    desk = Desk(frames, never, never, taught.store, taught.clock.utc_us, lambda: 0.0, 0.2)
    desk.guide = guide
    desk.turn()
    assert desk.sight().state == "enrolling" and desk.jpeg()[:2] == b"\xff\xd8"
    frames.silent = True
    desk.turn()
    assert guide.frames == [(48, 64, 3), None] and desk.jpeg() == b""


