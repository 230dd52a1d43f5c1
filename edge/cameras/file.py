"""A video file as a camera: a packet comes when it is due on the clock, a hole in its time stamps is real silence."""
from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from av.error import FFmpegError

from edge.cameras.annexb import is_key, length_size
from edge.cameras.port import CODECS, Packet, StreamInfo
from edge.clock import Clock
from edge.errors import EmptyVideo, WrongCodec
from edge.video import bad_video, open_video

Raw: TypeAlias = "av.Packet[av.VideoStream]"
DEFAULT_FPS = 25
TOP_FPS = 120
"""A guessed rate above it is an artefact of irregular time stamps."""
LONGEST_FRAME_US = 250_000
"""A container writes a hole as one long frame; a frame longer than this, and than two usual ones, is a hole."""


def open_file(url: str, clock: Clock, start_mono_us: int | None = None) -> FileSource:
    """Open `file:/path`. Its first packet is due when the clock reads `start_mono_us` (None: now).

    Raises BadVideo, EmptyVideo, WrongCodec.
    """
    return FileSource(Path(url.removeprefix("file:").removeprefix("//")), clock, start_mono_us)


class FileSource:
    """Packets that were due before it was opened are left out: the camera was running, nobody was recording."""

    lost = 0

    def __init__(self, path: Path, clock: Clock, start_mono_us: int | None) -> None:
        self._path, self._clock = path, clock
        self._container, stream = _open(path)
        context = stream.codec_context
        self._codec, self._length_size = context.name, length_size(context.name, context.extradata or b"")
        self._usual_us = _usual_duration_us(stream)
        fps = round(1_000_000 / self._usual_us, 2)
        self.info = StreamInfo(context.name, context.width, context.height, stream, fps)
        self.duration_us = self._container.duration
        self._packets = self._demux(stream)
        first = self._first()
        self._next: Raw | None = first
        self._media_start_us = _media_us(first)
        opened_mono_us = clock.mono_us()
        self.first_mono_us = opened_mono_us if start_mono_us is None else start_mono_us
        self._skip_to(opened_mono_us)
        self._wake = threading.Event()

    @property
    def ended(self) -> bool:
        return self._next is None

    def read(self, wait_s: float) -> Packet | None:
        if self._next is None:
            self._wake.wait(wait_s)
            return None
        due_us = self._due_us(self._next)
        due_s = self._clock.seconds_until(due_us)
        if due_s > 0:
            self._wake.wait(min(due_s, wait_s))
            if due_s > wait_s:
                return None
        raw, self._next = self._next, next(self._packets, None)
        raw.is_keyframe = key = bool(raw.is_keyframe) and is_key(self._codec, bytes(raw), self._length_size)
        # It came when it was due: a recorder that is late to read it does not change that.
        return Packet(raw, _media_us(raw), self._duration_us(raw), due_us, key)

    def sub_picture(self) -> np.ndarray | None:
        return None

    def close(self) -> None:
        self._next = None
        self._packets.close()
        self._container.close()

    def _first(self) -> Raw:
        first = next(self._packets, None)
        if first is None:
            self._container.close()
            raise EmptyVideo(source=self._path)
        return first

    def _skip_to(self, mono_us: int) -> None:
        behind_us = mono_us - self.first_mono_us
        if behind_us <= 0:
            return
        self._container.seek(self._media_start_us + behind_us, backward=True)
        self._packets.close()
        self._packets = self._demux(self.info.template)
        self._next = next((raw for raw in self._packets if self._due_us(raw) >= mono_us), None)

    def _due_us(self, raw: Raw) -> int:
        return self.first_mono_us + _media_us(raw) - self._media_start_us

    def _duration_us(self, raw: Raw) -> int:
        if not raw.duration or raw.time_base is None:
            return self._usual_us
        told = int(raw.duration * raw.time_base * 1_000_000)
        return told if told <= max(LONGEST_FRAME_US, 2 * self._usual_us) else self._usual_us

    def _demux(self, stream: av.VideoStream) -> Generator[Raw, None, None]:
        try:
            for raw in self._container.demux(stream):
                if raw.size and (raw.dts is not None or raw.pts is not None):
                    yield raw
        except FFmpegError as error:
            raise bad_video(self._path, error) from None


def _open(path: Path) -> tuple[av.container.InputContainer, av.VideoStream]:
    container, stream = open_video(path)
    codec = stream.codec_context.name
    if codec not in CODECS:
        container.close()
        raise WrongCodec(source=path, codec=codec)
    return container, stream


def _usual_duration_us(stream: av.VideoStream) -> int:
    """How long a frame usually lasts. Holes spoil the average rate, so it is only the second choice."""
    guessed, average = stream.guessed_rate, stream.average_rate
    rate = guessed if guessed and guessed <= TOP_FPS else average or DEFAULT_FPS
    return max(1, int(1_000_000 / rate))


def _media_us(raw: Raw) -> int:
    """Decoding time: it never runs back, as presentation time does with B-frames."""
    ticks = raw.dts if raw.dts is not None else raw.pts
    return int((ticks or 0) * (raw.time_base or 0) * 1_000_000)
