"""RTSP: the usual classroom camera. ffmpeg's demuxer over TCP; H.264 or H.265 is copied as it comes."""
from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator

import av
from av.error import FFmpegError

from edge.cameras.address import host_of
from edge.cameras.errors import NoAnswer, UnknownName
from edge.cameras.stamps import Raw
from edge.cameras.tap import OPEN_S, READ_S, Tap

OPTIONS = {
    "rtsp_transport": "tcp",
    # PyAV's own time-outs end every wait; this one, later, is for what they do not reach: the last words on closing.
    "timeout": str(round(2 * OPEN_S * 1e6)),
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
        with self._open() as container:
            yield from self.demux(container)

    def stop(self) -> None:
        """Nothing to do: the next packet or the time-out ends it."""

    def _open(self) -> av.container.InputContainer:
        _must_be_known(host_of(self._url), self.name)
        began = time.monotonic()
        try:
            return av.open(
                self._url, "r", options=OPTIONS, timeout=(OPEN_S, READ_S), metadata_errors="replace")
        except FFmpegError:
            # ffmpeg calls an answer that was not waited for any longer invalid.
            if time.monotonic() - began >= OPEN_S:
                raise NoAnswer(source=self.name, seconds=round(OPEN_S)) from None
            raise


def _must_be_known(host: str, name: str) -> None:
    """Look the host up before ffmpeg does, which calls a name that nobody knows an error of input and output.

    Raises UnknownName; NoAnswer when no name server answers in time."""
    unknown = threading.Event()

    def look() -> None:
        try:
            socket.getaddrinfo(host, None)
        except (socket.gaierror, UnicodeError):
            # What is no name at all cannot be encoded as one.
            unknown.set()

    looking = threading.Thread(target=look, name="name", daemon=True)
    looking.start()
    looking.join(OPEN_S)
    if looking.is_alive():
        raise NoAnswer(source=name, seconds=round(OPEN_S))
    if unknown.is_set():
        raise UnknownName(source=name, host=host)
