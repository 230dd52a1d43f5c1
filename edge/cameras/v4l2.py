"""USB cameras: what a V4L2 device can do, asked by ioctl, and the GStreamer pipeline that makes H.264 of it.

The installed ffmpeg reads no V4L2 device, so a child with GStreamer does. Numbers and structures: linux/videodev2.h.
"""
from __future__ import annotations

import dataclasses
import fcntl
import os
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from common.texts import N_
from edge.cameras.errors import NoDevice
from edge.cameras.gst import GstTap, need_programs

QUERYCAP, ENUM_FMT, ENUM_SIZES, ENUM_INTERVALS = 0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B
CAPTURE, DEVICE_CAPS = 0x1, 0x80000000
KINDS = {b"H264": "h264", b"MJPG": "jpeg", b"JPEG": "jpeg", b"YUYV": "YUY2", b"UYVY": "UYVY", b"NV12": "NV12",
         b"YU12": "I420"}
"""Pixel formats that a pipeline can take; raw ones by GStreamer's name."""
MOST = 64
"""Formats, sizes and rates that a device may list."""
TOP_SIZE = (1920, 1080)
GOOD_FPS, TOP_FPS = 15, 30
KEY_EVERY_S = 2
INSPECT, INSPECT_S = "gst-inspect-1.0", 20.0
NO_DEVICE = N_("it is no video device")
NO_FORMAT = N_("it gives no H.264, MJPEG or usual raw video")
DEVICES = Path("/dev")

Ioctl = Callable[[int, int, bytes], bytes]


@dataclasses.dataclass(frozen=True)
class Mode:
    """One way to take pictures. `kind`: "h264", "jpeg" or GStreamer's name of a raw format."""

    kind: str
    width: int
    height: int
    fps: Fraction


@dataclasses.dataclass(frozen=True)
class Device:
    """A camera: its path, what it calls itself, its modes."""

    path: str
    label: str
    modes: tuple[Mode, ...]


def open_v4l2(path: str, name: str) -> GstTap:
    """The best video of a device. Raises NoDevice, NoProgram."""
    need_programs(name)
    mode = best(look(path, name).modes)
    if mode is None:
        raise NoDevice(source=name, why=NO_FORMAT)
    encoder = None if mode.kind == "h264" else encoder_here()
    return GstTap(pipeline_of(path, mode, encoder), name, encoded=encoder is not None)


def devices() -> list[Device]:
    """Every V4L2 device here that takes pictures which a pipeline can use."""
    found = []
    for path in sorted(DEVICES.glob("video*")):
        try:
            device = look(str(path), str(path))
        except NoDevice:
            continue
        if device.modes:
            found.append(device)
    return found


def look(path: str, name: str, ioctl: Ioctl = fcntl.ioctl) -> Device:
    """Ask a device. Raises NoDevice."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise NoDevice(source=name, why=error.strerror or str(error)) from None
    try:
        told = ioctl(handle, QUERYCAP, bytes(104))
        caps, device_caps = struct.unpack_from("=II", told, 84)
        if not (device_caps if caps & DEVICE_CAPS else caps) & CAPTURE:
            return Device(path, _text(told[16:48]), ())
        return Device(path, _text(told[16:48]), tuple(_modes(handle, ioctl)))
    except OSError:
        raise NoDevice(source=name, why=NO_DEVICE) from None
    finally:
        os.close(handle)


def best(modes: Sequence[Mode]) -> Mode | None:
    """H.264 before what must be encoded; then enough pictures a second, the largest up to 1080p, compressed before raw.

    None when there is no mode."""
    def worth(mode: Mode) -> tuple[bool, bool, bool, int, Fraction, bool]:
        small = mode.width <= TOP_SIZE[0] and mode.height <= TOP_SIZE[1]
        area = mode.width * mode.height
        fps = min(mode.fps, Fraction(TOP_FPS))
        return small, mode.kind == "h264", fps >= GOOD_FPS, area if small else -area, fps, mode.kind == "jpeg"

    return max(modes, key=worth, default=None)


def pipeline_of(path: str, mode: Mode, encoder: str | None) -> str:
    """A pipeline that ends in H.264; `encoder` is None when the device gives it already."""
    size = f"width={mode.width},height={mode.height},framerate={mode.fps.numerator}/{mode.fps.denominator}"
    source = f"v4l2src device={path} do-timestamp=true"
    if encoder is None:
        return f"{source} ! video/x-h264,{size}"
    if mode.kind == "jpeg":
        return f"{source} ! image/jpeg,{size} ! jpegdec ! {encoder_text(encoder, mode)}"
    return f"{source} ! video/x-raw,format={mode.kind},{size} ! {encoder_text(encoder, mode)}"


def encoder_text(encoder: str, mode: Mode) -> str:
    """The end of a pipeline that encodes raw video. No B-frames; parameter sets with each keyframe."""
    gop = max(1, round(mode.fps * KEY_EVERY_S))
    bits = max(500_000, round(mode.width * mode.height * min(float(mode.fps), TOP_FPS) * 0.08))
    if encoder == "nvv4l2h264enc":
        return (f"videoconvert ! nvvidconv ! video/x-raw(memory:NVMM),format=NV12 ! nvv4l2h264enc bitrate={bits} "
                f"iframeinterval={gop} idrinterval={gop} insert-sps-pps=true")
    if encoder == "v4l2h264enc":
        controls = f"controls,repeat_sequence_header=1,video_bitrate={bits},h264_i_frame_period={gop}"
        return f"videoconvert ! v4l2h264enc extra-controls={controls} ! video/x-h264,level=(string)4"
    return (f"videoconvert ! video/x-raw,format=I420 ! x264enc tune=zerolatency speed-preset=superfast "
            f"bitrate={bits // 1000} key-int-max={gop}")


def encoder_here() -> str:
    """The hardware's encoder (Jetson, Pi 4) if GStreamer has it, else x264."""
    for name in ("nvv4l2h264enc", "v4l2h264enc"):
        try:
            asked = subprocess.run([INSPECT, "--exists", name], capture_output=True, timeout=INSPECT_S, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if asked.returncode == 0:
            return name
    return "x264enc"


def _modes(handle: int, ioctl: Ioctl) -> Iterator[Mode]:
    for told in _listed(handle, ioctl, ENUM_FMT, lambda index: struct.pack("=II56x", index, 1)):
        pixel = told[44:48]
        kind = KINDS.get(pixel)
        if kind is None:
            continue
        for width, height in _sizes(handle, ioctl, pixel):
            for rate in _rates(handle, ioctl, pixel, width, height):
                yield Mode(kind, width, height, rate)


def _sizes(handle: int, ioctl: Ioctl, pixel: bytes) -> Iterator[tuple[int, int]]:
    """Sizes one by one; of a range its largest up to 1080p."""
    for told in _listed(handle, ioctl, ENUM_SIZES, lambda index: struct.pack("=I4s36x", index, pixel)):
        kind, *numbers = struct.unpack_from("=7I", told, 8)
        if kind == 1:
            yield numbers[0], numbers[1]
        else:
            least_w, most_w, step_w, least_h, most_h, step_h = numbers
            yield _within(least_w, most_w, step_w, TOP_SIZE[0]), _within(least_h, most_h, step_h, TOP_SIZE[1])
            return


def _rates(handle: int, ioctl: Ioctl, pixel: bytes, width: int, height: int) -> Iterator[Fraction]:
    """Pictures a second; of a range the highest."""
    def ask(index: int) -> bytes:
        return struct.pack("=I4sII36x", index, pixel, width, height)

    for told in _listed(handle, ioctl, ENUM_INTERVALS, ask):
        kind, numerator, denominator = struct.unpack_from("=3I", told, 16)
        if numerator and denominator:
            yield Fraction(denominator, numerator)
        if kind != 1:
            return


def _listed(handle: int, ioctl: Ioctl, request: int, ask: Callable[[int], bytes]) -> Iterator[bytes]:
    """What an enumerating ioctl tells, until it has no more."""
    for index in range(MOST):
        try:
            yield ioctl(handle, request, ask(index))
        except OSError:
            return


def _within(least: int, most: int, step: int, wanted: int) -> int:
    """The largest size of a range that is not above what is wanted."""
    top = max(least, min(most, wanted))
    return top - (top - least) % max(1, step)


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode(errors="replace")
