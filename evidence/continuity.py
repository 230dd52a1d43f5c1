"""Whether the next packet of a camera continues a run, and what a segment measured: the decision that cuts runs.

Two clocks must agree: media time (PTS) says how long the video is, CLOCK_BOOTTIME says when its packets came. A hole in
media time is a *gap*; media time that goes back, or runs away from CLOCK_BOOTTIME, is a *step*. The wall clock is only
a label; when somebody sets it, the run is cut (*clock*), so that one label holds for all of it. Times are microseconds.
"""
from __future__ import annotations

import dataclasses
from typing import Literal

from evidence.bodies import Gap

SLEW = 1000
"""A camera's clock may drift, and a wall clock be slewed, by one part in so many without a step (ours; cheap cameras
are off by 1 in 2,000, the kernel slews by at most as much)."""

Verdict = Literal["continue", "gap", "step", "clock"]


@dataclasses.dataclass(frozen=True)
class Measured:
    """What the body of a segment says of its packets. Media times count from the first packet of the run."""

    first_pts_us: int
    end_pts_us: int
    first_mono_us: int
    last_mono_us: int
    packets: int
    gaps: tuple[Gap, ...]


class Timeline:
    """The packets of one run, in decoding order.

    `max_gap_us`: a hole above it ends the run. `gap_floor_us`: holes from it on are listed. `step_tolerance_us`: how
    far media time and CLOCK_BOOTTIME, or CLOCK_BOOTTIME and the wall clock, may part, and how far back a packet may
    reach (B-frames); multiply it by the clock's rate, because packets are late in real time.
    """

    def __init__(self, max_gap_us: int, gap_floor_us: int, step_tolerance_us: int) -> None:
        self._max_gap_us = max_gap_us
        self._gap_floor_us = gap_floor_us
        self._step_tolerance_us = step_tolerance_us
        self._started = False
        self._first_pts_us = 0
        self._first_mono_us = 0
        self._end_us = 0
        self._last_mono_us = 0
        self._lead_us = 0
        self._wall_us = 0
        self._segment: _Segment | None = None

    @property
    def packets(self) -> int:
        """Packets taken since the last cut."""
        return self._segment.packets if self._segment else 0

    @property
    def media_us(self) -> int:
        """Length of the run so far, in media time."""
        return self._end_us

    def feed(self, pts_us: int, duration_us: int, mono_us: int, wall_us: int = 0) -> Verdict:
        """Take a packet: its PTS, its duration, CLOCK_BOOTTIME when it came, the wall clock less that.

        After any other word than "continue" the packet was *not* taken: the run is over; cut it, begin a new Timeline,
        feed it there.
        """
        if not self._started:
            self._begin(pts_us, mono_us, wall_us)
        media_us = pts_us - self._first_pts_us
        verdict = self._judge(media_us, mono_us, wall_us)
        if verdict == "continue":
            self._follow(media_us - (mono_us - self._first_mono_us), wall_us, mono_us)
            self._take(media_us, max(0, duration_us), mono_us)
        return verdict

    def cut(self) -> Measured | None:
        """End a segment: what its packets measured, None without any. The run goes on in the next segment."""
        segment, self._segment = self._segment, None
        if segment is None:
            return None
        return Measured(
            first_pts_us=segment.first_pts_us,
            end_pts_us=self._end_us,
            first_mono_us=segment.first_mono_us,
            last_mono_us=self._last_mono_us,
            packets=segment.packets,
            gaps=tuple(segment.gaps),
        )

    def _begin(self, pts_us: int, mono_us: int, wall_us: int) -> None:
        self._started = True
        self._wall_us = wall_us
        self._first_pts_us = pts_us
        self._first_mono_us = self._last_mono_us = mono_us

    def _judge(self, media_us: int, mono_us: int, wall_us: int) -> Verdict:
        lead_us = media_us - (mono_us - self._first_mono_us)
        back_us = self._end_us - media_us
        if abs(lead_us - self._lead_us) > self._step_tolerance_us or back_us > self._step_tolerance_us or media_us < 0:
            return "step"
        if abs(wall_us - self._wall_us) > self._step_tolerance_us:
            return "clock"
        return "gap" if -back_us > self._max_gap_us else "continue"

    def _take(self, media_us: int, duration_us: int, mono_us: int) -> None:
        if self._segment is None:
            self._segment = _Segment(max(media_us, self._end_us), mono_us)
        gap_us = media_us - self._end_us
        if gap_us >= self._gap_floor_us and gap_us > 0:
            self._segment.gaps.append(Gap(self._end_us, gap_us))
        self._segment.packets += 1
        self._end_us = max(self._end_us, media_us + duration_us)
        self._last_mono_us = max(self._last_mono_us, mono_us)

    def _follow(self, lead_us: int, wall_us: int, mono_us: int) -> None:
        """Let what is expected follow what is measured, no faster than a clock drifts."""
        most = max(0, mono_us - self._last_mono_us) // SLEW
        self._lead_us += max(-most, min(most, lead_us - self._lead_us))
        self._wall_us += max(-most, min(most, wall_us - self._wall_us))


@dataclasses.dataclass
class _Segment:
    first_pts_us: int
    first_mono_us: int
    packets: int = 0
    gaps: list[Gap] = dataclasses.field(default_factory=list)
