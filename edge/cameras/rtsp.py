"""RTSP: the usual classroom camera. ffmpeg's demuxer over TCP; H.264 or H.265 is copied as it comes."""
from __future__ import annotations

from collections.abc import Generator

import av

from edge.cameras.stamps import Raw
from edge.cameras.tap import OPEN_S, READ_S, Tap

OPTIONS = {
    "rtsp_transport": "tcp",
    "timeout": str(round(READ_S * 1e6)),
    # No sound is recorded; and ffmpeg shifts time stamps when it aligns two streams.
    "allowed_media_types": "video",
    # The first keyframe tells everything, so hardly anything is probed: what is probed comes late.
    "analyzeduration": "500000", "fpsprobesize": "0",
}


class RtspTap(Tap):
    """The video of an `rtsp://` or `rtsps://` address."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(name)
        self._url = url

    def packets(self) -> Generator[Raw, None, None]:
        with av.open(self._url, "r", options=OPTIONS, timeout=(OPEN_S, READ_S)) as container:
            yield from self.demux(container)
