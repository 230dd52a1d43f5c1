"""The enrolment pages: who opens them, whose presses count, what they show, what is kept of it."""
from __future__ import annotations

import dataclasses
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from common.sheets import Name, seal_sheet
from edge.enrol.guide import IDLE_S
from edge.terminal.app import make_app
from edge.terminal.enrolment import EnrolPage
from edge.terminal.guard import Guard
from edge.terminal.maintenance import Maintenance
from edge.terminal.people import People
from edge.terminal.routes import KEY_HEADER
from edge.wiring import Box

from .conftest import CLASS, Room, order_body
from .drawn import CODE, DrawnPack, Shows, vector

TEACHERS = "604817"


class Kiosk:
    """The page's side of the enrolment: a client, its key, and a camera that sees what the test shows."""

    def __init__(self, room: Room, code: str | None = CODE) -> None:
        self.room, self.key = room, ""
        box = Box(room.folder, room.config, room.keys, room.clock, room.store)  # type: ignore[arg-type]
        pack = DrawnPack()
        self.people = People(box, room.memory, room.screen, lambda: pack, lambda: room.monotonic)  # type: ignore[arg-type,return-value]
        self.picture = True
        page = EnrolPage(
            room.store, room.memory, self.people, "box-1", Maintenance(code, lambda: room.monotonic),
            lambda: self.picture)
        app = make_app(room.screen, room.presses, Guard(b"secret", "127.0.0.1"), "en", None, page)
        self.client = TestClient(app, base_url="http://127.0.0.1:8080")
        found = re.search(r'name="token" content="([^"]+)"', self.client.get("/enrol").text)
        assert found
        self.token = {"X-Zaitang-Token": found[1]}

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(f"/enrol/{path}", json=body, headers=self.token | {KEY_HEADER: self.key})

    def open(self, **body: Any) -> Any:
        answer = self.post("open", **{"class": CLASS, **body})
        self.key = answer.json().get("key", self.key)
        return answer

    def press(self, action: str, **body: Any) -> Any:
        shown = {"text": self.post("view").json().get("text_sha256", "")} if action == "agree" else {}
        return self.post("press", do=action, **{**shown, **body})

    def see(self, *shows: Shows) -> None:
        for one in shows:
            for _ in range(3):
                self.people.guide.frame(one.picture())

    def enrol(self, person: str, number: int) -> dict[str, Any]:
        for action, body in (("choose", {"person": person}), ("agree", {}), ("vouch", {"inspector": "410088"})):
            assert self.press(action, **body).status_code == 200
        self.see(*(Shows(number, yaw, pitch) for yaw, pitch in ((0, 0), (20, 0), (-20, 0), (0, 15), (0, -15))))
        return dict(self.post("view").json())

    def said(self) -> list[str]:
        return [sealed.record.type for sealed in self.room.store.records(after=1)]


@pytest.fixture
def kiosk(room: Room) -> Kiosk:
    body = order_body()
    room.accept(dataclasses.replace(body, roster=tuple(
        dataclasses.replace(one, role="instructor") if one.person == "p-3" else one for one in body.roster)))
    return Kiosk(room)


def test_only_an_instructors_pin_or_the_code_opens(kiosk: Kiosk) -> None:
    assert kiosk.open().json()["code"] == "EnrolmentLocked"
    kiosk.room.check_in("p-3")
    assert kiosk.open(instructor="p-3").json()["code"] == "EnrolmentLocked", "a face a moment ago opens nothing"
    kiosk.people.pins.choose(CLASS, "p-3", TEACHERS)
    kiosk.people.pins.choose(CLASS, "p-1", "271828")
    assert kiosk.open(instructor="p-3", pin="111222").json()["code"] == "WrongPin"
    assert kiosk.open(instructor="p-1", pin="271828").json()["code"] == "NotConfirmed"
    assert not kiosk.people.guide.active and kiosk.post("view").json()["code"] == "EnrolmentLocked"
    assert kiosk.open(instructor="p-3", pin=TEACHERS).status_code == 200 and kiosk.people.guide.active
    assert kiosk.open(code=CODE).status_code == 200


def test_wrong_codes_wait(kiosk: Kiosk) -> None:
    codes = [kiosk.open(code="000000").json()["code"] for _ in range(4)]
    assert codes == ["WrongCode", "WrongCode", "WrongCode", "CodeWait"]
    assert kiosk.open(code=CODE).json()["error"] == "too many wrong codes: wait 10 seconds"
    kiosk.room.monotonic += 10
    assert kiosk.open(code=CODE).status_code == 200


def test_a_box_without_a_code_has_none(room: Room) -> None:
    room.take_order()
    kiosk = Kiosk(room, None)
    assert kiosk.post("classes").json()["code"] is False
    assert [kiosk.open(code=code).json()["code"] for code in ("000000", "None00")] == ["WrongCode"] * 2


def test_presses_need_the_key_of_the_page_that_opened(kiosk: Kiosk) -> None:
    kiosk.open(code=CODE)
    mine = kiosk.key
    for key in (b"", b"x", "钥匙".encode(), mine[:-1].encode()):
        headers = {name.encode(): value.encode() for name, value in kiosk.token.items()} | {KEY_HEADER.encode(): key}
        answer = kiosk.client.post("/enrol/press", json={"do": "choose", "person": "p-1"}, headers=headers)
        assert answer.json()["code"] == "EnrolmentLocked"
    assert kiosk.client.post("/enrol/view", json={}, headers={KEY_HEADER: mine}).status_code == 403
    kiosk.open(code=CODE)
    kiosk.key, other = mine, kiosk.key
    assert kiosk.post("view").json()["code"] == "EnrolmentLocked", "another page has taken over"
    kiosk.key = other
    assert kiosk.press("fly").json()["code"] == "NotAnAction"
    assert kiosk.press("choose", person="p-66").json()["code"] == "NobodyToEnrol"
    assert kiosk.press("agree").json()["code"] == "NotNow" and kiosk.press("pin", pin="9" * 65).status_code == 422


def test_from_the_name_to_the_record(kiosk: Kiosk) -> None:
    kiosk.open(code=CODE)
    shown = kiosk.post("view").json()
    assert (shown["state"], [one["name"] for one in shown["people"]]) == ("choose", ["王秀英", "李强", "欧阳建国"])
    assert kiosk.press("choose", person="p-1").json()["text"][0] == "Consent to the use of your face"
    assert kiosk.press("again").json()["state"] == "choose" and kiosk.said() == []
    shown = kiosk.enrol("p-1", 1)
    assert (shown["state"], shown["name"]) == ("enrolled", "王秀英") and kiosk.said() == ["consent", "enrolment"]
    assert kiosk.press("next").json()["people"][0]["enrolled"] is True
    assert kiosk.post("close").status_code == 200 and not kiosk.people.guide.active
    assert kiosk.post("view").json()["code"] == "EnrolmentLocked"


def test_what_to_do_is_said_picture_by_picture(kiosk: Kiosk) -> None:
    kiosk.open(code=CODE)
    for action, body in (("choose", {"person": "p-1"}), ("agree", {}), ("unanchored", {})):
        kiosk.press(action, **body)
    assert kiosk.post("view").json()["advice_text"] == "Please look into the camera"
    kiosk.picture = False
    shown = kiosk.post("view").json()
    assert shown["advice_text"] == "The check-in camera sends no picture" and (shown["taken"], shown["of"]) == (0, 5)
    kiosk.see(Shows(1, live=0))
    assert kiosk.post("view").json()["advice_text"] == "A living face is needed, not a picture"
    kiosk.see(Shows(1))
    assert kiosk.post("view").json()["pose_text"] == "Turn your head to your left"
    assert kiosk.press("cannot").json()["state"] == "pin" and kiosk.said() == []


def test_a_face_under_another_name_stops_for_another_instructor(kiosk: Kiosk) -> None:
    kiosk.room.store.put_templates(CLASS, "builtin", {"p-2": vector(1)[None]})
    kiosk.people.pins.choose(CLASS, "p-3", TEACHERS)
    kiosk.open(code=CODE)
    shown = kiosk.enrol("p-1", 1)
    assert shown["state"] == "stopped" and "李强" not in json.dumps(shown, ensure_ascii=False)
    assert shown["found"].endswith("Another instructor must decide") and shown["decides"] is False
    kiosk.room.check_in("p-3")
    assert kiosk.press("decide", person="p-1").json()["code"] == "NotConfirmed"
    wrong = kiosk.press("decide", person="p-1", instructor="p-3", instructor_pin="111222").json()
    assert wrong["code"] == "WrongPin" and kiosk.post("view").json()["decides"] is False
    told = kiosk.press("decide", person="p-1", instructor="p-3", instructor_pin=TEACHERS).json()
    assert told["decides"] and told["found"] == "This face is enrolled already as 李强. Is it really another person?"
    assert kiosk.press("overrule", person="p-1").json()["code"] == "NotConfirmed", "a face of earlier confirms nothing"
    word = {"instructor": "p-3", "instructor_pin": TEACHERS}
    assert kiosk.press("overrule", **word).json()["code"] == "NotNow"
    assert kiosk.press("overrule", person="p-1", **word).json()["state"] == "enrolled"
    assert kiosk.press("decide", person="p-1", **word).json()["code"] == "NotNow"
    assert kiosk.post("view").json()["decides"] is False


@pytest.mark.parametrize("named", [True, False])
def test_an_instructor_is_told_in_which_other_class_a_face_is(kiosk: Kiosk, named: bool) -> None:
    room = kiosk.room
    room.accept(dataclasses.replace(order_body(), class_id="class-2", title="焊工二班"))
    room.store.put_templates("class-2", "builtin", {"p-92": vector(1)[None]})
    if named:
        room.store.put_names("class-2", seal_sheet({"p-92": Name("赵敏", "01" * 16)}, room.keys.sealing_key, "class-2"))
    kiosk.people.pins.choose(CLASS, "p-3", TEACHERS)
    kiosk.open(code=CODE)
    shown = kiosk.enrol("p-1", 1)
    assert shown["state"] == "stopped" and "二班" not in json.dumps(shown, ensure_ascii=False)
    told = kiosk.press("decide", person="p-1", instructor="p-3", instructor_pin=TEACHERS).json()["found"]
    name = "赵敏" if named else "p-92"
    assert told == f"This face is enrolled already as {name}, in class 焊工二班. Is it really another person?"


def test_consent_is_withdrawn_and_the_face_erased(kiosk: Kiosk) -> None:
    kiosk.room.store.put_templates(CLASS, "builtin", {"p-2": vector(2)[None]})
    kiosk.people.pins.choose(CLASS, "p-3", TEACHERS)
    kiosk.open(code=CODE)
    assert kiosk.press("choose", person="p-2").json()["state"] == "again"
    kiosk.room.check_in("p-3")
    assert kiosk.press("withdraw", person="p-2").json()["code"] == "NotConfirmed"
    assert kiosk.press("withdraw", person="p-1", instructor="p-3", instructor_pin=TEACHERS).json()["code"] == "NotNow"
    shown = kiosk.press("withdraw", person="p-2", instructor="p-3", instructor_pin=TEACHERS).json()
    assert (shown["state"], shown["erasing"]) == ("withdrawn", True)
    assert kiosk.said() == ["pin.set", "checkin", "consent.withdrawn"]
    for erasure in kiosk.room.store.erasures():
        kiosk.room.store.erase(erasure)
        kiosk.room.store.finish_erasure(next(iter(kiosk.room.store.erasures())))
    assert kiosk.post("view").json()["erasing"] is False and kiosk.room.store.templates(CLASS, "builtin") == {}


def test_a_refusal_leads_to_a_pin(kiosk: Kiosk) -> None:
    kiosk.open(code=CODE)
    kiosk.press("choose", person="p-1")
    assert kiosk.press("refuse").json()["state"] == "pin"
    assert kiosk.press("pin", pin="1234").json()["code"] == "PinTooSimple"
    assert kiosk.press("pin", pin="271828").json()["state"] == "pin_set"
    assert kiosk.said() == ["consent", "pin.set"] and kiosk.people.pins.has(CLASS, "p-1")


def test_who_refused_is_shown_to_who_chose_that_name_alone(kiosk: Kiosk) -> None:
    kiosk.open(code=CODE)
    kiosk.press("choose", person="p-1")
    kiosk.press("refuse")
    kiosk.press("pin", pin="271828")
    listed = kiosk.press("next")
    assert "refused" not in listed.text and listed.json()["said"] is None
    assert kiosk.press("choose", person="p-1").json()["said"] == "refused"
    kiosk.press("again")
    assert kiosk.press("choose", person="p-2").json()["said"] is None


def test_whoever_is_left_at_an_opened_page_gets_no_instructors_pin(kiosk: Kiosk) -> None:
    kiosk.open(code=CODE)
    kiosk.room.check_in("p-3")
    kiosk.press("choose", person="p-3")
    assert kiosk.press("cannot").json()["state"] == "pin"
    for word, code in (({}, "PinGuarded"), ({"code": "000000"}, "WrongCode"),
                       ({"instructor": "p-3", "instructor_pin": "735192"}, "NoPin")):
        assert kiosk.press("pin", pin="735192", **word).json()["code"] == code
    assert not kiosk.people.pins.has(CLASS, "p-3") and kiosk.said() == ["checkin"]
    assert kiosk.press("pin", pin=TEACHERS, code=CODE).json()["state"] == "pin_set"
    kiosk.press("next")
    kiosk.press("choose", person="p-3")
    kiosk.press("cannot")
    for word in ({"old": TEACHERS}, {"instructor": "p-3", "instructor_pin": TEACHERS}):
        assert kiosk.press("pin", pin="735192", **word).json()["code"] == "PinGuarded"
    (said,) = kiosk.room.store.records_of("pin.set")
    assert said.record.body == {"class": CLASS, "person": "p-3", "first": True, "by": "code", "confirmed_by": None}


def test_whoever_is_enrolled_sets_a_pin_without_a_new_face(kiosk: Kiosk) -> None:
    """Of the instructors nobody has one yet: only the code opens the page, and only it can confirm."""
    kiosk.open(code=CODE)
    for person, number in (("p-3", 3), ("p-1", 1)):
        assert kiosk.enrol(person, number)["state"] == "enrolled"
        kiosk.press("next")
    assert kiosk.press("choose", person="p-3").json()["state"] == "again"
    assert kiosk.press("cannot").json()["state"] == "pin"
    assert kiosk.press("pin", pin=TEACHERS).json()["code"] == "PinGuarded"
    assert kiosk.press("pin", pin=TEACHERS, code=CODE).json()["state"] == "pin_set"
    kiosk.press("next")
    kiosk.press("choose", person="p-1")
    kiosk.press("cannot")
    assert kiosk.press("pin", pin="271828").json()["code"] == "NotConfirmed", "nobody has seen who stands here"
    assert kiosk.press("pin", pin="271828", instructor="p-3", instructor_pin=TEACHERS).json()["state"] == "pin_set"
    kiosk.press("next")
    kiosk.press("choose", person="p-1")
    kiosk.press("cannot")
    assert kiosk.press("pin", pin="735192").json()["code"] == "PinTaken"
    assert kiosk.press("pin", pin="735192", old="271828").json()["state"] == "pin_set"
    assert [one.record.body["by"] for one in kiosk.room.store.records_of("pin.set")] == ["code", "instructor", "self"]


def test_two_presses_at_once_set_no_pin_of_somebody_whom_nobody_saw(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch,
) -> None:
    kiosk.open(code=CODE)
    kiosk.enrol("p-1", 1)
    kiosk.press("next")
    kiosk.press("choose", person="p-1")
    real, halfway, answered = kiosk.people.guide.cannot, threading.Event(), threading.Event()

    def cannot() -> None:
        real()
        halfway.set()
        answered.wait(0.3)

    monkeypatch.setattr(kiosk.people.guide, "cannot", cannot)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(kiosk.press, "cannot")
        assert halfway.wait(60)
        answer = kiosk.press("pin", pin="271828").json()
        answered.set()
        assert first.result(10).status_code == 200
    assert answer["code"] == "NotConfirmed" and not kiosk.people.pins.has(CLASS, "p-1")


def test_who_agrees_agrees_to_the_text_that_the_page_showed(kiosk: Kiosk) -> None:
    kiosk.open(code=CODE)
    kiosk.press("choose", person="p-1")
    for text in ("", "0" * 64):
        refused = kiosk.press("agree", text=text)
        assert refused.json()["code"] == "TextChanged" and "read it again" in refused.json()["error"]
    assert kiosk.post("view").json()["state"] == "consent" and kiosk.said() == []
    assert kiosk.press("agree").json()["state"] == "anchor"


@pytest.mark.parametrize("path", ["view", "press"])
def test_the_enrolment_closes_by_itself_on_a_box_without_a_camera(kiosk: Kiosk, path: str) -> None:
    kiosk.open(code=CODE)
    kiosk.press("choose", person="p-1")
    kiosk.room.monotonic += IDLE_S
    assert kiosk.post("view").status_code == 200
    kiosk.room.monotonic += 1
    assert kiosk.post(path, do="refuse").json()["code"] == "EnrolmentLocked"
    assert not kiosk.people.guide.active and kiosk.said() == []


def test_an_erasure_that_was_asked_for_elsewhere_leads_back_to_the_names(kiosk: Kiosk) -> None:
    kiosk.open(code=CODE)
    for action, body in (("choose", {"person": "p-1"}), ("agree", {}), ("unanchored", {})):
        kiosk.press(action, **body)
    kiosk.room.store.ask_erasure(CLASS, ["p-1"], "over")
    kiosk.see(*(Shows(1, yaw, pitch) for yaw, pitch in ((0, 0), (20, 0), (-20, 0), (0, 15), (0, -15))))
    shown = kiosk.post("view").json()
    assert (shown["state"], shown["told"]) == ("choose", "the face data of p-1 are being erased just now")
    assert kiosk.said() == [] and kiosk.press("choose", person="p-2").json()["state"] == "consent"
