"""“My record”: who gets a code, for whom, and what a hostile press gets."""
from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.config import parse_box
from edge.qr import QUIET, drawn
from edge.terminal.app import make_app
from edge.terminal.guard import Guard
from edge.terminal.own import SHOWN_S, Linker, OwnPage
from edge.terminal.people import People
from edge.terminal.schedule import latest_class
from edge.terminal.settled import console_of
from edge.terminal.view import Result, Sight
from edge.wiring import Box
from evidence.box_orders import BoxSettings
from evidence.errors import BadShape
from evidence.own_links import HOLDS_US, judge_own_link, read_link_text, read_own_link
from evidence.seal import KeySigner
from evidence.times import MINUTE, utc_us

from .conftest import CLASS, START, Room, order_body

PIN, CONSOLE = "271828", "https://centre.example:8470"
FACE = ((1, 1, 300_000, 400_000),)


class Screen:
    """The page's side: presses with a token of ours; `made`: the addresses that were drawn."""

    def __init__(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room, self.made = room, list[str]()
        box = Box(room.folder, room.config, room.keys, room.clock, room.store)  # type: ignore[arg-type]
        self.people = People(box, room.memory, room.screen, lambda: None, lambda: room.monotonic)  # type: ignore[arg-type,return-value]
        linker = Linker("box-1", CONSOLE, KeySigner(room.keys.device), lambda: room.clock.utc)
        own = OwnPage(room.store, room.memory, room.screen, self.people.pins, room.desk, linker, room.clock.utc_us)

        def keep(text: str) -> tuple[int, str]:
            self.made.append(text)
            return drawn(text)

        monkeypatch.setattr("edge.terminal.own.drawn", keep)
        app = make_app(room.screen, room.presses, Guard(b"secret", "127.0.0.1"), "en", own=own)
        self.client = TestClient(app, base_url="http://127.0.0.1:8080")
        found = re.search(r'name="token" content="([^"]+)"', self.client.get("/").text)
        assert found
        self.token = {"X-Zaitang-Token": found[1]}
        self.people.pins.choose(CLASS, "p-1", PIN)
        self.people.pins.choose(CLASS, "p-3", PIN)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(path, json=body, headers=self.token)

    def sees(self, answer: str = "accepted", person: str | None = "p-2", **more: Any) -> None:
        result = Result("a-7", answer, person, self.room.clock.utc)
        self.room.desk.seen = dataclasses.replace(Sight("look", 5, FACE, result), **more)


@pytest.fixture
def screen(room: Room, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """The room with a plan whose p-3 is an instructor, during the first class-hour."""
    body = order_body()
    room.accept(dataclasses.replace(body, roster=tuple(
        dataclasses.replace(one, role="instructor") if one.person == "p-3" else one for one in body.roster)))
    room.at(5)
    return Screen(room, monkeypatch)


def test_a_face_that_was_just_recognised_gets_a_code_for_its_own_record(screen: Screen) -> None:
    screen.sees()
    before = len(screen.room.store.records())
    answer = screen.post("/own/face", attempt="a-7")
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["seconds"]) == ("李强", SHOWN_S)
    (address,) = screen.made
    assert address.startswith(f"{CONSOLE}/me/open/")
    link = read_own_link(read_link_text(address.rpartition("/")[2]), screen.room.keys.device.public_key())
    assert (link.device, link.class_id, link.person) == ("box-1", CLASS, "p-2")
    assert utc_us(link.until) == screen.room.clock.utc + HOLDS_US
    judge_own_link(link, screen.room.clock.utc)
    assert len(screen.room.store.records()) == before
    screen.sees("again")
    assert screen.post("/own/face", attempt="a-7").status_code == 200
    assert len({one.rpartition("/")[2] for one in screen.made}) == 2, "each is another link"


@pytest.mark.parametrize("seen", [
    {"answer": "unknown", "person": None}, {"answer": "not_live"}, {"answer": "second_factor_missing"},
    {"answer": "again", "person": None}, {"faces": ()}, {"state": "hold"}, {"state": "one"}, {"state": "challenge"},
    {"state": "pin_wanted"}, {"result": None},
])
def test_who_is_not_recognised_or_gone_gets_none(screen: Screen, seen: dict[str, Any]) -> None:
    screen.sees(**seen)
    answer = screen.post("/own/face", attempt="a-7")
    assert (answer.status_code, answer.json()["code"]) == (409, "NotSeenNow") and screen.made == []


def test_the_answer_of_somebody_before_is_not_taken(screen: Screen) -> None:
    screen.sees()
    for attempt in ("a-6", "", "x" * 64):
        assert screen.post("/own/face", attempt=attempt).status_code == 409
    assert screen.made == []


def test_an_instructor_has_no_record_of_a_trainee(screen: Screen) -> None:
    screen.sees(person="p-3")
    assert screen.post("/own/face", attempt="a-7").json()["code"] == "NotYours"
    assert screen.post("/own/pin", **{"class": CLASS}, person="p-3", pin=PIN).json()["code"] == "NotYours"
    assert screen.made == []


def test_the_own_pin_opens_it_at_any_time(screen: Screen) -> None:
    for minutes in (5, 2 * 24 * 60):
        screen.room.at(minutes)
        told = screen.post("/own/people").json()
        assert told["class"] == CLASS
        assert [(one["person"], one["pin"]) for one in told["people"]] == [("p-1", True), ("p-2", False)]
        answer = screen.post("/own/pin", **{"class": CLASS}, person="p-1", pin=PIN)
        assert answer.json()["name"] == "王秀英"
    assert len(screen.made) == 2


def test_a_wrong_pin_opens_nothing_and_is_counted(screen: Screen) -> None:
    for _ in range(3):
        assert screen.post("/own/pin", **{"class": CLASS}, person="p-1", pin="111222").json()["code"] == "WrongPin"
    codes = [screen.post("/own/pin", **{"class": CLASS}, person="p-1", pin=one).json()["code"] for one in ("1357", PIN)]
    assert "PinWait" in codes and screen.made == []


@pytest.mark.parametrize("body", [
    {"class": CLASS, "person": "p-2", "pin": PIN}, {"class": CLASS, "person": "p-9", "pin": PIN},
    {"class": "other-1", "person": "p-1", "pin": PIN}, {"class": "", "person": "", "pin": ""},
    {"class": CLASS, "person": "p-1"}, {"class": CLASS, "person": "p-1", "pin": "x" * 5000}, {},
])
def test_who_has_no_pin_or_is_of_no_class_here_gets_none(screen: Screen, body: dict[str, str]) -> None:
    answer = screen.post("/own/pin", **body)
    assert answer.status_code in (409, 422) and screen.made == [] and PIN not in answer.text


def test_only_a_press_of_our_own_page_asks(screen: Screen) -> None:
    screen.sees()
    pin = {"class": CLASS, "person": "p-1", "pin": PIN}
    for path, body in (("face", {"attempt": "a-7"}), ("people", {}), ("pin", pin)):
        assert screen.client.post(f"/own/{path}", json=body).status_code == 403
    assert screen.made == []


def test_before_any_plan_there_is_nobody_to_ask(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(room, monkeypatch)
    assert screen.post("/own/people").json()["code"] == "NoOwnRecord"
    screen.sees()
    assert screen.post("/own/face", attempt="a-7").json()["code"] == "NotSeenNow"


def test_without_an_address_the_page_offers_nothing(room: Room) -> None:
    room.take_order()
    app = make_app(room.screen, room.presses, Guard(b"secret", "127.0.0.1"), "en")
    client = TestClient(app, base_url="http://127.0.0.1:8080")
    assert client.get("/state.json").json()["own"] is False
    assert client.post("/own/people", json={}).status_code == 404


def test_the_page_is_told_that_there_is_one(screen: Screen) -> None:
    assert screen.client.get("/state.json").json()["own"] is True


def test_the_class_that_was_taught_last_is_the_one(room: Room) -> None:
    late = order_body("b-late", after_minutes=3 * 24 * 60)
    orders = [order_body("a-early"), late, order_body("c-elsewhere", device="box-2", after_minutes=60)]
    assert latest_class(orders, "box-1", START - MINUTE) == "a-early", "none has begun: the first that comes"
    assert latest_class(orders, "box-1", START + 2 * 24 * 60 * MINUTE) == "a-early"
    assert latest_class(orders, "box-1", START + 3 * 24 * 60 * MINUTE) == "b-late"
    assert latest_class([], "box-1", START) is None


def test_a_code_is_a_square_with_white_around_it_and_reads_back(tmp_path: Path) -> None:
    import cv2
    import numpy as np
    import zxingcpp

    text = f"{CONSOLE}/me/open/" + "Ab0_-" * 130
    size, path = drawn(text)
    image = np.full((size, size), 255, np.uint8)
    for x, y, length in (map(int, one) for one in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path)):
        image[y, x:x + length] = 0
    assert (image[:QUIET] == 255).all() and (image[:, -QUIET:] == 255).all() and (image[QUIET] == 0).any()
    large = cv2.resize(image, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    found = zxingcpp.read_barcode(large)
    assert found is not None and found.text == text


# --- where the address comes from


def test_the_address_comes_from_the_file_and_over_it_from_the_centre(room: Room) -> None:
    from edge.box_orders import InForce

    config = parse_box(
        b'device = "box-1"\npolicy = "demo"\n[sync]\nbroker = "127.0.0.1"\nconsole = "https://a.example/"\n',
        "box.toml")
    assert console_of(config) == "https://a.example"
    assert console_of(InForce(BoxSettings(console=CONSOLE), {}).over(config)) == CONSOLE
    assert console_of(InForce(BoxSettings(lang="en"), {}).over(config)) == "https://a.example"
    assert console_of(room.config) is None


@pytest.mark.parametrize("console", [
    "http://centre.example", "centre.example", "https://", "https://a.example/me", "https://a b", "javascript:x",
    "https://u:p@a.example/x?y", "http://127.0.0.1.evil.example",
])
def test_an_address_that_is_none_is_refused(console: str) -> None:
    text = f'device = "box-1"\npolicy = "demo"\n[sync]\nbroker = "127.0.0.1"\nconsole = "{console}"\n'
    with pytest.raises(BadShape, match="console"):
        parse_box(text.encode(), "box.toml")


