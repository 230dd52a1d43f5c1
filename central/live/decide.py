"""What is decided of live pictures: who counts as watching, when an order is due, what a box is answered, how a room
stands. Pure. Orders and what boxes say are in UTC µs of the centre, viewers and pieces in µs of its CLOCK_BOOTTIME."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal

from central.contact import contact
from evidence.times import MINUTE, SECOND

SEEN_US, GRACE_US = 15 * SECOND, 20 * SECOND
"""So long somebody who asked for something counts as watching; so long viewers have to come back after a start."""
ORDER_S, TAKEN_US = 1800, 2 * MINUTE
"""For how long a box sends by one order, and within which time it must take it: one that was away for longer must not
begin to show a room that nobody looks into any more."""
RENEW_US, APART_US, REFUSED_US = MINUTE, 10 * SECOND, 2 * MINUTE
"""So long before its end another order is made; orders are so far apart; a refusal holds so long by itself:
what it was for may be mended, and a box says nothing of that."""
SILENT_US, SLOW_US, START_US = 6 * SECOND, 20 * SECOND, 15 * SECOND
"""Nothing came for so long; pieces were left out within such a time; the first piece may take so long."""
Form = Literal["video", "pictures"]
State = Literal["waiting", "running", "slow", "silent", "dark", "unreached", "refused", "offline", "over"]
Verdict = Literal["take", "again", "init", "gone"]


@dataclasses.dataclass(frozen=True)
class Ordered:
    """An order for live pictures, and what came of it. `result`, `why`, `said_us`: of the box's answer, empty without
    one, and when that was, by the box's clock; `ended`: the box says that it is over."""

    hash: str
    number: int
    device: str
    form: Form
    made_us: int
    until_us: int
    seconds: int
    result: Literal["", "accepted", "refused"] = ""
    why: str = ""
    said_us: int = 0
    ended: bool = False

    @property
    def last_us(self) -> int:
        """No piece is taken after this: the box may have taken the order at the very end of its time."""
        return self.until_us + self.seconds * SECOND

    @property
    def ends_us(self) -> int:
        """Until then the box sends at least, once it took the order."""
        return self.made_us + self.seconds * SECOND


@dataclasses.dataclass(frozen=True)
class Standing:
    """What came of a channel. `since_us`: so long it is known here; `came_us`: the newest piece, None: none did since
    then, or since the last time that nobody watched; `skipped_us`: the newest before which pictures were left out;
    `skipped`: how many such there were; `delay_us`: how late the newest piece came."""

    viewers: int = 0
    since_us: int | None = None
    came_us: int | None = None
    skipped_us: int | None = None
    skipped: int = 0
    delay_us: int | None = None


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a stream is: its order's number, its epoch, the newest number in it."""

    order: int
    epoch: int
    number: int


def watched(seen: Iterable[int], begun_us: int | None, now_us: int) -> bool:
    """Whether somebody watches. `seen`: when each viewer asked last; `begun_us`: when the channel was taken on because
    its box sent, None: a viewer began it."""
    back = begun_us is not None and now_us < begun_us + GRACE_US
    return back or any(now_us < at_us + SEEN_US for at_us in seen)


def due(ordered: Ordered | None, heard: bool, asked: bool, now_us: int) -> bool:
    """Whether another order is to be made, where somebody watches. `ordered`: the newest one; `heard`: the box was, of
    late; `asked`: a person did it just now, and no page by itself."""
    if ordered is None or ordered.made_us > now_us:
        return True
    if now_us < ordered.made_us + APART_US:
        return False
    if ordered.result == "refused":
        return asked or now_us >= ordered.made_us + REFUSED_US
    if ordered.ended:
        return True
    if ordered.result == "accepted":
        return now_us >= ordered.ends_us - RENEW_US
    return now_us >= ordered.until_us and (heard or asked)


def answer(place: Place, known: Place | None, has_init: bool, closed: int) -> Verdict:
    """What becomes of a piece. `known`: the newest that is here; `has_init`: the header of that epoch is; `closed`: the
    number of the newest order of which nothing is taken any more.

    `again`: it is here already, and nothing is to be done. A box that counts from the beginning again, because it
    forgot, is told to begin an epoch until that is a new one."""
    if place.order <= closed or (known is not None and place.order < known.order):
        return "gone"
    if known is None or place.order > known.order or place.epoch > known.epoch:
        return "take" if has_init or place.number == 0 else "init"
    if place.epoch < known.epoch or (place.number == 0 and known.number > 0) or not has_init:
        return "init"
    return "again" if place.number <= known.number else "take"


def answer_picture(place: Place, known: Place | None, closed: int) -> Verdict:
    """The same of a single picture, which needs no header: the last that comes is the newest."""
    gone = place.order <= closed or (known is not None and place.order < known.order)
    return "gone" if gone else "again" if place == known else "take"


def comes(stands: Standing, mono_us: int) -> bool:
    """Whether pictures come."""
    return stands.came_us is not None and mono_us < stands.came_us + SILENT_US


def state_of(
    ordered: Ordered | None, stands: Standing, heard_us: int | None, dark: bool, now_us: int, mono_us: int,
    gone_us: int | None = None,
) -> State:
    """How a room stands. `heard_us`: when its box last proved that it lives; `dark`: it says that its camera sends
    nothing; `gone_us`: since when the broker calls it away."""
    if comes(stands, mono_us):
        slow = stands.skipped_us is not None and mono_us < stands.skipped_us + SLOW_US
        return "slow" if slow else "running"
    if not is_heard(heard_us, now_us, gone_us):
        return "offline"
    if ordered is None or ordered.ended:
        return "over"
    if ordered.result == "refused":
        return "refused"
    if ordered.result == "":
        return "waiting" if now_us < ordered.until_us else "over"
    if now_us >= ordered.ends_us:
        return "over"
    if dark:
        return "dark"
    if stands.came_us is not None:
        return "silent"
    waited = stands.since_us is not None and mono_us >= stands.since_us + START_US
    return "unreached" if waited and now_us >= ordered.made_us + START_US else "waiting"


def is_heard(heard_us: int | None, now_us: int, gone_us: int | None = None) -> bool:
    """Whether a box was heard of late. `gone_us`: since when the broker calls it away."""
    return contact(heard_us, now_us, gone_us) == "heard"
