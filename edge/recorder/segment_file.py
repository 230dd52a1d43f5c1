"""One segment on disk: packets in, append-only fragmented MP4 out, hashed and durable fragment by fragment."""
from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from pathlib import Path

import av

from edge.cameras.port import Packet, StreamInfo
from edge.recorder.boxes import Scanner
from edge.recorder.tally import Arrival, Tally, tally_of
from edge.storage.files import AppendFile
from evidence.times import SECOND

FLAGS = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
LONGEST_FRAGMENT_S, LARGEST_FRAGMENT = 10, 64_000_000
"""A GOP that is longer, or has more bytes, is cut into several fragments: what came is durable, and memory bounded."""


class SegmentFile:
    """`comment` is written into the file's header. Methods raise OSError when the volume does not take the bytes.

    After `add` or `finish`, `size`, `sha256` and `tally` describe the whole fragments so far, all of them durable.
    """

    def __init__(self, path: Path, info: StreamInfo, comment: str, create: Callable[[Path], AppendFile]) -> None:
        self.size, self.sha256 = 0, ""
        self.tally: Tally | None = None
        self._sink = _Sink(create(path))
        self._waiting: deque[Arrival] = deque()
        self._container = av.open(self._sink, "w", format="mp4", options={
            "movflags": FLAGS, "flush_packets": "1", "frag_duration": str(LONGEST_FRAGMENT_S * SECOND),
            "frag_size": str(LARGEST_FRAGMENT)})
        self._container.metadata["comment"] = comment
        self._stream = self._container.add_stream_from_template(info.template, opaque=True)
        self._origin: int | None = None
        self._last = -1

    def add(self, packet: Packet, arrival: Arrival) -> bool:
        """Mux one packet; True when that completed a fragment."""
        raw = packet.av
        dts = (raw.dts if raw.dts is not None else raw.pts) or 0
        pts = raw.pts if raw.pts is not None else dts
        if self._origin is None:
            self._origin = dts
        # Within the tolerance of a step a camera may repeat a time stamp; a file may not.
        self._last = max(dts - self._origin, self._last + 1)
        raw.dts, raw.pts = self._last, max(pts - self._origin, self._last)
        if raw.time_base:
            # What the camera's container says may bridge a hole with one long frame.
            raw.duration = round(packet.duration_us / 1_000_000 / raw.time_base)
        raw.stream = self._stream
        self._waiting.append(arrival)
        self._container.mux(raw)
        return self._settle()

    def finish(self) -> None:
        """Write the last fragment and close the file."""
        self._container.close()
        self._settle()
        self._sink.file.close()

    def abandon(self) -> None:
        """Close the file as it is; nothing more is written."""
        self._sink.deaf = True
        self._container.close()
        self._sink.file.close()

    def _settle(self) -> bool:
        """Take over what the sink has seen completed, once it is durable."""
        sink = self._sink
        if sink.edge == self.size:
            return False
        sink.file.sync()
        self.size, self.sha256 = sink.edge, sink.sha256
        for _ in range(sink.samples):
            arrival = self._waiting.popleft()
            self.tally = tally_of(arrival) if self.tally is None else self.tally.add(arrival)
        sink.samples = 0
        return True


class _Sink:
    """The file object that PyAV writes to. `edge`: bytes up to the last whole fragment; `samples`: new ones in it."""

    def __init__(self, file: AppendFile) -> None:
        self.file = file
        self.edge, self.sha256, self.samples = 0, "", 0
        self.deaf = False
        self._written = 0
        self._hash = hashlib.sha256()
        self._scanner = Scanner()

    def write(self, data: bytes) -> int:
        if self.deaf:
            return len(data)
        self.file.write(data)
        for piece, samples in self._scanner.feed(data):
            self._hash.update(piece)
            self._written += len(piece)
            if samples is not None:
                self.edge, self.sha256 = self._written, self._hash.copy().hexdigest()
                self.samples += samples
        return len(data)
