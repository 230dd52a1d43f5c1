"""A camera's packets as live video: a header (ftyp, moov), then pieces of about a second (moof, mdat), copied as they
came."""
from __future__ import annotations

import dataclasses
from collections import deque

import av

from common.hls import LONGEST_S
from edge.cameras.port import Packet, StreamInfo
from edge.recorder.boxes import Scanner
from evidence.times import SECOND

FLAGS = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
LARGEST_PIECE = 4 << 20
JUMP_S = 10
"""A time stamp that lies further off tells that the camera's clock was set: what follows goes on where it was."""
SHORT = 2
"""Of GOPs shorter than a second's half several make a piece: each piece is a request."""


def length_us(rate: int) -> int:
    """Media time of a piece on a clock of that rate: a second of real time; half as long again is still no longer than
    a centre takes."""
    return min(SECOND * rate, LONGEST_S * SECOND * 2 // 3)


@dataclasses.dataclass(frozen=True)
class Made:
    """`mono_us`: when its first packet came; `key`: it begins with a keyframe."""

    data: bytes
    mono_us: int
    key: bool


class Video:
    """`header` first, then what `add` gives. `length_us`: media time of a piece; a keyframe begins another one.

    The packets are its own: it changes their time stamps. Methods raise FFmpegError."""

    def __init__(self, info: StreamInfo, length_us: int = SECOND) -> None:
        self._sink, self._scanner = _Sink(), Scanner()
        self._length_us = length_us
        self._container = av.open(self._sink, "w", format="mp4", options={
            "movflags": FLAGS, "flush_packets": "1", "frag_duration": str(length_us), "frag_size": str(LARGEST_PIECE)})
        self._stream = self._container.add_stream_from_template(info.template, opaque=True)
        self._container.start_encoding()
        self.header = self._sink.taken()
        self._waiting: deque[Packet] = deque()
        self._part, self._joined, self._joined_us = bytearray(), list[Packet](), 0
        self._origin: int | None = None
        self._last = -1

    def add(self, packet: Packet) -> list[Made]:
        """The pieces that this packet completes: it begins the next one."""
        raw = packet.av
        dts = (raw.dts if raw.dts is not None else raw.pts) or 0
        pts = raw.pts if raw.pts is not None else dts
        if self._origin is None:
            self._origin = dts
        if raw.time_base and abs((dts - self._origin - self._last) * raw.time_base) > JUMP_S:
            self._origin = dts - self._last - round(packet.duration_us / SECOND / raw.time_base)
        # A camera may repeat a time stamp; a file may not.
        self._last = max(dts - self._origin, self._last + 1)
        raw.dts, raw.pts = self._last, max(pts - self._origin, self._last)
        if raw.time_base:
            raw.duration = round(packet.duration_us / SECOND / raw.time_base)
        raw.stream = self._stream
        self._waiting.append(packet)
        self._container.mux(raw)
        return self._settle()

    def finish(self) -> list[Made]:
        """What is left; then it is closed."""
        self._container.close()
        return [*self._settle(), *self._emit()]

    def _settle(self) -> list[Made]:
        made = []
        for data, samples in self._scanner.feed(self._sink.taken()):
            self._part += data
            if samples:
                packets = [self._waiting.popleft() for _ in range(samples)]
                self._joined += packets
                self._joined_us += sum(packet.duration_us for packet in packets)
                if not packets[0].key or self._joined_us >= self._length_us // SHORT:
                    made += self._emit()
        return made

    def _emit(self) -> list[Made]:
        if not self._joined:
            return []
        made = Made(bytes(self._part), self._joined[0].mono_us, self._joined[0].key)
        self._part, self._joined, self._joined_us = bytearray(), [], 0
        return [made]


class _Sink:
    """The file object that PyAV writes to."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since it was asked last."""
        data, self._data = bytes(self._data), bytearray()
        return data
