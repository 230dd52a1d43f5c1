"""What a camera gives to the recorder: packets, and the port that every kind of source fills."""
from __future__ import annotations

import dataclasses
from typing import Protocol

import av
import numpy as np

CODECS = {"h264", "hevc"}


@dataclasses.dataclass(frozen=True)
class StreamInfo:
    """What a stream is. `template`: the PyAV stream whose parameters a writer copies, while the source is open.

    `fps`: pictures a second as the stream tells them, None when it does not. `encoded`: this box encodes it, the camera
    does not. `sub`: there is a small second stream. `holder`: what must live as long as `template`."""

    codec: str
    width: int
    height: int
    template: av.VideoStream
    fps: float | None = None
    encoded: bool = False
    sub: bool = False
    holder: object = None


@dataclasses.dataclass(frozen=True)
class Packet:
    """One packet in decoding order. `media_us`: media time as the camera counts it; `mono_us`: when it came.

    `av`: the encoded data; whoever muxes it may change its time stamps.
    """

    av: av.Packet[av.VideoStream]
    media_us: int
    duration_us: int
    mono_us: int
    key: bool


class Source(Protocol):
    """A camera. `ended`: nothing will ever come again. `first_mono_us`: when its first packet is due, or came.

    `duration_us`: length of its media, if it has one. `lost`: packets thrown away because nobody took them in time."""

    info: StreamInfo
    first_mono_us: int
    duration_us: int | None
    lost: int

    @property
    def ended(self) -> bool: ...

    def read(self, wait_s: float) -> Packet | None:
        """The next packet, or None when none came within `wait_s` real seconds. Raises BadVideo when it breaks."""

    def sub_picture(self) -> np.ndarray | None:
        """The newest picture of a small stream that comes with this one (`StreamInfo.sub`), uint8 luma, height × width;
        None without any. From any thread."""

    def close(self) -> None: ...
