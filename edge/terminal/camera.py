"""The terminal's camera: a thread that decodes what comes and keeps only the newest frame."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from common.logs import Log
from edge.cameras.again import Waits
from edge.cameras.port import Source
from evidence.errors import ZaitangError

WAIT_S = 0.2
SILENT_S = 5.0
"""Real seconds without a frame after which the camera is called silent."""


class Camera:
    """`open_source` is called again, after longer and longer pauses, whenever the source breaks."""

    def __init__(self, open_source: Callable[[], Source], monotonic: Callable[[], float]) -> None:
        self._open, self._monotonic, self._log = open_source, monotonic, Log("terminal.camera")
        self._lock = threading.Lock()
        self._frame: tuple[int, av.VideoFrame, int] | None = None
        self._heard = -SILENT_S
        self._count = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the camera."""
        self._stop.set()
        self._thread.join(5.0)

    @property
    def silent(self) -> bool:
        """Whether no frame came for a while."""
        return self._monotonic() - self._heard > SILENT_S

    def newest(self, after: int) -> tuple[int, np.ndarray, int] | None:
        """Number, picture (uint8 BGR, height × width × 3) and `mono_us` of the newest frame, if it is after `after`."""
        with self._lock:
            frame = self._frame
        if frame is None or frame[0] <= after:
            return None
        return frame[0], frame[1].to_ndarray(format="bgr24"), frame[2]

    def _run(self) -> None:
        waits = Waits(0.0)
        while not self._stop.wait(waits.next_s()):
            try:
                source = self._open()
                waits.opened()
                try:
                    self._watch(source)
                finally:
                    source.close()
            except (ZaitangError, FFmpegError, OSError) as error:
                self._log.failed("camera.failed", error)

    def _watch(self, source: Source) -> None:
        """Until the source ends. A source that was opened in the middle waits for its next keyframe."""
        decoder, waiting = source.info.template.codec_context, True
        while not self._stop.is_set() and not source.ended:
            packet = source.read(WAIT_S)
            waiting = waiting and (packet is None or not packet.key)
            if packet is None or waiting:
                continue
            for frame in _decoded(decoder, packet.av):
                self._keep(frame, packet.mono_us)

    def _keep(self, frame: av.VideoFrame, mono_us: int) -> None:
        with self._lock:
            self._count += 1
            self._frame = (self._count, frame, mono_us)
            self._heard = self._monotonic()


def _decoded(decoder: av.VideoCodecContext, packet: Any) -> Iterator[av.VideoFrame]:
    """The frames that a packet completes; a damaged packet gives none."""
    try:
        yield from decoder.decode(packet)
    except FFmpegError:
        return
