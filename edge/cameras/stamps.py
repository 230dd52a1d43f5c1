"""Time stamps of a live stream: media time that is always there, and how long a picture lasts, learnt as it comes."""
from __future__ import annotations

import itertools
import statistics
from collections import deque
from typing import TypeAlias

import av

from edge.cameras.annexb import TICKS
from evidence.times import SECOND

Raw: TypeAlias = "av.Packet[av.VideoStream]"
DEFAULT_FPS = 25.0
LONGEST_US = SECOND
"""A picture lasts no longer, whatever the stream says or its steps seem to say: what follows is a hole."""
LEARN_FROM, LEARN_LAST = 5, 25
HELD = 100
"""Most packets that wait for the first time stamp of a stream."""
REORDER = 16
"""Most packets that may pass before the order of B-frames is known (H.264, A.3.1: MaxDpbFrames)."""


class Stamps:
    """`take` gives the packets whose decoding time is known, which is their media time.

    A server may begin without time stamps, or (B-frames) without decoding times: such packets wait for the first one
    and are counted back from it. A packet without one later on follows the one before it. What a stream says of its
    rate is often wrong, and changes when it gets dark: the usual step between packets is how long a picture lasts."""

    def __init__(self, told_fps: float | None, reordered: bool = False) -> None:
        """`reordered`: the stream has B-frames, so presentation times are no decoding times."""
        self._told_us = round(SECOND / (told_fps or DEFAULT_FPS))
        self._reordered = reordered
        self._steps: deque[int] = deque(maxlen=LEARN_LAST)
        self._held: list[tuple[Raw, int]] = []
        self._last_us: int | None = None

    @property
    def usual_us(self) -> int:
        """How long a picture usually lasts, at most `LONGEST_US`."""
        usual_us = self._told_us if len(self._steps) < LEARN_FROM else round(statistics.median(self._steps))
        return min(usual_us, LONGEST_US)

    def take(self, raw: Raw, mono_us: int) -> list[tuple[Raw, int, int]]:
        """Packets with their media time and when they came, µs; `pts` and `dts` of each are set."""
        if not raw.time_base:
            raw.time_base = TICKS
        if self._last_us is None and len(self._held) >= REORDER:
            self._reordered = False
        told_us = _us(raw, raw.dts if raw.dts is not None or self._reordered else raw.pts)
        if self._last_us is None:
            self._held = [*self._held, (raw, mono_us)][-HELD:]
            return [] if told_us is None else self._first(told_us)
        if told_us is None:
            told_us = self._last_us + self.usual_us
        elif told_us > self._last_us:
            self._steps.append(told_us - self._last_us)
        self._last_us = told_us
        return [(_stamped(raw, told_us, told_us), told_us, mono_us)]

    def _first(self, told_us: int) -> list[tuple[Raw, int, int]]:
        """The newest packet is the first whose time is known: count back to those before it."""
        held, self._held, self._last_us = self._held, [], told_us
        shown = sorted(us for raw, _ in held if (us := _us(raw, raw.pts)) is not None)
        steps = [after - before for before, after in itertools.pairwise(shown) if after > before]
        usual_us = min(LONGEST_US, round(statistics.median(steps))) if steps else self.usual_us
        blank = sum(1 for raw, _ in held if raw.pts is None)
        earliest_us = min([told_us, *shown]) - blank * usual_us
        found = []
        for index, (raw, came_us) in enumerate(held):
            media_us = told_us - usual_us * (len(held) - 1 - index)
            found.append((_stamped(raw, media_us, max(media_us, earliest_us + index * usual_us)), media_us, came_us))
        return found


def _us(raw: Raw, ticks: int | None) -> int | None:
    return None if ticks is None else int(ticks * (raw.time_base or TICKS) * SECOND)


def _stamped(raw: Raw, media_us: int, shown_us: int) -> Raw:
    """Give a packet the stamps that it lacks."""
    base = (raw.time_base or TICKS) * SECOND
    if raw.dts is None:
        raw.dts = int(media_us / base)
    if raw.pts is None:
        raw.pts = max(raw.dts, int(shown_us / base))
    return raw
