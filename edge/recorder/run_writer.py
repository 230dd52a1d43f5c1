"""One run on disk: its segments, one after the other, and its journal."""
from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from edge.cameras.port import Packet, StreamInfo
from edge.recorder.journal import Cut, Journal, Mark, Run, segment_body, segment_name
from edge.recorder.segment_file import SegmentFile
from edge.recorder.tally import Arrival
from edge.storage.files import AppendFile
from edge.storage.volume import Volume
from evidence.bodies import Gap, Segment
from evidence.continuity import Timeline, Verdict
from evidence.times import utc_text


def new_run_id() -> str:
    return f"r-{secrets.token_hex(8)}"


class RunWriter:
    """`seal` is handed the body of each segment once its file is whole and durable. Methods raise OSError."""

    def __init__(
        self, volume: Volume, run: Run, info: StreamInfo, timeline: Timeline, segment_us: int,
        seal: Callable[[Segment, Path], None], device: str, create: Callable[[Path], AppendFile] = AppendFile,
    ) -> None:
        self.run = run
        self.file = ""
        self._volume, self._info, self._timeline, self._segment_us = volume, info, timeline, segment_us
        self._seal, self._device, self._create = seal, device, create
        self._segment: SegmentFile | None = None
        self._held: Mark | None = None
        self._index, self._durable = -1, False
        self._origin_us: int | None = None
        self._end_us = self._segment_start_us = self._wall_us = 0
        self._journal = Journal(volume.journal / f"{run.run}.jsonl", run, create)

    @property
    def media_us(self) -> int:
        """Length of the run so far: the stretch without a break."""
        return self._end_us

    @property
    def durable(self) -> bool:
        """Whether some of it would survive a power cut."""
        return self._durable

    def judge(self, packet: Packet, wall_us: int) -> Verdict:
        """Whether the packet continues the run; else it does not belong to it: finish, begin another.

        `wall_us`: how far the wall clock is ahead of CLOCK_BOOTTIME."""
        self._wall_us = wall_us
        return self._timeline.feed(packet.media_us, packet.duration_us, packet.mono_us, wall_us)

    def add(self, packet: Packet) -> bool:
        """Write a packet that `judge` let continue; True when more became durable. A run's first is a keyframe."""
        if self._origin_us is None:
            self._origin_us = packet.media_us
        media_us = max(0, packet.media_us - self._origin_us)
        if self._segment is None or (packet.key and media_us - self._segment_start_us >= self._segment_us):
            self._next_segment(media_us, packet.mono_us + self._wall_us)
        assert self._segment is not None
        more = self._segment.add(packet, self._arrival(packet, media_us))
        if more:
            self._journal.mark(self._mark(self._segment))
            self._durable = True
            self._release()
        self._end_us = max(self._end_us, media_us + packet.duration_us)
        return more

    @property
    def unsealed(self) -> int:
        """How many of its segments are not handed over yet."""
        return (self._segment is not None) + (self._held is not None)

    def finish(self, cut: Cut) -> None:
        """End the run: its last segment is finished and handed over."""
        self._finish_segment(cut)
        self._journal.close()

    def abandon(self) -> None:
        """Leave everything as it lies; recovery cuts it to the last durable fragment."""
        if self._segment is not None:
            self._segment.abandon()
            self._segment = None
        self._journal.close()

    def _next_segment(self, media_us: int, utc_us: int) -> None:
        self._finish_segment(None)
        self._index += 1
        self._segment_start_us = media_us
        self.file = segment_name(self.run.run, self._index)
        path = self._volume.segments / self.file
        self._volume.make_run_folder(self.run.run)
        self._journal.open(self._index, self.file)
        comment = f"zaitang box={self._device} run={self.run.run} segment={self._index} start={utc_text(utc_us)}"
        self._segment = SegmentFile(path, self._info, comment, self._create)

    def _finish_segment(self, cut: Cut | None) -> None:
        segment = self._segment
        if segment is None:
            return
        segment.finish()
        mark = self._mark(segment, cut)
        self._journal.done(mark)
        self._segment = None
        self._release()
        self._held = mark
        if cut is not None:
            self._release()

    def _release(self) -> None:
        """Hand over the segment that is finished. It waits until the next one has durable video, or the run ends: after
        a crash in between it is the last one, and recovery says so."""
        mark, self._held = self._held, None
        if mark is not None:
            self._seal(segment_body(self.run, mark, False, mark.cut), self._journal.path)

    def _mark(self, segment: SegmentFile, cut: Cut | None = None) -> Mark:
        assert segment.tally is not None
        return Mark(self._index, self.file, segment.size, segment.sha256, segment.tally, cut)

    def _arrival(self, packet: Packet, media_us: int) -> Arrival:
        hole_us = media_us - self._end_us
        gap = Gap(self._end_us, hole_us) if hole_us >= self.run.gap_floor_us else None
        return Arrival(media_us, media_us + packet.duration_us, packet.mono_us, packet.key, gap)
