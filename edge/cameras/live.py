"""A live camera: a thread of its own reads it into a bounded queue, so whoever records never waits for a network."""
from __future__ import annotations

import threading
import time
from collections import deque

import numpy as np
from av.error import (
    ExitError,
    FFmpegError,
    HTTPForbiddenError,
    HTTPNotFoundError,
    HTTPUnauthorizedError,
    InvalidDataError,
)

from common.logs import Log
from edge.cameras.annexb import format_of, is_key, is_whole, parameter_sets, parse
from edge.cameras.errors import (
    NoAnswer,
    NoKeyframe,
    NoStream,
    NotAllowed,
    NoVideo,
    StreamChanged,
    StreamEnded,
    Unreachable,
)
from edge.cameras.port import Packet, StreamInfo
from edge.cameras.stamps import Raw, Stamps
from edge.cameras.tap import OPEN_S, READ_S, Tap
from edge.clock import Clock
from evidence.errors import BadInput

KEY_S = 15.0
"""Real seconds from the first packet to the first keyframe."""
CLOSE_S = 1.0
QUEUE_PACKETS, QUEUE_BYTES = 2000, 64 << 20
"""More than a minute at 25 pictures a second; whoever is later than that has lost packets, and is told."""


class LiveSource:
    """Open once its first keyframe is here. `read` gives everything from there on, and raises what broke the stream.

    `keys_only`: `read` gives keyframes alone, so that nobody wakes for what is not looked at."""

    duration_us: int | None = None
    ended = False

    def __init__(self, tap: Tap, clock: Clock, keys_only: bool = False) -> None:
        """Raises BadVideo, EmptyVideo, WrongCodec."""
        self.info: StreamInfo
        self.first_mono_us = 0
        self.lost = 0
        self._name, self._tap, self._clock, self._log = tap.name, tap, clock, Log("camera")
        self._ready = threading.Condition()
        self._queue: deque[Packet] = deque()
        self._bytes = 0
        self._failure: BadInput | None = None
        self._closing = self._open = self._overrun = False
        self._keys_only = keys_only
        self._stamps: Stamps | None = None
        self._format = b""
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()
        self._wait_open()

    def read(self, wait_s: float) -> Packet | None:
        with self._ready:
            self._ready.wait_for(lambda: self._queue or self._failure, wait_s)
            if self._queue:
                packet = self._queue.popleft()
                self._bytes -= packet.av.size
                return packet
            if self._failure is not None:
                raise self._failure
            return None

    def sub_picture(self) -> np.ndarray | None:
        return self._tap.sub_picture()

    def close(self) -> None:
        self._closing = True
        self._tap.stop()
        # A thread that waits for a dead network ends at its time-out; nobody waits for it.
        self._thread.join(CLOSE_S)

    def _wait_open(self) -> None:
        patience_s = OPEN_S + READ_S + KEY_S
        with self._ready:
            self._ready.wait_for(lambda: self._open or self._failure, patience_s)
            failure = self._failure
        if self._open:
            return
        self.close()
        raise failure or NoAnswer(source=self._name, seconds=round(patience_s))

    # --- in the thread

    def _run(self) -> None:
        failure: BadInput = StreamEnded(source=self._name)
        try:
            self._follow()
        except BadInput as error:
            failure = error
        except (FFmpegError, OSError) as error:
            failure = broken(self._name, error)
        except Exception as error:
            # Libraries of cameras raise what they like; whatever it is, it ends this source and nothing else.
            self._log.failed("camera.failed", error)
            failure = broken(self._name, error)
        with self._ready:
            self._failure = failure
            self._ready.notify_all()

    def _follow(self) -> None:
        packets = self._tap.packets()
        began = None
        try:
            for raw in packets:
                if self._closing:
                    return
                began = began or time.monotonic()
                if self._stamps is None:
                    self._stamps = Stamps(self._tap.fps, self._tap.reordered)
                for packet in self._stamps.take(raw, self._clock.mono_us()):
                    self._take(*packet)
                if not self._open and time.monotonic() - began > KEY_S:
                    raise NoKeyframe(source=self._name, seconds=round(KEY_S))
        finally:
            packets.close()

    def _take(self, raw: Raw, media_us: int, mono_us: int) -> None:
        assert self._stamps is not None
        unit = bytes(raw) if raw.is_keyframe else b""
        # What is written follows this flag: fragments, files and the samples that players may begin with.
        raw.is_keyframe = key = is_key(self._tap.codec, unit)
        if key:
            self._look_at(unit, mono_us)
        if self._open and (key or not self._keys_only):
            self._put(Packet(raw, media_us, self._stamps.usual_us, mono_us, key))

    def _look_at(self, unit: bytes, mono_us: int) -> None:
        """The first keyframe that can be decoded opens the source; one of another format ends it."""
        codec = self._tap.codec
        sets = parameter_sets(codec, unit)
        if self._open:
            if sets and format_of(codec, sets) != self._format:
                raise StreamChanged(source=self._name)
            return
        if not is_whole(codec, sets):
            sets = self._tap.sets
            unit = sets + unit
        if is_whole(codec, sets):
            self._format = format_of(codec, sets)
            self._begin(unit, mono_us)

    def _begin(self, unit: bytes, mono_us: int) -> None:
        holder = parse(self._tap.codec, unit)
        stream = holder.streams.video[0]
        context = stream.codec_context
        if not context.width or not context.height:
            return
        self.info = StreamInfo(self._tap.codec, context.width, context.height, stream, self._tap.fps,
                               self._tap.encoded, self._tap.sub, holder)
        self.first_mono_us = mono_us
        with self._ready:
            self._open = True
            self._ready.notify_all()

    def _put(self, packet: Packet) -> None:
        with self._ready:
            full = len(self._queue) >= QUEUE_PACKETS or self._bytes + packet.av.size > QUEUE_BYTES
            # What follows a lost packet cannot be decoded before the next keyframe.
            if full or (self._overrun and not packet.key):
                self.lost += 1
                fresh, self._overrun = not self._overrun, True
            else:
                fresh = self._overrun = False
                self._queue.append(packet)
                self._bytes += packet.av.size
                self._ready.notify_all()
        if fresh:
            self._log.warning("camera.overrun")


def broken(name: str, error: Exception) -> BadInput:
    """What PyAV or the system raised, as our error. Their own text is left out: it may hold a password."""
    # PyAV tells its own time-out as an exit that was asked for.
    if isinstance(error, TimeoutError | ExitError):
        return NoAnswer(source=name, seconds=round(READ_S))
    if isinstance(error, InvalidDataError):
        return NoVideo(source=name)
    if isinstance(error, EOFError):
        return StreamEnded(source=name)
    kinds: dict[type[Exception], type[Unreachable]] = {
        HTTPUnauthorizedError: NotAllowed, HTTPForbiddenError: NotAllowed, HTTPNotFoundError: NoStream}
    kind = kinds.get(type(error), Unreachable)
    return kind(source=name, why=getattr(error, "strerror", None) or type(error).__name__)
