"""Time stamps of a live stream: media time that is always there, and how long a picture lasts, learnt as it comes."""
from __future__ import annotations

import statistics
from collections import deque
from typing import TypeAlias

import av

from edge.cameras.annexb import TICKS
from evidence.times import SECOND

Raw: TypeAlias = "av.Packet[av.VideoStream]"
DEFAULT_FPS = 25.0
LEARN_FROM, LEARN_LAST = 5, 25
HELD = 100
"""Most packets that wait for the first time stamp of a stream."""


class Stamps:
    """`take` gives the packets whose media time is known. A server may begin without any: those wait for the first
    stamp and are counted back from it. A packet without one later on follows the one before it.

    What a stream says of its rate is often wrong, and changes when it gets dark: the usual step is what lasts."""

    def __init__(self, told_fps: float | None) -> None:
        self._told_us = round(SECOND / (told_fps or DEFAULT_FPS))
        self._steps: deque[int] = deque(maxlen=LEARN_LAST)
        self._held: list[tuple[Raw, int]] = []
        self._last_us: int | None = None

    @property
    def usual_us(self) -> int:
        """How long a picture usually lasts."""
        return self._told_us if len(self._steps) < LEARN_FROM else round(statistics.median(self._steps))

    def take(self, raw: Raw, mono_us: int) -> list[tuple[Raw, int, int]]:
        """Packets with their media time and when they came, µs; `pts` and `dts` of each are set."""
        told_us = _media_us(raw)
        if told_us is None and self._last_us is None:
            self._held = [*self._held, (raw, mono_us)][-HELD:]
            return []
        ready = [*self._held, (raw, mono_us)]
        self._held = []
        usual_us = self.usual_us
        if told_us is None:
            told_us = (self._last_us or 0) + usual_us
        elif self._last_us is not None and told_us > self._last_us:
            self._steps.append(told_us - self._last_us)
        self._last_us = told_us
        return [
            (one, _stamped(one, told_us - usual_us * back), came_us)
            for back, (one, came_us) in zip(range(len(ready) - 1, -1, -1), ready, strict=True)
        ]


def _media_us(raw: Raw) -> int | None:
    """Decoding time; presentation time where there is no other."""
    ticks = raw.dts if raw.dts is not None else raw.pts
    return None if ticks is None else int(ticks * (raw.time_base or TICKS) * SECOND)


def _stamped(raw: Raw, media_us: int) -> int:
    """Give a packet the stamps that it lacks; returns its media time."""
    if not raw.time_base:
        raw.time_base = TICKS
    if raw.dts is None:
        raw.dts = raw.pts if raw.pts is not None else int(media_us / (raw.time_base * SECOND))
    if raw.pts is None:
        raw.pts = raw.dts
    return media_us
