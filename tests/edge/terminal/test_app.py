"""The web side: what may press, in which language it answers, what it never lets others do."""
from __future__ import annotations

import re
import socket
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.errors import CannotListen, PortInUse, StoreBusy
from edge.serving import listen
from edge.terminal.app import make_app
from edge.terminal.errors import ReasonNeeded
from edge.terminal.guard import Guard


@pytest.fixture
def client(room: Any) -> TestClient:
    app = make_app(room.screen, room.presses, Guard(b"secret", "127.0.0.1"), "zh")
    return TestClient(app, base_url="http://127.0.0.1:8080")


def token(client: TestClient) -> dict[str, str]:
    found = re.search(r'name="token" content="([^"]+)"', client.get("/").text)
    assert found
    return {"X-Zaitang-Token": found[1]}


def test_the_page_is_chinese_unless_english_is_asked_for_and_remembers(client: TestClient) -> None:
    assert "开始上课" in client.get("/").text
    assert "Start class" in client.get("/?lang=en").text
    assert "Start class" in client.get("/").text and client.get("/state.json").json()["lang"] == "en"
    assert client.get("/state.json?lang=zh").json()["lesson"]["text"] == "本终端盒没有待上的班次"


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "本终端盒没有这个页面"), ("en", "There is no such page on this box")])
def test_an_address_that_is_none_is_a_page_that_leads_back(client: TestClient, lang: str, words: str) -> None:
    answer = client.get(f"/nowhere?lang={lang}")
    assert answer.status_code == 404 and words in answer.text and '<a href="/">' in answer.text
    assert answer.headers["content-security-policy"]


def test_presses_append_records(client: TestClient, room: Any) -> None:
    room.take_order()
    held = token(client)
    session = client.post("/start", json={"class": "welding-1"}, headers=held).json()["session"]
    assert client.get("/state.json").json()["session"]["id"] == session
    assert client.post("/end", json={"session": session}, headers=held).status_code == 200
    assert client.get("/state.json").json()["session"] is None


def test_a_start_without_a_class_starts_the_one_on_the_screen(client: TestClient, room: Any) -> None:
    room.take_order()
    assert client.post("/start", json={}, headers=token(client)).status_code == 200
    assert room.memory.look().session.class_id == "welding-1"


def test_an_old_page_cannot_end_a_class_early_without_a_reason(client: TestClient, room: Any) -> None:
    room.take_order()
    held = token(client)
    session = client.post("/start", json={}, headers=held).json()["session"]
    room.at(5)
    refused = client.post("/end", json={"session": session}, headers=held)
    assert refused.status_code == 409 and refused.json() == {
        "error": "连续录像还不满 15 分钟：请说明现在结束的原因", "code": "ReasonNeeded"}
    assert client.get("/state.json").json()["session"]["early"] is True
    assert client.post("/end", json={"session": session, "reason": "停" * 201}, headers=held).status_code == 409
    assert client.post("/end", json={"session": session, "reason": 5}, headers=held).status_code == 422
    assert client.post("/end", json={"session": session, "reason": "停电"}, headers=held).status_code == 200


def test_the_held_button_asks_on_the_page(client: TestClient, room: Any) -> None:
    room.take_order()
    room.presses.start("welding-1")
    room.at(5)
    assert client.get("/state.json").json()["asked"] is False
    with pytest.raises(ReasonNeeded):
        room.presses.hold()
    assert client.get("/state.json").json()["asked"] is True
    assert client.post("/go-on", json={}).status_code == 403
    assert client.post("/go-on", json={}, headers=token(client)).status_code == 200
    assert client.get("/state.json").json()["asked"] is False


def test_the_right_class_is_chosen_on_the_page(client: TestClient, room: Any) -> None:
    room.take_order()
    room.take_order("welding-2", after_minutes=60)
    session = room.presses.start("welding-1")
    body = {"session": session, "class": "welding-2", "reason": "按错了"}
    assert client.post("/correct", json=body).status_code == 403
    assert client.post("/correct", json={**body, "reason": ""}, headers=token(client)).status_code == 409
    assert client.post("/correct", json={"class": "welding-2"}, headers=token(client)).status_code == 422
    assert client.post("/correct", json=body, headers=token(client)).status_code == 200
    assert client.get("/state.json").json()["session"]["class"] == "welding-2"


def test_what_cannot_be_done_is_one_sentence(client: TestClient, room: Any) -> None:
    answer = client.post("/start", json={}, headers=token(client))
    assert answer.status_code == 409
    assert answer.json() == {
        "error": "本终端盒没有可以开始的班次，教学计划由监管中心下发", "code": "NoClassHere"}


@pytest.mark.parametrize("headers", [{}, {"X-Zaitang-Token": "a.b"}])
def test_a_press_without_a_page_of_ours_is_refused(client: TestClient, room: Any, headers: dict[str, str]) -> None:
    room.take_order()
    assert client.post("/start", json={}, headers=headers).status_code == 403
    assert client.post("/end", json={"session": "s"}, headers=headers).status_code == 403
    assert room.memory.look().session is None


def test_another_sites_page_cannot_press(client: TestClient, room: Any) -> None:
    room.take_order()
    held = {**token(client), "Origin": "http://evil.example"}
    assert client.post("/start", json={}, headers=held).status_code == 403


def test_a_foreign_name_for_this_machine_gets_nothing(client: TestClient) -> None:
    for path in ("/", "/state.json", "/camera.jpg", "/static/terminal.js"):
        assert client.get(path, headers={"Host": "evil.example"}).status_code == 421


def test_nothing_is_cached_framed_or_loaded_from_elsewhere(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    for path in ("/", "/static/terminal.css", "/static/terminal.js"):
        assert not re.search(r"https?://(?!www\.w3\.org)", client.get(path).text)


def test_the_picture_is_there_only_while_the_desk_is_open(client: TestClient, room: Any) -> None:
    assert client.get("/camera.jpg").status_code == 204
    room.desk.picture = b"\xff\xd8"
    assert client.get("/camera.jpg").content == b"\xff\xd8"


def test_a_busy_store_is_said_and_passes(client: TestClient, room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise StoreBusy()

    monkeypatch.setattr(room.memory, "look", busy)
    answer = client.get("/state.json")
    assert answer.status_code == 503 and answer.headers["retry-after"] == "1"


def test_a_port_in_use_and_an_address_of_another_machine_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=str(port)):
            listen("127.0.0.1", port)
        with pytest.raises(CannotListen, match="Cannot assign"):
            listen("203.0.113.1", port)


def test_a_bare_face_roll_call_is_answered_by_a_press_of_the_page(client: TestClient, room: Any) -> None:
    answer = client.post("/bareface", json={"do": "begin"}, headers=token(client))
    assert answer.status_code == 409 and answer.json()["code"] == "NobodyAsks"
    said: list[str | None] = []

    class Asks:
        def now(self) -> None:
            return None

        def begin(self, teacher: str | None) -> None:
            said.append(teacher)

        def put_off(self) -> None:
            said.append("put off")

    room.screen.bareface = Asks()
    held = token(client)
    assert client.post("/bareface", json={"do": "begin"}).status_code == 403
    for body in ({"do": "begin"}, {"do": "begin", "instructor": "t-1"}, {"do": "put_off"}):
        assert client.post("/bareface", json=body, headers=held).status_code == 200
    assert said == [None, "t-1", "put off"]
    for body in ({"do": "held"}, {}, {"do": "begin", "instructor": "t" * 65}, {"do": "begin", "instructor": 1}):
        assert client.post("/bareface", json=body, headers=held).status_code == 422


HALF = "\\ud800"
"""Half of a character: no record and no page can hold it."""


@pytest.mark.parametrize(("path", "body"), [
    ("/start", '{"class": "%s"}'), ("/end", '{"session": "%s", "reason": "x"}'),
    ("/end", '{"session": "x", "reason": "%s"}'), ("/correct", '{"session": "x", "class": "%s", "reason": "x"}'),
    ("/correct", '{"session": "x", "class": "y", "reason": "\\u0000%s"}'),
    ("/bareface", '{"do": "begin", "instructor": "%s"}'),
])
def test_a_press_that_holds_no_plain_text_is_refused(client: TestClient, room: Any, path: str, body: str) -> None:
    room.take_order()
    room.presses.start("welding-1")
    headers = token(client) | {"content-type": "application/json"}
    answer = client.post(path, content=body % HALF, headers=headers)
    assert answer.status_code == 422 and answer.json()["code"] == "NotAnAction"


def test_an_origin_that_is_no_address_is_refused(client: TestClient) -> None:
    assert client.post("/start", json={}, headers=token(client) | {"origin": "http://["}).status_code == 403
