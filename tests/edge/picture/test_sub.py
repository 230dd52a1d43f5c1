"""The look at the small stream: before the press, through a real RTSP server, and only what such a stream can tell."""
from __future__ import annotations

import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge.cameras import again
from edge.cameras.file import open_file
from edge.cameras.lores import HEIGHT as SMALL_HEIGHT
from edge.cameras.lores import WIDTH as SMALL_WIDTH
from edge.cameras.lores import Handing
from edge.cameras.open import open_source
from edge.clock import AutojumpClock, SystemClock
from edge.config import parse_box
from edge.picture import sub
from edge.picture.measure import ROWS, measure
from edge.picture.process import small_pictures
from edge.picture.sub import LoresPictures, Pictures, Small, SubLook, SubStream
from edge.picture.told import TOLD, Board, Trouble, troubles
from edge.wiring import Box, open_box
from evidence.bodies import body_of
from evidence.policy import PictureRules
from evidence.times import SECOND
from tests.edge.cameras.conftest import Serve, serve, serving
from tests.edge.picture.conftest import FPS, HEIGHT, RULES, WIDTH, Room, write_film
from tests.edge.picture.conftest import again as again_and_again
from tests.edge.recorder.conftest import HandClock
from tests.edge.recorder.test_process import Running, make_box, press

__all__ = ["serve"]

AT_ONCE: PictureRules = dataclasses.replace(RULES, least_s=dataclasses.replace(RULES.least_s, value=1))
"""For tests in real time: a second is long."""


@dataclasses.dataclass
class Given:
    """Small pictures that a test gives, one every five seconds."""

    clock: HandClock
    given: Sequence[np.ndarray | None]
    seen: Callable[[], None] = lambda: None

    def take(self, stop: threading.Event) -> Iterator[Small | None]:
        for image in self.given:
            self.clock.forward(4)
            yield None if image is None else (self.clock.mono_us(), av.VideoFrame.from_ndarray(image, "gray"))
            self.clock.forward(1)
            yield None
            self.seen()


def until(wanted: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def told_of(tmp_path: Path, given: Sequence[np.ndarray | None]) -> list[list[Trouble]]:
    """What is told after each picture."""
    said: list[list[Trouble]] = []
    clock = HandClock()
    pictures = Given(clock, given, lambda: said.append(troubles(tmp_path / TOLD)))
    SubLook(pictures, "room", clock, RULES, Board(tmp_path / TOLD))._run()
    return said


@pytest.fixture
def grey(room: Room) -> Callable[[int], np.ndarray]:
    """The room as a small picture, with the noise of one frame."""
    def make(number: int) -> np.ndarray:
        image = cv2.cvtColor(room.people(number), cv2.COLOR_BGR2GRAY)
        return cv2.resize(image, (320, 180), interpolation=cv2.INTER_AREA)

    return make


@pytest.fixture(scope="session")
def films(room: Room, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Half a minute of a room with people, and of a black picture: a keyframe each second."""
    folder = tmp_path_factory.mktemp("films")
    dark = np.full((HEIGHT, WIDTH, 3), 4.0, np.float32)
    people = write_film(folder / "people.mp4", (room.people(n) for n in range(30 * FPS)), FPS)
    return people, write_film(folder / "black.mp4", (room.noisy(dark, n) for n in range(30 * FPS)), FPS)


def test_black_and_covered_are_told_once_they_last_with_when_they_began(
    tmp_path: Path, grey: Callable[[int], np.ndarray],
) -> None:
    black, hand = np.full((180, 320), 18, np.uint8), np.full((180, 320), 90, np.uint8)
    good = [grey(number) for number in range(4)]
    said = told_of(tmp_path, [*good, *[black] * 5, *good, *[hand] * 5])
    start_us = HandClock().mono_us()
    assert said[:6] == [[]] * 6 and said[9:16] == [[]] * 7
    assert said[7:9] == [[Trouble("black", "room", None, start_us + 24 * SECOND)]] * 2
    assert said[-1] == [Trouble("covered", "room", None, start_us + 69 * SECOND)]


def test_of_a_stream_that_gives_nothing_more_nothing_is_said(tmp_path: Path) -> None:
    black = np.full((180, 320), 18, np.uint8)
    said = told_of(tmp_path, [*[black] * 40, *[None] * 5])
    since = {one.since_us for told in said for one in told}
    assert said[39] and said[42] and since == {HandClock().mono_us() + 4 * SECOND}, "also when it lasts for long"
    assert said[43:] == [[], []]


def test_an_odd_picture_is_left_out_and_the_look_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, count = sub.measure, iter(range(100))

    def odd(frame: av.VideoFrame, at_us: int, before: None) -> object:
        if next(count) < 3:
            raise cv2.error("no such format")
        return real(frame, at_us, before)

    monkeypatch.setattr(sub, "measure", odd)
    said = told_of(tmp_path, [np.full((180, 320), 18, np.uint8)] * 8)
    assert said[:6] == [[]] * 6 and [one.what for one in said[-1]] == ["black"]


def test_a_stream_of_which_nothing_can_be_decoded_is_no_picture(
    films: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sub, "decode", lambda codec, data: None)
    clock = AutojumpClock(0, 1000 * SECOND, "ab")
    small = SubStream(lambda: open_file(f"file:{films[1]}", clock), 5 * SECOND).take(threading.Event())
    assert list(itertools.islice(small, 10)) == [None] * 10
    assert clock.mono_us() < 1015 * SECOND, "told while the stream goes on, not after it"


def test_frozen_is_never_told_from_small_pictures_which_lost_most_of_the_noise(
    tmp_path: Path, empty_room: Room, grey: Callable[[int], np.ndarray],
) -> None:
    assert told_of(tmp_path, [grey(0)] * 40) == [[]] * 40
    still = [cv2.cvtColor(empty_room.still(number), cv2.COLOR_BGR2GRAY) for number in range(2)]
    shrunk = [cv2.resize(image, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA) for image in still]
    full_ppm, small_ppm = (
        measure(*(av.VideoFrame.from_ndarray(image, "gray") for image in two[:1]), 0, two[1][::ROWS]).change_ppm
        for two in (still, shrunk))
    assert full_ppm is not None and small_ppm is not None and small_ppm * 2 < full_ppm


@pytest.mark.long
def test_a_real_stream_is_told_before_anything_is_recorded_and_opened_again(
    tmp_path: Path, films: tuple[Path, Path], serve: Serve, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(again, "WAITS_S", (0.2,))
    monkeypatch.setattr(sub, "STALE_US", 3 * SECOND // 2)
    people, black = films
    server = serve(f"{serving(people)} || {serving(black)}")
    path, clock = tmp_path / TOLD, SystemClock()
    pictures = SubStream(lambda: open_source(server.sub, clock, keys_only=True), SECOND // 2)
    look = SubLook(pictures, "room", clock, AT_ONCE, Board(path))
    look.start()
    try:
        until(lambda: [one.what for one in troubles(path)] == ["black"])
        server.kill()
        until(lambda: troubles(path) == [])
        server = serve(f"{serving(people)} || {serving(black)}", server.port)
        until(lambda: [one.what for one in troubles(path)] == ["black"])
    finally:
        look.stop()


def test_lores_pictures_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.cameras.lores.EVERY_S", 0.05)
    path, clock, chance = tmp_path / "room.lores", SystemClock(), np.random.default_rng(3)

    def newest() -> np.ndarray:
        return chance.integers(16, 22, (SMALL_HEIGHT, SMALL_WIDTH), np.uint8)

    handing = Handing(path, newest)
    look = SubLook(LoresPictures(path, clock, SECOND // 2), "room", clock, AT_ONCE, Board(tmp_path / TOLD))
    look.start()
    try:
        until(lambda: [one.what for one in troubles(tmp_path / TOLD)] == ["black"])
    finally:
        look.stop()
        handing.close()


@pytest.mark.parametrize(("camera", "kind"), [
    ('source = "rtsp://127.0.0.1:9/cam"\nsub = "rtsp://127.0.0.1:9/sub"', SubStream),
    ('source = "picamera2:0"', LoresPictures), ('source = "rtsp://127.0.0.1:9/cam"', None),
    ('role = "terminal"\nsource = "rtsp://127.0.0.1:9/cam"\nsub = "rtsp://127.0.0.1:9/sub"', None),
])
def test_which_cameras_have_small_pictures(face_box: Box, camera: str, kind: type[Pictures] | None) -> None:
    config = parse_box(f'device = "box-1"\n[[cameras]]\nid = "room"\n{camera}'.encode(), "box.toml")
    assert type(small_pictures(dataclasses.replace(face_box, config=config))) is (kind or type(None))


@pytest.mark.long
def test_the_process_tells_before_the_press_and_measures_what_is_recorded(
    tmp_path: Path, films: tuple[Path, Path],
) -> None:
    # Minutes of real time at the clock's rate: a camera whose film is over is a silent one.
    people, black = (again_and_again(film, tmp_path / film.name, 100) for film in films)
    folder = make_box(tmp_path / "box", people, f'sub = "file:{black}"\n')
    path = folder / "run" / TOLD
    running, box = Running(folder, "recorder", "picture"), open_box(folder)
    try:
        until(lambda: [(one.what, one.run) for one in troubles(path)] == [("black", None)])
        running.wait_ready()
        press(box)
        until(lambda: bool(box.store.records_of("picture")))
        assert [(one.what, one.run) for one in troubles(path)] == [("black", None)]
    finally:
        code, _, _ = running.end()
        pictures = [body_of(one.record) for one in box.store.records_of("picture")]
        alarms = box.store.records_of("alarm")
        box.store.close()
    assert code == 0 and not path.exists(), "nobody looks any more"
    assert min(one.luma_ppm for body in pictures for one in body.samples) > 100_000  # type: ignore[union-attr]
    assert alarms == [], "what is not in the recorded bytes is no record"
