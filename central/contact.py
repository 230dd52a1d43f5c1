"""Whether a box is there, by when it last proved that it lives and by what the broker says: the one answer of all
pages. Pure.

What the broker says is signed by nobody: who controls it may call any box away. So the word of the box itself, a
heartbeat or a record of after that, always wins; and nothing of it is ever stated in a record.
"""
from __future__ import annotations

from typing import Literal

from evidence.times import MINUTE, SECOND

AWAY_US = 3 * MINUTE
"""A box says each minute that it lives. The alarm comes later (`silent_min` in centre.toml)."""
SLACK_US = 10 * SECOND
"""So much later than the broker called a box away may something of it come that was on its way already."""
Contact = Literal["never", "away", "gone", "heard"]
"""`gone`: the broker says that its connection ended; `away`: it has been silent for minutes."""


def contact(heard_us: int | None, now_us: int, gone_us: int | None = None) -> Contact:
    """`heard_us`: by the centre's clock, UTC µs; None: never. `gone_us`: since when the broker calls it away."""
    if heard_us is None:
        return "never"
    if now_us >= heard_us + AWAY_US:
        return "away"
    # What was heard by a clock that was ahead says nothing of before or after.
    before = gone_us is not None and (heard_us <= gone_us + SLACK_US or heard_us > now_us + SLACK_US)
    return "gone" if before else "heard"
