"""A camera's packets as live video: a header (ftyp, moov), then pieces of about a second (moof, mdat), copied as they
came."""
from __future__ import annotations

import dataclasses
from collections import deque
from fractions import Fraction

import av

from common.hls import MAX_PAIRS
from edge.cameras.port import Packet, StreamInfo
from edge.live.outband import HEVC, OutOfBand
from edge.recorder.boxes import Scanner
from evidence.times import SECOND

FLAGS = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
LARGEST_PIECE = 4 << 20
SHORT_US, LONG_US = SECOND // 2, 3 * SECOND // 2
"""Of GOPs shorter than a second's half several make a piece, which then is no longer than this: each is a request."""
JUMP_US = 5 * SECOND // 4
"""A time stamp that lies further off tells of a hole, or that the camera's clock was set: what follows goes on where it
was. So no piece is longer than the playlist says (common.hls.TARGET_S), however far apart the pictures come."""
MOST_FRAGMENTS = MAX_PAIRS // 2


@dataclasses.dataclass(frozen=True)
class Made:
    """`mono_us`: when its first packet came; `key`: it begins with a keyframe."""

    data: bytes
    mono_us: int
    key: bool


@dataclasses.dataclass(frozen=True)
class _Fragment:
    """moof and mdat. `start_us`, `end_us`: in the stream; `mono_us`, `key`: of its first packet."""

    data: bytes
    start_us: int
    end_us: int
    mono_us: int
    key: bool


class Video:
    """`header` first, then what `add` gives. `rate`: of the clock; a viewer's second is one of real time. `in_band`: of
    H.265 the parameter sets stay in the pictures, for a camera that changes them; Safari plays no such stream.

    The packets are its own: it changes them. Methods raise FFmpegError; `add` raises SetsChanged."""

    def __init__(self, info: StreamInfo, rate: int = 1, in_band: bool = False) -> None:
        self._sink, self._scanner, self._rate = _Sink(), Scanner(), rate
        self._container = av.open(self._sink, "w", format="mp4", options={
            "movflags": FLAGS, "flush_packets": "1", "frag_duration": str(SECOND), "frag_size": str(LARGEST_PIECE)})
        self._stream = self._container.add_stream_from_template(info.template, opaque=True)
        self._out_of_band: OutOfBand | None = None
        if info.codec == HEVC and not in_band:
            # Safari plays no other name. What is recorded keeps the one that the muxer chooses, `hev1`.
            self._stream.codec_context.codec_tag = "hvc1"
            self._out_of_band = OutOfBand(info.template)
        self._container.start_encoding()
        self.header = self._sink.taken()
        self._waiting: deque[tuple[Packet, int]] = deque()
        self._fragment, self._joined = bytearray(), list[_Fragment]()
        self._origin: int | None = None
        self._last = -1

    def add(self, packet: Packet) -> list[Made]:
        """The pieces that this packet completes: it begins the next one."""
        raw = packet.av if self._out_of_band is None else self._out_of_band.take(packet.av)
        tick_us = SECOND * raw.time_base if raw.time_base else Fraction(1)
        dts = (raw.dts if raw.dts is not None else raw.pts) or 0
        pts = raw.pts if raw.pts is not None else dts
        if self._origin is None:
            self._origin = dts
        if abs(((dts - self._origin) // self._rate - self._last) * tick_us) > JUMP_US:
            step_us = min(Fraction(packet.duration_us, self._rate), Fraction(JUMP_US))
            self._origin = dts - (self._last + round(step_us / tick_us)) * self._rate
        # A camera may repeat a time stamp; a file may not.
        self._last = max((dts - self._origin) // self._rate, self._last + 1)
        raw.dts, raw.pts = self._last, max((pts - self._origin) // self._rate, self._last)
        raw.duration = round(min(Fraction(packet.duration_us, self._rate), Fraction(JUMP_US)) / tick_us)
        raw.stream = self._stream
        self._waiting.append((packet, round(self._last * tick_us)))
        self._container.mux(raw)
        return self._settle()

    def finish(self) -> list[Made]:
        """What is left; then it is closed."""
        self._container.close()
        return [*self._settle(), *self._emit()]

    def _settle(self) -> list[Made]:
        made = []
        for data, samples in self._scanner.feed(self._sink.taken()):
            self._fragment += data
            if samples:
                first, start_us = self._waiting[0]
                for _ in range(samples):
                    self._waiting.popleft()
                # It ends where the packet begins that completed it.
                end_us = self._waiting[0][1] if self._waiting else start_us
                made += self._join(_Fragment(bytes(self._fragment), start_us, end_us, first.mono_us, first.key))
                self._fragment.clear()
        return made

    def _join(self, one: _Fragment) -> list[Made]:
        made = []
        if self._joined and one.end_us - self._joined[0].start_us > LONG_US:
            made += self._emit()
        self._joined.append(one)
        lasts_us = one.end_us - self._joined[0].start_us
        if not one.key or lasts_us >= SHORT_US or len(self._joined) >= MOST_FRAGMENTS:
            made += self._emit()
        return made

    def _emit(self) -> list[Made]:
        if not self._joined:
            return []
        first = self._joined[0]
        made = Made(b"".join(one.data for one in self._joined), first.mono_us, first.key)
        self._joined = []
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
