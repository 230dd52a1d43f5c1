"""Signing in without the face: who is on the list, whose word it needs, what a hostile press gets."""
from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.terminal.app import MOST_BODY, make_app
from edge.terminal.desk import Target
from edge.terminal.guard import Guard
from edge.terminal.people import People
from edge.terminal.pins import PinPage, why
from edge.terminal.view import Sight
from edge.wiring import Box
from evidence.bodies import Consent

from .conftest import CLASS, Room, order_body

PIN, TEACHERS = "271828", "604817"


class PinDesk:
    """A desk that sees what the test says, and keeps what it is given."""

    def __init__(self) -> None:
        self.now, self.given = Sight("look", 1), list[tuple[str, bool]]()

    def sight(self) -> Sight:
        return self.now

    def give_pin(self, person: str, ok: bool) -> None:
        self.given.append((person, ok))


class Pad:
    """The page's side: presses with a token of ours."""

    def __init__(self, room: Room) -> None:
        self.room, self.desk = room, PinDesk()
        box = Box(room.folder, room.config, room.keys, room.clock, room.store)  # type: ignore[arg-type]
        self.people = People(box, room.memory, room.screen, lambda: None, lambda: room.monotonic)  # type: ignore[arg-type,return-value]
        page = PinPage(room.store, room.memory, room.screen, self.people, self.desk)
        app = make_app(room.screen, room.presses, Guard(b"secret", "127.0.0.1"), "en", page)
        self.client = TestClient(app, base_url="http://127.0.0.1:8080")
        found = re.search(r'name="token" content="([^"]+)"', self.client.get("/").text)
        assert found
        self.token = {"X-Zaitang-Token": found[1]}
        self.people.pins.choose(CLASS, "p-1", PIN)
        self.people.pins.choose(CLASS, "p-3", TEACHERS)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(path, json=body, headers=self.token)

    def sign_in(self, person: str = "p-1", pin: str = PIN, instructor: str = "p-3", word: str = TEACHERS) -> Any:
        return self.post("/pin/sign-in", person=person, pin=pin, instructor=instructor, instructor_pin=word)

    def records(self) -> list[dict[str, Any]]:
        return [sealed.record.body for sealed in self.room.store.records_of("checkin.pin")]


@pytest.fixture
def pad(room: Room) -> Pad:
    """The room with a plan whose p-3 is an instructor; p-1 and p-3 have PINs."""
    body = order_body()
    room.accept(dataclasses.replace(body, roster=tuple(
        dataclasses.replace(one, role="instructor") if one.person == "p-3" else one for one in body.roster)))
    return Pad(room)


def test_the_list_says_who_is_here_and_who_has_a_pin(pad: Pad) -> None:
    pad.room.check_in("p-2")
    told = pad.post("/pin/people").json()
    assert [(one["person"], one["name"], one["pin"], one["came"]) for one in told["people"]] == [
        ("p-1", "王秀英", True, False), ("p-2", "李强", False, True), ("p-3", "欧阳建国", True, False)]
    assert [one["person"] for one in told["instructors"]] == ["p-3"]


@pytest.mark.parametrize(("direction", "minute"), [("in", 4), ("out", 104)])
def test_a_face_of_earlier_confirms_nothing(pad: Pad, direction: str, minute: int) -> None:
    pad.room.at(-10 if direction == "in" else 91)
    pad.room.check_in("p-3", direction=direction)
    pad.room.at(minute)
    assert pad.sign_in(instructor="", word="").json()["code"] == "NotConfirmed" and pad.records() == []
    assert pad.sign_in(instructor="p-3", word="").json()["code"] == "NotConfirmed"


def test_a_sign_in_needs_the_pin_and_the_instructors_word(pad: Pad) -> None:
    assert pad.sign_in().json() == {"name": "王秀英", "text": "Checked in", "good": True}
    assert pad.records()[0]["confirmed_by"] == "p-3" and pad.records()[0]["why"] == "cannot"
    people = pad.room.state()["people"]
    assert [(one["name"], one["mark"]) for one in people["in"]] == [("王秀英", "(PIN)")] and people["pins"] == 1
    assert people["pin_text"] == "by PIN: 1 (100 %), more than 10 %" and people["pin_much"]


def test_an_instructor_alone_is_told_that_it_does_not_count(pad: Pad) -> None:
    told = pad.sign_in(person="p-3", pin=TEACHERS, instructor="", word="").json()
    assert told["text"] == "Kept, but it counts only with another instructor's word" and told["good"] is False
    assert pad.records()[0]["confirmed_by"] is None and pad.room.state()["people"]["teachers"] == []
    assert pad.sign_in(person="p-3", pin=TEACHERS).json()["code"] == "NotConfirmed"


def test_presses_at_the_same_time_are_one_record(pad: Pad) -> None:
    presses = [threading.Thread(target=pad.sign_in) for _ in range(4)]
    for press in presses:
        press.start()
    for press in presses:
        press.join(60)
    assert len(pad.records()) == 1


def test_an_instructors_pin_is_tried_nowhere_in_silence(pad: Pad) -> None:
    def alarms() -> list[Any]:
        return [sealed.record.body for sealed in pad.room.store.records_of("alarm")]

    assert pad.post("/pin/check", person="p-1", pin="111222").json()["code"] == "WrongPin" and alarms() == []
    assert pad.post("/pin/check", person="p-3", pin="111222").json()["code"] == "WrongPin"
    assert pad.sign_in(person="p-3", pin="111222", instructor="", word="").json()["code"] == "WrongPin"
    assert pad.sign_in(person="p-3", pin=TEACHERS, instructor="", word="").status_code == 200
    pad.desk.now = Sight("pin_wanted", 2, person="p-3")
    assert pad.post("/pin/second", person="p-3", pin="111222").json()["code"] == "WrongPin"
    assert pad.sign_in(word="111222").json()["code"] == "InstructorRefused"
    assert [(one["code"], one["params"]) for one in alarms()] == [("pin.wrong", {"person": "p-3"})] * 4


def test_who_only_signs_out_by_pin_is_told_so(pad: Pad) -> None:
    pad.room.at(98)
    told = pad.sign_in().json()
    assert (told["text"], told["good"]) == ("Only signed out, not signed in: speak to the instructor", False)


def test_a_wrong_pin_is_told_before_the_instructor_is_asked(pad: Pad) -> None:
    assert pad.post("/pin/check", person="p-1", pin="111222").json()["code"] == "WrongPin"
    assert pad.post("/pin/check", person="p-1", pin=PIN).json() == {} and pad.records() == []
    assert pad.post("/pin/check", person="p-66", pin=PIN).json()["code"] == "NobodyThere"
    assert pad.sign_in().status_code == 200 and pad.records()[0]["failed"] == 1, "the wrong try stays counted"
    codes = [pad.post("/pin/check", person="p-1", pin="111222").json()["code"] for _ in range(3)]
    assert codes == ["WrongPin"] * 3 and pad.sign_in().json()["code"] == "PinWait", "one count, the same waits"
    pad.room.at(24 * 60)
    assert pad.post("/pin/check", person="p-1", pin=PIN).json()["code"] == "CheckInClosed"


def test_whose_pin_was_wrong_is_said(pad: Pad) -> None:
    wrong = pad.sign_in(word="111222").json()
    assert wrong["code"] == "InstructorRefused" and wrong["error"].startswith("the instructor: wrong PIN")
    assert pad.sign_in(pin="111222").json()["code"] == "WrongPin"
    assert pad.sign_in(instructor="", word="").json()["code"] == "NotConfirmed"
    assert pad.sign_in(instructor="p-1", word=PIN).json()["code"] == "NotConfirmed"
    assert pad.records() == []


def test_wrong_pins_wait_and_an_instructor_unlocks(pad: Pad) -> None:
    codes = list[str]()
    while "PinLocked" not in codes and len(codes) < 20:
        codes.append(pad.sign_in(pin="111222").json()["code"])
        pad.room.clock.utc += 161_000_000 if codes[-1] == "PinWait" else 0
    assert codes[:4] == ["WrongPin"] * 3 + ["PinWait"] and codes[-1] == "PinLocked"
    assert pad.sign_in().json()["code"] == "PinLocked" and pad.post("/pin/people").json()["people"][0]["locked"]
    assert pad.post("/pin/unlock", person="p-1", instructor="p-1", instructor_pin=PIN).json()["code"] == "NotConfirmed"
    assert pad.post("/pin/unlock", person="p-1", instructor="p-3", instructor_pin=TEACHERS).status_code == 200
    assert pad.sign_in().status_code == 200


def test_who_waits_for_the_instructor_at_the_pad_is_not_late_by_it(pad: Pad) -> None:
    opened_us = pad.room.clock.mono_us()
    assert pad.post("/pin/open", person="p-1").status_code == 200
    assert pad.post("/pin/open", person="p-66").status_code == 200  # nobody of the list: it is passed over
    pad.room.clock.utc += 90_000_000
    assert pad.sign_in().status_code == 200 and pad.records()[0]["seen_mono_us"] == opened_us
    pad.room.at(24 * 60)
    assert pad.post("/pin/open", person="p-1").json()["code"] == "CheckInClosed"


def test_nobody_signs_in_for_a_stranger_or_while_it_is_closed(pad: Pad) -> None:
    assert pad.sign_in(person="p-66").json()["code"] == "NobodyThere"
    pad.room.at(24 * 60)
    assert pad.sign_in().status_code == 409 and pad.post("/pin/people").json()["code"] == "CheckInClosed"
    assert pad.records() == []


def test_a_second_factor_is_only_for_whom_the_camera_sees(pad: Pad) -> None:
    assert pad.post("/pin/second", person="p-1", pin=PIN).json()["code"] == "PinNotAsked"
    pad.desk.now = Sight("pin_wanted", 2, person="p-1")
    assert pad.post("/pin/second", person="p-3", pin=TEACHERS).json()["code"] == "PinNotAsked"
    assert pad.post("/pin/second", person="p-1", pin="111222").json()["code"] == "WrongPin" and pad.desk.given == []
    assert pad.post("/pin/second", person="p-1", pin=PIN).status_code == 200
    assert pad.post("/pin/leave", person="p-1").status_code == 200
    assert pad.desk.given == [("p-1", True), ("p-1", False)]


@pytest.mark.parametrize(("said", "enrolled", "state", "reason"), [
    ("refused", True, "no_camera", "no_consent"), ("withdrawn", False, "look", "no_consent"),
    (None, True, "no_camera", "no_camera"), ("given", True, "no_pack", "no_camera"),
    ("given", True, "look", "not_recognised"), (None, False, "nobody_enrolled", "cannot"),
])
def test_why_somebody_comes_without_the_face(said: str | None, enrolled: bool, state: str, reason: str) -> None:
    assert why(said, enrolled, state) == reason


def test_the_record_says_that_the_face_was_refused(pad: Pad) -> None:
    pad.room.store.append("consent", Consent(CLASS, "p-1", False, "0" * 64, "zh", None, "terminal"))
    assert pad.sign_in().status_code == 200 and pad.records()[0]["why"] == "no_consent"


HOSTILE: list[Callable[[Pad], Any]] = [
    lambda pad: pad.client.post("/pin/people", json={}),
    lambda pad: pad.client.post("/pin/sign-in", json={}, headers=pad.token | {"Origin": "http://evil.example"}),
    lambda pad: pad.post("/pin/sign-in", person=["p-1"], pin=PIN),
    lambda pad: pad.post("/pin/sign-in", person="p-1", pin="9" * 65),
    lambda pad: pad.post("/pin/sign-in", person="p-1", pin="1" * MOST_BODY),
    lambda pad: pad.client.post("/pin/sign-in", content=iter([b"{}"]), headers=pad.token),
    lambda pad: pad.client.post("/pin/sign-in", content=b"\xff{", headers=pad.token),
]


@pytest.mark.parametrize(("press", "status"), list(zip(HOSTILE, [403, 403, 422, 422, 413, 413, 422], strict=True)))
def test_hostile_presses_are_refused(pad: Pad, press: Callable[[Pad], Any], status: int) -> None:
    assert press(pad).status_code == status and pad.records() == []


def test_no_pin_is_in_an_answer_or_a_log(pad: Pad, capfd: pytest.CaptureFixture[str]) -> None:
    texts = [pad.sign_in(pin=pin).text for pin in (PIN, "111222", "9" * 65)]
    texts += [pad.client.get("/state.json").text, pad.client.get("/").text, *capfd.readouterr()]
    assert not any(pin in text for pin in (PIN, TEACHERS, "111222", "9" * 65) for text in texts)


def test_on_the_way_out_people_sign_out(pad: Pad) -> None:
    pad.sign_in()
    pad.room.at(95)
    target = pad.room.screen.target()
    assert isinstance(target, Target) and pad.post("/pin/people").json()["direction"] == "out"
    assert pad.sign_in().json()["text"] == "Signed out" and pad.records()[-1]["direction"] == "out"
