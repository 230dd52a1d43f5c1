"""The room camera's packets as the recorder hands them on (relay.py), taken as a source."""
from __future__ import annotations

import base64
import json
import socket
import struct
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from common.sockets import short_name
from edge.cameras.annexb import parse
from edge.cameras.errors import NoAnswer, NoKeyframe, NoVideo, StreamEnded, Unreachable
from edge.cameras.port import CODECS, Packet, StreamInfo
from edge.cameras.relay import ALL, HEAD, KEYS, LOST, PACKET, PACKET_HEAD, QUEUE_BYTES, STREAM

CONNECT_S, KEY_S = 2.0, 15.0
"""Real seconds until the recorder answers, and until a keyframe comes: who comes late may wait for the next one."""
CHUNK = 1 << 18
LARGEST = QUEUE_BYTES + 4096
NAME = "recorder"
"""What errors call it."""


class RelayedSource:
    """Open once a keyframe is here. `read` raises BadVideo when the recorder, or its camera, is gone: what comes then
    is another stream. `lost`: how often packets were dropped, because nobody took them in time.

    `keys_only`: only keyframes are handed on."""

    duration_us: int | None = None
    ended = False

    def __init__(self, path: Path, keys_only: bool = False) -> None:
        """Raises BadVideo."""
        self.lost = 0
        self._got = bytearray()
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._connect(path, keys_only)
            self._sets = b""
            self.info: StreamInfo
            self._first: Packet | None = self._opened()
        except BaseException:
            self._line.close()
            raise
        self.first_mono_us = self._first.mono_us

    def read(self, wait_s: float) -> Packet | None:
        if self._first is not None:
            packet, self._first = self._first, None
            return packet
        until = time.monotonic() + wait_s
        while (message := self._message(until)) is not None:
            kind, body = message
            if kind == LOST:
                self.lost += 1
            elif kind == PACKET:
                return _packet(body)
        return None

    def sub_picture(self) -> np.ndarray | None:
        return None

    def close(self) -> None:
        self._line.close()

    def _connect(self, path: Path, keys_only: bool) -> None:
        try:
            with short_name(path) as name:
                self._line.settimeout(CONNECT_S)
                self._line.connect(name)
            self._line.sendall(KEYS if keys_only else ALL)
        except OSError as error:
            raise Unreachable(source=NAME, why=error.strerror or type(error).__name__) from None

    def _opened(self) -> Packet:
        """The first packet, from which the parameters of the stream are taken."""
        until, said = time.monotonic() + KEY_S, None
        while (message := self._message(until)) is not None:
            kind, body = message
            if kind == STREAM:
                said = body
            elif kind == PACKET and said is not None:
                packet = _packet(body)
                self.info = _info(said, bytes(packet.av))
                return packet
        raise NoKeyframe(source=NAME, seconds=round(KEY_S))

    def _message(self, until: float) -> tuple[int, bytes] | None:
        """The next message; None when none is whole by then. Raises BadVideo."""
        while True:
            if len(self._got) >= HEAD.size:
                kind, length = HEAD.unpack_from(self._got)
                if length > LARGEST:
                    raise NoVideo(source=NAME)
                if len(self._got) >= HEAD.size + length:
                    body = bytes(memoryview(self._got)[HEAD.size : HEAD.size + length])
                    del self._got[: HEAD.size + length]
                    return kind, body
            left_s = until - time.monotonic()
            if not self._more(max(left_s, 0.0)):
                return None

    def _more(self, wait_s: float) -> bool:
        try:
            self._line.settimeout(max(wait_s, 0.001))
            data = self._line.recv(CHUNK)
        except TimeoutError:
            return False
        except OSError:
            raise NoAnswer(source=NAME, seconds=0) from None
        if not data:
            raise StreamEnded(source=NAME)
        self._got += data
        return True


def _packet(body: bytes) -> Packet:
    """Raises NoVideo."""
    try:
        pts, dts, media_us, duration_us, mono_us, num, den, key = PACKET_HEAD.unpack_from(body)
        raw = av.Packet(body[PACKET_HEAD.size :])
        raw.time_base = Fraction(num, den)
    except (struct.error, ZeroDivisionError, ValueError):
        raise NoVideo(source=NAME) from None
    raw.pts, raw.dts, raw.is_keyframe = pts, dts, key
    return Packet(raw, media_us, duration_us, mono_us, key)  # type: ignore[arg-type]


def _info(said: bytes, unit: bytes) -> StreamInfo:
    """Raises NoVideo."""
    try:
        told = json.loads(said)
        codec, sets = str(told["codec"]), base64.b64decode(told["sets"])
        fps, encoded = None if told["fps"] is None else float(told["fps"]), bool(told["encoded"])
        if codec not in CODECS:
            raise ValueError(codec)
        holder = parse(codec, sets + unit)
        stream = holder.streams.video[0]
        context = stream.codec_context
        if not context.width or not context.height:
            raise ValueError(codec)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, FFmpegError, IndexError):
        raise NoVideo(source=NAME) from None
    return StreamInfo(codec, context.width, context.height, stream, fps, encoded, holder=holder)
