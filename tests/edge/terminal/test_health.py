"""The page of the box's health: bad things first, in both languages, at once whatever hangs."""
from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from common.examining import Examiner, Look
from common.health import Check
from edge.terminal.app import make_app
from edge.terminal.guard import Guard
from edge.terminal.health import Health

NOW_US = 1_772_413_860_000_000
WELL = Look("clock", lambda box: (), lambda: [Check("clock", "good", "the clock is set, to {error} ms at most", {
    "error": 3})])
ILL = Look("disk", lambda box: (), lambda: [Check("disk", "bad", "{folder}: {free} MB free", {
    "folder": "<b>/v</b>", "free": 5}, "fetch them: `zaitang-edge models fetch {folder}`")])


@pytest.fixture
def hangs() -> Iterator[threading.Event]:
    """Set at the end, so that what hangs goes on."""
    made = threading.Event()
    yield made
    made.set()


def client(
    room: object, *looks: Look[None], within_s: float = 5.0, ago_s: int = 7,
) -> tuple[TestClient, Examiner[None]]:
    examiner = Examiner(None, looks, lambda: NOW_US, within_s)
    app = make_app(room.screen, room.presses, Guard(b"secret", "127.0.0.1"), "zh",  # type: ignore[attr-defined]
                   health=Health(examiner, lambda: NOW_US + ago_s * 1_000_000))  # type: ignore[arg-type]
    return TestClient(app, base_url="http://127.0.0.1:8080"), examiner


def test_what_is_to_mend_stands_first_and_nothing_in_it_is_markup(room: object) -> None:
    page, examiner = client(room, WELL, ILL)
    examiner.lately(5.0)
    said = page.get("/health?lang=en").text
    assert said.index("Something is to mend") < said.index("5 MB free") < said.index("the clock is set, to 3 ms")
    assert "<b>/v</b>" not in said and "<code>zaitang-edge models fetch &lt;b&gt;/v" in said
    assert "Looked at 2026-03-02 09:11:00, 7 s ago" in said and 'content="180; url=/"' in said
    assert "有问题须处理" in page.get("/health?lang=zh").text


def test_a_look_of_long_ago_is_told_in_minutes(room: object) -> None:
    page, examiner = client(room, WELL, ago_s=125)
    examiner.lately(5.0)
    assert "2026-03-02 09:11:00, 2 min ago" in page.get("/health?lang=en").text
    assert "检查时间 2026-03-02 09:11:00，2 分钟前" in page.get("/health?lang=zh").text


def test_a_look_that_hangs_holds_up_neither_the_page_nor_the_check_in(room: object, hangs: threading.Event) -> None:
    stuck = Look("disk", lambda box: (hangs.wait(60),), lambda _: [])
    page, examiner = client(room, WELL, stuck, within_s=0.5)
    began = time.monotonic()
    said = page.get("/health?lang=en").text
    assert "a few seconds" in said and 'content="2; url=/health?lang=en"' in said
    assert page.get("/state.json").status_code == 200
    assert time.monotonic() - began < 5
    examiner.lately(10.0)
    said = page.get("/health?lang=en").text
    assert "it cannot be looked at: it does not answer" in said and "the clock is set" in said


def test_a_terminal_without_it_has_no_such_page(room: object) -> None:
    app = make_app(room.screen, room.presses, Guard(b"secret", "127.0.0.1"), "zh")  # type: ignore[attr-defined]
    assert TestClient(app, base_url="http://127.0.0.1:8080").get("/health").status_code == 404
