"""USB cameras: a device's own words (bytes as the kernel lays them out), the best mode, pipelines that really encode.

No device is here: the pipelines are tried with GStreamer's test picture in the place of the camera."""
from __future__ import annotations

import shutil
import struct
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cameras import v4l2
from edge.cameras.errors import NoDevice
from edge.cameras.gst import LAUNCH, GstTap
from edge.cameras.live import LiveSource
from edge.cameras.v4l2 import Mode, best, look, open_v4l2, pipeline_of
from edge.clock import SystemClock
from tests.edge.recorder.conftest import Bench

from .conftest import check_plays, record_for


class Kernel:
    """Answers ioctls as uvcvideo does: formats, their sizes, their intervals."""

    def __init__(self, modes: dict[bytes, list[tuple[int, int, list[int]]]], caps: int = 0x1, ranges: bool = False):
        self.modes, self.caps, self.ranges = modes, caps, ranges

    def __call__(self, handle: int, request: int, data: bytes) -> bytes:
        if request == v4l2.QUERYCAP:
            names = b"uvcvideo", b"HD Webcam", b"usb"
            return struct.pack("=16s32s32s6I", *names, 0, 0x80000000 | 0x1, self.caps, 0, 0, 0)
        index, pixel = struct.unpack_from("=I4s", data)
        return {v4l2.ENUM_FMT: self.format, v4l2.ENUM_SIZES: self.size, v4l2.ENUM_INTERVALS: self.rate}[request](
            index, pixel, data)

    def format(self, index: int, _pixel: bytes, _data: bytes) -> bytes:
        return struct.pack("=III32s4s4I", index, 1, 0, b"words", one_of(list(self.modes), index), 0, 0, 0, 0)

    def size(self, index: int, pixel: bytes, _data: bytes) -> bytes:
        if self.ranges:
            return struct.pack("=I4sI6I8x", index, pixel, 3, 32, 4056, 2, 32, 3040, 2)
        width, height, _ = one_of(self.modes[pixel], index)
        return struct.pack("=I4sIII24x", index, pixel, 1, width, height)

    def rate(self, index: int, pixel: bytes, data: bytes) -> bytes:
        width, height = struct.unpack_from("=II", data, 8)
        if self.ranges:
            return struct.pack("=I4sIII6I8x", index, pixel, width, height, 3, 1, 50, 1, 1, 0, 1)
        rates = next(rates for w, h, rates in self.modes[pixel] if (w, h) == (width, height))
        return struct.pack("=I4sIIIII24x", index, pixel, width, height, 1, 1, one_of(rates, index))


def one_of(things: list, index: int):  # type: ignore[no-untyped-def, type-arg]
    if index >= len(things):
        raise OSError(22, "Invalid argument")
    return things[index]


WEBCAM = {
    b"YUYV": [(640, 480, [30, 15]), (1920, 1080, [5])],
    b"MJPG": [(1920, 1080, [30, 25]), (2592, 1944, [15])],
    b"RGGB": [(4056, 3040, [10])],
}


def test_a_device_tells_what_it_can(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    device = look(str(tmp_path / "video0"), "x", Kernel(WEBCAM))
    assert device.label == "HD Webcam" and len(device.modes) == 6
    assert {mode.kind for mode in device.modes} == {"YUY2", "jpeg"}
    assert best(device.modes) == Mode("jpeg", 1920, 1080, Fraction(30))
    assert look(device.path, "x", Kernel(WEBCAM, caps=0x8000)).modes == (), "an encoder is no camera"
    ranged = look(device.path, "x", Kernel({b"NV12": []}, ranges=True))
    assert ranged.modes == (Mode("NV12", 1920, 1080, Fraction(50)),)


MODES = st.builds(Mode, st.sampled_from(["h264", "jpeg", "YUY2"]), st.integers(16, 5000), st.integers(16, 4000),
                  st.sampled_from([Fraction(5), Fraction(15, 2), Fraction(15), Fraction(30000, 1001), Fraction(60)]))


@given(st.lists(MODES, min_size=1, max_size=12))
def test_the_best_mode_is_never_beaten(modes: list[Mode]) -> None:
    chosen = best(modes)
    assert chosen in modes
    fits = [mode for mode in modes if mode.width <= 1920 and mode.height <= 1080]
    if fits:
        assert chosen in fits
        ready = [mode for mode in fits if mode.kind == "h264"]
        assert not ready or chosen in ready
        smooth = [mode for mode in ready or fits if mode.fps >= 15]
        assert not smooth or chosen in smooth


def test_no_device_no_format() -> None:
    assert best([]) is None
    with pytest.raises(NoDevice, match="No such file"):
        look("/dev/video-none", "v4l2:/dev/video-none")
    with pytest.raises(NoDevice, match="no video device"):
        look("/dev/null", "v4l2:/dev/null")


def test_a_device_without_a_usable_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "video0").touch()
    monkeypatch.setattr(v4l2, "look", lambda path, name: look(path, name, Kernel({b"RGGB": WEBCAM[b"RGGB"]})))
    monkeypatch.setattr(v4l2, "need_programs", lambda name: None)
    with pytest.raises(NoDevice, match=r"no H\.264, MJPEG or usual raw video"):
        open_v4l2(str(tmp_path / "video0"), "v4l2:x")


def test_devices_are_found_and_others_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v4l2, "DEVICES", tmp_path)
    assert v4l2.devices() == []
    for name in ("video0", "video1", "null"):
        (tmp_path / name).touch()
    kernels = {"video0": Kernel(WEBCAM), "video1": Kernel(WEBCAM, caps=0)}
    monkeypatch.setattr(v4l2, "look", lambda path, name: look(path, name, kernels[Path(path).name]))
    assert [Path(device.path).name for device in v4l2.devices()] == ["video0"]


@pytest.mark.skipif(shutil.which(LAUNCH) is None, reason="GStreamer is not here")
@pytest.mark.parametrize(("kind", "picture"), [("jpeg", "jpegenc"), ("YUY2", "videoconvert")])
def test_what_is_not_h264_is_encoded(kind: str, picture: str, real: Bench) -> None:
    text = pipeline_of("/dev/video0", Mode(kind, 64, 48, Fraction(10)), "x264enc")
    source, rest = text.split(" ! ", 1)
    assert source == "v4l2src device=/dev/video0 do-timestamp=true"
    raw = "video/x-raw,format=I420,width=64,height=48,framerate=10/1"
    stand_in = f"videotestsrc is-live=true ! {raw} ! {picture} ! {rest}"
    live = LiveSource(GstTap(stand_in, "v4l2:/dev/video0", encoded=True), SystemClock())
    assert live.info.encoded and (live.info.width, live.info.height) == (64, 48)
    (segment,) = record_for(real, live, 1)
    assert check_plays(real.volume.segments / segment.file) == segment.packets


@pytest.mark.parametrize(("encoder", "words"), [
    (None, "video/x-h264,width=1280"), ("v4l2h264enc", "repeat_sequence_header=1"),
    ("nvv4l2h264enc", "insert-sps-pps=true"), ("x264enc", "tune=zerolatency"),
])
def test_each_encoder_is_asked_for_parameter_sets_and_keyframes(encoder: str | None, words: str) -> None:
    text = pipeline_of("/dev/video0", Mode("jpeg", 1280, 720, Fraction(30)), encoder)
    assert words in text and (encoder is None or (encoder in text and "60" in text))
