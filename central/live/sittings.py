"""Who looked into rooms live, by which orders: those of one room that follow each other are one sitting, as in the list
of its terminal, and whoever looked meanwhile is in it. Pure."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from central.live.decide import Form
from evidence.bodies import CentreLook
from evidence.times import SECOND

TOUCH_US = 10 * SECOND
"""What follows so soon is the same sitting: a new order takes the place of one whose time runs out. A look is stated
before the order that it leads to is made, too."""
FORMS: dict[str, Form] = {"live": "video", "wall": "pictures"}


@dataclasses.dataclass(frozen=True)
class Watched:
    """An order for live pictures: `from_us` when it was made, `until_us` when it was over, or is at the latest where
    its box did not say so (not `ended`)."""

    number: int
    device: str
    form: Form
    from_us: int
    until_us: int
    ended: bool


@dataclasses.dataclass(frozen=True)
class Look:
    """A look into a room that is on record in the centre's own chain. UTC µs."""

    seq: int
    at_us: int
    said: CentreLook


@dataclasses.dataclass(frozen=True)
class Sitting:
    """`orders`: none: of a look that led to no order. `ended`: its end is on record. `looks`: by time."""

    orders: tuple[Watched, ...]
    device: str
    form: Form
    from_us: int
    until_us: int
    ended: bool
    looks: tuple[Look, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of its orders."""
        return tuple(one.number for one in self.orders)


def sittings(orders: Iterable[Watched], looks: Sequence[Look]) -> tuple[Sitting, ...]:
    """The newest first. A look of which no order is known stands alone."""
    joined: list[Sitting] = []
    newest: dict[tuple[str, Form], int] = {}
    for one in sorted(orders, key=lambda one: (one.from_us, one.number)):
        key = one.device, one.form
        at = newest.get(key)
        if at is not None and one.from_us <= joined[at].until_us + TOUCH_US:
            before = joined[at]
            last = one if one.until_us >= before.until_us else before
            joined[at] = dataclasses.replace(
                before, orders=(*before.orders, one), until_us=last.until_us, ended=last.ended)
        else:
            newest[key] = len(joined)
            joined.append(Sitting((one,), one.device, one.form, one.from_us, one.until_us, one.ended, ()))
    of: list[list[Look]] = [[] for _ in joined]
    alone = []
    for look in looks:
        device, form = look.said.device, FORMS.get(look.said.what)
        if device is None or form is None:
            continue
        found = next((at for at, one in reversed(list(enumerate(joined))) if (one.device, one.form) == (device, form)
                      and one.from_us - TOUCH_US <= look.at_us < one.until_us), None)
        if found is None:
            alone.append(Sitting((), device, form, look.at_us, look.at_us, True, (look,)))
        else:
            of[found].append(look)
    whole = [dataclasses.replace(one, looks=tuple(sorted(said, key=lambda look: look.seq)))
             for one, said in zip(joined, of, strict=True)]
    return tuple(sorted([*whole, *alone], key=lambda one: (one.from_us, one.numbers), reverse=True))
