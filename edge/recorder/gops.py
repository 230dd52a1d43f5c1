"""Whether a camera sends keyframes often enough: a file can begin, and be looked at, only from one."""
from __future__ import annotations

from edge.cameras.port import Packet
from evidence.times import SECOND

LONGEST_GOP_US = 30 * SECOND
"""Media time. Ours: cameras that save bits stretch a GOP to some ten seconds."""
LARGEST_GOP = 64_000_000


class Gops:
    """Fed with every packet in order."""

    def __init__(self) -> None:
        self._from_us: int | None = None
        self._bytes = 0

    def add(self, packet: Packet) -> bool | None:
        """False once the running GOP is too long or too large; True when one ended in time; None in between."""
        first = self._from_us is None
        length_us = packet.media_us - (packet.media_us if self._from_us is None else self._from_us)
        too_long = length_us > LONGEST_GOP_US or self._bytes > LARGEST_GOP
        if first or packet.key:
            self._from_us, self._bytes = packet.media_us, 0
        self._bytes += packet.av.size
        if packet.key:
            return None if first or too_long else True
        return False if too_long else None

    def forget(self) -> None:
        """The times that follow have nothing to do with those before."""
        self._from_us = None
