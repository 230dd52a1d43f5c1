"""A test recording: the room camera into a file, which is decoded again and removed. Nothing of it is kept."""
from __future__ import annotations

import contextlib
import itertools
import tempfile
import time
from pathlib import Path

import av
from av.error import FFmpegError

from common.texts import N_
from edge.cameras.open import open_source
from edge.cameras.port import Source
from edge.cameras.relayed import RelayedSource
from edge.errors import BadVideo
from edge.handover.results import Filmed
from edge.picture.measure import measure
from edge.placement.errors import NoRoomCamera
from edge.wiring import Box
from evidence.picture import blind
from evidence.policy import PictureRules
from evidence.times import SECOND

READ_S = 0.5
NOTHING = N_("no picture came")
MOST_BYTES = 256 << 20
LOOKED_AT = 10
"""Every so many pictures one is looked at, whether it is black or covered: that is told of seconds, not of moments."""


def room_source(box: Box) -> Source:
    """The room camera, as the recorder hands it on; opened here where the recorder does not run. Raises NoRoomCamera,
    BadVideo, BadSource."""
    camera = box.config.camera("room")
    if camera is None:
        raise NoRoomCamera(folder=box.folder)
    try:
        return RelayedSource(box.relay_socket(camera.id))
    except BadVideo:
        return open_source(camera.source, box.clock)


def film(source: Source, seconds: int, folder: Path, name: str, rules: PictureRules | None = None) -> Filmed:
    """Film so many real seconds and read it again. `folder`: where the file lies meanwhile; `name`: of the camera;
    `rules`: when a picture does not count, None: it always does. Raises BadVideo, OSError."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix="check.", suffix=".mkv") as file:
        try:
            _write(source, seconds, Path(file.name))
            return _read(Path(file.name), name, rules)
        except (FFmpegError, IndexError):
            raise BadVideo(source=name, why=NOTHING) from None


def _write(source: Source, seconds: int, path: Path) -> None:
    until, size = time.monotonic() + seconds, 0
    with contextlib.closing(source), av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream_from_template(source.info.template, opaque=True)
        while time.monotonic() < until and not source.ended and size < MOST_BYTES:
            packet = source.read(READ_S)
            if packet is not None:
                size += packet.av.size
                packet.av.stream = stream
                container.mux(packet.av)


def _read(path: Path, name: str, rules: PictureRules | None) -> Filmed:
    times, width, height = [], 0, 0
    seen: list[bool] = []
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0]):
            times.append(0 if frame.pts is None or frame.time_base is None
                         else round(float(frame.pts * frame.time_base) * SECOND))
            width, height = frame.width, frame.height
            if rules is not None and len(times) % LOOKED_AT == 1:
                seen.append(blind(measure(frame, 0, None), rules) is None)
    if len(times) < 2:
        raise BadVideo(source=name, why=NOTHING)
    times.sort()
    gap_us = max(later - earlier for earlier, later in itertools.pairwise(times))
    return Filmed(round((times[-1] - times[0]) / SECOND), len(times), gap_us // 1000, width, height,
                  100 * seen.count(False) // max(1, len(seen)))
