"""The live process beside a recorder: what orders say it follows, whatever the line, the camera and the centre do."""
from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.cameras.file import open_file
from edge.cameras.port import Packet
from edge.cameras.relay import Relay
from edge.clock import SystemClock, boottime_us
from edge.errors import StoreUnwritable
from edge.identity.tls import ROOT as TLS_ROOT
from edge.live import process as process_module
from edge.live import view
from edge.live.process import NOTE, run
from edge.live.sign import NAME
from edge.store import Store
from edge.wiring import Box, open_box
from evidence.bodies import LiveEnded, body_of
from evidence.box_orders import BoxOrder, OrderAnswered, WantedLive
from evidence.records import ClockState, Sealed, Stamp
from evidence.times import MINUTE, SECOND, utc_text, utc_us
from tests.edge.cameras.conftest import Serve, serve, serving
from tests.edge.recorder.conftest import make_film
from tests.edge.recorder.test_process import make_box as make_recorded_box

from .conftest import Got, Hub, pictures_of, shown, streams, tls_of_loopback, until

__all__ = ["serve"]

SYNC = '[sync]\nbroker = "127.0.0.1"\nsegments = "{address}"\n'
CAMERA = '[[cameras]]\nid = "room"\nsource = "rtsp://127.0.0.1:9/cam"\n'


@pytest.fixture(scope="session")
def minutes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes, ten pictures a second, a keyframe each second."""
    return make_film(tmp_path_factory.mktemp("minutes") / "minutes.mp4", 120)


class Playing:
    """Stands for the recorder: gives a relay the packets of a film as they are due, again and again."""

    def __init__(self, path: Path, film: Path) -> None:
        self.relay, self._film = Relay(path), film
        self._stop, self._next = threading.Event(), threading.Event()
        self.heard: list[Packet] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            source = open_file(f"file:{self._film}", SystemClock())
            while not (self._stop.is_set() or source.ended or self._next.is_set()):
                packet = source.read(0.05)
                if packet is not None and self.relay.wanted:
                    self.relay.take(source.info, packet)
            self._next.clear()
            source.close()

    def another_stream(self) -> None:
        """The camera breaks, and comes back."""
        self._next.set()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.relay.close()


class Live:
    """The process in a thread."""

    def __init__(self, box: Box) -> None:
        self._stop, self._box = threading.Event(), box
        self.box = dataclasses.replace(box, store=box.second_store())
        self._thread = threading.Thread(target=run, args=(self.box, self._stop))
        self._thread.start()

    @property
    def runs(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        assert self.runs, "it fell over"
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        self.box.store.close()


@dataclasses.dataclass
class Site:
    box: Box
    centre: Any
    hub: Hub
    playing: Playing
    number: int = 0
    live: Live | None = None

    def order(self, form: str = "video", seconds: int = 600, camera: str = "room") -> str:
        """An order that the box has taken; its hash."""
        self.number += 1
        expires = utc_text(self.box.clock.utc_us() + MINUTE)
        body = BoxOrder("box-1", self.number, expires, "watch", watch=WantedLive(camera, form, seconds, "a-1"))  # type: ignore[arg-type]
        sealed: Sealed = self.centre.record("order.box", body)
        self.box.store.answer(sealed, OrderAnswered(sealed.hash, self.number, "accepted"), ())
        return sealed.hash

    def begin(self) -> None:
        self.live = Live(self.box)

    def end(self) -> None:
        if self.live is not None:
            self.live.end()
            self.live = None

    @property
    def sign(self) -> Path:
        return self.box.run_folder / NAME

    def noted(self) -> bool:
        """Whether it is on record that video left."""
        note = self.box.store.note(NOTE.format(form="video"))
        return note is not None and json.loads(note)["began"] is not None

    def ended(self) -> list[LiveEnded]:
        bodies = [body_of(sealed.record) for sealed in self.box.store.records_of("live.ended")]
        return [body for body in bodies if isinstance(body, LiveEnded)]


@pytest.fixture
def site(make_box: Callable[..., Box], centre: Any, hub: Hub, minutes: Path) -> Iterator[Site]:
    box = make_box(SYNC.format(address=hub.address) + CAMERA)
    box.run_folder.mkdir()
    hub.key = box.keys.device.public_key()
    made = Site(box, centre, hub, Playing(box.relay_socket("room"), minutes))
    yield made
    made.end()
    made.playing.close()


def seconds_of(got: list[Got]) -> float:
    return (utc_us(got[-1].word.at) - utc_us(got[0].word.at)) / SECOND


def test_an_order_brings_every_picture_and_the_sign_is_there_before(site: Site, minutes: Path) -> None:
    signs: list[dict[str, Any]] = []
    site.hub.before = lambda: signs.append(json.loads(site.sign.read_text()))
    site.begin()
    time.sleep(0.5)
    assert not site.sign.exists() and not site.playing.relay.wanted, "nobody watches"
    began_s = time.monotonic()
    order = site.order()
    until(lambda: len(site.hub.of(what="video")) >= 6)
    assert site.hub.of(what="video")[0].at_s - began_s < 5
    site.hub.says = lambda word: 410
    until(lambda: site.ended())
    until(lambda: not site.sign.exists() and not site.playing.relay.wanted)
    (stream,) = streams(site.hub.of(order))
    every, seen = pictures_of(minutes), shown(stream)
    at = every.index(seen[0])
    assert at % 10 == 0 and seen == every[at : at + len(seen)] and len(seen) == 10 * (len(stream) - 1)
    assert [one.word.skipped for one in stream] == [False] * len(stream)
    (ended,) = site.ended()
    assert (ended.order, ended.why, ended.camera, ended.form) == (order, "nobody", "room", "video")
    assert (ended.fragments, ended.bytes) == (len(stream), sum(len(one.body) for one in stream))
    assert ended.began is not None and abs(utc_us(ended.began) - utc_us(stream[1].word.at)) < 30 * SECOND
    assert all(sign["form"] == "video" and sign["told_us"] >= sign["since_us"] for sign in signs)
    at_us = [utc_us(one.word.at) for one in stream[1:]]
    assert all(abs(step - SECOND) < SECOND / 4 for step in np.diff(at_us))
    assert abs(site.box.clock.utc_us() - at_us[-1]) < 10 * SECOND


@pytest.mark.long
def test_single_pictures_come_every_three_seconds(site: Site) -> None:
    site.begin()
    order = site.order("pictures")
    until(lambda: len(site.hub.of(order)) == 3)
    assert json.loads(site.sign.read_text())["form"] == "pictures"
    got = site.hub.of(order)
    assert [(one.word.what, one.word.epoch, one.word.skipped) for one in got] == [("picture", 0, False)] * 3
    assert 5.5 < seconds_of(got) < 6.5
    assert all(cv2.imdecode(np.frombuffer(one.body, np.uint8), cv2.IMREAD_COLOR) is not None for one in got)


@pytest.mark.long
def test_both_forms_at_once_and_the_newer_order_of_a_form_takes_its_place(site: Site) -> None:
    site.begin()
    pictures, first = site.order("pictures"), site.order()
    until(lambda: site.hub.of(pictures) and len(site.hub.of(first)) > 2)
    since = json.loads(site.sign.read_text())["since_us"]
    second = site.order()
    until(lambda: len(site.hub.of(second)) > 4)
    assert [(one.order, one.why) for one in site.ended()] == [(first, "newer")]
    count = len(site.hub.of(first))
    assert site.ended()[0].fragments in (count - 1, count)
    before, after = streams(site.hub.of(first) + site.hub.of(second))
    step_us = utc_us(after[1].word.at) - utc_us(before[-1].word.at)
    assert step_us < 2.5 * SECOND and len(shown(after)) == 10 * (len(after) - 1), "whoever watches sees no break"
    assert json.loads(site.sign.read_text())["since_us"] == since and site.hub.of(pictures)[-1].word.epoch == 0
    site.hub.says = lambda word: 410 if word.order == second else None
    until(lambda: len(site.ended()) == 2)
    until(lambda: json.loads(site.sign.read_text())["form"] == "pictures")
    assert site.ended()[1].fragments == len(site.hub.of(second))


@pytest.mark.long
def test_an_order_ends_with_its_time(site: Site) -> None:
    site.begin()
    order = site.order(seconds=10)
    until(lambda: len(site.hub.of(order)) > 2)
    until(lambda: site.ended())
    (ended,) = site.ended()
    until(lambda: not site.sign.exists())
    time.sleep(1)
    # One may have been on its way.
    assert ended.why == "time" and ended.fragments in (len(site.hub.of(order)) - 1, len(site.hub.of(order)))
    assert 5 < len(site.hub.of(order, "video")) < 11


@pytest.mark.long
def test_a_centre_that_forgot_gets_a_new_stream_with_the_newest_at_once(site: Site) -> None:
    site.begin()
    order = site.order()
    until(lambda: len(site.hub.of(order)) > 3)
    forgot = len(site.hub.got)
    site.hub.says = lambda word: 409 if word.what == "video" and len(site.hub.got) == forgot else None
    until(lambda: len(site.hub.got) > forgot + 3)
    first, second = streams(site.hub.of(order))
    assert second[0].word.epoch > first[0].word.epoch and second[0].body == first[0].body
    assert second[1].at_s - first[-1].at_s < 3
    assert len(shown(second)) == 10 * (len(second) - 1)


@pytest.mark.long
def test_a_camera_that_breaks_and_comes_back_is_another_stream(site: Site) -> None:
    site.begin()
    order = site.order()
    until(lambda: len(site.hub.of(order)) > 3)
    site.playing.another_stream()
    until(lambda: len(site.hub.of(order, "init")) == 2)
    count = len(site.hub.got)
    until(lambda: len(site.hub.got) > count + 3)
    first, second = streams(site.hub.of(order))
    assert second[0].word.epoch > first[0].word.epoch
    assert shown(first) and len(shown(second)) == 10 * (len(second) - 1)
    assert site.ended() == []


@pytest.mark.long
def test_of_a_slow_line_the_newest_is_shown_and_what_is_left_out_is_told(site: Site) -> None:
    def slow() -> None:
        time.sleep(3)

    site.begin()
    order = site.order()
    until(lambda: len(site.hub.of(order, "video")) > 1)
    site.hub.before = slow
    until(lambda: any(one.word.skipped for one in site.hub.of(order)), 90)
    late_us = [site.box.clock.utc_us() - utc_us(one.word.at) for one in site.hub.of(order)[-1:]]
    assert late_us[0] < 14 * SECOND, "it stays near to now"
    (stream,) = streams(site.hub.of(order))
    assert shown(stream)


@pytest.mark.long
def test_a_line_of_a_quarter_of_what_the_camera_sends_shows_the_newest_without_a_break(
    make_box: Callable[..., Box], centre: Any, hub: Hub, tmp_path: Path,
) -> None:
    """Nothing runs into a time-out, no piece is sent twice, and what comes stays near to now."""
    large = make_film(tmp_path / "large.mp4", 45, fps=10, gop=10, size=(640, 480))
    box = make_box(SYNC.format(address=hub.address) + CAMERA)
    box.run_folder.mkdir()
    hub.key, hub.pace = box.keys.device.public_key(), large.stat().st_size // 45 // 4
    site = Site(box, centre, hub, Playing(box.relay_socket("room"), large))
    try:
        site.begin()
        order, began_s = site.order(), time.monotonic()
        until(lambda: sum(one.word.skipped for one in hub.of(order)) >= 2)
        (stream,) = streams(hub.of(order))
        assert len(hub.asked) == len({path for path, _ in hub.asked})
        assert {status for _, status in hub.asked} == {204} and shown(stream)
        late_s = [one.at_s - began_s - (utc_us(one.word.at) - utc_us(stream[0].word.at)) / SECOND for one in stream]
        assert max(late_s) < 16
    finally:
        site.end()
        site.playing.close()


def asks_nobody_without(root: str, site: Site) -> None:
    """What is ordered goes nowhere, not even a request, until the box has the site's root."""
    try:
        site.begin()
        order = site.order()
        until(lambda: site.playing.relay.wanted)
        time.sleep(3)
        assert site.hub.asked == []
        site.end()
        (site.box.folder / "keys" / TLS_ROOT).write_text(root)
        site.begin()
        until(lambda: len(site.hub.of(order, "video")) > 2)
    finally:
        site.end()
        site.playing.close()
        site.hub.stop()


@pytest.mark.long
def test_the_road_is_https_and_the_sites_root_alone_vouches_for_it(
    make_box: Callable[..., Box], centre: Any, minutes: Path, tmp_path: Path,
) -> None:
    context, root = tls_of_loopback(tmp_path)
    hub = Hub(tls=context)
    box = make_box(SYNC.format(address=hub.address) + CAMERA)
    box.run_folder.mkdir()
    (box.folder / "keys" / TLS_ROOT).write_text(tls_of_loopback(tmp_path)[1])
    hub.key = box.keys.device.public_key()
    asks_nobody_without(root, Site(box, centre, hub, Playing(box.relay_socket("room"), minutes)))


@pytest.mark.long
def test_a_box_that_joins_a_site_trusts_no_other_root_while_it_has_none(
    make_box: Callable[..., Box], centre: Any, minutes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    context, root = tls_of_loopback(tmp_path)
    (tmp_path / "system.pem").write_text(root)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    hub = Hub(tls=context)
    box = make_box(SYNC.format(address=hub.address) + "tls = true\n" + CAMERA)
    box.run_folder.mkdir()
    hub.key = box.keys.device.public_key()
    asks_nobody_without(root, Site(box, centre, hub, Playing(box.relay_socket("room"), minutes)))


@pytest.mark.long
def test_an_end_that_was_kept_although_the_store_said_no_ends_what_is_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, failed = Store.append, []

    def append(store: Store, type: str, body: Any) -> Any:
        done = real(store, type, body)
        if type == "live.ended" and len(failed) < 2:
            failed.append(body.order)
            raise StoreUnwritable(path="zaitang.db", why="a disk that answers too late")
        return done

    monkeypatch.setattr(Store, "append", append)
    site.begin()
    first = site.order()
    until(lambda: len(site.hub.of(first)) > 1)
    second = site.order()
    until(lambda: len(site.hub.of(second)) > 1)
    assert failed == [first]
    count = len(site.hub.of(first))
    time.sleep(2)
    assert len(site.hub.of(first)) == count
    site.hub.says = lambda word: 410
    until(lambda: failed == [first, second])
    until(lambda: not site.sign.exists() and not site.playing.relay.wanted)
    assert [one.order for one in site.ended()] == [first, second]


@pytest.mark.long
def test_of_a_camera_that_is_none_of_the_room_any_more_nothing_is_shown(
    make_box: Callable[..., Box], centre: Any, hub: Hub, minutes: Path,
) -> None:
    """box.toml was changed after the order was taken."""
    door = CAMERA.replace('"room"', '"door"') + f'role = "terminal"\nsub = "file:{minutes}"\n'
    box = make_box(SYNC.format(address=hub.address) + CAMERA + door)
    box.run_folder.mkdir()
    site = Site(box, centre, hub, Playing(box.relay_socket("room"), minutes))
    try:
        site.begin()
        site.order(camera="door")
        time.sleep(2)
        assert not site.sign.exists() and hub.asked == []
    finally:
        site.end()
        site.playing.close()


@pytest.mark.long
def test_a_process_that_was_killed_before_it_knew_that_a_picture_left_says_that_nobody_knows(
    site: Site, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A power cut between a picture and the next look at what left."""
    monkeypatch.setattr(process_module, "LOOK_S", 0.2)
    known: list[str | None] = []
    site.hub.before = lambda: known.append(site.box.store.note(NOTE.format(form="pictures")))
    site.begin()
    order = site.order("pictures")
    until(lambda: known)
    assert known[0] is not None and json.loads(known[0])["order"] == order
    site.end()
    site.box.store.put_note(NOTE.format(form="pictures"), known[0])
    site.hub.says = lambda word: 410
    site.begin()
    until(lambda: site.ended())
    (ended,) = site.ended()
    assert (ended.began, ended.fragments, ended.bytes) == (None, None, None)


@pytest.mark.long
def test_a_process_that_ends_after_orders_followed_each_other_is_followed_by_a_stream_that_is_new(site: Site) -> None:
    """A centre takes an epoch once."""
    known = -1

    def says(word: Any) -> int | None:
        nonlocal known
        if word.order != second[-1]:
            return None
        if word.epoch < known:
            return 409
        known = word.epoch
        return None

    second = [""]
    site.hub.says = says
    site.begin()
    first = site.order()
    until(lambda: len(site.hub.of(first)) > 1)
    time.sleep(10)
    site.playing.another_stream()
    until(lambda: len(site.hub.of(first, "init")) == 2)
    assert site.hub.of(first, "init")[1].word.epoch > 8
    second.append(site.order())
    until(lambda: len(site.hub.of(second[-1])) > 1)
    site.end()
    count = len(site.hub.got)
    site.begin()
    until(lambda: len(site.hub.got) > count + 1)
    assert [status for _, status in site.hub.asked].count(409) == 0


@pytest.mark.long
def test_while_the_centre_is_away_it_is_tried_again_with_the_newest(site: Site) -> None:
    site.begin()
    order = site.order()
    until(lambda: len(site.hub.of(order, "video")) > 1)
    site.hub.says = lambda word: 503
    count = len(site.hub.asked)
    time.sleep(6)
    tries = len(site.hub.asked) - count
    assert 2 < tries < 15
    site.hub.says = lambda word: None
    back_s, count = time.monotonic(), len(site.hub.got)
    until(lambda: len(site.hub.got) > count + 2)
    newest = site.hub.got[count]
    assert newest.word.skipped and newest.at_s - back_s < 6
    assert site.box.clock.utc_us() - utc_us(newest.word.at) < 8 * SECOND
    assert len(streams(site.hub.of(order))) == 1


@pytest.mark.long
def test_a_server_that_is_dead_and_comes_back_gets_the_newest(site: Site) -> None:
    def dead() -> None:
        raise ConnectionAbortedError

    site.begin()
    order = site.order()
    until(lambda: len(site.hub.of(order, "video")) > 1)
    site.hub.before = dead
    site.hub.stop()
    time.sleep(2)
    again = Hub(site.hub.key, port=site.hub.port)
    again.says = lambda word: 409 if not again.got and word.what != "init" else None
    try:
        until(lambda: len(again.of(order, "video")) > 2)
        (stream,) = streams(again.of(order))
        assert stream[0].word.epoch > 0 and len(shown(stream)) == 10 * (len(stream) - 1)
        assert site.ended() == []
    finally:
        again.says = lambda word: 410
        until(lambda: site.ended())
        again.stop()
        site.hub = Hub()


@pytest.mark.long
def test_a_line_on_which_nothing_is_answered_is_given_up_in_seconds(
    site: Site, monkeypatch: pytest.MonkeyPatch,
) -> None:
    import httpx

    monkeypatch.setattr(process_module, "TIMEOUT", httpx.Timeout(1.0))
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        if not hangs.is_set():
            hangs.set()
            goes_on.wait(60)

    site.begin()
    order = site.order()
    until(lambda: len(site.hub.of(order, "video")) > 1)
    site.hub.before = hang
    assert hangs.wait(30)
    began_s, count = time.monotonic(), len(site.hub.got)
    until(lambda: len(site.hub.got) > count)
    assert time.monotonic() - began_s < 5
    goes_on.set()


@pytest.mark.long
def test_a_word_that_is_refused_for_its_time_is_made_anew_by_the_centres_clock(
    site: Site, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The box's clock is an hour ahead; the answer to the first piece tells the centre's."""
    real = time.time_ns
    monkeypatch.setattr("edge.sync.client.time.time_ns", lambda: real() + 3600 * 10**9)
    true_take = site.hub.take

    def take(path: str, authorization: str, kind: str, body: bytes) -> int:
        from evidence.errors import TokenTooLong

        with monkeypatch.context() as patch:
            patch.setattr(time, "time_ns", real)
            try:
                return true_take(path, authorization, kind, body)
            except TokenTooLong:
                return 401

    site.hub.take = take  # type: ignore[method-assign]
    site.begin()
    order = site.order()
    until(lambda: len(site.hub.of(order, "video")) > 1)
    assert [status for _, status in site.hub.asked][:3] == [401, 204, 204]


@pytest.mark.long
def test_a_piece_that_is_never_taken_is_left_out(site: Site) -> None:
    refused: list[int] = []

    def says(word: Any) -> int | None:
        if word.number == 2 and word.what == "video":
            refused.append(word.epoch)
            return 413
        return None

    site.hub.says = says
    site.begin()
    order = site.order()
    until(lambda: len(site.hub.of(order, "video")) > 3)
    assert len(refused) == 1 and [one.word.skipped for one in site.hub.of(order)].count(True) == 1


@pytest.mark.long
def test_a_process_that_was_killed_is_followed_by_one_that_goes_on(site: Site) -> None:
    site.begin()
    order = site.order()
    until(lambda: len(site.hub.of(order, "video")) > 1 and site.noted())
    site.end()
    assert not site.sign.exists() and site.ended() == [], "the next process takes it up"
    site.sign.write_text("what a process that was killed left")
    count = len(site.hub.got)
    site.begin()
    until(lambda: len(site.hub.got) > count + 2)
    (taken,) = site.box.store.records_of("order.answered")
    assert json.loads(site.sign.read_text())["since_us"] == taken.record.utc_us, "as the terminal lists it"
    first, second = streams(site.hub.of(order))
    assert second[0].word.epoch > first[0].word.epoch
    site.hub.says = lambda word: 410
    until(lambda: site.ended())
    (ended,) = site.ended()
    assert (ended.why, ended.fragments, ended.bytes) == ("nobody", None, None)
    assert ended.began is not None and utc_us(ended.began) < utc_us(second[0].word.at)


@pytest.mark.long
def test_what_was_over_before_the_process_came_back_is_stated(site: Site) -> None:
    site.begin()
    order = site.order(seconds=10)
    until(lambda: site.noted())
    site.end()
    never = site.order("pictures", seconds=10)
    site.sign.write_text("what a process that was killed left")
    time.sleep(10)
    site.begin()
    until(lambda: len(site.ended()) == 2)
    found = {one.order: one for one in site.ended()}
    assert (found[order].why, found[order].fragments) == ("restart", None) and found[order].began is not None
    assert (found[never].why, found[never].fragments, found[never].began) == ("time", 0, None)
    assert not site.sign.exists()


class Starts(SystemClock):
    """The clock of a box that can be switched off and on."""

    def __init__(self) -> None:
        self.boot, self.synced, self._on_us = "ab", True, 0

    def off_and_on(self) -> None:
        self.boot, self.synced, self._on_us = "cd", False, boottime_us()

    def stamp(self) -> Stamp:
        return Stamp(self.boot, self.mono_us(), self.utc_us(), ClockState(self.synced, 0, "kernel", 1))

    def mono_us(self) -> int:
        return boottime_us() - self._on_us


@pytest.mark.long
def test_a_box_that_starts_without_the_time_keeps_its_order_and_follows_it_once_it_knows(site: Site) -> None:
    clock = Starts()
    box = dataclasses.replace(site.box, clock=clock)
    site.box = dataclasses.replace(box, store=box.second_store())
    site.begin()
    order = site.order()
    until(site.noted)
    site.end()
    clock.off_and_on()
    site.begin()
    count = len(site.hub.got)
    time.sleep(2.5)
    assert site.ended() == [] and len(site.hub.got) == count and not site.sign.exists(), "nothing is sent meanwhile"
    clock.synced = True
    until(lambda: len(site.hub.of(order)) > count + 2)
    assert site.ended() == [] and site.sign.exists()
    site.box.store.close()


def test_what_cannot_be_shown_to_the_room_is_not_sent(site: Site) -> None:
    fresh = site.sign.with_name(NAME + ".new")
    fresh.mkdir()
    (fresh / "x").touch()
    site.begin()
    site.order()
    until(lambda: site.playing.relay.wanted)
    time.sleep(3)
    assert site.hub.asked == []
    (fresh / "x").unlink()
    fresh.rmdir()
    until(lambda: site.hub.of(what="video"))
    assert site.sign.exists()


@pytest.mark.long
def test_a_small_stream_is_preferred_and_without_it_the_recorders_packets_serve(
    make_box: Callable[..., Box], centre: Any, hub: Hub, minutes: Path, serve: Serve, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = make_film(tmp_path / "small.mp4", 60, size=(32, 24))
    server = serve(serving(minutes) + " || " + serving(small))
    box = make_box(SYNC.format(address=hub.address) + CAMERA + f'sub = "{server.sub}"\n')
    box.run_folder.mkdir()
    hub.key = box.keys.device.public_key()
    site = Site(box, centre, hub, Playing(box.relay_socket("room"), minutes))
    monkeypatch.setattr(view, "SUB_S", 15.0)
    try:
        site.begin()
        order = site.order()
        until(lambda: len(hub.of(order, "video")) > 2)
        assert not site.playing.relay.wanted
        (stream,) = streams(hub.of(order))
        assert len(shown(stream)[0]) == 32 * 24
        server.kill()
        monkeypatch.setattr(view, "SUB_S", 2.0)
        until(lambda: len(hub.of(order, "init")) == 2)
        until(lambda: len(streams(hub.of(order))[1]) > 2)
        assert len(shown(streams(hub.of(order))[1])[0]) == 64 * 48 and site.playing.relay.wanted
    finally:
        site.end()
        site.playing.close()


def test_a_box_that_sends_nothing_anywhere_waits(make_box: Callable[..., Box]) -> None:
    box = make_box(CAMERA)
    box.run_folder.mkdir()
    live = Live(box)
    time.sleep(0.5)
    assert live.runs
    live.end()


@pytest.mark.long
@pytest.mark.timeout(240)
def test_a_recorder_in_its_own_process_is_watched_and_records_what_it_does_alone(
    tmp_path: Path, hub: Hub, centre: Any,
) -> None:
    """`zaitang-edge run` with both roles; the recorder is killed meanwhile, and the pictures come back."""
    import os
    import signal

    from tests.edge.recorder.test_process import Running, press

    film = make_film(tmp_path / "film.mp4", 300)
    folder = make_recorded_box(tmp_path / "box", film, SYNC.format(address=hub.address), rate=1)
    box = open_box(folder)
    hub.key = box.keys.device.public_key()
    running = Running(folder, "recorder", "live")
    site = Site(box, centre, hub, None)  # type: ignore[arg-type]
    try:
        running.wait_ready()
        order = site.order()
        until(lambda: len(hub.of(order, "video")) > 2)
        press(box)
        running.until(lambda one: one["stretch_us"] > 5 * SECOND)
        os.kill(running.recorder_pid, signal.SIGKILL)
        until(lambda: len(hub.of(order, "init")) == 2)
        running.until(lambda one: one["stretch_us"] > 12 * SECOND)
        hub.says = lambda word: 410
        until(lambda: site.ended())
        assert site.ended()[0].why == "nobody"
    finally:
        code, _, _ = running.end()
        box.store.close()
    assert code == 0
    every = pictures_of(film)
    for stream in streams(hub.of(order)):
        seen = shown(stream)
        at = every.index(seen[0])
        assert seen == every[at : at + len(seen)]
    assert not (folder / "run" / NAME).exists()
