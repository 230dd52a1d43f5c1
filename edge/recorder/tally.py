"""What a segment's packets add up to: the measurements of its record."""
from __future__ import annotations

import dataclasses

from evidence.bodies import Gap
from evidence.records import Count


@dataclasses.dataclass(frozen=True)
class Arrival:
    """One packet, placed in its run. `gap`: the hole before it, if it is worth listing."""

    media_us: int
    end_us: int
    mono_us: int
    key: bool
    gap: Gap | None


@dataclasses.dataclass(frozen=True)
class Tally:
    """Times are µs; media times count from the run's first packet."""

    packets: Count
    keyframes: Count
    first_pts_us: Count
    end_pts_us: Count
    first_mono_us: Count
    last_mono_us: Count
    gaps: tuple[Gap, ...]

    def add(self, packet: Arrival) -> Tally:
        """With one packet more."""
        return Tally(
            self.packets + 1, self.keyframes + packet.key, self.first_pts_us, max(self.end_pts_us, packet.end_us),
            self.first_mono_us, max(self.last_mono_us, packet.mono_us),
            self.gaps if packet.gap is None else (*self.gaps, packet.gap),
        )


def tally_of(packet: Arrival) -> Tally:
    """The tally of a segment's first packet."""
    gaps = () if packet.gap is None else (packet.gap,)
    return Tally(1, int(packet.key), packet.media_us, packet.end_us, packet.mono_us, packet.mono_us, gaps)
