"""Pi cameras. No Pi is here: the library is played by a stand-in that hands real H.264 to our `Output`, as its encoders
do; the camera itself was not tried."""
from __future__ import annotations

import sys
import threading
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.cameras import lores, picamera, tap
from edge.cameras.errors import NoAnswer, NoDevice, NoLibrary
from edge.cameras.lores import Lores
from edge.cameras.open import open_source
from edge.cameras.picamera import PiTap, found_here, output_of
from edge.cli import main
from edge.clock import SystemClock
from edge.keys import make_box_keys, self_certified
from edge.recorder import process
from edge.wiring import open_box
from tests.edge.recorder.conftest import Bench, make_film

from .conftest import annexb_packets, check_plays, record_for


class Output:
    """What picamera2's own class of this name does for its subclasses."""

    def __init__(self, pts: object = None) -> None:
        self.recording = False

    def start(self) -> None:
        self.recording = True

    def stop(self) -> None:
        self.recording = False


class Request:
    """A picture of all streams: the small one as planes of YUV 4:2:0, its rows padded. Its luma tells its number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def make_array(self, name: str) -> np.ndarray:
        assert name == "lores"
        planes = np.full((540, 704), 128, np.uint8)
        planes[:360, :640] = self.number
        return planes


class Camera:
    """The calls of Picamera2 that are used; it plays real pictures to the output, ten a second of sensor time."""

    units: list[tuple[bytes, bool]]
    log: list[str]
    busy = False

    post_callback: Callable[[Request], None] | None = None

    def __init__(self, number: int) -> None:
        if self.busy:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self._stop = threading.Event()

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [{"Num": 0, "Model": "imx708"}]

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        assert set(asked) == {"main", "lores", "controls"}
        return asked

    def configure(self, configuration: dict[str, Any]) -> None:
        self.log.append("configured")

    def start_recording(self, encoder: Any, output: Any) -> None:
        assert isinstance(output, Output) and encoder.asked["repeat"]
        output.start()
        self._output = output
        self._thread = threading.Thread(target=self._play)
        self._thread.start()

    def stop_recording(self) -> None:
        self._stop.set()
        self._thread.join()
        self._output.stop()
        self.log.append("stopped")

    def close(self) -> None:
        self.log.append("closed")

    def _play(self) -> None:
        for number, (data, key) in enumerate(self.units):
            if self._stop.wait(0.002):
                return
            if self.post_callback is not None:
                self.post_callback(Request(number))
            self._output.outputframe(memoryview(data), key, number * 100_000, None, False)
            self._output.outputframe(b"sound", True, number * 100_000, None, True)


class Encoder:
    def __init__(self, **asked: Any) -> None:
        self.asked = asked


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch, film: Path) -> type[Camera]:
    camera = type("Picamera2", (Camera,), {"units": annexb_packets(film)[:80], "log": []})
    for name, content in (
        ("picamera2", {"Picamera2": camera}), ("picamera2.encoders", {"H264Encoder": Encoder}),
        ("picamera2.outputs", {"Output": Output}),
    ):
        module = types.ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    return camera


def test_what_the_encoder_hands_over_is_recorded(library: type[Camera], real: Bench) -> None:
    source = open_source("picamera2:0", SystemClock())
    info = source.info
    assert (info.codec, info.width, info.height, info.encoded, info.sub) == ("h264", 64, 48, True, True)
    small = source.sub_picture()
    assert small is not None and (small.shape, small.dtype, int(small.max())) == ((360, 640), np.uint8, 0)
    (segment,) = record_for(real, source, 3)
    assert check_plays(real.volume.segments / segment.file) == segment.packets >= 29
    assert segment.end_pts_us - segment.first_pts_us >= 2_900_000 and segment.gaps == ()
    until = time.monotonic() + 60
    while library.log != ["configured", "stopped", "closed"] and time.monotonic() < until:
        time.sleep(0.01)
    assert library.log == ["configured", "stopped", "closed"] and source.sub_picture() is None


def test_the_newest_small_picture_replaces_the_one_before_and_not_too_often(
    library: type[Camera], monkeypatch: pytest.MonkeyPatch,
) -> None:
    pi, now = PiTap("0", "picamera2:0"), [100.0]
    monkeypatch.setattr(picamera.time, "monotonic", lambda: now[0])
    for number in range(10):
        pi.keep_small(Request(number))
        now[0] += 0.9
    small = pi.sub_picture()
    assert small is not None and int(small[0, 0]) == 9 and int(small[-1, -1]) == 9
    pi.keep_small(Request(99))
    assert pi.sub_picture() is small


def test_a_small_picture_that_cannot_be_taken_costs_the_recording_nothing(
    library: type[Camera], real: Bench, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(self: Request, name: str) -> None:
        raise RuntimeError("the buffer is gone")

    monkeypatch.setattr(Request, "make_array", failing)
    source = open_source("picamera2:0", SystemClock())
    (segment,) = record_for(real, source, 3)
    assert segment.packets >= 29 and segment.gaps == () and source.sub_picture() is None


def test_the_recorder_hands_the_small_pictures_over_and_takes_them_away_at_its_end(
    library: type[Camera], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lores, "EVERY_S", 0.02)
    folder, stop = tmp_path / "box", threading.Event()
    folder.mkdir()
    (folder / "box.toml").write_text(
        'device = "box-1"\npolicy = "demo"\n[[cameras]]\nid = "room"\nsource = "picamera2:0"\n')
    make_box_keys(folder / "keys", self_certified("box-1", SystemClock().utc_us()))
    box, handed = open_box(folder), Lores(folder / "run" / "room.lores")
    recorder = threading.Thread(target=process.run, args=(box, stop))
    recorder.start()
    try:
        until, small = time.monotonic() + 60, None
        while small is None:
            assert time.monotonic() < until
            small = handed.newest()
    finally:
        stop.set()
        recorder.join(60)
        box.store.close()
    assert not recorder.is_alive() and small.shape == (360, 640) and int(small.max()) == 0
    assert list((folder / "run").glob("*.lores*")) == []


def test_the_command_shows_both_streams(
    library: type[Camera], tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    picture = tmp_path / "p.png"
    assert main(["--lang", "en", "cameras", "--source", "picamera2:0", "--picture", str(picture)]) == 0
    assert "answers: H.264, 64x48, 25/s, sub stream, encoded by this box" in capsys.readouterr().out
    sizes = {path.name: cv2.imread(str(path)).shape[:2] for path in tmp_path.iterdir()}  # type: ignore[union-attr]
    assert sizes == {"p.png": (48, 64), "p-sub.png": (360, 640)}


def test_a_machine_without_the_library_has_nothing_to_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    said: list[str] = []
    monkeypatch.setattr(picamera.Log, "failed", lambda _, event, error: said.append(event))
    with pytest.raises(NoLibrary):
        found_here()
    assert said == []


def test_a_camera_that_is_not_there_busy_or_silent(library: type[Camera], monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_here() == [(0, "imx708")]
    with pytest.raises(NoDevice, match="with this number"):
        open_source("picamera2:1", SystemClock())
    library.units = []
    monkeypatch.setattr(picamera, "OPEN_S", 0.2)
    with pytest.raises(NoAnswer):
        open_source("picamera2:0", SystemClock())
    assert library.log[-2:] == ["stopped", "closed"]
    library.busy = True
    with pytest.raises(NoDevice, match="did not complete"):
        open_source("picamera2:0", SystemClock())


@pytest.mark.parametrize("name", ["__init__", "create_video_configuration", "configure", "start_recording",
                                  "global_camera_info"])
def test_whatever_the_library_raises_is_our_own_sentence(
    library: type[Camera], monkeypatch: pytest.MonkeyPatch, name: str,
) -> None:
    def failing(*args: object, **how: object) -> None:
        raise ZeroDivisionError("camera configuration failed")

    monkeypatch.setattr(library, name, failing)
    with pytest.raises(NoDevice, match="camera configuration failed"):
        open_source("picamera2:0", SystemClock())
    if name == "global_camera_info":
        with pytest.raises(NoLibrary):
            found_here()


def test_a_library_that_cannot_be_loaded_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(name: str) -> None:
        raise ValueError("numpy.dtype size changed, may indicate binary incompatibility")

    monkeypatch.setattr(picamera.importlib, "import_module", failing)
    with pytest.raises(NoLibrary, match="python3-picamera2"):
        open_source("picamera2:0", SystemClock())


def test_without_the_library_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(NoLibrary, match="python3-picamera2"):
        found_here()


def test_a_late_reader_loses_up_to_the_next_keyframe(library: type[Camera], film: Path) -> None:
    pi = PiTap("0", "picamera2:0")
    output = output_of(Output, pi.put)
    units = annexb_packets(make_film(film.with_name("long.mp4"), 8))
    output.outputframe(*units[0], 0)
    assert pi._pictures.qsize() == 0, "not started"
    output.start()
    for number, (data, key) in enumerate(units[:65]):
        output.outputframe(data, key, number)
    assert pi._pictures.qsize() == picamera.WAITING and tap.READ_S > 0
    while not pi._pictures.empty():
        pi._pictures.get()
    for number, (data, key) in enumerate(units[65:], 65):
        output.outputframe(data, key, number)
    assert pi._pictures.get()[1:] == (True, 70)
