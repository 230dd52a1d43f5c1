"""Pictures for a walk: of a video file, of the file that the recorder is writing, or of a camera that nobody holds.

(media time in µs, BGR uint8 picture), in order of time. Nothing is kept of them.
"""
from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from edge.cameras.open import open_source
from edge.cameras.port import Source
from edge.clock import Clock
from edge.picture.fragments import Fragments, decode
from edge.recorder.journal import Mark, Run, newest_mark

READ_S = 0.5
ENDED_S = 30.0
"""After so long without anything new the recording is over."""
Look = tuple[int, np.ndarray]


def of_recording(video: Path, camera: str, pause: Callable[[float], None] = time.sleep) -> Iterator[Look]:
    """Keyframes of the file that grows, from the newest one on, until nothing comes any more. Raises BadVideo."""
    current: tuple[str, int] | None = None
    file: _File | None = None
    quiet_s = 0.0
    while quiet_s < ENDED_S:
        quiet_s += READ_S
        found = newest_recording(video, camera)
        if found is not None:
            run, mark = found
            began, current = current is None, (run.run, mark.index)
            if file is None or file.key != current:
                file = _File(current, video / "segments" / mark.file, mark.tally.first_pts_us)
            # Who begins in the middle of a file wants what is now.
            for look in deque(file.read(mark.size), 1) if began else file.read(mark.size):
                picture = file.picture(look[1])
                if picture is not None:
                    quiet_s = 0.0
                    yield look[0], picture
        pause(READ_S)


class _File:
    """A segment that grows; `key`: its run and its place in it."""

    def __init__(self, key: tuple[str, int], path: Path, first_us: int) -> None:
        self.key, self._fragments, self._first_us = key, Fragments(path), first_us
        self._origin_us: int | None = None

    def read(self, size: int) -> Iterator[tuple[int, bytes]]:
        """(media time of the run, packet) of the keyframes that are new within the first `size` bytes."""
        for keyframe in self._fragments.read(size):
            self._origin_us = keyframe.at_us if self._origin_us is None else self._origin_us
            yield self._first_us + keyframe.at_us - self._origin_us, keyframe.data

    def picture(self, data: bytes) -> np.ndarray | None:
        assert self._fragments.codec is not None
        frame = decode(self._fragments.codec, data)
        return None if frame is None else frame.to_ndarray(format="bgr24")


def newest_recording(video: Path, camera: str) -> tuple[Run, Mark] | None:
    """The run of a camera that is being written, and how far; None where none is."""
    newest: tuple[float, tuple[Run, Mark]] | None = None
    for journal in (video / "journal").glob("*.jsonl"):
        # A run may end between two calls.
        with contextlib.suppress(OSError):
            when, found = journal.stat().st_mtime, newest_mark(journal)
            if found is not None and found[0].camera == camera and (newest is None or when > newest[0]):
                newest = when, found
    return None if newest is None else newest[1]


def of_camera(url: str, clock: Clock) -> Iterator[Look]:
    """Keyframes of a camera that is opened for it. Raises BadSource, BadVideo, EmptyVideo, WrongCodec."""
    with contextlib.closing(open_source(url, clock, keys_only=True)) as source:
        while not source.ended:
            packet = source.read(READ_S)
            if packet is not None and packet.key and (picture := _decoded(source, packet.av)) is not None:
                yield packet.media_us, picture


def _decoded(source: Source, packet: av.Packet[av.VideoStream]) -> np.ndarray | None:
    decoder = source.info.template.codec_context
    try:
        frames = [*decoder.decode(packet), *decoder.decode(None)]
    except FFmpegError:
        frames = []
    decoder.flush_buffers()
    return frames[0].to_ndarray(format="bgr24") if frames else None
