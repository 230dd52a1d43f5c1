"""A camera on the ribbon of a Raspberry Pi, through picamera2: main stream encoded as H.264, a small one beside it.

The library belongs to Raspberry Pi OS and is imported only when such a camera is opened.
"""
from __future__ import annotations

import contextlib
import importlib
import queue
import threading
import time
from collections.abc import Callable, Generator
from fractions import Fraction
from types import ModuleType
from typing import Any, cast

import av
import numpy as np

from common.logs import Log
from common.texts import N_
from edge.cameras.errors import BadAddress, NoAnswer, NoDevice, NoLibrary
from edge.cameras.stamps import Raw
from edge.cameras.tap import OPEN_S, READ_S, Tap
from evidence.errors import BadInput

SIZE, SUB_SIZE = (1920, 1080), (640, 360)
FPS, KEY_EVERY_S, BITRATE = 25, 2, 4_000_000
SUB_EVERY_S = 2.0
"""Real seconds between two small pictures that are kept: whoever looks needs no more."""
MICROSECOND = Fraction(1, 1_000_000)
WAITING = 50
"""Most pictures between the encoder's thread and ours."""
NOT_A_NUMBER = N_("a Pi camera is named by its number: picamera2:0")
NO_CAMERA = N_("there is no Pi camera with this number")

Put = Callable[[bytes, bool, int | None], None]


def library(name: str) -> ModuleType:
    """picamera2. Raises NoLibrary."""
    try:
        return importlib.import_module("picamera2")
    except ModuleNotFoundError as error:
        if error.name != "picamera2":
            Log("camera").failed("library.refused", error)
        # Only Raspberry Pi OS has it: where it is not, nothing is wrong.
        raise NoLibrary(source=name) from None
    except Exception as error:
        # Built for another numpy it raises a ValueError; whatever it raises, it cannot be used.
        Log("camera").failed("library.refused", error)
        raise NoLibrary(source=name) from None


def output_of(base: type, put: Put) -> Any:
    """An `Output` of picamera2 (its class is `base`) that hands every encoded picture to `put`."""

    class Handing(base):  # type: ignore[misc]
        """Called in the encoder's thread, which must not wait."""

        def outputframe(
            self, frame: Any, keyframe: bool = True, timestamp: int | None = None, packet: Any = None,
            audio: bool = False,
        ) -> None:
            if self.recording and not audio:
                put(bytes(frame), bool(keyframe), timestamp)

    return Handing()


class PiTap(Tap):
    """The main stream of one Pi camera. On a Pi 4 its hardware encodes, on a Pi 5 libav does."""

    def __init__(self, number: str, name: str) -> None:
        """Raises BadAddress, NoLibrary."""
        super().__init__(name, encoded=True, sub=True)
        if not number.isascii() or not number.isdecimal():
            raise BadAddress(source=name, why=NOT_A_NUMBER)
        self._number, self._library = int(number), library(name)
        self._pictures: queue.Queue[tuple[bytes, bool, int | None]] = queue.Queue(WAITING)
        self._overrun, self._stopped = False, threading.Event()
        self._small: np.ndarray | None = None
        self._small_due_s = 0.0

    def packets(self) -> Generator[Raw, None, None]:
        self.codec, self.fps = "h264", float(FPS)
        with contextlib.closing(self._opened()) as camera:
            try:
                self._start(camera)
            except Exception as error:
                raise self._refused(error) from None
            try:
                yield from self._taken()
            finally:
                self._small = None
                camera.stop_recording()
                # Its thread may have kept one more before it stopped.
                self._small = None

    def stop(self) -> None:
        self._stopped.set()

    def sub_picture(self) -> np.ndarray | None:
        """The newest picture of the small stream, uint8 luma, height × width; None while the camera is closed."""
        return self._small

    def keep_small(self, request: Any) -> None:
        """Called in the camera's own thread with each picture: it must neither wait nor raise.

        `capture_array` would wait for a picture, and the camera's stop behind it, for ever if none comes."""
        if (now_s := time.monotonic()) < self._small_due_s:
            return
        self._small_due_s = now_s + SUB_EVERY_S
        try:
            # Below the luma lie the rows of the two colours (YUV 4:2:0), beside it what pads a row.
            self._small = request.make_array("lores")[:SUB_SIZE[1], :SUB_SIZE[0]].copy()
        except Exception as error:
            Log("camera").failed("lores.failed", error)

    def put(self, data: bytes, key: bool, timestamp: int | None) -> None:
        """Take an encoded picture from the encoder's thread; after one was lost, all to the next keyframe are."""
        if self._overrun and not key:
            return
        try:
            self._pictures.put_nowait((data, key, timestamp))
            self._overrun = False
        except queue.Full:
            self._overrun = True

    def _taken(self) -> Generator[Raw, None, None]:
        patience_s = OPEN_S
        while not self._stopped.is_set():
            try:
                picture = self._pictures.get(timeout=patience_s)
            except queue.Empty:
                raise NoAnswer(source=self.name, seconds=round(patience_s)) from None
            patience_s = READ_S
            yield _packet(*picture)

    def _opened(self) -> Any:
        try:
            if self._number >= len(self._library.Picamera2.global_camera_info()):
                raise NoDevice(source=self.name, why=NO_CAMERA)
            return self._library.Picamera2(self._number)
        except BadInput:
            raise
        except Exception as error:
            raise self._refused(error) from None

    def _refused(self, error: Exception) -> NoDevice:
        """picamera2 has no exceptions of its own: another process holds the camera, a size that it cannot do."""
        return NoDevice(source=self.name, why=str(error) or type(error).__name__)

    def _start(self, camera: Any) -> None:
        camera.configure(camera.create_video_configuration(
            main={"size": SIZE}, lores={"size": SUB_SIZE, "format": "YUV420"}, controls={"FrameRate": FPS}))
        camera.post_callback = self.keep_small
        encoders = importlib.import_module("picamera2.encoders")
        outputs = importlib.import_module("picamera2.outputs")
        # `H264Encoder` is the hardware's where there is one, else libav's; `repeat` puts SPS and PPS before keyframes.
        encoder = encoders.H264Encoder(bitrate=BITRATE, repeat=True, iperiod=FPS * KEY_EVERY_S)
        camera.start_recording(encoder, output_of(outputs.Output, self.put))


def _packet(data: bytes, key: bool, timestamp: int | None) -> Raw:
    packet = cast(Raw, av.Packet(data))
    packet.time_base = MICROSECOND
    packet.pts = packet.dts = timestamp
    packet.is_keyframe = key
    return packet


def found_here() -> list[tuple[int, str]]:
    """Numbers and names of the Pi cameras here. Raises NoLibrary."""
    try:
        told = library("picamera2").Picamera2.global_camera_info()
        return [(int(one["Num"]), str(one.get("Model", ""))) for one in told]
    except BadInput:
        raise
    except Exception as error:
        Log("camera").failed("library.refused", error)
        raise NoLibrary(source="picamera2") from None
