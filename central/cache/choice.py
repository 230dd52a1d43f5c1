"""Which files of the cache go when there are too many bytes of them. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from evidence.times import HOUR, MINUTE

NOTED_US = 10 * MINUTE
"""That a file is played is noted at most so often."""
SPARED_US = HOUR + NOTED_US
"""What was noted as played within such a time may be playing within the hour."""


@dataclasses.dataclass(frozen=True)
class Item:
    """A file of the cache. `used_us`: when it came, or was last noted as played (UTC µs); `held`: it must stay."""

    name: str
    size: int
    used_us: int
    held: bool = False


def which_go(items: Sequence[Item], limit: int, now_us: int) -> list[Item]:
    """Those that go for the rest to have at most `limit` bytes: the longest unplayed first, none that is held, and none
    that was played within the hour, or by a clock that was ahead. It may not be enough."""
    over, going = sum(one.size for one in items) - limit, []
    for one in sorted(items, key=lambda item: (item.used_us, item.name)):
        if over <= 0:
            break
        if not one.held and one.used_us < now_us - SPARED_US:
            going.append(one)
            over -= one.size
    return going
