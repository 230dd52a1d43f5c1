"""How much room keeping takes: bytes of a class-hour × class-hours to come × copies; and when it frees. Pure."""
from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence

from evidence.blocks import local


@dataclasses.dataclass(frozen=True)
class Share:
    """A class in this reckoning. `here`: bytes that lie at the centre to stay; `recorded`: all that its boxes recorded;
    `copies`: how many its policy wants; `over`, `ahead`: its class-hours that are over and that are to come; `twice`:
    bytes of `here` that lie at the centre twice; `lacking`: of those of which a copy is lacking."""

    here: int
    recorded: int
    copies: int
    over: int
    ahead: int
    until_us: int | None
    utc_offset_min: int
    twice: int = 0
    lacking: int = 0


@dataclasses.dataclass(frozen=True)
class Reckoning:
    """`an_hour`: bytes that a class-hour took on average, None before any was recorded; `ahead`: class-hours to come;
    `comes`: bytes that they will take in all copies, as those did; `wanted`: bytes of all that was recorded, each as
    often as its policy wants it; `twice`, `lacking`: as in `Share`; `frees`: (year, bytes here whose time ends in it),
    in order; the year 0: nobody knows."""

    here: int
    recorded: int
    wanted: int
    an_hour: float | None
    ahead: int
    comes: int
    frees: tuple[tuple[int, int], ...]
    twice: int = 0
    lacking: int = 0


def reckon(shares: Iterable[Share]) -> Reckoning:
    """What keeping these classes takes."""
    known: Sequence[Share] = tuple(shares)
    filmed = [one for one in known if one.recorded and one.over]
    hours = sum(one.over for one in filmed)
    an_hour = sum(one.recorded for one in filmed) / hours if hours else None
    frees: Counter[int] = Counter()
    for one in known:
        if one.here:
            year = 0 if one.until_us is None else local(one.until_us, one.utc_offset_min).year
            frees[year] += one.here
    return Reckoning(
        sum(one.here for one in known), sum(one.recorded for one in known),
        sum(one.recorded * one.copies for one in known), an_hour, sum(one.ahead for one in known),
        round(sum(one.ahead * one.copies for one in known) * (an_hour or 0)), tuple(sorted(frees.items())),
        sum(one.twice for one in known), sum(one.lacking for one in known))
