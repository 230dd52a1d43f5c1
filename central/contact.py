"""Whether a box is there, by when it last proved that it lives: the one answer of all pages. Pure."""
from __future__ import annotations

from typing import Literal

from evidence.times import MINUTE

AWAY_US = 3 * MINUTE
"""A box says each minute that it lives. The alarm comes later (`silent_min` in centre.toml)."""
Contact = Literal["never", "away", "heard"]


def contact(heard_us: int | None, now_us: int) -> Contact:
    """`heard_us`: by the centre's clock, UTC µs; None: never."""
    if heard_us is None:
        return "never"
    return "heard" if now_us < heard_us + AWAY_US else "away"
