"""What the thread of a live camera reads: a connection, a child's pipe or an encoder."""
from __future__ import annotations

import abc
import time
from collections.abc import Generator

import av
import numpy as np

from edge.cameras.errors import NoAnswer
from edge.cameras.port import CODECS
from edge.cameras.stamps import Raw
from edge.errors import EmptyVideo, WrongCodec

OPEN_S = 10.0
"""Real seconds for a connection and its first description."""
READ_S = 5.0
"""Real seconds without a packet after which a stream is broken."""
TOP_FPS = 120


class Tap(abc.ABC):
    """Used by one thread alone, but for `stop`. `name`: the address as it may be shown.

    Known with the first packet: `codec`; `sets` (parameter sets from outside of the stream, maybe none); `fps`;
    `reordered` (it has B-frames)."""

    def __init__(self, name: str, encoded: bool = False, sub: bool = False) -> None:
        self.name, self.encoded, self.sub = name, encoded, sub
        self.codec, self.sets = "", b""
        self.fps: float | None = None
        self.reordered = False

    @abc.abstractmethod
    def packets(self) -> Generator[Raw, None, None]:
        """Open, give Annex B packets as they come, close. Every wait is bounded.

        Raises BadInput, FFmpegError, OSError."""

    @abc.abstractmethod
    def stop(self) -> None:
        """From another thread: let `packets` end soon. A connection ends with its next packet or time-out."""

    def sub_picture(self) -> np.ndarray | None:
        """The newest picture of a small stream beside this one, uint8 luma, height × width; None without any."""
        return None

    def demux(self, container: av.container.InputContainer) -> Generator[Raw, None, None]:
        """The packets of the first video in an open container. Raises EmptyVideo, WrongCodec, NoAnswer, FFmpegError."""
        if not container.streams.video:
            raise EmptyVideo(source=self.name)
        stream = container.streams.video[0]
        context = stream.codec_context
        self.codec = context.name if context else "unknown"
        if self.codec not in CODECS:
            raise WrongCodec(source=self.name, codec=self.codec)
        self.sets = context.extradata or b""
        self.reordered = bool(context.has_b_frames)
        rate = stream.average_rate or context.framerate
        self.fps = float(rate) if rate and 0 < rate <= TOP_FPS else None
        began = time.monotonic()
        for raw in container.demux(stream):
            # When a read times out, ffmpeg first hands out what its parser held back, and reads on.
            if time.monotonic() - began >= READ_S:
                raise NoAnswer(source=self.name, seconds=round(READ_S))
            if raw.size:
                yield raw
            began = time.monotonic()
