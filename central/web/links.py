"""What several parts of a page say the same way: a record as a link, shares, scores."""
from __future__ import annotations

import dataclasses

from evidence.story import Ref


@dataclasses.dataclass(frozen=True)
class Link:
    """A record, as a link."""

    text: str
    href: str


def link(ref: Ref) -> Link:
    """The page of a record."""
    device, chain, seq = ref
    return Link(f"{device} #{seq}", f"/records/{device}/{chain}/{seq}")


def percent(part: int, whole: int) -> int:
    """Rounded down, so that 100 means all of it."""
    return 100 * part // whole if whole else 0


def score(ppm: int) -> str:
    """A similarity, like 0.71."""
    return f"{ppm / 1_000_000:.2f}"
