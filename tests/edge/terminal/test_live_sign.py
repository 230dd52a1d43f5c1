"""The sign that somebody looks into the room from afar: what tells it may be torn, hostile, old or from the future."""
from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from edge.errors import StoreBusy
from edge.live.sign import NAME, Sign
from edge.terminal.app import make_app
from edge.terminal.guard import Guard
from edge.terminal.live_sign import FRESH_S, MOST, LiveSign, Watched
from edge.terminal.screen import Screen
from evidence.times import HOUR, MINUTE, SECOND

from .conftest import START, order_body

WALL_S = 1_900_000_000.0


class Told:
    """The file, by hand; the machine's clock and its own."""

    def __init__(self, folder: Path) -> None:
        self.path, self.wall_s, self.mono_s, self.now_us = folder / NAME, WALL_S, 100.0, START
        self.sign = LiveSign(self.path, lambda: self.now_us, lambda: self.wall_s, lambda: self.mono_s)

    def write(self, data: bytes | None = None, age_s: float = 0.0) -> None:
        """What the box sends from; dated so long ago."""
        good = {"form": "video", "since_us": START - MINUTE, "told_us": START}
        self.path.write_bytes(json.dumps(good).encode() if data is None else data)
        self.date(age_s)

    def date(self, age_s: float) -> None:
        at_ns = round((self.wall_s - age_s) * 1e9)
        os.utime(self.path, ns=(at_ns, at_ns))

    def passes(self, seconds: float) -> None:
        self.wall_s += seconds
        self.mono_s += seconds


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def test_it_is_there_while_the_file_is_written_anew_and_goes_within_ten_seconds(told: Told) -> None:
    assert told.sign.look() is None
    told.write()
    assert told.sign.look() == Watched(START - MINUTE)
    for _ in range(20):
        told.passes(2)
        assert told.sign.look() == Watched(START - MINUTE)
        told.write()
    told.passes(FRESH_S - 0.1)
    assert told.sign.look() is not None
    told.passes(0.2)
    assert told.sign.look() is None, "who sent it was killed"
    told.write()
    told.path.unlink()
    assert told.sign.look() is None


def test_what_the_live_process_writes_is_a_sign(told: Told) -> None:
    sign = Sign(told.path, lambda: START)
    told.wall_s = time.time()
    sign.show("pictures", START - 5 * MINUTE)
    assert told.sign.look() == Watched(START - 5 * MINUTE)
    sign.hide()
    assert told.sign.look() is None


@pytest.mark.parametrize("data", [
    b"", b"{", b'{"form": "video", "since', b"null", b"[]", b"{}", b'"since_us"', b'{"since_us": null}',
    b'{"since_us": true}', b'{"since_us": 1.5}', b'{"since_us": "1"}', b'{"since_us": -9}',
    b'{"since_us": ' + b"9" * 400 + b"}", b"[" * MOST, b"\xff\xfe\x00",
    b'{"since_us": 1}' + b" " * MOST, b"x" * 5_000_000, b'{"since_us": NaN}',
], ids=range(18))
def test_what_cannot_be_read_is_a_sign_without_a_time(told: Told, data: bytes) -> None:
    told.write(data)
    assert told.sign.look() == Watched(None)
    told.date(FRESH_S)
    assert told.sign.look() is None


def test_no_more_is_read_than_a_sign_is_long(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def read(path: Path, most: int) -> bytes:
        asked.append(most)
        return b"{}"

    monkeypatch.setattr("edge.terminal.live_sign.read_plain", read)
    told.write(b"x" * 5_000_000)
    assert told.sign.look() == Watched(None) and asked == [MOST + 1]


def test_a_folder_a_pipe_and_what_may_not_be_read_are_signs_too(told: Told) -> None:
    told.path.mkdir()
    told.date(0)
    assert told.sign.look() == Watched(None)
    told.path.rmdir()
    os.mkfifo(told.path)
    told.date(0)
    assert told.sign.look() == Watched(None), "and nobody waits for a writer"
    told.path.unlink()
    told.path.symlink_to(told.path)
    assert told.sign.look() == Watched(None)


def test_it_cannot_be_opened(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(path: Path, most: int) -> bytes:
        raise PermissionError(13, "no", str(path))

    told.write()
    monkeypatch.setattr("edge.terminal.live_sign.read_plain", closed)
    assert told.sign.look() == Watched(None)


@pytest.mark.parametrize(("ahead_us", "shown"), [
    (-24 * HOUR, True), (-24 * HOUR - 1, False), (10 * SECOND, True), (10 * SECOND + 1, False), (24 * HOUR, False)])
def test_a_beginning_that_cannot_be_true_is_not_told(told: Told, ahead_us: int, shown: bool) -> None:
    since_us = START + ahead_us
    told.write(json.dumps({"since_us": since_us}).encode())
    assert told.sign.look() == Watched(since_us if shown else None)


@pytest.mark.parametrize("step_s", [3600, -3600])
def test_a_clock_that_is_set_takes_no_sign_away_and_brings_none_back(told: Told, step_s: float) -> None:
    told.write()
    assert told.sign.look() is not None
    told.wall_s += step_s
    told.passes(FRESH_S - 0.1)
    assert told.sign.look() is not None, "it will be written anew soon"
    told.passes(0.2)
    told.wall_s -= step_s
    assert told.sign.look() is None


def test_a_file_of_the_future_holds_as_long_as_any_other(told: Told) -> None:
    told.write(age_s=-3600)
    assert told.sign.look() == Watched(START - MINUTE)
    told.passes(FRESH_S - 0.1)
    assert told.sign.look() is not None
    told.passes(0.2)
    assert told.sign.look() is None, "left before the clock was set back"
    told.write(age_s=-3600)
    assert told.sign.look() is not None, "somebody wrote it anew"
    told.write()
    assert told.sign.look() is not None
    told.write(age_s=-7200)
    assert told.sign.look() is not None


@given(st.one_of(st.binary(max_size=300), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["since_us", "form", "x"]), inner, max_size=3), max_leaves=6,
).map(lambda value: json.dumps(value).encode())))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_in_it_somebody_looks(told: Told, data: bytes) -> None:
    told.write(data)
    found = told.sign.look()
    assert found is not None and (found.since_us is None or abs(found.since_us - START) <= 24 * HOUR)


def shown(room: Any, watched: Watched | None) -> TestClient:
    screen = Screen(room.config, room.clock, room.memory, lambda: None, lambda: 0.0, False, watched=lambda: watched)
    app = make_app(screen, room.presses, Guard(b"secret", "127.0.0.1"), "zh")
    return TestClient(app, base_url="http://127.0.0.1:8080")


def test_the_sign_says_since_when_in_both_languages(room: Any) -> None:
    client = shown(room, Watched(START + 52 * MINUTE))
    assert client.get("/live-sign.json").json() == {"live": {
        "text": "有人正在远程查看本教室画面（自 09:32）", "who": "主管部门或培训机构，每次查看均有记录"}}
    assert client.get("/live-sign.json?lang=en").json() == {"live": {
        "text": "Somebody is looking into this room live (since 09:32)",
        "who": "Supervising office or training institution, on record"}}
    text = shown(room, Watched(None)).get("/live-sign.json").json()["live"]["text"]
    assert text == "有人正在远程查看本教室画面"
    assert shown(room, None).get("/live-sign.json").json() == {"live": None}


def test_a_busy_store_takes_no_sign_away(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise StoreBusy()

    client = shown(room, Watched(START))
    monkeypatch.setattr(room.memory, "look", busy)
    assert client.get("/state.json").status_code == 503
    assert "08:40" in client.get("/live-sign.json").json()["live"]["text"]


def test_its_time_is_that_of_the_room(room: Any) -> None:
    room.accept(dataclasses.replace(order_body(), utc_offset_min=360))
    client = shown(room, Watched(START))
    client.get("/state.json")
    assert "06:40" in client.get("/live-sign.json").json()["live"]["text"]


@pytest.mark.parametrize("path", ["/", "/enrol", "/nowhere"])
def test_every_page_has_a_place_for_it(room: Any, path: str) -> None:
    text = shown(room, None).get(path).text
    assert text.count('id="live-sign"') == 1 and '<svg viewBox="0 0 48 32" aria-hidden="true">' in text
    assert "/static/live-sign.js" in text and "/static/live-sign.css" in text
    assert text.count('id="live-heard" class="heard" role="status"') == 1
