"""Which live orders a box follows now, and which are over. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Literal

from edge.box_orders import Watch
from evidence.live import left_us
from evidence.records import Stamp

Form = Literal["video", "pictures"]
Why = Literal["nobody", "time", "newer", "restart"]


@dataclasses.dataclass(frozen=True)
class Choice:
    """`follow`: one order for each form, at most; `over`: with why. What is neither waits until the box knows the time.
    """

    follow: dict[Form, Watch]
    over: tuple[tuple[Watch, Why], ...]


def choose(open: Sequence[Watch], now: Stamp, lost: Collection[str] = ()) -> Choice:
    """The newest order of a form takes the place of those before it, and ends with its time. `lost`: the orders that a
    process which ended had begun, and this one has not taken up yet."""
    newest = {watch.wanted.form: watch for watch in sorted(open, key=lambda watch: watch.number)}
    over: list[tuple[Watch, Why]] = []
    follow: dict[Form, Watch] = {}
    for watch in open:
        if watch is not newest[watch.wanted.form]:
            over.append((watch, "newer"))
            continue
        left = left_us(watch.taken, watch.wanted.seconds, now)
        if left:
            follow[watch.wanted.form] = watch
        elif left == 0:
            over.append((watch, "restart" if watch.order in lost else "time"))
    return Choice(follow, tuple(over))
